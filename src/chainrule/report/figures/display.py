"""What all figures share: scikit-learn's Display convention, the axes to draw on, and words for who cannot see it.

A display holds data. ``from_estimator`` and ``from_predictions`` compute it and draw; ``plot`` draws it again, on axes
that are given or on its own; then ``figure_`` and ``ax_`` (with several panels, ``axes_``) are what it was drawn on.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from chainrule.errors import InputError
from chainrule.report.figures.style import Palette, styled
from chainrule.report.wording import printable


class Display(ABC):
    """Base of all figures.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
    ax_ : matplotlib.axes.Axes
        The first panel.
    axes_ : list of matplotlib.axes.Axes
    """

    figure_: Any
    ax_: Axes
    axes_: list[Axes]

    #: Width and height of one panel in inches, where the display makes its own figure.
    panel = (5.4, 3.6)
    #: Panels side by side, where the display makes its own figure.
    most_columns = 8
    #: Whether panels stand below each other and share their x axis.
    stacked = False

    @property
    def n_panels(self) -> int:
        """The number of panels."""
        return 1

    @property
    @abstractmethod
    def alt(self) -> str:
        """What the figure shows, in words: for screen readers and for captions."""

    @abstractmethod
    def _draw(self, axes: list[Axes], colours: Palette) -> None:
        """Draw on as many axes as there are panels."""

    def plot(self, ax: Any = None) -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or sequence of them, optional
            One for each panel; a display with several panels draws the first alone on a single one. Without it a new
            figure is made.

        Returns
        -------
        self
        """
        with styled() as colours:
            self.axes_ = self._axes(ax)
            self.ax_ = self.axes_[0]
            self.figure_ = self.ax_.figure
            self._draw(self.axes_, colours)
            for i, panel in enumerate(self.axes_):
                panel.set_gid(f"{type(self).__name__}-{i}")
        return self

    def save(self, path: str | Path, **settings: Any) -> None:
        """Write the figure to a file; the ending says how (PNG, SVG, PDF). Draws it first if that was not done."""
        if not hasattr(self, "figure_"):
            self.plot()
        with styled():
            save_figure(self.figure_, path, self.alt, **settings)

    def _axes(self, ax: Any) -> list[Axes]:
        n = self.n_panels
        if ax is None:
            import matplotlib.pyplot as plt

            width, height = self.panel
            columns = 1 if self.stacked else min(n, self.most_columns)
            rows = -(-n // columns)
            _, made = plt.subplots(
                rows,
                columns,
                figsize=(width * columns, height * rows * (0.75 if self.stacked and n > 1 else 1)),
                squeeze=False,
                sharex=self.stacked,
                layout="constrained",
            )
            for unused in made.ravel()[n:]:
                unused.set_axis_off()
            return list(made.ravel()[:n])
        given = list(np.ravel(np.asarray(ax, dtype=object)))
        if len(given) not in (1, n) or not all(isinstance(a, Axes) for a in given):
            expected = f"matplotlib axes, one for each of {n} panels, or a single one"
            raise InputError.of("ax", got=repr(ax)[:80], expected=expected)
        return given


def save_figure(figure: Any, path: str | Path, alt: str, **settings: Any) -> None:
    """Write a figure with its words inside, where the format has a place for them; no date, so that bytes repeat."""
    ending, alt = Path(path).suffix.lower(), printable(alt, most=5000)
    if ending == ".svg":
        settings["metadata"] = {"Date": None, "Description": alt}
    elif ending == ".png":
        settings["metadata"] = {"Software": None, "Description": alt}
    figure.savefig(path, **settings)


def plain(text: object, most: int = 40) -> str:
    r"""Return text as matplotlib shows it: a stranger's dollar signs start no formula, his control characters nothing.

    Examples
    --------
    >>> print(plain("price in $"))
    price in \$
    """
    return printable(text, most=most).replace("$", r"\$")


def finite(values: Sequence[float | None] | np.ndarray) -> np.ndarray:
    """Return values as float64, NaN for None.

    Examples
    --------
    >>> finite([1.0, None]).tolist()
    [1.0, nan]
    """
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)


def log_axis(ax: Axes, values: np.ndarray) -> None:
    """Give the y axis a logarithmic scale with plain numbers on it: 1, 2, 5 where few decades are shown."""
    found = values[np.isfinite(values) & (values > 0.0)]
    if not len(found):
        return
    few = float(found.max()) < 1000.0 * float(found.min())
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if few else (1.0,)))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    ax.yaxis.set_minor_formatter(NullFormatter())


def legend_below(ax: Axes, columns: int = 4) -> None:
    """Put the legend under the axes, where it hides nothing."""
    n = len(ax.get_legend_handles_labels()[0])
    if n:
        ax.legend(
            loc="upper center",
            bbox_to_anchor=(0.5, -0.13),
            ncols=min(n, columns),
            columnspacing=1.2,
            handletextpad=0.5,
        )


def spans_decades(values: np.ndarray, factor: float = 10.0) -> bool:
    """Tell whether positive values differ by more than ``factor``, so that a logarithmic axis shows more."""
    found = values[np.isfinite(values)]
    return bool(len(found) and found.min() > 0.0 and found.max() > factor * found.min())
