"""What a comparison came to: a data frame, a table in text, figures, files."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.comparison import ranking_table
from chainrule.comparison.ranking_table import IN_ARCHITECTURE, LEVEL
from chainrule.comparison.significance import against_the_best
from chainrule.comparison.trials import Comparison, Trial
from chainrule.errors import FileError
from chainrule.report.text import listed, number, wrapped


class ComparisonResult:
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
        self.trials = pd.DataFrame([_plain(trial) for trial in comparison.trials])
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

    def lines(self) -> list[str]:
        """Return the table in text, the best first."""
        return ranking_table.lines(self)

    def remarks(self) -> list[str]:
        """Return what limits these numbers, one sentence each."""
        return ranking_table.remarks(self)

    def __str__(self) -> str:
        notes = [line for text in self.remarks() for line in wrapped(text, 110)]
        return "\n".join([*self.lines(), "", *notes])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return str(self.frame.to_html(index=False, float_format=lambda v: number(v)))

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the estimators as JSON-able data."""
        return {
            "score": self.score_name,
            "candidates": _finite(self.frame.to_dict("records")),
            "trials": _finite(
                [
                    _plain(t) | {"history": t.history, "notes": list(t.notes)}
                    for t in self.comparison.trials
                ]
            ),
            "rows": {
                "training": self.comparison.n_train,
                "validation": self.comparison.n_validation,
            },
            "folds": self.comparison.n_folds,
            "seconds": self.comparison.seconds,
            "notes": self.notes,
        }

    # ---- figures and files --------------------------------------------------------------------------

    def plot_losses(self, *, ax: Any = None) -> Any:
        """Draw training and validation loss by epoch; return the display."""
        from chainrule.report.figures.compared import ComparedLossDisplay

        shown = {
            name: [t.history for t in self.comparison.of(name) if t.history["loss"]]
            for name in self.ranked
        }
        titles = self.titles()
        return ComparedLossDisplay({titles[n]: h for n, h in shown.items() if h}).plot(ax)

    def plot_scores(self, *, ax: Any = None) -> Any:
        """Draw the scores of all trainings; return the display."""
        from chainrule.report.figures.compared import ComparedScoreDisplay

        titles, noise = self.titles(), self.within_noise
        return ComparedScoreDisplay(
            {titles[name]: self.values(name, "score").tolist() for name in self.ranked},
            {titles[name]: noise[name] for name in self.ranked},
            score_name=self.score_name,
        ).plot(ax)

    def plot_boundaries(
        self,
        *,
        columns: tuple[int | str, int | str] = (0, 1),
        truth: Any = None,
        most: int = 4,
        ax: Any = None,
    ) -> Any:
        """Draw the decision boundaries of the best candidates over two columns; return the display.

        Parameters
        ----------
        columns : tuple of two
            Names or positions.
        truth : ndarray of shape (p, 2) or callable, optional
            The true boundary.
        most : int
            Candidates to draw.
        ax : sequence of matplotlib.axes.Axes, optional
        """
        from chainrule.report.figures.compared import ComparedBoundaryDisplay

        first, titles = self.comparison.first, self.titles()
        shown = {}
        for name, estimator in list(self.estimators.items())[:most]:
            score = next(t.score for t in self.comparison.of(name) if math.isfinite(t.score))
            shown[f"{titles[name]}\n{self.score_name} {score:.4f}"] = estimator
        return ComparedBoundaryDisplay.from_estimators(
            shown, first.X_val, first.y_val, columns=columns, truth=truth, ax=ax
        )

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

    def save(self, folder: str | Path, *, formats: Sequence[str] = ("png",)) -> list[Path]:
        """Write tables, data and figures into a folder.

        Parameters
        ----------
        folder : path
            Made if it is not there.
        formats : sequence of str
            Of the figures: "png", "svg", "pdf".

        Returns
        -------
        list of Path
            comparison.csv, trials.csv, comparison.json, losses, scores and, where two columns hold numbers, boundaries.

        Raises
        ------
        FileError
            If the folder cannot be written to.
        """
        folder = Path(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            paths = [folder / name for name in ("comparison.csv", "trials.csv", "comparison.json")]
            self.frame.to_csv(paths[0], index=False)
            self.trials.to_csv(paths[1], index=False)
            text = json.dumps(self.to_dict(), ensure_ascii=False, indent=1, default=str)
            paths[2].write_text(text + "\n", encoding="utf-8")
            for name, display in self._displays().items():
                for ending in formats:
                    paths.append(folder / f"{name}.{ending}")
                    display.save(paths[-1])
        except OSError as error:
            raise FileError.of(
                str(folder), got=error.strerror or str(error), expected="a folder to write to"
            ) from error
        return paths

    def _displays(self) -> dict[str, Any]:
        import matplotlib.pyplot as plt

        from chainrule.report.figures.planes import numeric_columns

        shown = {"losses": self.plot_losses(), "scores": self.plot_scores()}
        pair = numeric_columns(self.comparison.first.X_val)[:2]
        if len(pair) == 2 and self.estimators:
            shown["boundaries"] = self.plot_boundaries(columns=(pair[0], pair[1]))
        for display in shown.values():
            plt.close(display.figure_)
        return shown


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else math.nan


def _plain(trial: Trial) -> dict[str, Any]:
    names = ("candidate", "seed", "fold", "seconds", "epochs", "best_epoch", "score", "loss")
    return {name: getattr(trial, name) for name in (*names, "stop_reason")}


def _finite(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in data]
    if isinstance(data, float | np.floating):
        return float(data) if math.isfinite(data) else None
    return data.item() if isinstance(data, np.generic) else data
