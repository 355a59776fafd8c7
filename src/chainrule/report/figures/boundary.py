"""What a model says over a plane of two columns: probabilities, decision lines, the truth, and the points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.ticker import MaxNLocator
from sklearn.inspection import DecisionBoundaryDisplay as _Base
from sklearn.utils.validation import check_is_fitted

from chainrule.errors import InputError
from chainrule.report.figures.display import Display, legend_below, plain
from chainrule.report.figures.planes import Plane, plane
from chainrule.report.figures.style import MARKERS, Palette, sequential, softened
from chainrule.report.wording import listed

#: Points drawn; more hide the shading. They are spread evenly over the rows.
MOST_POINTS = 400


class DecisionBoundaryDisplay(Display, _Base):  # type: ignore[misc] # scikit-learn ships no types
    """Shading by probability, the line where the decision changes, the true boundary if given, and points.

    scikit-learn's display, for chosen pairs of columns of wider tables too: there all other columns stand at their
    median, categories at their most frequent one.

    Parameters
    ----------
    xx0, xx1 : ndarray of shape (g, g)
        The grid.
    response : ndarray of shape (g, g) or (g, g, classes)
        P(the second class), the probability of each class, or a predicted quantity.
    classes : sequence or None
        None for a quantity.
    xlabel, ylabel : str
    points : tuple of ndarray or None
        Two columns and the target, (n,) each.
    truth : ndarray of shape (p, 2), callable or None
        The true boundary as a line; or a function of two columns that is 0 on it.
    rest : str
        Where the other columns stand.
    title : str

    Attributes
    ----------
    limits : tuple of float or None
        The quantities at the ends of the colours, to share them among several displays.
    """

    panel = (5.2, 4.4)
    surface_: Any
    limits: tuple[float, float] | None = None

    def __init__(
        self,
        *,
        xx0: np.ndarray,
        xx1: np.ndarray,
        response: np.ndarray,
        classes: Sequence[Any] | None = None,
        xlabel: str = "x0",
        ylabel: str = "x1",
        points: tuple[np.ndarray, np.ndarray, np.ndarray | None] | None = None,
        truth: np.ndarray | Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None,
        rest: str = "",
        title: str = "",
    ) -> None:
        # Not by scikit-learn's constructor: which arguments it takes differs between its versions.
        self.xx0, self.xx1, self.response = xx0, xx1, response
        self.xlabel, self.ylabel = xlabel, ylabel
        self.classes, self.points, self.truth = classes, points, truth
        self.rest, self.title = rest, title

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any = None,
        *,
        columns: tuple[int | str, int | str] = (0, 1),
        truth: Any = None,
        grid_resolution: int = 200,
        eps: float = 0.05,
        title: str = "",
        ax: Any = None,
    ) -> Self:
        """Draw what a fitted estimator says between and around the rows of ``X``.

        Parameters
        ----------
        estimator : estimator
            A classifier with ``predict_proba``, or a regressor, with one target column.
        X : array or data frame of shape (n, m)
        y : array of shape (n,), optional
            The rows' classes or quantities; without them points are grey.
        columns : tuple of two
            Names or positions; both must hold numbers.
        truth : ndarray of shape (p, 2) or callable, optional
        grid_resolution : int
            Grid points a side.
        eps : float
            How far the plane reaches beyond the rows, as a share of their range.
        title : str
        ax : matplotlib.axes.Axes, optional
        """
        at = plane(X, columns, grid_resolution, eps)
        return cls.over(estimator, at, y, truth=truth, title=title).plot(ax)

    @classmethod
    def over(
        cls, estimator: Any, at: Plane, y: Any = None, *, truth: Any = None, title: str = ""
    ) -> Self:
        """Return the display of an estimator over a plane, not drawn yet; see ``from_estimator``."""
        check_is_fitted(estimator)
        shape = at.xx0.shape
        classes = None
        if hasattr(estimator, "classes_"):
            P = estimator.predict_proba(at.rows)
            if not isinstance(P, np.ndarray) or P.ndim != 2 or isinstance(estimator.classes_, list):
                raise InputError.of(
                    "estimator", got="several target columns", expected="one target column"
                )
            classes = list(estimator.classes_)
            response = P[:, 1].reshape(shape) if P.shape[1] == 2 else P.reshape(*shape, -1)
        else:
            predicted = np.asarray(estimator.predict(at.rows))
            if predicted.ndim != 1:
                raise InputError.of("estimator", got="several outputs", expected="one output")
            response = predicted.reshape(shape)
        return cls(
            xx0=at.xx0,
            xx1=at.xx1,
            response=response,
            classes=classes,
            xlabel=at.names[0],
            ylabel=at.names[1],
            points=(at.values[0], at.values[1], None if y is None else np.asarray(y)),
            truth=truth,
            rest=at.rest,
            title=title,
        )

    @property
    def alt(self) -> str:
        """What the figure shows, in words."""
        where = f"over {self.xlabel} and {self.ylabel}"
        if self.rest:
            where += f", {self.rest}"
        if self.classes is None:
            low, high = float(self.response.min()), float(self.response.max())
            return f"Predicted quantity {where}: from {low:.4g} to {high:.4g}."
        if self.response.ndim == 2:
            share = float((self.response > 0.5).mean())
            text = f"Probability of class {self.classes[1]} {where}: above one half on {share:.0%} of the plane"
        else:
            often = np.bincount(self.response.argmax(axis=2).ravel(), minlength=len(self.classes))
            shares = listed(
                f"{name} on {part / often.sum():.0%}"
                for name, part in zip(self.classes, often, strict=True)
            )
            text = f"Most probable class {where}: {shares} of the plane"
        return text + (", beside the true boundary." if self.truth is not None else ".")

    def _draw(self, axes: list[Axes], colours: Palette) -> None:
        ax = axes[0]
        ax.grid(visible=False)
        if self.classes is None:
            self._quantity(ax)
        elif self.response.ndim == 2:
            self._two_classes(ax, colours)
        else:
            self._many_classes(ax, colours)
        self._truth(ax, colours)
        self._points(ax, colours)
        ax.set_xlim(self.xx0.min(), self.xx0.max())
        ax.set_ylim(self.xx1.min(), self.xx1.max())
        ax.set_xlabel(plain(self.xlabel))
        ax.set_ylabel(plain(self.ylabel))
        if self.title:
            ax.set_title(plain(self.title, most=120))
        legend_below(ax)

    def _two_classes(self, ax: Axes, colours: Palette) -> None:
        assert self.classes is not None
        self.surface_ = ax.contourf(
            self.xx0,
            self.xx1,
            self.response,
            levels=np.linspace(0.0, 1.0, 21),
            cmap=softened(),
        )
        bar = ax.figure.colorbar(self.surface_, ax=ax, shrink=0.8, ticks=[0, 0.25, 0.5, 0.75, 1])
        bar.set_label(f"P({plain(self.classes[1], most=24)})")
        if self.response.min() < 0.5 < self.response.max():
            ax.contour(
                self.xx0, self.xx1, self.response, levels=[0.5], colors=[colours.ink], linewidths=2
            )
            ax.plot([], [], color=colours.ink, linewidth=2, label="P = .5")

    def _many_classes(self, ax: Axes, colours: Palette) -> None:
        """Colour by the most probable class, paler where it is less sure; a line where it changes."""
        winner, sure = self.response.argmax(axis=2), self.response.max(axis=2)
        cycle = np.array([to_rgb(c) for c in colours.cycle])[winner % len(colours.cycle)]
        paper = np.array(to_rgb(colours.background))
        floor = 1.0 / self.response.shape[2]
        strength = (0.15 + 0.4 * (sure - floor) / (1.0 - floor))[..., None]
        low0, high0 = float(self.xx0.min()), float(self.xx0.max())
        low1, high1 = float(self.xx1.min()), float(self.xx1.max())
        self.surface_ = ax.imshow(
            strength * cycle + (1.0 - strength) * paper,
            extent=(low0, high0, low1, high1),
            origin="lower",
            aspect="auto",
            interpolation="nearest",
        )
        for k in np.unique(winner):
            others = np.delete(self.response, k, axis=2).max(axis=2)
            lead = self.response[..., k] - others
            if lead.min() < 0.0 < lead.max():
                ax.contour(
                    self.xx0, self.xx1, lead, levels=[0.0], colors=[colours.ink], linewidths=1.2
                )

    def _quantity(self, ax: Axes) -> None:
        self.surface_ = ax.contourf(
            self.xx0,
            self.xx1,
            self.response,
            levels=np.linspace(*self.value_range(), 21),
            cmap=sequential(),
        )
        bar = ax.figure.colorbar(self.surface_, ax=ax, shrink=0.8, ticks=MaxNLocator(6))
        bar.set_label("predicted")

    def value_range(self) -> tuple[float, float]:
        """Return the smallest and the largest quantity, predicted or true: surface and points share their colours."""
        if self.limits is not None:
            return self.limits
        values = [self.response.ravel()]
        if self.points is not None and self.points[2] is not None:
            values.append(np.asarray(self.points[2], dtype=np.float64))
        low, high = float(np.min(np.concatenate(values))), float(np.max(np.concatenate(values)))
        return (low, high) if high > low else (low - 0.5, high + 0.5)

    def _truth(self, ax: Axes, colours: Palette) -> None:
        if self.truth is None:
            return
        look: dict[str, Any] = {"color": colours.good, "linewidth": 2.2, "linestyle": "--"}
        if callable(self.truth):
            values = np.asarray(self.truth(self.xx0, self.xx1), dtype=np.float64)
            ax.contour(
                self.xx0,
                self.xx1,
                values,
                levels=[0.0],
                colors=[look["color"]],
                linewidths=look["linewidth"],
                linestyles="--",
            )
            ax.plot([], [], label="true boundary", **look)
        else:
            line = np.asarray(self.truth, dtype=np.float64)
            ax.plot(line[:, 0], line[:, 1], label="true boundary", **look)

    def _points(self, ax: Axes, colours: Palette) -> None:
        if self.points is None:
            return
        x0, x1, y = self.points
        some = np.unique(np.linspace(0, len(x0) - 1, min(len(x0), MOST_POINTS)).astype(np.intp))
        look: dict[str, Any] = {"s": 16, "edgecolors": colours.background, "linewidths": 0.5}
        if y is None:
            ax.scatter(x0[some], x1[some], color=colours.faint, **look)
        elif self.classes is None:
            vmin, vmax = self.value_range()
            ax.scatter(
                x0[some], x1[some], c=y[some], cmap=sequential(), vmin=vmin, vmax=vmax,
                **{**look, "edgecolors": colours.ink},
            )  # fmt: skip
        else:
            two = len(self.classes) == 2
            tones = (colours.low, colours.high) if two else colours.cycle
            for k, name in enumerate(self.classes):
                here = some[y[some] == name]
                ax.scatter(
                    x0[here],
                    x1[here],
                    color=tones[k % len(tones)],
                    marker=MARKERS[k % len(MARKERS)],
                    label=plain(name, most=24),
                    **look,
                )
