from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array
from tests.training.cases import Problem

from chainrule.engines.engine import Data
from chainrule.equations.activations import activations
from chainrule.errors import HealthWarning
from chainrule.network.network import Network
from chainrule.optimizers import SGD, Adam
from chainrule.training import History, health
from chainrule.training.health import findings


def normal_rows(n: int = 300) -> Data:
    return Data(np.random.default_rng(0).normal(size=(n, 3)), np.zeros((n, 1)))


def look(net: Network, data: Data | None = None) -> list[str]:
    return findings(
        net.architecture, net.parameters.vector, normal_rows() if data is None else data, History()
    )


@pytest.mark.parametrize("name", activations.names())
def test_a_fresh_network_is_well(name: str) -> None:
    assert look(Network([3, 32, 16, 1], activations=name)) == []


@pytest.mark.parametrize("hidden", ["relu", "tanh", "sigmoid"])
def test_a_trained_network_is_well(hidden: str) -> None:
    problem = Problem(Adam(0.02), hidden=hidden, dropout=0.1)
    result = problem.train(60)
    assert findings(problem.architecture, result.theta, problem.data, result.state.history) == []


@pytest.mark.parametrize("layer", [1, 2])
def test_dead_units_are_found(layer: int) -> None:
    net = Network([3, 10, 8, 1], activations="relu")
    half = net.b[layer].size // 2
    net.b[layer][:half], net.b[layer][half:] = -1e3, 1.0
    (finding,) = look(net)
    assert finding.startswith(f"layer {layer}: {half} of its {2 * half} relu units are dead")
    net.b[layer][half - 1] = 1.0  # one fewer is no finding yet
    assert look(net) == []


@pytest.mark.parametrize("name", ["leaky_relu", "softplus", "identity"])
def test_units_that_have_a_slope_everywhere_do_not_die(name: str) -> None:
    net = Network([3, 10, 1], activations=name)
    net.b[1][...] = -30.0
    assert look(net) == []


@pytest.mark.parametrize("name", ["sigmoid", "tanh"])
@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_saturated_layers_are_found(name: str, sign: float) -> None:
    net = Network([3, 10, 8, 1], activations=name)
    net.b[2][...] = sign * 20.0
    (finding,) = look(net)
    assert finding.startswith(f"layer 2: {name} is saturated")


def test_unscaled_inputs_saturate() -> None:
    data = normal_rows()
    (finding,) = look(Network([3, 10, 1], activations="tanh"), Data(1e4 * data.X, data.Y))
    assert finding.startswith("layer 1: tanh is saturated")


def test_a_sparse_table_is_looked_at_as_well() -> None:
    data = normal_rows()
    net = Network([3, 10, 1], activations="relu")
    net.b[1][...] = -1e3
    assert look(net, Data(csr_array(data.X), data.Y)) == look(net, data) != []


def test_too_few_rows_say_nothing() -> None:
    net = Network([3, 10, 1], activations="relu")
    net.b[1][...] = -1e3
    assert look(net, normal_rows(9)) == []
    assert len(look(net, normal_rows(10))) == 1


def test_a_linear_model_has_no_units() -> None:
    assert look(Network([3, 1])) == []


def history(loss: list[float], norm: list[float]) -> History:
    record = History()
    for l, g in zip(loss, norm, strict=True):
        record.append(l, None, None, 0.1, g, 0.01)
    return record


def gradients(loss: list[float], norm: list[float]) -> list[str]:
    net = Network([3, 1])
    return findings(net.architecture, net.parameters.vector, normal_rows(), history(loss, norm))


def test_exploding_gradients_are_found() -> None:
    (finding,) = gradients([1.0, 0.5, 0.4, 90.0, 80.0], [2.0, 1.0, 1.0, 5e4, 3.0])
    assert "exploded in epoch 4" in finding
    assert "clip_norm" in finding


@pytest.mark.parametrize(
    ("loss", "norm"),
    [
        ([], []),
        ([1.0], [1e9]),
        ([1e6, 1e3, 1.0], [1e6, 1e3, 1.0]),  # an unscaled target that is learned
        ([1.0, 0.5, 0.1, 0.01], [1e-4, 1e-2, 1.0, 5.0]),  # a plateau that is left
        ([1.0, 1e-6, 1e-7, 1e-4], [1.0, 1e-3, 1e-4, 1.0]),  # a spike far below the start
        ([0.70, 0.71, 0.72], [1.0, 1.1, 0.9]),  # noise about a constant
        ([1.1, 1.09, 1.09, 1.11], [0.4, 1e-5, 1e-5, 3e-3]),  # a ripple on a flat loss
    ],
)
def test_gradients_that_only_change_are_well(loss: list[float], norm: list[float]) -> None:
    assert gradients(loss, norm) == []


def test_a_training_that_explodes_is_reported() -> None:
    problem = Problem(SGD(0.7, momentum=0.9))
    problem.train(8)
    found = findings(problem.architecture, problem.state.theta, problem.data, problem.state.history)
    assert ["saturated" in found[0], "exploded" in found[1]] == [True, True]


def test_a_unit_that_is_alive_on_few_rows_is_alive() -> None:
    net = Network([1, 1, 1], activations="relu")
    net.W[1][...], net.b[1][...] = 1.0, -0.5
    X = np.zeros((1000, 1))
    assert len(findings(net.architecture, net.parameters.vector, Data(X, X), History())) == 1
    X[501] = 1.0  # not among the rows that are looked at first
    assert findings(net.architecture, net.parameters.vector, Data(X, X), History()) == []


def test_the_warning_points_at_the_caller() -> None:
    net = Network([3, 10, 1], activations="relu")
    net.b[1][...] = -1e3
    arguments: tuple[Any, ...] = (net.architecture, net.parameters.vector, normal_rows(), History())
    with pytest.warns(HealthWarning, match="layer 1: 10 of its 10 relu units are dead") as caught:
        health.warn(*arguments, stacklevel=1)
    assert caught[0].filename == __file__


def test_a_healthy_network_warns_of_nothing() -> None:
    net = Network([3, 10, 1], activations="relu")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        health.warn(net.architecture, net.parameters.vector, normal_rows(), History())
