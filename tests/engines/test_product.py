"""Products and transpositions of our own against NumPy's, for all shapes, and that they touch nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import llvmlite.binding
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.engines.fused import microkernel
from chainrule.engines.fused.compiler import address_of, function_at
from chainrule.engines.fused.product import product_address, transpose_address

DTYPES = [np.dtype("float32"), np.dtype("float64")]
GUARD = 64  # numbers before and after each matrix, which nobody may touch
lengths = st.integers(0, 70)


def guarded(
    rng: np.random.Generator, dtype: np.dtype, *shape: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return a matrix of random numbers inside a vector of NaN, and the vector."""
    size = int(np.prod(shape))
    whole = np.full(size + 2 * GUARD, np.nan, dtype=dtype)
    matrix = whole[GUARD : GUARD + size].reshape(shape)
    matrix[...] = rng.normal(size=shape)
    return matrix, whole


def assert_guarded(whole: np.ndarray) -> None:
    assert np.isnan(whole[:GUARD]).all()
    assert np.isnan(whole[-GUARD:]).all()


def product(
    A: np.ndarray, B: np.ndarray, S: np.ndarray, C: np.ndarray, transposed: bool = False
) -> None:
    """C = S + A B; ``transposed``: A.T is what lies in memory."""
    number, (rows, columns), terms = C.itemsize, C.shape, len(B)
    a_row, a_term = (number, number * rows) if transposed else (number * terms, number)
    s_row = 0 if S.ndim == 1 else number * columns
    row = number * columns
    function_at(product_address(C.dtype), 12)(
        *(rows, terms, columns, address_of(A), a_row, a_term, address_of(B), row),
        *(address_of(S), s_row, address_of(C), row),
    )


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@given(rows=lengths, terms=lengths, columns=lengths, transposed=st.booleans(), adding=st.booleans())
def test_product_equals_numpy(
    dtype: np.dtype, rows: int, terms: int, columns: int, transposed: bool, adding: bool
) -> None:
    rng = np.random.default_rng([rows, terms, columns])
    A, _ = guarded(rng, dtype, *((terms, rows) if transposed else (rows, terms)))
    B, _ = guarded(rng, dtype, terms, columns)
    C, around = guarded(rng, dtype, rows, columns)
    bias = rng.normal(size=max(rows, columns)).astype(dtype)
    if transposed and columns == 1:
        bias[:] = 0.0  # as the docstring says: here S is a column like C, or zeros
    S = C if adding else bias
    A_exact = np.float64(A.T if transposed else A)
    start = np.float64(C) if adding else np.float64(bias[:columns])
    expected = start + A_exact @ np.float64(B)
    # The error of a sum of products, one after the other (Higham 2002, section 3.1).
    bound = (terms + 2) * np.finfo(dtype).eps * (abs(start) + abs(A_exact) @ abs(np.float64(B)))
    product(A, B, S, C, transposed)
    assert np.all(abs(C - expected) <= bound)
    assert_guarded(around)


@pytest.mark.compiled
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("columns", [1, 3, 16, 40, 100])
def test_a_row_has_the_same_bits_among_any_others(dtype: np.dtype, columns: int) -> None:
    rng = np.random.default_rng(0)
    A, B = rng.normal(size=(57, 41)).astype(dtype), rng.normal(size=(41, columns)).astype(dtype)
    b, C = rng.normal(size=columns).astype(dtype), np.empty((57, columns), dtype=dtype)
    product(A, B, b, C)
    for rows in (1, 2, 3, 7, 11):
        for first in (0, 5, 57 - rows):
            part = np.empty((rows, columns), dtype=dtype)
            product(np.ascontiguousarray(A[first : first + rows]), B, b, part)
            np.testing.assert_array_equal(part, C[first : first + rows])


@pytest.fixture(params=[16, 32, 64])
def any_processor(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Compile for registers of another size: what this processor lacks LLVM makes of what it has."""
    caches = [
        *(microkernel.vector_bytes, microkernel.block_rows, microkernel.product_panel),
        *(
            microkernel.product_column,
            microkernel.transpose_block,
            product_address,
            transpose_address,
        ),
    ]
    for cached in caches:
        cached.cache_clear()
    features = {"avx512f": request.param == 64, "avx2": request.param >= 32}
    monkeypatch.setattr(llvmlite.binding, "get_host_cpu_features", lambda: features)
    yield request.param
    for cached in caches:
        cached.cache_clear()


@pytest.mark.compiled
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_registers_of_any_size(any_processor: int, dtype: np.dtype) -> None:
    rng = np.random.default_rng(0)
    for rows, terms, columns in [(1, 1, 1), (13, 20, 1), (23, 9, 7), (37, 50, 71)]:
        A, B = rng.normal(size=(rows, terms)), rng.normal(size=(terms, columns))
        A, B, C = A.astype(dtype), B.astype(dtype), np.empty((rows, columns), dtype=dtype)
        product(A, B, np.zeros(columns, dtype=dtype), C)
        np.testing.assert_allclose(C, np.float64(A) @ B, rtol=1e-3, atol=1e-4)
        AT = np.empty((terms, rows), dtype=dtype)
        function_at(transpose_address(dtype), 4)(rows, terms, address_of(A), address_of(AT))
        np.testing.assert_array_equal(AT, A.T)
    assert microkernel.vector_bytes() == any_processor


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_not_a_number_stays_in_its_row(dtype: np.dtype) -> None:
    A, B = np.ones((9, 5), dtype=dtype), np.ones((5, 20), dtype=dtype)
    A[4, 2], C = np.nan, np.zeros((9, 20), dtype=dtype)
    product(A, B, np.zeros(20, dtype=dtype), C)
    assert np.isnan(C[4]).all()
    assert (np.delete(C, 4, axis=0) == 5).all()


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@given(rows=lengths, columns=lengths)
def test_transpose_equals_numpy(dtype: np.dtype, rows: int, columns: int) -> None:
    rng = np.random.default_rng([rows, columns])
    A, _ = guarded(rng, dtype, rows, columns)
    B, around = guarded(rng, dtype, columns, rows)
    function_at(transpose_address(dtype), 4)(rows, columns, address_of(A), address_of(B))
    np.testing.assert_array_equal(B, A.T)
    assert_guarded(around)
