"""Are probabilities what they say? The reliability diagram."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from matplotlib.axes import Axes
from sklearn.calibration import CalibrationDisplay
from sklearn.utils.validation import check_is_fitted

from chainrule.errors import InputError
from chainrule.report.figures.classes import _classes, by_class
from chainrule.report.figures.display import Display, legend_below, plain
from chainrule.report.figures.style import Palette


class ReliabilityDisplay(Display):
    """How often what was predicted with probability p has come true; below, how often each p was predicted.

    For two classes p is that of the second; for more, that of the predicted class. Bins hold equally many rows, and the
    bars are 95 % intervals (Wilson, 1927). Drawn on scikit-learn's ``CalibrationDisplay``.

    Parameters
    ----------
    probability : ndarray of shape (n,)
        Of what was predicted.
    happened : ndarray of bool, shape (n,)
        Whether it was so.
    name : str
        What p is the probability of.
    n_bins : int

    Attributes
    ----------
    predicted, observed : ndarray of shape (bins,)
        Mean probability and frequency in each bin.
    error : float
        The expected calibration error: mean absolute distance of the two, weighted by rows.
    """

    panel = (4.6, 4.6)

    def __init__(
        self, probability: np.ndarray, happened: np.ndarray, *, name: str = "", n_bins: int = 10
    ) -> None:
        self.probability = np.asarray(probability, dtype=np.float64)
        self.happened = np.asarray(happened, dtype=bool)
        self.name = name
        if self.probability.shape != self.happened.shape or not len(self.probability):
            raise InputError.of(
                "probability", got=f"shape {self.probability.shape}", expected="one for each row"
            )
        # Equal probabilities stay in one bin, so there can be fewer than n_bins.
        edges = np.unique(np.quantile(self.probability, np.linspace(0.0, 1.0, n_bins + 1)))
        bins = np.searchsorted(edges[1:-1], self.probability, side="left")
        rows = np.bincount(bins, minlength=max(len(edges) - 1, 1))
        full = rows > 0
        self.rows = rows[full]
        self.predicted = np.bincount(bins, self.probability, minlength=len(rows))[full] / self.rows
        self.observed = np.bincount(bins, self.happened, minlength=len(rows))[full] / self.rows
        gaps = np.abs(self.predicted - self.observed)
        self.error = float((self.rows * gaps).sum() / self.rows.sum())

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, y: Any, *, n_bins: int = 10, ax: Any = None
    ) -> Self:
        """Draw it for a fitted classifier, on rows whose classes are known."""
        check_is_fitted(estimator)
        return cls.from_predictions(
            y,
            estimator.predict_proba(X),
            classes=_classes(estimator, y),
            n_bins=n_bins,
            ax=ax,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_proba: Any,
        *,
        classes: Sequence[Any] | None = None,
        n_bins: int = 10,
        ax: Any = None,
    ) -> Self:
        """Draw it for probabilities, (n,) those of the second class or (n, k)."""
        y, P, names = by_class(y_true, y_proba, classes)
        if len(names) == 2:
            made = cls(P[:, 1], y == names[1], name=str(names[1]), n_bins=n_bins)
        else:
            # by position: labels of any type, without comparing text with numbers
            winner = P.argmax(axis=1)
            right = np.array([label == names[k] for label, k in zip(y, winner, strict=True)])
            made = cls(P.max(axis=1), right, name="the predicted class", n_bins=n_bins)
        return made.plot(ax)

    @property
    def alt(self) -> str:
        """What the figure shows, in words."""
        return (
            f"Reliability of the probability of {self.name}: {len(self.rows)} bins of {int(self.rows.sum()):,} rows, "
            f"expected calibration error {self.error:.3f}."
        )

    def _draw(self, axes: list[Axes], colours: Palette) -> None:
        ax = axes[0]
        shown = CalibrationDisplay(self.observed, self.predicted, self.probability)
        shown.plot(ax=ax, name="model", ref_line=False)
        shown.line_.set(
            color=colours.cycle[0],
            marker="o",
            markersize=5,
            label=f"model (calibration error {self.error:.3f})",
        )
        low, high = wilson(self.observed * self.rows, self.rows)
        errors = np.maximum([self.observed - low, high - self.observed], 0.0)
        ax.errorbar(
            self.predicted, self.observed, yerr=errors, fmt="none", ecolor=colours.cycle[0],
            elinewidth=1, capsize=2,
        )  # fmt: skip
        ax.plot([0, 1], [0, 1], color=colours.faint, linewidth=1, linestyle=":", label="perfect")
        counts, edges = np.histogram(self.probability, bins=20, range=(0.0, 1.0))
        ax.bar(
            edges[:-1],
            0.12 * counts / max(counts.max(), 1),
            width=np.diff(edges),
            align="edge",
            bottom=-0.15,
            color=colours.faint,
            alpha=0.5,
            label="how often predicted",
        )
        ax.axhline(-0.15, color=colours.faint, linewidth=0.6)
        ax.set_xlim(-0.02, 1.02)
        ax.set_ylim(-0.16, 1.03)
        ax.set_yticks(np.linspace(0, 1, 6))
        ax.set_aspect("equal")
        ax.set_xlabel(f"predicted probability of {plain(self.name, most=24)}")
        ax.set_ylabel("observed frequency")
        legend_below(ax, columns=2)


def wilson(found: np.ndarray, n: np.ndarray, z: float = 1.96) -> tuple[np.ndarray, np.ndarray]:
    """Return Wilson's interval for a share.

    Examples
    --------
    >>> [round(float(x), 3) for x in wilson(np.array(5.0), np.array(10.0))]
    [0.237, 0.763]
    """
    p = found / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return middle - half, middle + half
