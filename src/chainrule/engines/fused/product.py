"""Matrix products and transpositions of our own, each one compiled function behind an address.

A call of BLAS copies both matrices into an order of its own, which costs as much as a small product itself, and it has
no fast way for a transposed B or a single column. Here nothing is copied: h, W and delta lie row by row, as the inner
loop wants them; only for ``delta W.T`` W is transposed before, once a batch. A sum may start from what is there, or
from b, so that neither ``+=`` nor a bias costs a pass of its own.

What one row of a product is depends on no other row and on no number of threads.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numba import types

from chainrule.engines.fused import compiler
from chainrule.engines.fused.compiler import block, call, inlined
from chainrule.engines.fused.loops import vector_at
from chainrule.engines.fused.microkernel import (
    block_rows,
    dot_block,
    product_block,
    transpose_block,
    vector_bytes,
    vector_length,
)

_ADDRESS = types.intp


@inlined
def multiply(
    product: int,
    number: int,
    shape: tuple[int, int, int],
    a: int,
    transposed: bool,
    b: int,
    start: int,
    start_row: int,
    c: int,
) -> None:
    """C = S + A B for (rows, terms, columns) = ``shape``, matrices of numbers of ``number`` bytes at their addresses.

    ``product`` is the address of the compiled product, ``start`` that of S; the next row of S lies ``start_row`` bytes
    further: 0 for the same row again, as with a bias. ``transposed``: what lies at ``a`` is A.T.
    """
    rows, terms, columns = shape
    a_row, a_term = (number, number * rows) if transposed else (number * terms, number)
    row = number * columns
    call(product, (rows, terms, columns, a, a_row, a_term, b, row, start, start_row, c, row))


@cache
def product_address(dtype: np.dtype) -> int:
    """Return the address of C = S + A B, for matrices of ``dtype``.

    Its arguments, integers all: ``rows, terms, columns`` of the product; the addresses and distances in bytes
    ``a, a_row, a_term`` of A (from row to row, from term to term), ``b, b_row`` of B, ``s, s_row`` of what the sums
    start from (distance 0: the same row for all), ``c, c_row`` of C, which is overwritten and may be S. The columns of
    B, S and C lie side by side, as do those of A or of its transpose. Where C is one column and A.T lies row by row,
    everything is turned on its side, so S must be a column too, or zeros.
    """
    if not compiler.COMPILED:
        return block(_product_of(dtype), None, "product")
    panels, dots = {v: _panel(v, dtype) for v in block_rows()}, _dots(dtype)
    widest, length, size = max(block_rows()), vector_length(dtype), dtype.itemsize
    one, two, three, four = (panels.get(v, panels[widest]) for v in (1, 2, 3, 4))

    def product(rows, terms, columns, a, a_row, a_term, b, b_row, s, s_row, c, c_row):  # type: ignore[no-untyped-def]
        if columns == 1:  # a vector: run along the side of A whose numbers lie side by side
            if a_term == size and b_row == size:
                dots(rows, terms, (a, a_row), b, (s, s_row), (c, c_row))
                return
            if a_row == size:
                rows, columns, a, a_term, b, b_row = 1, rows, b, b_row, a, a_term
        vectors = (columns + length - 1) // length
        n_panels = (vectors + widest - 1) // widest
        for panel in range(n_panels):
            first, last = vectors * panel // n_panels, vectors * (panel + 1) // n_panels
            width, at = last - first, first * length * size
            A, B, S, C = (a, a_row, a_term), (b + at, b_row), (s + at, s_row), (c + at, c_row)
            wide = min(columns - first * length, width * length)
            if width == 1:
                one(rows, terms, wide, A, B, S, C)
            elif width == 2:
                two(rows, terms, wide, A, B, S, C)
            elif width == 3:
                three(rows, terms, wide, A, B, S, C)
            else:
                four(rows, terms, wide, A, B, S, C)

    return block(product, types.void(*[_ADDRESS] * 12), f"product {dtype} {vector_bytes()}")


@inlined
def _below(matrix: tuple[int, ...], rows: int) -> tuple[int, ...]:
    """Return a matrix (address, distance of rows, ...) without its first rows."""
    return (matrix[0] + rows * matrix[1], *matrix[1:])


def _panel(vectors: int, dtype: np.dtype) -> Any:
    """Return the product of A with up to ``vectors`` vectors of B's columns, in blocks of rows."""
    most = block_rows()[vectors]
    many, four, two, one = (product_block(rows, vectors, dtype) for rows in (most, 4, 2, 1))

    @inlined
    def panel(rows, terms, wide, A, B, S, C):  # type: ignore[no-untyped-def]
        extent, i = (terms, wide), 0
        while rows - i >= most:
            many(_below(A, i) + B + _below(S, i) + _below(C, i) + extent)
            i += most
        if rows - i >= 4:
            four(_below(A, i) + B + _below(S, i) + _below(C, i) + extent)
            i += 4
        if rows - i >= 2:
            two(_below(A, i) + B + _below(S, i) + _below(C, i) + extent)
            i += 2
        if rows - i >= 1:
            one(_below(A, i) + B + _below(S, i) + _below(C, i) + extent)

    return panel


def _dots(dtype: np.dtype) -> Any:
    """Return the product of A with one column."""
    many, one = dot_block(8, dtype), dot_block(1, dtype)

    @inlined
    def dots(rows, terms, A, b, s, c):  # type: ignore[no-untyped-def]
        i = 0
        while rows - i >= 8:
            many((*_below(A, i), b, *_below(s, i), *_below(c, i), terms))
            i += 8
        while i < rows:
            one((*_below(A, i), b, *_below(s, i), *_below(c, i), terms))
            i += 1

    return dots


@cache
def transpose_address(dtype: np.dtype) -> int:
    """Return the address of B = A.T: ``rows, columns`` of A, the addresses of A and B; both lie without gaps."""
    if not compiler.COMPILED:
        return block(_transpose_of(dtype), None, "transpose")
    square, length, size = transpose_block(dtype), vector_length(dtype), dtype.itemsize
    vector = vector_at(dtype)

    def transpose(rows, columns, a_at, b_at):  # type: ignore[no-untyped-def]
        a, b = vector(a_at, rows * columns), vector(b_at, rows * columns)
        whole = columns // length * length
        for i in range(0, rows - length + 1, length):
            for j in range(0, whole, length):
                from_a, to_b = a_at + (i * columns + j) * size, b_at + (j * rows + i) * size
                square((from_a, columns * size, to_b, rows * size))
            for k in range(i, i + length):
                for j in range(whole, columns):
                    b[j * rows + k] = a[k * columns + j]
        for k in range(rows // length * length, rows):
            for j in range(columns):
                b[j * rows + k] = a[k * columns + j]

    return block(transpose, types.void(*[_ADDRESS] * 4), f"transpose {dtype} {vector_bytes()}")


# ---- the same as Python, where nothing is compiled ----------------------------------------------------------------


def _product_of(dtype: np.dtype) -> Any:
    at, size = vector_at(dtype), dtype.itemsize

    def matrix(address: int, rows: int, columns: int, row: int, column: int = size) -> np.ndarray:
        extent = ((rows - 1) * row + (columns - 1) * column) // size + 1 if rows and columns else 0
        return np.lib.stride_tricks.as_strided(at(address, extent), (rows, columns), (row, column))

    def product(rows, terms, columns, a, a_row, a_term, b, b_row, s, s_row, c, c_row):  # type: ignore[no-untyped-def]
        A, B = matrix(a, rows, terms, a_row, a_term), matrix(b, terms, columns, b_row)
        matrix(c, rows, columns, c_row)[...] = A @ B + matrix(s, rows, columns, s_row)

    return product


def _transpose_of(dtype: np.dtype) -> Any:
    at = vector_at(dtype)

    def transpose(rows, columns, a, b):  # type: ignore[no-untyped-def]
        at(b, rows * columns).reshape(columns, rows)[...] = (
            at(a, rows * columns).reshape(rows, columns).T
        )

    return transpose
