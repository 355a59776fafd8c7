"""Candidates in their order: what each scored, beside the best, and what is only noise."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.comparison.significance import against_the_best
from chainrule.comparison.trials import Comparison, Trial
from chainrule.report.wording import listed

#: A difference as large would come about by noise alone less often than this.
LEVEL = 0.05
#: Parameters that the architecture tells already.
IN_ARCHITECTURE = ("hidden_layer_sizes",)


class Ranking:
    """Candidates, ranked by their mean score on the validation rows; ties by their loss.

    Parameters
    ----------
    comparison : Comparison
    factors : mapping
        For each candidate the parameters in which the candidates differ.
    score_name : str

    Attributes
    ----------
    frame : pandas.DataFrame
        One row a candidate, best first: rank, architecture, what they differ in, parameters, seconds of processor
        time, epochs, score and loss with their spread (standard deviation over trainings), the difference to the
        best, its p value (by Holm's method, see ``chainrule.comparison.significance``) and whether it is within noise.
    trials : pandas.DataFrame
        One row a training.
    estimators : dict
        A fitted estimator for each candidate, best first: that of the first seed and fold.
    ranked : list of str
        The candidates' names, best first.
    differences : dict
        For each candidate its ``Difference`` to the best.
    notes : list of str
        What the trainings warned of.
    """

    def __init__(
        self,
        comparison: Comparison,
        factors: Mapping[str, Mapping[str, Any]],
        score_name: str = "score",
    ) -> None:
        import pandas as pd

        self.comparison, self.score_name = comparison, score_name
        self.factors = {name: dict(of) for name, of in factors.items()}
        self.ranked = sorted(factors, key=self._order)
        self.differences = dict(
            zip(self.ranked, against_the_best(comparison, self.ranked), strict=True)
        )
        self.estimators = {n: comparison.fitted[n] for n in self.ranked if n in comparison.fitted}
        self.frame = pd.DataFrame([self._row(i, n) for i, n in enumerate(self.ranked, start=1)])
        self.trials = pd.DataFrame([plain(trial) for trial in comparison.trials])
        self.notes = self._notes()

    def _order(self, name: str) -> tuple[float, float]:
        score, loss = _mean(self.values(name, "score")), _mean(self.values(name, "loss"))
        return (
            -score if math.isfinite(score) else math.inf,
            loss if math.isfinite(loss) else math.inf,
        )

    def values(self, name: str, what: str) -> np.ndarray:
        """Return a quantity of each training of one candidate."""
        return np.array([getattr(t, what) for t in self.comparison.of(name)], dtype=np.float64)

    def _row(self, rank: int, name: str) -> dict[str, Any]:
        estimator = self.comparison.fitted.get(name)
        sizes = () if estimator is None else estimator.network_.sizes
        found = self.differences[name]
        row: dict[str, Any] = {"rank": rank, "candidate": name}
        row["architecture"] = "→".join(map(str, sizes)) or name
        row.update(
            (key, value) for key, value in self.factors[name].items() if key not in IN_ARCHITECTURE
        )
        row["parameters"] = 0 if estimator is None else estimator.network_.n_parameters
        for what in ("seconds", "epochs", "score", "loss"):
            values = self.values(name, what)
            row[what] = _mean(values)
            if what != "epochs":
                row[f"{what}_spread"] = float(values.std(ddof=1)) if len(values) > 1 else math.nan
        row["difference"], row["p_value"] = found.mean, found.p
        # NaN, where nothing tells how large the noise is, tells no candidates apart
        told_apart = found.p < LEVEL or math.isnan(found.mean)
        row["within_noise"] = bool(rank == 1 or not told_apart)
        return row

    def _notes(self) -> list[str]:
        notes: dict[str, list[str]] = {}
        for trial in self.comparison.trials:
            for note in trial.notes:
                told = notes.setdefault(note, [])
                if trial.candidate not in told:
                    told.append(trial.candidate)
        return [f"{listed(names, most=4)}: {note}" for note, names in notes.items()]

    # ---- what came out ------------------------------------------------------------------------------

    @property
    def best(self) -> str:
        """The name of the first candidate."""
        return self.ranked[0]

    @property
    def best_estimator_(self) -> Any:
        """The first candidate, fitted: that of the first seed and fold."""
        return self.estimators[self.best]

    @property
    def within_noise(self) -> dict[str, bool]:
        """For each candidate, whether its difference to the best is within noise."""
        return dict(zip(self.frame["candidate"], self.frame["within_noise"], strict=True))

    def titles(self) -> dict[str, str]:
        """Return the architecture of each candidate, with what else tells it apart."""
        titles = {}
        for row in self.frame.to_dict("records"):
            rest = [
                str(v)
                for k, v in self.factors[row["candidate"]].items()
                if k not in IN_ARCHITECTURE
            ]
            titles[row["candidate"]] = ", ".join([row["architecture"], *rest])
        return titles


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else math.nan


def plain(trial: Trial) -> dict[str, Any]:
    """Return what one training came to, as plain data."""
    names = ("candidate", "seed", "fold", "seconds", "epochs", "best_epoch", "score", "loss")
    return {name: getattr(trial, name) for name in (*names, "stop_reason")}
