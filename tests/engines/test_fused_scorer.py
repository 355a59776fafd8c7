"""Scores in compiled code: equal to NumPy's, the same bits for a row among any others, on any thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import scipy.sparse

from chainrule.engines import make_engine
from chainrule.errors import InputError
from chainrule.network import inference
from chainrule.network.architecture import Architecture
from chainrule.network.initializers import initial_parameters
from chainrule.optimizers.catalogue import optimizers

ADAM = optimizers.get("adam")
ARCHITECTURE = Architecture(
    (7, 33, 20, 3), ("tanh", "relu", "identity"), "multiclass_log_loss", dropout=(0.5, 0.0)
)


def engine_and_rows(dtype: str, n: int, threads: int = 1):
    theta = initial_parameters(ARCHITECTURE, "auto", 0, dtype)
    X = np.random.default_rng(1).normal(size=(n, 7)).astype(dtype)
    return make_engine("fused", ARCHITECTURE, ADAM, dtype, threads), theta, X


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [0, 1, 5, 1300])
def test_scores_equal_numpy_without_dropout(dtype: str, n: int) -> None:
    engine, theta, X = engine_and_rows(dtype, n)
    found, expected = engine.scores(theta.vector, X), inference.scores(theta, X)
    assert found.dtype == dtype
    assert found.shape == (n, 3)
    tolerance = 100 * np.finfo(dtype).eps
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.compiled
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_row_has_the_same_bits_alone_and_among_many(
    dtype: str, all_help: list[tuple[int, int]]
) -> None:
    engine, theta, X = engine_and_rows(dtype, 40_000)
    many = engine.scores(theta.vector, X)
    for threads in (2, 3):
        other = make_engine("fused", ARCHITECTURE, ADAM, dtype, threads)
        np.testing.assert_array_equal(other.scores(theta.vector, X), many)
        assert all_help[-1] == (threads, threads)
    for i in (0, 17, 39_999):
        np.testing.assert_array_equal(engine.scores(theta.vector, X[i : i + 1])[0], many[i])


def test_sparse_rows_are_those_of_the_dense() -> None:
    engine, theta, X = engine_and_rows("float64", 900)
    X[X < 0.5] = 0.0
    sparse = engine.scores(theta.vector, scipy.sparse.csr_array(X))
    np.testing.assert_array_equal(sparse, engine.scores(theta.vector, X))


def test_threads_that_ask_at_once_do_not_mix_their_rows() -> None:
    engine, theta, X = engine_and_rows("float32", 600)
    expected = engine.scores(theta.vector, X)
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(lambda i: engine.scores(theta.vector, X[i : i + 3]), range(590)))
    # Bits are the compiled engine's promise; BLAS adds three rows otherwise than six hundred.
    for i, part in enumerate(parts):
        np.testing.assert_allclose(part, expected[i : i + 3], rtol=0.0, atol=1e-5)


@pytest.mark.parametrize("n", [3, 900])
def test_what_compiled_code_would_read_wrongly_is_refused(n: int) -> None:
    engine, theta, X = engine_and_rows("float32", n)
    with pytest.raises(InputError, match="theta: got shape"):
        engine.scores(theta.vector[:-1], X)
    for columns in (1, 5):
        with pytest.raises(InputError, match=f"X: got {columns} columns, expected 7"):
            engine.scores(theta.vector, X[:, :columns].copy())
    with pytest.raises(InputError, match=r"theta: got .* float64"):
        engine.scores(theta.vector.astype("float64"), X)
    sparse = scipy.sparse.csr_array(X)
    sparse.indices[2] = 7
    with pytest.raises(InputError, match="X: got sparse rows"):
        engine.scores(theta.vector, sparse)
    if n == 900:
        with pytest.raises(InputError, match=r"X: got .* not C-contiguous"):
            engine.scores(theta.vector, np.asfortranarray(X))
        with pytest.raises(InputError, match=r"X: got .* float64"):
            engine.scores(theta.vector, X.astype("float64"))
