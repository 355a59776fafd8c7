"""What a comparison came to: a data frame, a table in text, figures, files."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.comparison import ranking_table
from chainrule.comparison.ranking import Ranking, plain
from chainrule.errors import FileError
from chainrule.report.wording import number, wrapped


class ComparisonResult(Ranking):
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
                    plain(t) | {"history": t.history, "notes": list(t.notes)}
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


def _finite(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in data]
    if isinstance(data, float | np.floating):
        return float(data) if math.isfinite(data) else None
    return data.item() if isinstance(data, np.generic) else data
