"""How figures look: colours that colour-blind readers tell apart, thin frames, light and dark.

The colours are Okabe and Ito's (https://jfly.uni-koeln.de/color/, 2008). Lines told apart by colour also differ
in their dashes or markers, so that a black-and-white print says the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_rgb

from chainrule.errors import InputError

#: Linestyles that go with the colours, in their order.
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (5, 1.5, 1.2, 1.5)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")


@dataclass(frozen=True)
class Palette:
    """The colours of one mode.

    Attributes
    ----------
    background, ink, faint, grid : str
        Paper, text and axes, what should step back, grid lines.
    cycle : tuple of str
        For things side by side.
    low, middle, high : str
        The ends and the middle of what diverges: probability 0, .5 and 1; negative, zero and positive.
    good, bad : str
    """

    background: str
    ink: str
    faint: str
    grid: str
    cycle: tuple[str, ...]
    low: str
    middle: str
    high: str
    good: str
    bad: str


PALETTES = {
    "light": Palette(
        background="#ffffff",
        ink="#1f2328",
        faint="#59636e",
        grid="#e3e6ea",
        cycle=("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#B07A00", "#56B4E9", "#4B4B4B"),
        low="#D55E00",
        middle="#f7f7f7",
        high="#0072B2",
        good="#009E73",
        bad="#D55E00",
    ),
    "dark": Palette(
        background="#15181c",
        ink="#e8eaed",
        faint="#a5acb5",
        grid="#2c3138",
        cycle=("#56B4E9", "#F28E3C", "#1FA57C", "#E29AC2", "#F0E442", "#8FA8FF", "#BDBDBD"),
        low="#E0702A",
        middle="#2a2e34",
        high="#4AA3DF",
        good="#1FA57C",
        bad="#F28E3C",
    ),
}

_mode: ContextVar[str] = ContextVar("chainrule_figure_mode", default="light")


def palette() -> Palette:
    """Return the colours of the mode in force."""
    return PALETTES[_mode.get()]


@contextmanager
def style(mode: str = "light") -> Iterator[Palette]:
    """Draw what is drawn inside in one mode.

    Parameters
    ----------
    mode : {"light", "dark"}

    Raises
    ------
    InputError
        If there is no such mode.

    Examples
    --------
    >>> with style("dark") as colours:
    ...     colours.background
    '#15181c'
    """
    if mode not in PALETTES:
        expected = f"one of {', '.join(PALETTES)}"
        raise InputError.of("mode", got=repr(mode), expected=expected)
    token = _mode.set(mode)
    try:
        with mpl.rc_context(_settings(mode)):
            yield PALETTES[mode]
    finally:
        _mode.reset(token)


@contextmanager
def styled() -> Iterator[Palette]:
    """Draw what is drawn inside in the mode in force; every display's ``plot`` does so."""
    with style(_mode.get()) as colours:
        yield colours


def diverging() -> Colormap:
    """Return the map from low through middle to high."""
    return _map("diverging", _mode.get())


def softened() -> Colormap:
    """Return the diverging map, mixed with the background so that points on it stand out."""
    return _map("softened", _mode.get())


def sequential() -> Colormap:
    """Return the map from the background to high."""
    return _map("sequential", _mode.get())


@cache
def _map(kind: str, mode: str) -> Colormap:
    colours = PALETTES[mode]
    ends: list[Any] = [colours.low, colours.middle, colours.high]
    if kind == "sequential":
        ends = [colours.middle, colours.high]
    elif kind == "softened":
        paper = np.array(to_rgb(colours.background))
        ends = [tuple(0.55 * np.array(to_rgb(c)) + 0.45 * paper) for c in ends]
    return LinearSegmentedColormap.from_list(f"chainrule {kind} {mode}", ends)


@cache
def _settings(mode: str) -> Any:
    colours = PALETTES[mode]
    return {
        "figure.facecolor": colours.background,
        "savefig.facecolor": "auto",
        "axes.facecolor": colours.background,
        "axes.edgecolor": colours.faint,
        "axes.labelcolor": colours.ink,
        "axes.titlecolor": colours.ink,
        "text.color": colours.ink,
        "xtick.color": colours.faint,
        "ytick.color": colours.faint,
        "xtick.labelcolor": colours.ink,
        "ytick.labelcolor": colours.ink,
        "grid.color": colours.grid,
        "grid.linewidth": 0.8,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.linewidth": 0.8,
        "axes.titlesize": 11,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.labelsize": 10,
        "xtick.labelsize": 9,
        "ytick.labelsize": 9,
        "legend.fontsize": 9,
        "legend.frameon": True,
        "legend.framealpha": 0.85,
        "legend.facecolor": colours.background,
        "legend.edgecolor": "none",
        "lines.linewidth": 1.8,
        "font.size": 10,
        "font.family": "sans-serif",
        "figure.dpi": 100,
        "savefig.dpi": 110,
        "svg.hashsalt": "chainrule",  # the same names inside, so the same bytes each time
        "svg.fonttype": "none",  # text stays text: small files, and a reader can search it
        "axes.prop_cycle": cycler(color=list(colours.cycle)),
    }
