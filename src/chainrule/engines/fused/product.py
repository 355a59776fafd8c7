"""Matrix products by BLAS, called through its address: no temporary, no check, no way back into Python.

``numpy.dot`` inside compiled code costs .2 microseconds a call more, as long as a small product itself, and seconds of
compilation; and it cannot add to what is there. The address is that of the BLAS that SciPy ships; another library's
``sgemm`` would serve as well.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import NamedTuple

import numpy as np

from chainrule.engines.fused import compiler
from chainrule.engines.fused.compiler import address_of, call, inlined


class Blas(NamedTuple):
    """What a call of BLAS needs besides the matrices; it takes every argument by address."""

    gemm: int  #: the address of sgemm or dgemm
    letters: np.ndarray  #: (2,) bytes, "N" and "T"
    numbers: np.ndarray  #: (2,) 0 and 1 in the precision of the network
    extents: np.ndarray  #: (lanes, 16) int32, a cache line for each lane


def blas_of(lanes: int, dtype: np.dtype) -> Blas:
    """Return what products in ``lanes`` lanes need."""
    return Blas(
        gemm_address(dtype),
        np.frombuffer(b"NT", dtype=np.uint8).copy(),
        np.array([0.0, 1.0], dtype=dtype),
        np.zeros((lanes, 16), dtype=np.int32),
    )


@cache
def gemm_address(dtype: np.dtype) -> int:
    """Return the address of sgemm or dgemm with the Fortran interface."""
    if not compiler.COMPILED:
        return compiler.block(_gemm_of(dtype), None, "gemm")
    from scipy.linalg import cython_blas

    capsule = cython_blas.__pyx_capi__["sgemm" if dtype == np.float32 else "dgemm"]
    name = ctypes.pythonapi.PyCapsule_GetName
    name.restype, name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return int(pointer(capsule, name(capsule)))


@inlined
def product(
    blas: Blas,
    lane: int,
    transposed: tuple[int, int],
    shape: tuple[int, int, int],
    a: int,
    b: int,
    c: int,
    adding: int,
) -> None:
    """C = A B, or C += A B where ``adding`` is 1; A, B, C row by row at the addresses a, b, c.

    ``shape`` is (rows of C, terms of each sum, columns of C). ``transposed`` says for A and B whether what lies at the
    address is to be transposed first. BLAS counts by columns, so it is asked for C.T = B.T A.T: the same memory.
    """
    rows, terms, columns = shape
    extents = blas.extents[lane]
    extents[0], extents[1], extents[2] = columns, rows, terms
    extents[3] = max(
        terms if transposed[1] else columns, 1
    )  # numbers from one row of B to the next
    extents[4] = max(rows if transposed[0] else terms, 1)  # the same of A
    extents[5] = max(columns, 1)
    e, letters = address_of(extents), address_of(blas.letters)
    one = address_of(blas.numbers) + blas.numbers.itemsize
    beta = address_of(blas.numbers) + blas.numbers.itemsize * adding
    transpositions = (letters + transposed[1], letters + transposed[0])
    call(
        blas.gemm,
        (*transpositions, e, e + 4, e + 8, one, b, e + 12, a, e + 16, beta, c, e + 20),
    )


def _gemm_of(dtype: np.dtype):  # type: ignore[no-untyped-def]
    """Return a stand-in for BLAS that runs as Python."""
    at = compiler.float32_at if dtype == np.float32 else compiler.float64_at

    def gemm(tb, ta, columns, rows, terms, one, b, _ldb, a, _lda, beta, c, _ldc):  # type: ignore[no-untyped-def]
        n, m, k = (ctypes.c_int32.from_address(int(p)).value for p in (columns, rows, terms))
        letter = [chr(ctypes.c_uint8.from_address(int(p)).value) for p in (ta, tb)]
        A = at(a, m * k).reshape((k, m) if letter[0] == "T" else (m, k))
        B = at(b, k * n).reshape((n, k) if letter[1] == "T" else (k, n))
        C = at(c, m * n).reshape(m, n)
        A, B = (A.T if letter[0] == "T" else A), (B.T if letter[1] == "T" else B)
        C[...] = A @ B + (C * at(beta, 1)[0] if at(beta, 1)[0] else 0.0)

    return gemm
