"""Scores in blocks: the same bits however many threads share them, and equal to the forward pass."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse

from chainrule.equations.activations import activations
from chainrule.network import inference
from chainrule.network.architecture import Architecture
from chainrule.network.backprop import forward
from chainrule.network.inference import LEAST_ROWS, block_rows, scores
from chainrule.network.initializers import initial_parameters
from chainrule.network.parameters import Parameters

Array = np.ndarray
SIZES = (7, 33, 20, 3)


def network(dtype: Any = np.float32, sizes: tuple[int, ...] = SIZES) -> Parameters:
    f = ("relu", "tanh", "identity")[-(len(sizes) - 1) :]
    return initial_parameters(Architecture(sizes, f, "squared_error"), seed=2, dtype=dtype)


def rows(n: int, m: int = 7, dtype: Any = np.float32) -> Array:
    return np.random.default_rng(n).standard_normal((n, m)).astype(dtype)


@pytest.fixture
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 48 rows, so that few rows make many."""
    monkeypatch.setattr(inference, "BLOCK_NUMBERS", 33 * 48)
    monkeypatch.setattr(inference, "_SMALL", 0)
    assert block_rows(SIZES) == 48


@pytest.mark.usefixtures("_small_blocks")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [1, 2, 47, 48, 49, 96, 97, 500, 1201])
def test_threads_do_not_change_a_bit(n: int, dtype: Any) -> None:
    theta, X = network(dtype), rows(n, dtype=dtype)
    alone = scores(theta, X, threads=1)
    assert alone.dtype == dtype
    for threads in (2, 3, 4, 8):
        np.testing.assert_array_equal(scores(theta, X, threads=threads), alone)


@pytest.mark.usefixtures("_small_blocks")
@pytest.mark.parametrize("n", [1, 48, 500])
def test_blocks_are_the_scores_of_their_rows_and_equal_the_whole(n: int) -> None:
    theta, X = network(np.float64), rows(n, dtype=np.float64)
    got = scores(theta, X, threads=3)
    for start in range(0, n, 48):
        np.testing.assert_array_equal(got[start : start + 48], scores(theta, X[start : start + 48]))
    np.testing.assert_allclose(got, forward(theta, X).scores, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("n", [0, 1, 3, 40_000])
def test_blocks_of_the_real_size_equal_the_forward_pass(n: int, threads: int) -> None:
    theta, X = network(np.float64), rows(n, dtype=np.float64)
    got = scores(theta, X, threads)
    assert got.shape == (n, 3)
    np.testing.assert_allclose(got, forward(theta, X).scores, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("sizes", [(20_000, 1), (10_000, 2, 1), (3, 9000, 1)])
@pytest.mark.parametrize("n", [1, 2])
def test_a_few_wide_rows_do_not_depend_on_the_threads_of_blas(
    n: int, sizes: tuple[int, ...]
) -> None:
    """OpenBLAS splits a scalar product from 10,000 numbers on, a matrix times a vector from 9216."""
    from threadpoolctl import threadpool_limits

    theta, X = network(np.float64, sizes), rows(n, sizes[0], np.float64)
    results = []
    for blas_threads in (1, 2, 4):
        with threadpool_limits(blas_threads, user_api="blas"):
            results.append(scores(theta, X))
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


def test_the_size_of_a_block_depends_on_the_network_alone() -> None:
    assert block_rows((4, 1)) == 65536
    assert block_rows((784, 256, 10)) == 2**18 // 784 // 16 * 16
    assert block_rows((10**9, 1)) == LEAST_ROWS == 16
    assert all(block_rows((m, 1)) % 16 == 0 for m in range(1, 3000, 7))


def test_one_row_of_a_small_network_leaves_the_threads_of_blas_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    theta, X = network(np.float64), rows(1, dtype=np.float64)
    expected = scores(theta, X)
    monkeypatch.setattr(inference, "one_blas_thread", None)
    np.testing.assert_array_equal(scores(theta, X), expected)
    with pytest.raises(TypeError):
        scores(theta, rows(100, dtype=np.float64))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("kind", [scipy.sparse.csr_array, scipy.sparse.csr_matrix])
@pytest.mark.parametrize("n", [1, 5, 3000])
def test_sparse_rows_give_the_same(n: int, kind: Any, threads: int) -> None:
    theta, X = network(np.float64), rows(n, dtype=np.float64)
    X[np.abs(X) < 1.0] = 0.0
    got = scores(theta, kind(X), threads)
    assert isinstance(got, np.ndarray)
    np.testing.assert_allclose(got, scores(theta, X), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", activations.names())
def test_inputs_are_left_alone_whatever_the_activation(name: str) -> None:
    """``z += b`` works in place; no activation may let it reach further."""
    architecture = Architecture((4, 4, 4), (name, name), "squared_error")
    theta = initial_parameters(architecture, seed=1)
    theta.vector += 0.1
    X = rows(6, 4, np.float64)
    kept, vector = X.copy(), theta.vector.copy()
    np.testing.assert_allclose(scores(theta, X), forward(theta, X).scores, rtol=1e-13, atol=1e-15)
    np.testing.assert_array_equal(X, kept)
    np.testing.assert_array_equal(theta.vector, vector)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("n", [3, 5000])
def test_overflow_gives_infinity_or_nan_without_a_warning(n: int, threads: int) -> None:
    theta = network(np.float32)
    theta.vector *= np.float32(1e25)
    got = scores(theta, 1e25 * rows(n), threads)
    assert not np.isfinite(got).all()


def test_a_nan_stays_in_its_row() -> None:
    theta, X = network(np.float64), rows(50, dtype=np.float64)
    X[7, 3] = np.nan
    assert np.flatnonzero(np.isnan(scores(theta, X)).any(axis=1)).tolist() == [7]


def test_an_error_in_a_block_comes_out() -> None:
    theta, X = network(np.float64), rows(40_000, m=5, dtype=np.float64)
    with pytest.raises(ValueError, match=r"mismatch|shape"):
        scores(theta, X, threads=2)
