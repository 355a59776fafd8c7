"""Which columns matter: how much a score falls when one of them is shuffled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from matplotlib.axes import Axes
from sklearn.base import is_regressor
from sklearn.inspection import permutation_importance
from sklearn.utils.validation import check_is_fitted

from chainrule.errors import InputError
from chainrule.report.figures.display import Display, plain
from chainrule.report.figures.inside import some_rows
from chainrule.report.figures.style import Palette
from chainrule.report.wording import listed


class ImportanceDisplay(Display):
    """Permutation importances, the largest on top; bars are means, lines one standard deviation over shuffles.

    Parameters
    ----------
    importances : ndarray of shape (columns, repeats)
        What the score loses.
    names : sequence of str
    score_name : str
    most : int
        Columns drawn.

    Examples
    --------
    >>> ImportanceDisplay(np.array([[0.1, 0.1], [0.3, 0.3]]), ["a", "b"], score_name="accuracy").alt
    'Permutation importance, loss of accuracy: b 0.3, a 0.1.'
    """

    def __init__(
        self,
        importances: np.ndarray,
        names: Sequence[str],
        *,
        score_name: str = "score",
        most: int = 15,
    ) -> None:
        self.importances = np.asarray(importances, dtype=np.float64)
        self.names = [str(name) for name in names]
        self.score_name, self.most = score_name, most
        if self.importances.ndim != 2 or len(self.importances) != len(self.names):
            raise InputError.of(
                "importances",
                got=f"shape {self.importances.shape}",
                expected=f"({len(self.names)}, repeats), one row a column",
            )
        means = self.importances.mean(axis=1)
        self.order = np.argsort(-means, kind="stable")[:most]

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        scoring: str | None = None,
        n_repeats: int = 5,
        most: int = 15,
        max_rows: int = 2000,
        random_state: int = 0,
        ax: Any = None,
    ) -> Self:
        """Draw it for a fitted estimator, best on rows that it was not trained on.

        Parameters
        ----------
        estimator : estimator
        X, y
            At most ``max_rows`` rows, spread evenly, are used.
        scoring : str, optional
            A scikit-learn scorer; the estimator's ``score`` if not given.
        n_repeats, most, max_rows, random_state : int
        ax : matplotlib.axes.Axes, optional
        """
        check_is_fitted(estimator)
        X, y = some_rows(X, y, max_rows)
        found = permutation_importance(
            estimator, X, y, scoring=scoring, n_repeats=n_repeats, random_state=random_state
        )
        score = scoring or ("R²" if is_regressor(estimator) else "accuracy")
        names = getattr(X, "columns", [f"x{i}" for i in range(X.shape[1])])
        return cls(found.importances, names, score_name=score, most=most).plot(ax)

    @property
    def panel(self) -> tuple[float, float]:  # type: ignore[override] # a property instead of a constant
        """As high as there are columns."""
        return 5.4, 1.1 + 0.28 * max(len(self.order), 3)

    @property
    def alt(self) -> str:
        """What the figure shows, in words."""
        means = self.importances.mean(axis=1)
        each = listed(f"{self.names[i]} {means[i]:.3g}" for i in self.order)
        return f"Permutation importance, loss of {self.score_name}: {each}."

    def _draw(self, axes: list[Axes], colours: Palette) -> None:
        ax, places = axes[0], np.arange(len(self.order))
        means = self.importances.mean(axis=1)[self.order]
        spread = self.importances.std(axis=1)[self.order]
        ax.barh(places, means, color=colours.cycle[0], height=0.68)
        ax.errorbar(means, places, xerr=spread, fmt="none", ecolor=colours.ink, elinewidth=1)
        ax.set_yticks(places, [plain(self.names[i], most=32) for i in self.order])
        ax.invert_yaxis()
        ax.axvline(0.0, color=colours.faint, linewidth=0.8)
        ax.grid(visible=False, axis="y")
        left = len(self.names) - len(self.order)
        more = f" ({left} more columns below)" if left else ""
        ax.set_xlabel(f"loss of {plain(self.score_name)} when shuffled{more}")
