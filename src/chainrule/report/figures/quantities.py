"""How well quantities are predicted: predicted against true, and residuals."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from sklearn.metrics import PredictionErrorDisplay, r2_score
from sklearn.utils.validation import check_is_fitted

from chainrule.errors import InputError
from chainrule.report.figures.display import Display, plain
from chainrule.report.figures.style import Palette
from chainrule.report.wording import number

#: Points drawn, spread evenly over the rows.
MOST_POINTS = 2000


class PredictedDisplay(Display):
    """Predicted against true quantities, and the residuals against what was predicted.

    Drawn by scikit-learn's ``PredictionErrorDisplay``.

    Parameters
    ----------
    y_true, y_pred : ndarray of shape (n,)
    name : str
        The quantity's.
    kinds : tuple of str
        The panels: "predicted", "residuals" or both.
    """

    panel = (4.6, 4.2)

    def __init__(
        self,
        y_true: Any,
        y_pred: Any,
        *,
        name: str = "",
        kinds: tuple[str, ...] = ("predicted", "residuals"),
    ) -> None:
        self.y_true = np.asarray(y_true, dtype=np.float64)
        self.y_pred = np.asarray(y_pred, dtype=np.float64)
        self.name = name
        self.kinds = (kinds,) if isinstance(kinds, str) else tuple(kinds)
        if self.y_true.ndim != 1 or self.y_true.shape != self.y_pred.shape or not len(self.y_true):
            raise InputError.of(
                "y_pred",
                got=f"shape {self.y_pred.shape} for y_true of shape {self.y_true.shape}",
                expected="one prediction for each of n rows",
            )
        if not self.kinds or not set(self.kinds) <= {"predicted", "residuals"}:
            raise InputError.of("kinds", got=repr(kinds), expected="'predicted', 'residuals'")

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        name: str = "",
        kinds: tuple[str, ...] = ("predicted", "residuals"),
        ax: Any = None,
    ) -> Self:
        """Draw it for a fitted regressor, on rows whose quantity is known."""
        check_is_fitted(estimator)
        return cls(y, estimator.predict(X), name=name, kinds=kinds).plot(ax)

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_pred: Any,
        *,
        name: str = "",
        kinds: tuple[str, ...] = ("predicted", "residuals"),
        ax: Any = None,
    ) -> Self:
        """Draw true against predicted quantities."""
        return cls(y_true, y_pred, name=name, kinds=kinds).plot(ax)

    @property
    def n_panels(self) -> int:
        """One for each kind."""
        return len(self.kinds)

    @property
    def alt(self) -> str:
        """What the figure shows, in words."""
        residual = self.y_true - self.y_pred
        off = number(float(np.abs(residual).mean()), 3)
        r2 = f"R² {r2_score(self.y_true, self.y_pred):.3f}, " if len(self.y_true) > 1 else ""
        what = " and ".join(
            {
                "predicted": "predicted against true values",
                "residuals": "residuals against predicted values",
            }[kind]
            for kind in self.kinds
        )
        of = f" of {self.name}" if self.name else ""
        text = f"{what}{of} for {len(residual):,} rows: {r2}mean absolute error {off}."
        return text[0].upper() + text[1:]

    def _draw(self, axes: list[Axes], colours: Palette) -> None:
        n = len(self.y_true)
        some = np.unique(np.linspace(0, n - 1, min(n, MOST_POINTS)).astype(np.intp))
        true, predicted = self.y_true[some], self.y_pred[some]
        name = f" {plain(self.name, most=30)}" if self.name else ""
        alpha = float(np.clip(30.0 / np.sqrt(len(some)), 0.25, 0.9))
        look = {"color": colours.cycle[0], "alpha": alpha, "s": 14, "linewidths": 0}
        line = {"color": colours.ink, "linewidth": 1.2, "linestyle": "--"}
        for ax, kind in zip(axes, self.kinds, strict=False):
            ours = kind == "predicted"
            PredictionErrorDisplay(y_true=true, y_pred=predicted).plot(
                ax=ax,
                kind="actual_vs_predicted" if ours else "residual_vs_predicted",
                scatter_kwargs=look,
                line_kwargs=line,
            )
            ax.set_xlabel(f"predicted{name}")
            ax.set_ylabel(f"true{name}" if ours else "residual (true − predicted)")
            if ours:  # scikit-learn divides the range in four, whatever numbers that gives
                for axis in (ax.xaxis, ax.yaxis):
                    axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
            if ours and n > 1:
                ax.set_title(f"R² = {r2_score(self.y_true, self.y_pred):.3f}")
            elif not ours:
                rmse = float(np.sqrt(np.mean((self.y_true - self.y_pred) ** 2)))
                ax.set_title(f"RMSE = {number(rmse, 3)}")
