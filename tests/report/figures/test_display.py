"""What holds for every figure: the convention, words, files, given axes, both modes."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest

import chainrule
from chainrule import figures
from chainrule.errors import InputError
from chainrule.report.figures.display import plain, spans_decades

EVERY: dict[str, Callable[..., Any]] = {
    "loss": lambda p, c, r, f, **a: figures.LossCurveDisplay.from_estimator(p.model, **a),
    "rate": lambda p, c, r, f, **a: figures.LearningRateDisplay.from_estimator(p.model, **a),
    "boundary": lambda p, c, r, f, **a: figures.DecisionBoundaryDisplay.from_estimator(
        c.model, c.X, c.y, grid_resolution=20, **a
    ),
    "confusion": lambda p, c, r, f, **a: figures.ConfusionDisplay.from_estimator(*p, **a),
    "roc": lambda p, c, r, f, **a: figures.RocDisplay.from_estimator(*p, **a),
    "precision": lambda p, c, r, f, **a: figures.PrecisionRecallDisplay.from_estimator(*p, **a),
    "reliability": lambda p, c, r, f, **a: figures.ReliabilityDisplay.from_estimator(*p, **a),
    "predicted": lambda p, c, r, f, **a: figures.PredictedDisplay.from_estimator(*r, **a),
    "importance": lambda p, c, r, f, **a: figures.ImportanceDisplay.from_estimator(*r, **a),
    "network": lambda p, c, r, f, **a: figures.NetworkDisplay.from_estimator(p.model, **a),
    "weights": lambda p, c, r, f, **a: figures.WeightHistogramDisplay.from_estimator(p.model, **a),
    "activations": lambda p, c, r, f, **a: figures.ActivationHistogramDisplay.from_estimator(
        p.model, p.X, **a
    ),
    "units": lambda p, c, r, f, **a: figures.UnitHealthDisplay.from_estimator(p.model, p.X, **a),
    "flow": lambda p, c, r, f, **a: figures.GradientFlowDisplay.from_recorder(f, **a),
    "compared losses": lambda p, c, r, f, **a: figures.ComparedLossDisplay(
        {"small": [p.model.history_], "other": [p.model.history_]}
    ).plot(**a),
    "compared scores": lambda p, c, r, f, **a: figures.ComparedScoreDisplay(
        {"small": [0.9, 0.95], "other": [0.5, 0.6]}, {"small": True, "other": False}
    ).plot(**a),
    "compared boundaries": lambda p, c, r, f, **a: figures.ComparedBoundaryDisplay.from_estimators(
        {"one": c.model, "two": c.model}, c.X, c.y, grid_resolution=20, **a
    ),
}


@pytest.fixture(params=EVERY)
def draw(request: Any, penguins: Any, circle: Any, plane: Any, flow: Any) -> Callable[..., Any]:
    return lambda **a: EVERY[request.param](penguins, circle, plane, flow, **a)


def test_every_figure_has_what_the_convention_asks_for(draw: Callable[..., Any]) -> None:
    display = draw()
    assert display.figure_.axes[0] is display.ax_ is display.axes_[0]
    assert len(display.axes_) == display.n_panels
    for ax in display.axes_:
        assert ax.has_data()
        assert (
            (ax.get_xlabel() and ax.get_ylabel())
            or not ax.axison
            or ax is not display.ax_
            or ax.get_yticklabels()
        )
    assert display.plot() is display


def test_every_figure_says_in_words_what_it_shows(draw: Callable[..., Any]) -> None:
    words = draw().alt
    assert 30 < len(words) < 1000
    assert words.endswith(".")
    assert words[0].isupper() or words.startswith("one")
    assert any(c.isdigit() for c in words)


def test_every_figure_is_written_small_and_the_same_each_time(
    draw: Callable[..., Any], tmp_path: Path
) -> None:
    draw().save(tmp_path / "b.svg")
    display = draw()
    display.save(tmp_path / "a.svg")
    display.save(tmp_path / "a.png")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert 2_000 < (tmp_path / "a.png").stat().st_size < 300_000
    assert display.alt.split()[0] in (tmp_path / "a.svg").read_text(encoding="utf-8")


def test_every_figure_draws_on_the_axes_it_is_given_and_makes_no_other(
    draw: Callable[..., Any],
) -> None:
    plt.close("all")
    n = draw().n_panels
    plt.close("all")
    figure, axes = plt.subplots(1, n, squeeze=False)
    display = draw(ax=axes[0] if n > 1 else axes[0, 0])
    assert display.figure_ is figure
    assert display.axes_ == list(axes[0])
    assert plt.get_fignums() == [figure.number]
    with figures.style("dark"):
        alone = draw(ax=plt.subplots()[1])
    assert len(alone.axes_) == 1


def test_axes_that_are_none_are_refused() -> None:
    with pytest.raises(InputError, match="ax: got 'here', expected matplotlib axes"):
        figures.LossCurveDisplay({"loss": [1.0]}).plot("here")


def test_the_public_name_is_the_package() -> None:
    assert chainrule.figures is figures
    assert all(hasattr(figures, name) for name in figures.__all__)


def test_text_of_strangers_starts_no_formula() -> None:
    figure, ax = plt.subplots()
    ax.set_title(plain("a $\\frac{ \x1b[31m \\ $"))
    figure.canvas.draw()
    assert plain("$x$") == r"\$x\$"


def test_spans_decades() -> None:
    assert spans_decades(np.array([1.0, 11.0, np.nan]))
    assert not spans_decades(np.array([1.0, 9.0]))
    assert not spans_decades(np.array([0.0, 100.0]))
    assert not spans_decades(np.array([np.nan]))


def test_hostile_names_can_be_drawn_and_written(tmp_path: Path) -> None:
    names = ["<script>alert(1)</script>", "a\x1b[31m\x00$\\frac{$", '中文 & "quotes"']
    for mode in ("light", "dark"):
        with figures.style(mode):
            display = figures.ConfusionDisplay(np.eye(3, dtype=int), names)
            for ending in ("png", "svg"):
                with warnings.catch_warnings():  # the font that is there may not have every letter
                    warnings.filterwarnings("ignore", "Glyph", UserWarning)
                    display.save(tmp_path / f"{mode}.{ending}")
            display.plot()
    text = (tmp_path / "dark.svg").read_text(encoding="utf-8")
    assert "<script>" not in text
    ElementTree.fromstring(text)
