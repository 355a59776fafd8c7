"""Gradient flow: norms against their definition, planted dead and saturated units, recorded during a real training."""

from __future__ import annotations

import json

import numpy as np
import pytest

from chainrule.engines.engine import Data
from chainrule.engines.reference import ReferenceEngine
from chainrule.gradients.flow import FlowRecorder, flow_text, gradient_flow
from chainrule.network.network import Network
from chainrule.optimizers import SGD, Constant
from chainrule.training.loop import train
from chainrule.training.settings import TrainingSettings
from chainrule.training.state import TrainingState


def test_norms_and_ratio(rng: np.random.Generator) -> None:
    net = Network([3, 4, 2], "tanh")
    X, Y = rng.standard_normal((6, 3)), rng.standard_normal((6, 2))
    _, gradient = net.gradient(X, Y)
    first, last = gradient_flow(net.parameters, net.forward(X), gradient, learning_rate=0.1)
    assert first.gradient_norm == pytest.approx(np.sqrt((gradient[:12] ** 2).sum()))
    assert first.bias_gradient_norm == pytest.approx(np.sqrt((gradient[12:16] ** 2).sum()))
    assert first.update_ratio == pytest.approx(
        0.1 * first.gradient_norm / np.sqrt((net.W[1] ** 2).sum())
    )
    assert last.activation_mean == pytest.approx(net.scores(X).mean())
    (given, _) = gradient_flow(net.parameters, net.forward(X), gradient, update=-0.2 * gradient)
    assert given.update_ratio == pytest.approx(2 * first.update_ratio)
    unknown = gradient_flow(net.parameters, net.forward(X), gradient)[0]
    assert np.isnan(unknown.update_ratio)


def test_dead_and_saturated_units_are_told_apart(rng: np.random.Generator) -> None:
    net = Network([3, 4, 4, 4, 1], ["relu", "sigmoid", "leaky_relu"])
    net.W[1][...] = np.abs(net.W[1])
    net.b[1][[1, 3]] = -1e3
    net.b[2][0] = 1e3  # its slope rounds to 0, and yet it is not the flat side of a kink
    X = np.abs(rng.standard_normal((6, 3)))
    flows = gradient_flow(net.parameters, net.forward(X), np.zeros(net.architecture.n_parameters))
    assert [flow.dead for flow in flows] == [(1, 3), (), (), ()]
    assert [flow.saturated for flow in flows] == [0.0, 0.25, 0.0, 0.0]
    text = flow_text(flows)
    assert len(text.splitlines()) == 5
    assert "25.0%" in text


def test_recorded_during_training(rng: np.random.Generator) -> None:
    net = Network([2, 5, 1], "tanh")
    X = rng.standard_normal((40, 2))
    Y = X[:, :1] * X[:, 1:]
    sgd = SGD(0.1, momentum=0.0)
    state = TrainingState.start(net.parameters.vector, sgd)
    recorder = FlowRecorder(lambda: state.theta, net.architecture, X, Y, every=2)
    train(
        ReferenceEngine(net.architecture, sgd, "float64"),
        sgd,
        Constant(),
        state,
        Data(X, Y),
        TrainingSettings(max_epochs=5, batch_size=40, tol=0.0),
        callbacks=[recorder],
    )
    assert recorder.epochs == [2, 4]
    assert [len(flows) for flows in recorder.flows] == [2, 2]
    assert all(0.0 < flow.update_ratio < 1.0 for flows in recorder.flows for flow in flows)
    data = recorder.to_dict()
    assert json.loads(json.dumps(data))["layers"][0][1]["layer"] == 2
