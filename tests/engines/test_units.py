"""Batches that are shared by units: equal to the reference engine, with the same bits for any number of threads."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse
from tests.engines.test_fused import ADAM, assert_same, run, some_data

from chainrule.engines import make_engine
from chainrule.engines.engine import Data, EpochPlan
from chainrule.engines.fused import fused_engine
from chainrule.engines.fused.memory import Cut, cut_of, sorted_order
from chainrule.network.architecture import Architecture
from chainrule.network.initializers import initial_parameters
from chainrule.optimizers.catalogue import optimizers

WIDE = Architecture(
    (30, 130, 70, 3), ("tanh", "relu", "identity"), "multiclass_log_loss", 0.01, 0.001, (0.2, 0.0)
)


@pytest.fixture
def by_units(monkeypatch: pytest.MonkeyPatch) -> None:
    """Share every batch by units, however small the network is."""
    monkeypatch.setattr(fused_engine, "cut_of", lambda sizes, rows, *of_columns: Cut(4, rows, True))


def test_wide_networks_are_shared_by_units_where_a_batch_has_fewer_activations() -> None:
    assert cut_of((784, 256, 128, 10), 128) == Cut(4, 128, True)
    assert cut_of((784, 256, 128, 10), 1) == Cut(1, 1, True)
    assert not cut_of((784, 256, 128, 10), 1000).by_units
    assert not cut_of((20, 100, 1), 4).by_units  # every cache has room for all of it
    assert not cut_of((2000, 32, 1), 100).by_units  # one slice is everything
    assert not cut_of((784, 100, 10), 100).by_units  # one worker would have two thirds
    assert cut_of((784, 128, 10), 100).by_units


@pytest.mark.usefixtures("by_units")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "sizes", [(4, 5, 2), (3, 64, 1), (5, 65, 128, 2), (7, 200, 3, 129, 66), (6, 70), (0, 3, 1)]
)
def test_layers_of_any_width_equal_the_reference(sizes: tuple[int, ...], dtype: str) -> None:
    names = ("softplus",) * (len(sizes) - 2) + ("identity",)
    assert_same(Architecture(sizes, names, "squared_error", l2=0.01), ADAM, dtype)


@pytest.mark.usefixtures("by_units")
@pytest.mark.parametrize("name", [o.name for o in optimizers if not o.second_order])
def test_every_optimizer_and_everything_at_once_equal_the_reference(name: str) -> None:
    data = some_data(WIDE, "float64")
    optimizer = optimizers.get(f"{name}(learning_rate=0.01)")
    assert_same(WIDE, optimizer, "float64", data=data)
    assert_same(WIDE, optimizer, "float64", data=data, clip_norm=0.05)


@pytest.mark.usefixtures("by_units")
def test_sparse_rows_and_batches_in_order() -> None:
    dense = some_data(WIDE, "float64")
    X = np.where(dense.X > 0.5, dense.X, 0.0)
    sparse = Data(scipy.sparse.csr_array(X), dense.Y, dense.weights)
    assert_same(WIDE, ADAM, "float64", data=sparse)
    undropped = Architecture((30, 130, 3), ("tanh", "identity"), "squared_error")
    data = some_data(undropped, "float64")
    assert_same(undropped, ADAM, "float64", data=data, batch=data.n)


@pytest.mark.compiled
@pytest.mark.usefixtures("by_units")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("clip_norm", [float("inf"), 0.05])
def test_same_bits_for_any_number_of_threads(
    dtype: str, clip_norm: float, all_help: list[tuple[int, int]]
) -> None:
    data = some_data(WIDE, dtype, n=300)
    results = [
        run("fused", WIDE, ADAM, dtype, data, batch=64, threads=threads, clip_norm=clip_norm)
        for threads in (1, 2, 3, 4)
    ]
    assert {asked for asked, _ in all_help} >= {1, 2, 3, 4}
    assert all(asked == came for asked, came in all_help)
    theta, epochs, J, gradient = results[0]
    for other_theta, other_epochs, other_J, other_gradient in results[1:]:
        np.testing.assert_array_equal(other_theta, theta)
        np.testing.assert_array_equal(other_gradient, gradient)
        assert (other_epochs, other_J) == (epochs, J)


@pytest.mark.compiled
@pytest.mark.usefixtures("by_units", "all_help")
def test_one_layer_has_the_same_bits_on_two_threads() -> None:
    single = Architecture((300, 400), ("identity",), "multiclass_log_loss")
    data = some_data(single, "float32", n=40)
    alone = run("fused", single, ADAM, "float32", data, batch=20)[0]
    for _ in range(5):
        shared = run("fused", single, ADAM, "float32", data, batch=20, threads=2)[0]
        np.testing.assert_array_equal(shared, alone)


@pytest.mark.usefixtures("by_units")
def test_a_value_that_is_not_finite_stops_at_its_batch() -> None:
    data, results = some_data(WIDE, "float64"), []
    data.X[11, 2] = np.nan
    for name in ("reference", "fused"):
        theta = initial_parameters(WIDE, "auto", 1, "float64").vector
        moments = ADAM.start(theta.size, "float64").moments
        n_batches = -(-data.n // 8)
        coefficients = ADAM.coefficients(np.arange(1, n_batches + 1))
        plan = EpochPlan(np.arange(data.n), 8, np.full(n_batches, 0.01), coefficients)
        epoch = make_engine(name, WIDE, ADAM, "float64", 1).epoch(theta, moments, data, plan)
        assert not np.isfinite(epoch.loss)
        results.append(epoch.failed_batch)
    assert results == [1, 1]


def test_the_sorted_order_holds_each_parameter_once() -> None:
    order = sorted_order((2, 65, 1))
    assert order[:3].tolist() == [0, 1, 2]
    assert order[64] == 65  # the second row of the first slice
    assert order[3 * 64 :].tolist() == [64, 129, 194, *range(195, 261)]
    np.testing.assert_array_equal(np.sort(order), np.arange(261))


@pytest.mark.usefixtures("by_units")
def test_a_penalty_on_the_biases_equals_the_reference() -> None:
    sizes, names = (5, 33, 40, 2), ("tanh", "relu", "identity")
    architecture = Architecture(sizes, names, "squared_error", 0.3, 0.05, penalize_biases=True)
    assert_same(architecture, ADAM, "float64")
