from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array
from tests.training.cases import Problem, rows

from chainrule.engines.engine import Data
from chainrule.engines.reference import ReferenceEngine
from chainrule.errors import TrainingError
from chainrule.network.architecture import Architecture
from chainrule.network.parameters import Parameters
from chainrule.optimizers import SGD
from chainrule.training import DivergenceError, failure
from chainrule.training.failure import all_finite, find, likely_causes

DEEP = Architecture((2, 3, 3, 1), ("relu", "relu", "identity"), "squared_error")


def network(value: float = 1.0) -> Parameters:
    parameters = Parameters(DEEP, np.ones(DEEP.n_parameters, dtype=np.float32))
    parameters.vector[...] = value
    return parameters


def place(theta: Parameters, X: Any) -> tuple[int | None, str]:
    data = Data(X, np.zeros((X.shape[0], 1), dtype=np.float32))
    return find(theta.architecture, np.float32, theta.vector, data, np.arange(X.shape[0]))


ONES = np.ones((5, 2), dtype=np.float32)


@pytest.mark.parametrize("layer", [1, 2, 3])
def test_the_first_layer_that_leaves_float32_is_named(layer: int) -> None:
    # float64 still holds what float32 cannot, so the layers before it are seen to be fine
    theta = network()
    theta.W[layer][...] = 3e38
    found, what = place(theta, ONES)
    assert found == layer
    assert f"z[{layer}] of layer {layer}, largest" in what


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_a_parameter_that_is_not_finite_is_named(value: float) -> None:
    theta = network()
    theta.b[2][1] = value
    assert place(theta, ONES) == (2, "b[2] of layer 2")


def test_inputs_that_are_not_finite_are_named() -> None:
    X = ONES.copy()
    X[3, 1] = np.nan
    assert place(network(), X) == (1, "X, the input of layer 1")
    assert place(network(), csr_array(X)) == (1, "X, the input of layer 1")


def test_a_row_far_down_the_table_is_found() -> None:
    X = np.ones((9000, 2), dtype=np.float32)
    X[8999] = 3e38
    assert place(network(10.0), X)[0] == 1


def test_finite_layers_leave_the_loss() -> None:
    found, what = place(network(), ONES)
    assert found is None
    # 2 + 1 in layer 1, 3 * 3 + 1 in layer 2, 3 * 10 + 1 in layer 3
    assert what.endswith("is 3, 10, 31")


def test_sparse_rows_are_looked_at_too() -> None:
    assert place(network(), csr_array(ONES)) == place(network(), ONES)


@pytest.mark.parametrize(
    ("scale_x", "scale_y", "rate", "expected"),
    [
        (1e6, 1.0, 0.001, ["columns of X", "learning rate"]),
        (1.0, 1e6, 0.001, ["target", "learning rate"]),
        (1.0, 1.0, 10.0, ["learning rate"]),
        (1e6, 1e6, 10.0, ["learning rate", "columns of X", "target"]),
        (np.nan, 1.0, None, ["columns of X"]),
        (1.0, 1.0, None, ["very large numbers"]),
    ],
)
def test_the_likeliest_cause_comes_first(
    scale_x: float, scale_y: float, rate: float | None, expected: list[str]
) -> None:
    data = Data(scale_x * np.ones((4, 2)), scale_y * np.ones((4, 1)))
    causes = likely_causes(data, rate)
    assert len(causes) == len(expected)
    for cause, part in zip(causes, expected, strict=True):
        assert part in cause


def diverge(**options: Any) -> DivergenceError:
    problem = Problem(SGD(options.pop("rate", 1e3), momentum=0.0), hidden="relu")
    problem.data = options.pop("data", problem.data)
    with pytest.raises(DivergenceError) as caught:
        problem.train(100, **options)
    return caught.value


def test_the_message_names_place_size_and_remedy() -> None:
    error = diverge()
    assert isinstance(error, TrainingError)
    assert isinstance(error, ArithmeticError)
    assert np.isfinite(error.theta).all()
    text = str(error)
    assert text.startswith(
        f"training: got a number that is not finite in epoch {error.epoch}, batch {error.batch}: "
    )
    assert "lower the learning rate (it was 1e+03)" in text
    if error.layer is not None:
        assert f"layer {error.layer}" in text


def test_unscaled_inputs_are_named() -> None:
    data = rows(23, 1)
    assert "scale the columns of X (largest |x| is" in str(
        diverge(rate=0.1, data=Data(1e8 * data.X, data.Y))
    )


def test_unscaled_targets_are_named() -> None:
    data = rows(23, 1)
    error = diverge(rate=0.1, data=Data(data.X, 1e25 * data.Y))
    assert (error.epoch, error.batch, error.layer) == (1, 1, None)
    assert "scale the target (largest |y| is" in str(error)


def test_the_error_crosses_processes() -> None:
    error = diverge()
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
    assert (again.epoch, again.batch, again.layer) == (error.epoch, error.batch, error.layer)
    np.testing.assert_array_equal(again.theta, error.theta)


def test_all_finite() -> None:
    theta = np.full(5, np.finfo(np.float32).max, dtype=np.float32)
    assert all_finite(theta)  # though their sum is not
    theta[4] = np.nan
    assert not all_finite(theta)


def test_parameters_whose_last_step_was_one_too_far_are_not_returned() -> None:
    two_layers = Architecture((1, 2, 1), ("relu", "identity"), "squared_error")
    engine = ReferenceEngine(two_layers, SGD(), "float64")
    data = Data(np.ones((3, 1)), np.zeros((3, 1)))
    failure.check_scores(engine, np.full(7, 1e100), data, 4)  # 1e200 is a number still
    with pytest.raises(DivergenceError, match="after epoch 4 with which a score is not finite"):
        failure.check_scores(engine, np.full(7, 1e300), data, 4)
