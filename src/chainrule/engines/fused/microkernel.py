"""The innermost loops of products and transpositions, written as vector instructions for LLVM.

A block of C, a few rows by a few vectors of columns, stays in registers while the terms of its sums go by:

    for p in terms:    load B[p, columns] once; for each row i, spread A[i, p] over a vector,
                       C[i, columns] += A[i, p] * B[p, columns]

(Goto and van de Geijn, Anatomy of High-Performance Matrix Multiplication, ACM TOMS 34(3), 2008, section 4). The block
is as large as the registers allow, so that each number loaded is used several times. Every sum runs over its terms in
order, in one accumulator: what a row of C is depends on no other row, nor on how the rows are cut into blocks.

Addresses and distances are in bytes. A is read through two distances, from row to row and from term to term, so A and
its transpose are the same loop. Columns beyond the last are masked: neither read nor written.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import llvmlite.binding
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from chainrule.engines.fused.numba_internals import cgutils

_INDEX, _PLACE = ir.IntType(64), ir.IntType(32)


@cache
def vector_bytes() -> int:
    """Return the size of this processor's vector registers."""
    features = llvmlite.binding.get_host_cpu_features()
    return 64 if features.get("avx512f") else 32 if features.get("avx2") else 16


def vector_length(dtype: np.dtype) -> int:
    """Return how many numbers a vector holds."""
    return vector_bytes() // dtype.itemsize


@cache
def block_rows() -> dict[int, int]:
    """Return how many rows of C the registers hold, for each number of vectors side by side."""
    # AVX-512 has 32 registers: 6 * 4 of C, 4 of B, 1 of A. Where there are 16: 6 * 2, 2, 1.
    return {4: 6, 3: 8, 2: 8, 1: 8} if vector_bytes() == 64 else {2: 6, 1: 8}


@cache
def product_panel(vectors: int, dtype: np.dtype) -> Any:
    """Return C = S + A B for up to ``vectors`` vectors of columns of C; the sums start from S.

    The rows are taken in blocks: as many as the registers hold, and of the rest 4, 2, 1.
    """

    def emit(v: _Vectors, rows, terms, columns, a, a_row, a_term, b, b_row, s, s_row, c, c_row):  # type: ignore[no-untyped-def]
        whole = (vectors - 1) * v.length
        last = v.first(v.builder.sub(columns, _INDEX(whole)))
        parts = [
            (j * v.length * v.size, last if j == vectors - 1 else None) for j in range(vectors)
        ]

        def block(height: int, first: Any) -> None:
            A_0, S_0, C_0 = (
                v.moved(a, first, a_row),
                v.moved(s, first, s_row),
                v.moved(c, first, c_row),
            )

            def add_term(p: Any, C: list[Any]) -> list[Any]:
                B = [v.load(v.moved(b, p, b_row, offset), mask) for offset, mask in parts]
                A_p = v.moved(A_0, p, a_term)
                A = [v.spread(v.number(v.moved(A_p, i, a_row))) for i in range(height)]
                return [
                    v.multiply_add(A[i], B[j], C[i * vectors + j])
                    for i in range(height)
                    for j in range(vectors)
                ]

            C = [
                v.load(v.moved(S_0, i, s_row, offset), mask)
                for i in range(height)
                for offset, mask in parts
            ]
            C = v.fold(_INDEX(0), terms, 1, C, add_term)[1]
            for i in range(height):
                for (offset, mask), part in zip(parts, C[i * vectors :], strict=False):
                    v.store(part, v.moved(C_0, i, c_row, offset), mask)

        v.in_blocks(rows, (block_rows()[vectors], 4, 2, 1), block)

    return _intrinsic(emit, dtype)


@cache
def product_column(dtype: np.dtype) -> Any:
    """Return c = s + A b for one column: a row's terms are dealt out over a vector, which is summed last."""

    def emit(v: _Vectors, rows, terms, a, a_row, b, s, s_row, c, c_row):  # type: ignore[no-untyped-def]
        whole = v.builder.and_(terms, _INDEX(-v.length))
        rest = v.first(v.builder.sub(terms, whole))

        def block(height: int, first: Any) -> None:
            A_0, s_0, c_0 = (
                v.moved(a, first, a_row),
                v.moved(s, first, s_row),
                v.moved(c, first, c_row),
            )

            def add_terms(p: Any, sums: list[Any], mask: Any = None) -> list[Any]:
                B = v.load(v.moved(b, p, v.size), mask)
                A_p = v.moved(A_0, p, v.size)
                A = [v.load(v.moved(A_p, i, a_row), mask) for i in range(height)]
                return [v.multiply_add(A[i], B, sums[i]) for i in range(height)]

            sums = v.fold(_INDEX(0), whole, v.length, [v.zero] * height, add_terms)[1]
            sums = add_terms(whole, sums, rest)
            for i in range(height):
                start = v.number(v.moved(s_0, i, s_row))
                total = v.builder.fadd(start, v.total(sums[i]))
                v.builder.store(total, v.at(v.moved(c_0, i, c_row)))

        v.in_blocks(rows, (8, 1), block)

    return _intrinsic(emit, dtype)


@cache
def transpose_block(dtype: np.dtype) -> Any:
    """Return B = A.T for a square of ``vector_length`` rows: single numbers change places, then 2 x 2 blocks, ...."""

    def emit(v: _Vectors, a, a_row, b, b_row):  # type: ignore[no-untyped-def]
        n = v.length
        rows = [v.load(v.moved(a, i, a_row)) for i in range(n)]
        half = 1
        while half < n:
            upper = [j + n - half if j & half else j for j in range(n)]
            lower = [j + n if j & half else j + half for j in range(n)]
            for i in range(n):
                if not i & half:
                    one, two = rows[i], rows[i + half]
                    rows[i], rows[i + half] = v.shuffle(one, two, upper), v.shuffle(one, two, lower)
            half *= 2
        for i in range(n):
            v.store(rows[i], v.moved(b, i, b_row))

    return _intrinsic(emit, dtype)


def _intrinsic(emit: Callable[..., None], dtype: np.dtype) -> Any:
    """Return a function for compiled code that takes a tuple of integers and whose instructions ``emit`` writes."""

    @intrinsic
    def instructions(_context: Any, arguments: Any) -> Any:
        def generate(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
            emit(_Vectors(builder, dtype), *cgutils.unpack_tuple(builder, values[0]))
            return context.get_dummy_value()

        return types.void(arguments), generate

    return instructions


class _Vectors:
    """Vector instructions, added to the function that ``builder`` writes."""

    def __init__(self, builder: Any, dtype: np.dtype) -> None:
        self.builder, self.size, self.length = builder, dtype.itemsize, vector_length(dtype)
        self.scalar = ir.FloatType() if dtype == np.float32 else ir.DoubleType()
        self.vector = ir.VectorType(self.scalar, self.length)
        self.mask = ir.VectorType(ir.IntType(1), self.length)
        self.zero = ir.Constant(self.vector, None)

    # ---- addresses

    def moved(self, address: Any, count: Any, distance: Any, offset: int = 0) -> Any:
        """Return ``address + count * distance + offset``."""
        count, distance = (_INDEX(x) if isinstance(x, int) else x for x in (count, distance))
        address = self.builder.add(address, self.builder.mul(count, distance))
        return self.builder.add(address, _INDEX(offset)) if offset else address

    def at(self, address: Any) -> Any:
        return self.builder.inttoptr(address, ir.PointerType())

    # ---- memory

    def number(self, address: Any) -> Any:
        return self.builder.load(self.at(address), typ=self.scalar, align=self.size)

    def load(self, address: Any, mask: Any = None) -> Any:
        if mask is None:
            return self.builder.load(self.at(address), typ=self.vector, align=self.size)
        arguments = [self.at(address), _PLACE(self.size), mask, self.zero]
        return self._call("masked.load", self.vector, arguments, ".p0")

    def store(self, value: Any, address: Any, mask: Any = None) -> None:
        if mask is None:
            self.builder.store(value, self.at(address), align=self.size)
        else:
            arguments = [value, self.at(address), _PLACE(self.size), mask]
            self._call("masked.store", ir.VoidType(), arguments, ".p0")

    def first(self, count: Any) -> Any:
        """Return the mask of the first ``count`` places."""
        places = ir.Constant(
            ir.VectorType(_PLACE, self.length), [_PLACE(i) for i in range(self.length)]
        )
        return self.builder.icmp_signed("<", places, self.spread(self.builder.trunc(count, _PLACE)))

    # ---- arithmetic

    def shuffle(self, one: Any, two: Any, places: list[int]) -> Any:
        """Return the numbers at ``places`` of two vectors, counted through both."""
        mask = ir.Constant(ir.VectorType(_PLACE, self.length), [_PLACE(i) for i in places])
        return self.builder.shuffle_vector(one, two, mask)

    def spread(self, number: Any) -> Any:
        """Return a vector with ``number`` at every place."""
        nothing = ir.Constant(ir.VectorType(number.type, self.length), ir.Undefined)
        one = self.builder.insert_element(nothing, number, _PLACE(0))
        return self.shuffle(one, one, [0] * self.length)

    def multiply_add(self, one: Any, two: Any, three: Any) -> Any:
        return self._call("fmuladd", self.vector, [one, two, three])

    def total(self, value: Any) -> Any:
        """Return the sum of a vector's numbers, halves added to each other, always in the same order."""
        half = self.length // 2
        while half:
            places = [(i + half) % self.length for i in range(self.length)]
            value = self.builder.fadd(value, self.shuffle(value, value, places))
            half //= 2
        return self.builder.extract_element(value, _PLACE(0))

    def _call(self, name: str, result: Any, arguments: list[Any], suffix: str = "") -> Any:
        name = f"llvm.{name}.v{self.length}f{8 * self.size}{suffix}"
        function = self.builder.module.globals.get(name)
        if function is None:
            kinds = [argument.type for argument in arguments]
            function = ir.Function(self.builder.module, ir.FunctionType(result, kinds), name)
        return self.builder.call(function, arguments)

    # ---- loops

    def fold(
        self,
        start: Any,
        stop: Any,
        step: int,
        starts: list[Any],
        turn: Callable[[Any, list[Any]], list[Any]],
    ) -> tuple[Any, list[Any]]:
        """``while p + step <= stop: values = turn(p, values); p += step``; return p and values.

        p begins with ``start``, values with ``starts``.
        """
        builder, before = self.builder, self.builder.block
        loop, after = builder.append_basic_block("loop"), builder.append_basic_block("after")
        last = builder.sub(stop, _INDEX(step))
        builder.cbranch(builder.icmp_signed("<=", start, last), loop, after)
        builder.position_at_end(loop)
        p = builder.phi(_INDEX)
        values = [builder.phi(value.type) for value in starts]
        following = [builder.add(p, _INDEX(step)), *turn(p, values)]
        end = builder.block  # of the turn, which may have loops of its own
        for phi, value, next_value in zip([p, *values], [start, *starts], following, strict=True):
            phi.add_incoming(value, before)
            phi.add_incoming(next_value, end)
        builder.cbranch(builder.icmp_signed("<=", following[0], last), loop, after)
        builder.position_at_end(after)
        results = [builder.phi(value.type) for value in following]
        for result, value, last_value in zip(results, [start, *starts], following, strict=True):
            result.add_incoming(value, before)
            result.add_incoming(last_value, end)
        return results[0], results[1:]

    def in_blocks(
        self, rows: Any, heights: tuple[int, ...], block: Callable[[int, Any], None]
    ) -> None:
        """Call ``block(height, first)`` for blocks of rows, as many as fit of the first height, then of the next."""
        first: Any = _INDEX(0)
        for height in heights:

            def turn(i: Any, _: list[Any], height: int = height) -> list[Any]:
                block(height, i)
                return []

            first = self.fold(first, rows, height, [], turn)[0]
