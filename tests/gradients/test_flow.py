"""Gradient flow: norms against their definition, planted dead and saturated units, recorded during a real training."""

from __future__ import annotations

import json

import numpy as np
import pytest
import scipy.sparse
from sklearn.exceptions import ConvergenceWarning

from chainrule import MLPClassifier
from chainrule.engines.engine import Data
from chainrule.engines.reference import ReferenceEngine
from chainrule.errors import InputError
from chainrule.gradients.flow import FlowRecorder, flow_text, gradient_flow
from chainrule.network.network import Network
from chainrule.optimizers import SGD, Constant
from chainrule.training.events import EpochEnded
from chainrule.training.loop import train
from chainrule.training.state import TrainingState
from chainrule.training.training_settings import TrainingSettings


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


def trained(recorder: FlowRecorder, rng: np.random.Generator, weights: object = None) -> tuple:
    net = Network([2, 5, 1], "tanh")
    X = rng.standard_normal((40, 2))
    Y = X[:, :1] * X[:, 1:]
    sgd = SGD(0.1, momentum=0.0)
    state = TrainingState.start(net.parameters.vector, sgd)
    engine = ReferenceEngine(net.architecture, sgd, "float64")
    settings = TrainingSettings(max_epochs=5, batch_size=40, tol=0.0, shuffle=False)
    data = Data(X, Y, weights)
    train(engine, sgd, Constant(), state, data, settings, callbacks=[recorder])
    return net, X, Y, state


def test_recorded_during_training(rng: np.random.Generator) -> None:
    recorder = FlowRecorder(every=2)
    assert str(recorder) == "nothing recorded"
    net, X, Y, _ = trained(recorder, rng)
    assert recorder.epochs == [2, 4]
    # one step an epoch of plain gradient descent: the update is known
    theta = net.parameters.vector
    for _ in range(3):
        theta[...] -= 0.1 * net.gradient(X, Y)[1]
    update = -0.1 * net.gradient(X, Y)[1]
    theta += update
    P, gradient = net.forward(X), net.gradient(X, Y)[1]
    expected = gradient_flow(net.parameters, P, gradient, update=update)
    for seen, flow in zip(recorder.flows[1], expected, strict=True):
        assert seen.update_ratio == pytest.approx(flow.update_ratio)
        assert seen.gradient_norm == pytest.approx(flow.gradient_norm)
    data = recorder.to_dict()
    assert json.loads(json.dumps(data))["layers"][0][1]["layer"] == 2
    assert str(recorder).startswith("after epoch 4")


def test_some_of_the_rows_with_their_weights(rng: np.random.Generator) -> None:
    recorder = FlowRecorder(rows=7)
    trained(recorder, rng, rng.uniform(0.5, 1.5, 40))
    assert recorder.epochs == [1, 2, 3, 4, 5]
    assert recorder._problem is not None
    assert recorder._problem.n == 7
    assert recorder._problem.share.sum() == pytest.approx(1.0)


def test_estimators_take_it_with_sparse_rows_and_lbfgs(rng: np.random.Generator) -> None:
    X = scipy.sparse.random_array((30, 4), density=0.5, rng=rng, format="csr")
    y = np.resize([0, 1], 30)
    for solver in ("adam", "lbfgs"):
        recorder = FlowRecorder()
        model = MLPClassifier((3,), "tanh", solver=solver, max_iter=3, engine="reference")
        with pytest.warns(ConvergenceWarning):
            model.set_params(callbacks=[recorder]).fit(X, y)
        assert recorder.epochs == [1, 2, 3]


def test_an_event_made_by_hand_is_let_pass() -> None:
    recorder = FlowRecorder()
    recorder(EpochEnded(1, 0.5, None, None, 0.1, 1.0, 0.0, True))
    assert recorder.epochs == []
    with pytest.raises(InputError, match="every and rows"):
        FlowRecorder(every=0)
