"""Figures of the network itself: diagram, histograms, units, gradient flow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from chainrule import Network
from chainrule.errors import InputError, InputTypeError
from chainrule.network.parameters import Parameters
from chainrule.report.figures import (
    ActivationHistogramDisplay,
    GradientFlowDisplay,
    NetworkDisplay,
    UnitHealthDisplay,
    WeightHistogramDisplay,
)
from chainrule.report.figures.inside import network_pass


def texts(display: Any) -> list[str]:
    return [text.get_text() for text in display.ax_.texts]


def test_a_small_network_is_drawn_whole() -> None:
    net = Network([2, 3, 1], activations="tanh", loss="binary_log_loss")
    display = NetworkDisplay(net.parameters, inputs=["left", "right"]).plot()
    nodes = [c for c in display.ax_.collections if len(c.get_offsets()) > 0 and c.get_zorder() == 3]
    assert [len(c.get_offsets()) for c in nodes] == [2, 3, 1]
    edges = [c for c in display.ax_.collections if hasattr(c, "get_segments")]
    assert sum(len(c.get_segments()) for c in edges) == 2 * 3 + 3 * 1
    assert {"left", "right", "output 0", "2 inputs", "3 tanh", "1 sigmoid"} <= set(texts(display))


def test_width_and_colour_tell_size_and_sign() -> None:
    net = Network([1, 2, 1])
    net.W[1][...] = [[2.0, -1.0]]
    positive, negative = [
        c
        for c in NetworkDisplay(net.parameters).plot().ax_.collections
        if hasattr(c, "get_segments")
    ][:2]
    assert positive.get_linewidth()[0] > negative.get_linewidth()[0] > 0.5
    assert not np.allclose(positive.get_edgecolor()[0, :3], negative.get_edgecolor()[0, :3])


def test_a_large_layer_shows_its_strongest_units_and_counts_the_rest() -> None:
    net = Network([3, 500, 2])
    net.W[1][:, 123] = 100.0
    display = NetworkDisplay(net.parameters, most=6).plot()
    assert len(display.shown[1]) == 5
    assert 123 in display.shown[1]
    assert "+ 495 more" in texts(display)
    assert "500 relu" in texts(display)


def test_names_come_from_the_estimator(penguins: Any, circle: Any) -> None:
    shown = texts(NetworkDisplay.from_estimator(penguins.model, most=40))
    assert {"bill_length_mm", "Adelie", "Chinstrap", "Gentoo", "3 softmax"} <= set(shown)
    assert {"x0", "x1", "True"} <= set(texts(NetworkDisplay.from_estimator(circle.model)))


def test_histograms_hold_every_weight_and_activation(penguins: Any) -> None:
    weights = WeightHistogramDisplay.from_estimator(penguins.model)
    for ax, W in zip(weights.axes_, penguins.model.coefs_, strict=True):
        assert sum(bar.get_height() for bar in ax.patches) == W.size
        assert ax.get_xlabel() == "weights"
    activations = ActivationHistogramDisplay.from_estimator(penguins.model, penguins.X)
    assert [sum(b.get_height() for b in ax.patches) for ax in activations.axes_] == [
        len(penguins.y) * units for units in (8, 4, 3)
    ]
    assert activations.axes_[-1].get_title(loc="left").startswith("a3  raw scores")


def test_the_pass_is_what_the_estimator_predicts_by(penguins: Any, circle: Any) -> None:
    for fitted in (penguins, circle):
        P = network_pass(fitted.model, fitted.X)
        expected = fitted.model._raw_scores(fitted.X)
        np.testing.assert_allclose(P.scores, expected, rtol=1e-4, atol=1e-5)


def test_planted_dead_and_saturated_units_are_shown(penguins: Any) -> None:
    theta = Parameters(penguins.model.network_, penguins.model.theta_.copy())
    theta.b[1][:] = -1e4  # relu
    theta.b[2][:1] = 1e4  # one of 4 tanh units
    sick = penguins.model._as_of(theta.vector, None, np.empty(0))
    display = UnitHealthDisplay.from_estimator(sick, penguins.X)
    assert display.dead == [1.0, 0.0]
    assert display.saturated[1] >= 0.25
    heights = [bar.get_height() for bar in display.ax_.patches]
    assert heights[:2] == display.dead
    assert "layer 1 8 relu: 100% dead units" in display.alt
    assert [t.get_text() for t in display.ax_.get_legend().get_texts()] == [
        "dead units",
        "saturated values",
    ]


def test_gradient_flow_over_the_epochs(penguins: Any, flow: Any) -> None:
    display = GradientFlowDisplay.from_recorder(flow)
    norms, ratios = display.axes_
    assert len(norms.lines) == len(ratios.lines) == penguins.model.network_.n_layers
    assert list(norms.lines[0].get_xdata()) == flow.epochs == list(range(5, 41, 5))
    expected = [look[0].gradient_norm for look in flow.flows]
    np.testing.assert_allclose(norms.lines[0].get_ydata(), expected)
    assert norms.get_yscale() == "log"
    again = GradientFlowDisplay.from_recorder(flow.to_dict())
    np.testing.assert_allclose(again.update_ratio, display.update_ratio)
    with pytest.raises(InputError, match="epochs: got 0"):
        GradientFlowDisplay([], [], [])


def test_other_estimators_have_no_inside() -> None:
    X = np.random.default_rng(0).normal(size=(20, 2))
    peer = LogisticRegression().fit(X, X[:, 0] > 0)
    with pytest.raises(InputTypeError, match="LogisticRegression, expected a fitted estimator"):
        NetworkDisplay.from_estimator(peer)
