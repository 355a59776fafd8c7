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
    product_column,
    product_panel,
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
    panels, column = {v: product_panel(v, dtype) for v in block_rows()}, product_column(dtype)
    widest, length, size = max(block_rows()), vector_length(dtype), dtype.itemsize
    one, two, three, four = (panels.get(v, panels[widest]) for v in (1, 2, 3, 4))

    def product(rows, terms, columns, a, a_row, a_term, b, b_row, s, s_row, c, c_row):  # type: ignore[no-untyped-def]
        if columns == 1:  # a vector: run along the side of A whose numbers lie side by side
            if a_term == size and b_row == size:
                column((rows, terms, a, a_row, b, s, s_row, c, c_row))
                return
            if a_row == size:
                rows, columns, a, a_term, b, b_row = 1, rows, b, b_row, a, a_term
        vectors = (columns + length - 1) // length
        n_panels = (vectors + widest - 1) // widest
        for panel in range(n_panels):
            first, last = vectors * panel // n_panels, vectors * (panel + 1) // n_panels
            width, at = last - first, first * length * size
            extent = (rows, terms, min(columns - first * length, width * length))
            matrices = (a, a_row, a_term, b + at, b_row, s + at, s_row, c + at, c_row)
            if width == 1:
                one(extent + matrices)
            elif width == 2:
                two(extent + matrices)
            elif width == 3:
                three(extent + matrices)
            else:
                four(extent + matrices)

    return block(product, types.void(*[_ADDRESS] * 12), f"product {dtype} {vector_bytes()}")


@cache
def transpose_address(dtype: np.dtype) -> int:
    """Return the address of B = A.T: ``rows, columns`` of A, the addresses of A and B; both lie without gaps."""
    if not compiler.COMPILED:
        return block(_transpose_of(dtype), None, "transpose")
    square, length, size = transpose_block(dtype), vector_length(dtype), dtype.itemsize
    vector = vector_at(dtype)

    def transpose(rows, columns, a_at, b_at):  # type: ignore[no-untyped-def]
        a, b = vector(a_at, rows * columns), vector(b_at, rows * columns)
        above, left = rows // length * length, columns // length * length
        for i in range(0, above, length):
            for j in range(0, left, length):
                from_a, to_b = a_at + (i * columns + j) * size, b_at + (j * rows + i) * size
                square((from_a, columns * size, to_b, rows * size))
        for i in range(rows):
            for j in range(left if i < above else 0, columns):
                b[j * rows + i] = a[i * columns + j]

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
