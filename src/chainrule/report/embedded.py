"""Figures as parts of a page: data URIs in a light and a dark version, with the words that stand for them."""

from __future__ import annotations

import io
import warnings
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from chainrule.errors import ChainruleError
from chainrule.report.figures.display import Display
from chainrule.report.figures.style import style
from chainrule.report.wording import printable

#: A drawing with more bytes than this (many points) is embedded as pixels instead.
MOST_SVG = 150_000
_PIXELS_PER_INCH = 150


@dataclass(frozen=True)
class Picture:
    """A figure of a page.

    Attributes
    ----------
    light, dark : str
        Data URIs.
    alt : str
    width, height : int
        In CSS pixels, so that the page does not jump while it loads.
    caption : str
    """

    light: str
    dark: str
    alt: str
    width: int
    height: int
    caption: str


def embedded(make: Callable[[Any], Display], caption: str) -> Picture | str:
    """Draw a display in both modes.

    Parameters
    ----------
    make : callable
        Makes the display; is given axes to draw on, which are thrown away.
    caption : str

    Returns
    -------
    Picture, or str
        In words why there is none, where the data do not allow it (a ROC curve of rows of one class).
    """
    with warnings.catch_warnings():
        # A name in a script that matplotlib's font lacks: the text stays text, and the reader's browser has fonts.
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        try:
            display = make(Figure().subplots())
            light, dark = _drawn(display, "light"), _drawn(display, "dark")
        except ChainruleError as error:
            return printable(error)
    width, height = (round(96 * inches) for inches in _layout(display)[2:])
    return Picture(light, dark, printable(display.alt, most=800), width, height, caption)


def _layout(display: Display) -> tuple[int, int, float, float]:
    """Return rows and columns of panels, and the figure's size in inches."""
    n, (width, height) = display.n_panels, display.panel
    rows, columns = (n, 1) if display.stacked else (1, n)
    shrink = 0.75 if display.stacked and n > 1 else 1.0
    return rows, columns, width * columns, height * rows * shrink


def _drawn(display: Display, mode: str) -> str:
    # No pyplot: its figures would stay in memory and, on a desktop, open a window.
    with style(mode), mpl.rc_context({"svg.hashsalt": "chainrule"}):
        rows, columns, width, height = _layout(display)
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False, sharex=display.stacked)
        display.plot(list(axes.ravel()))
        svg = io.BytesIO()
        figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
        if svg.tell() <= MOST_SVG:
            return _uri("image/svg+xml", svg.getvalue())
        png = io.BytesIO()
        figure.savefig(png, format="png", dpi=_PIXELS_PER_INCH, metadata={"Software": None})
        return _uri("image/png", png.getvalue())


def _uri(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{b64encode(data).decode('ascii')}"
