from __future__ import annotations

from itertools import combinations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from chainrule.errors import InputError
from chainrule.report.figures import LossCurveDisplay, palette, style
from chainrule.report.figures.style import PALETTES, diverging

# Linear maps of linear RGB for the three kinds of colour blindness: Machado, Oliveira and Fernandes,
# "A physiologically-based model for simulation of color vision deficiency", IEEE TVCG 2009, severity 1.
BLINDNESS = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def linear(colour: str) -> np.ndarray:
    c = np.array(to_rgb(colour))
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(a: str, b: str) -> float:
    """WCAG 2's contrast ratio."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    light, dark = sorted([linear(a) @ weights, linear(b) @ weights], reverse=True)
    return float((light + 0.05) / (dark + 0.05))


def lab(rgb: np.ndarray) -> np.ndarray:
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = to_xyz @ np.clip(rgb, 0.0, 1.0) / [0.9505, 1.0, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("mode", PALETTES)
def test_text_and_lines_stand_out_from_the_paper(mode: str) -> None:
    colours = PALETTES[mode]
    assert contrast(colours.ink, colours.background) >= 7.0
    assert contrast(colours.faint, colours.background) >= 4.5
    for line in colours.cycle[:5]:
        assert contrast(line, colours.background) >= 2.7, line


@pytest.mark.parametrize("mode", PALETTES)
@pytest.mark.parametrize("kind", BLINDNESS)
def test_colours_side_by_side_differ_for_colour_blind_readers(mode: str, kind: str) -> None:
    seen = [lab(np.array(BLINDNESS[kind]) @ linear(c)) for c in PALETTES[mode].cycle[:4]]
    ends = [
        lab(np.array(BLINDNESS[kind]) @ linear(c))
        for c in (PALETTES[mode].low, PALETTES[mode].high)
    ]
    for a, b in [*combinations(seen, 2), tuple(ends)]:
        assert np.linalg.norm(a - b) > 10.0  # a just noticeable difference is about 2.3


def test_a_mode_holds_inside_its_block_and_leaves_nothing_behind() -> None:
    before = dict(mpl.rcParams)
    assert palette() is PALETTES["light"]
    with style("dark") as colours:
        assert colours is palette() is PALETTES["dark"]
        display = LossCurveDisplay({"loss": [1.0, 0.5]}).plot()
    assert palette() is PALETTES["light"]
    assert dict(mpl.rcParams) == before
    assert mpl.colors.to_hex(display.figure_.get_facecolor()) == PALETTES["dark"].background
    light = LossCurveDisplay({"loss": [1.0, 0.5]}).plot()
    assert mpl.colors.to_hex(light.figure_.get_facecolor()) == PALETTES["light"].background


def test_the_diverging_map_is_the_same_distance_from_the_middle_at_both_ends() -> None:
    assert diverging()(0.0)[:3] == pytest.approx(to_rgb(PALETTES["light"].low), abs=0.01)
    assert diverging()(1.0)[:3] == pytest.approx(to_rgb(PALETTES["light"].high), abs=0.01)


def test_an_unknown_mode_is_refused() -> None:
    with (
        pytest.raises(InputError, match="mode: got 'sepia', expected one of light, dark"),
        style("sepia"),
    ):
        pass
