"""The reference engine: an epoch is hand-stepped updates; sums over blocks are the whole; failures stop it in time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse
from tests.conformance.cases import loss_specs, targets
from tests.oracles import complex_step, relative_error

from chainrule.engines.engine import Data, EpochPlan
from chainrule.engines.reference import ReferenceEngine
from chainrule.equations.losses import losses
from chainrule.network import inference, random
from chainrule.network.architecture import Architecture
from chainrule.network.backprop import forward, objective
from chainrule.network.initializers import initial_parameters
from chainrule.network.parameters import Parameters
from chainrule.optimizers.adam import Adam
from chainrule.optimizers.adamw import AdamW
from chainrule.optimizers.optimizer import Optimizer
from chainrule.optimizers.rmsprop import RMSprop
from chainrule.optimizers.sgd import SGD

Array = np.ndarray
SIZES, N = (4, 6, 5, 3), 23


def architecture(loss: str = "squared_error", **options: Any) -> Architecture:
    return Architecture(
        SIZES, ("tanh", "gelu", "identity"), loss, **{"l2": 0.05, "l1": 0.01, **options}
    )


def data(loss: str = "squared_error", weighted: bool = False, dtype: Any = np.float64) -> Data:
    rng = np.random.default_rng(8)
    X = rng.standard_normal((N, 4)).astype(dtype)
    Y = targets(losses.get(loss).domain, N, 3, rng).astype(dtype)
    w = rng.uniform(0.0, 2.0, N)
    w[3] = 0.0
    return Data(X, Y, (w / w.mean()).astype(dtype) if weighted else None)


def plan(optimizer: Optimizer, batch_size: int, **options: Any) -> EpochPlan:
    n_batches = -(-N // batch_size)
    return EpochPlan(
        np.random.default_rng(1).permutation(N),
        batch_size,
        np.linspace(0.01, 0.02, n_batches),
        optimizer.coefficients(np.arange(1, n_batches + 1)),
        **options,
    )


# ---- epochs ---------------------------------------------------------------------------------------


def by_hand(
    optimizer: Optimizer, shape: Architecture, rows: Data, steps: EpochPlan
) -> tuple[Array, Array, float, float]:
    """Step through an epoch with gradients by complex step: no code of the engine, none of ``backward``."""
    theta = initial_parameters(shape, seed=1).vector
    moments = np.zeros((optimizer.n_moments, theta.size))
    places = Parameters(shape, np.zeros(theta.size))
    for W in places.W[1:]:
        W[...] = 1.0
    is_weight = places.vector > 0
    total, largest = 0.0, 0.0
    for batch, start in enumerate(range(0, N, steps.batch_size)):
        chosen = steps.order[start : start + steps.batch_size]
        mask: list[Any] = [1.0] * 4
        for l, rate in enumerate(shape.dropout, start=1):
            positions = np.arange(start, start + len(chosen))
            mask[l] = random.dropout_mask(steps.dropout_key, l, positions, SIZES[l], rate, float)
        w = np.ones(len(chosen)) if rows.weights is None else rows.weights[chosen]
        share = (w / len(chosen))[:, None]

        def J(vector: Array) -> complex:
            point = Parameters(shape, vector)
            scores = forward(point, rows.X[chosen], mask).scores  # noqa: B023 - called in this turn only
            return complex(objective(point, scores, rows.Y[chosen], share))  # noqa: B023

        total += J(theta).real * len(chosen)
        g = complex_step(J, theta)
        norm = float(np.linalg.norm(g))
        largest = max(largest, norm)
        g *= min(1.0, steps.clip_norm / norm)
        rate = steps.rates[batch]
        theta[is_weight] *= 1.0 - rate * optimizer.weight_decay
        after = optimizer.rule(theta, g, *moments, rate, *steps.coefficients[batch])
        if len(moments):
            theta, moments = after[0], np.array(after[1:])
        else:
            theta = after
    return theta, moments, total / N, largest


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dropout", [(), (0.3, 0.5), (0.0, 0.4)])
@pytest.mark.parametrize(
    ("optimizer", "batch_size", "clip_norm"),
    [
        (SGD(momentum=0.0), 5, np.inf),
        (SGD(), 23, np.inf),
        (Adam(), 1, np.inf),
        (AdamW(weight_decay=0.5), 8, np.inf),
        (RMSprop(), 100, np.inf),
        (Adam(), 7, 0.1),
    ],
)
def test_an_epoch_is_its_steps_by_hand(
    optimizer: Optimizer,
    batch_size: int,
    clip_norm: float,
    dropout: tuple[float, ...],
    weighted: bool,
) -> None:
    shape, rows = architecture(dropout=dropout), data(weighted=weighted)
    steps = plan(optimizer, batch_size, dropout_key=12345, clip_norm=clip_norm)
    theta, moments, loss, norm = by_hand(optimizer, shape, rows, steps)
    engine = ReferenceEngine(shape, optimizer, np.float64)
    got = initial_parameters(shape, seed=1).vector
    got_moments = np.zeros((optimizer.n_moments, got.size))
    result = engine.epoch(got, got_moments, rows, steps)
    np.testing.assert_allclose(got, theta, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(got_moments, moments, rtol=1e-9, atol=1e-12)
    assert result.loss == pytest.approx(loss, rel=1e-12)
    assert result.gradient_norm == pytest.approx(norm, rel=1e-12)
    assert result.failed_batch == -1


def one_epoch(dtype: Any, rows: Data, **options: Any) -> tuple[Array, Any]:
    optimizer, shape = Adam(), architecture(dropout=(0.2, 0.2), **options)
    theta = initial_parameters(shape, seed=1, dtype=dtype).vector
    moments = np.zeros((2, theta.size), dtype=dtype)
    result = ReferenceEngine(shape, optimizer, dtype).epoch(
        theta, moments, rows, plan(optimizer, 6, dropout_key=3)
    )
    return theta, result


@pytest.mark.parametrize("weighted", [False, True])
def test_float32_follows_float64(weighted: bool) -> None:
    double, exact = one_epoch(np.float64, data(weighted=weighted))
    single, result = one_epoch(np.float32, data(weighted=weighted, dtype=np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, double, atol=2e-5)
    assert result.loss == pytest.approx(exact.loss, rel=1e-5)


def test_an_epoch_can_be_repeated_bit_for_bit() -> None:
    np.testing.assert_array_equal(one_epoch(np.float32, data(dtype=np.float32))[0],
                                  one_epoch(np.float32, data(dtype=np.float32))[0])  # fmt: skip


@pytest.mark.parametrize("kind", [scipy.sparse.csr_array, scipy.sparse.csr_matrix])
def test_sparse_rows_train_alike(kind: Any) -> None:
    rows = data()
    rows.X[np.abs(rows.X) < 0.7] = 0.0
    dense, result = one_epoch(np.float64, rows)
    sparse, other = one_epoch(np.float64, Data(kind(rows.X), rows.Y))
    np.testing.assert_allclose(sparse, dense, rtol=1e-10, atol=1e-13)
    assert other.loss == pytest.approx(result.loss, rel=1e-12)


def test_data_and_plan_are_left_alone() -> None:
    rows, optimizer = data(weighted=True), Adam()
    steps = plan(optimizer, 5, dropout_key=1)
    arrays = [rows.X, rows.Y, rows.weights, steps.order, steps.rates, steps.coefficients]
    kept = [np.copy(array) for array in arrays]  # type: ignore[arg-type]
    shape = architecture(dropout=(0.5, 0.5))
    theta = initial_parameters(shape).vector
    ReferenceEngine(shape, optimizer, np.float64).epoch(
        theta, np.zeros((2, theta.size)), rows, steps
    )
    for array, copy in zip(arrays, kept, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_an_epoch_stops_before_the_first_step_that_is_not_finite(bad: float) -> None:
    optimizer, shape, rows = SGD(), architecture(), data()
    steps = plan(optimizer, 5)
    rows.X[steps.order[12]] = bad  # the third batch
    theta = initial_parameters(shape, seed=1).vector
    moments = np.zeros((1, theta.size))
    result = ReferenceEngine(shape, optimizer, np.float64).epoch(theta, moments, rows, steps)
    assert result.failed_batch == 2
    assert not (np.isfinite(result.loss) and np.isfinite(result.gradient_norm))
    two = EpochPlan(steps.order[:10], 5, steps.rates[:2], steps.coefficients[:2])
    expected, velocity = initial_parameters(shape, seed=1).vector, np.zeros((1, theta.size))
    ReferenceEngine(shape, optimizer, np.float64).epoch(expected, velocity, rows, two)
    np.testing.assert_array_equal(theta, expected)
    np.testing.assert_array_equal(moments, velocity)


def test_a_long_gradient_in_float32_is_clipped_and_is_no_failure() -> None:
    """Its square overflows float32, itself it does not."""
    shape = Architecture((1, 1), ("identity",), "squared_error")
    theta = np.zeros(2, dtype=np.float32)
    rows = Data(np.full((1, 1), 1e15, np.float32), np.full((1, 1), -1e15, np.float32))
    steps = EpochPlan(np.arange(1), 1, np.ones(1), np.empty((1, 0)), clip_norm=1.0)
    result = ReferenceEngine(shape, SGD(momentum=0.0), np.float32).epoch(
        theta, np.empty((0, 2)), rows, steps
    )
    assert result.failed_batch == -1
    assert result.gradient_norm == pytest.approx(1e30, rel=1e-6)
    np.testing.assert_allclose(theta, [-1.0, -1e-15], rtol=1e-6)


# ---- evaluation over all rows ---------------------------------------------------------------------


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("loss", loss_specs())
def test_objective_and_gradient_over_blocks_are_the_whole_and_the_complex_step(
    loss: str, weighted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape, rows = architecture(loss, dropout=(0.5, 0.5)), data(loss, weighted)
    engine = ReferenceEngine(shape, Adam(), np.float64)
    theta = initial_parameters(shape, seed=4).vector
    gradient, in_blocks = np.full(theta.size, np.nan), np.full(theta.size, np.nan)
    J = engine.objective_and_gradient(theta, rows, gradient)

    monkeypatch.setattr(inference, "BLOCK_NUMBERS", 1)
    monkeypatch.setattr(inference, "_SMALL", 0)
    assert inference.block_rows(SIZES) == 16 < N
    assert engine.objective_and_gradient(theta, rows, in_blocks) == pytest.approx(J, rel=1e-13)
    assert engine.evaluate(theta, rows)[0] == pytest.approx(J, rel=1e-13)
    np.testing.assert_allclose(in_blocks, gradient, rtol=1e-11, atol=1e-15)

    w = np.ones(N) if rows.weights is None else rows.weights

    def exact(vector: Array) -> complex:
        point = Parameters(shape, vector)
        return complex(
            objective(point, forward(point, rows.X).scores, rows.Y, (w / w.sum())[:, None])
        )

    assert pytest.approx(exact(theta).real, rel=1e-13) == J
    assert relative_error(gradient, complex_step(exact, theta)) < 1e-13


def test_weights_are_repetitions() -> None:
    shape, rows = architecture(), data()
    times = np.random.default_rng(0).integers(0, 4, N)
    weights = times / times.mean()
    engine = ReferenceEngine(shape, Adam(), np.float64)
    theta = initial_parameters(shape, seed=4).vector
    g, h = np.empty_like(theta), np.empty_like(theta)
    J = engine.objective_and_gradient(theta, Data(rows.X, rows.Y, weights), g)
    repeated = Data(rows.X.repeat(times, 0), rows.Y.repeat(times, 0))
    assert engine.objective_and_gradient(theta, repeated, h) == pytest.approx(J, rel=1e-13)
    assert engine.evaluate(theta, repeated)[0] == pytest.approx(J, rel=1e-13)
    np.testing.assert_allclose(g, h, rtol=1e-11, atol=1e-15)


def test_no_result_depends_on_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "BLOCK_NUMBERS", 1)
    monkeypatch.setattr(inference, "_SMALL", 0)
    shape, rows = architecture(), data(dtype=np.float32)
    theta = initial_parameters(shape, dtype=np.float32).vector
    results = []
    for threads in (1, 2, 3, 8):
        engine = ReferenceEngine(shape, Adam(), np.float32, threads)
        gradient = np.empty_like(theta)
        J = engine.objective_and_gradient(theta, rows, gradient)
        results.append(
            (
                J,
                engine.evaluate(theta, rows)[0],
                gradient.tobytes(),
                engine.scores(theta, rows.X).tobytes(),
            )
        )
    assert len(set(results)) == 1


@pytest.mark.parametrize("loss", losses.names())
def test_scores_that_explode_give_no_warning(loss: str) -> None:
    """The loss may be infinite; that is reported, not warned of in the middle of a fit."""
    shape, rows = architecture(loss), data(loss, dtype=np.float32)
    engine = ReferenceEngine(shape, SGD(momentum=0.0), np.float32)
    theta = initial_parameters(shape, seed=1, dtype=np.float32).vector * np.float32(1e4)
    gradient = np.empty_like(theta)
    J = engine.objective_and_gradient(theta, rows, gradient)
    assert not np.isnan(J)
    assert np.isclose(engine.evaluate(theta, rows)[0], J, rtol=1e-5)
    steps = plan(SGD(momentum=0.0), 10)
    result = engine.epoch(theta, np.empty((0, theta.size)), rows, steps)
    assert (result.failed_batch == -1) == bool(np.isfinite(result.loss))
