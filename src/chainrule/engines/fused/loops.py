"""Loops over numbers that belong to no rule: gather rows, drop units, add lanes, penalties, the norm.

Each is compiled for one precision behind an address, like the rules (``rules``). Addresses and sizes are integers; what
is overwritten is said at each one.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numba import types

from chainrule.engines.fused.compiler import (
    block,
    float32_at,
    float64_at,
    inlined,
    int64_at,
    uint64_at,
)
from chainrule.network import random

_ADDRESS = types.intp
_mixed = inlined(random.mixed)


def vector_at(dtype: np.dtype) -> Any:
    """Return the function that gives the vector of ``dtype`` at an address."""
    return float32_at if dtype == np.float32 else float64_at


@cache
def gather_dense(dtype: np.dtype) -> int:
    """Copy ``size`` rows of X (n, m), those at the places of the order from ``start`` on, to x."""
    vector, number = vector_at(dtype), dtype.itemsize

    def loop(X_at, columns_at, starts_at, order_at, start, size, m, x_at):  # type: ignore[no-untyped-def]
        order = int64_at(order_at + 8 * start, size)
        for i in range(size):
            row, x = vector(X_at + order[i] * m * number, m), vector(x_at + i * m * number, m)
            for j in range(m):
                x[j] = row[j]

    return block(loop, types.void(*[_ADDRESS] * 8), f"gather dense {dtype}")


@cache
def gather_sparse(dtype: np.dtype) -> int:
    """Write ``size`` rows of X in CSR, those at the places of the order from ``start`` on, as dense rows to x.

    Without an order (address 0) the rows are taken as they lie.
    """
    vector, number = vector_at(dtype), dtype.itemsize

    def loop(values_at, columns_at, starts_at, order_at, start, size, m, x_at):  # type: ignore[no-untyped-def]
        for i in range(size):
            row = int64_at(order_at + 8 * (start + i), 1)[0] if order_at else start + i
            first, last = int64_at(starts_at + 8 * row, 2)[0], int64_at(starts_at + 8 * row, 2)[1]
            values = vector(values_at + first * number, last - first)
            columns = int64_at(columns_at + 8 * first, last - first)
            x = vector(x_at + i * m * number, m)
            for j in range(m):
                x[j] = 0
            for place in range(last - first):
                x[columns[place]] += values[place]

    return block(loop, types.void(*[_ADDRESS] * 8), f"gather sparse {dtype}")


@cache
def gather_targets(dtype: np.dtype) -> int:
    """Copy rows of Y (n, k) to y, and set share (size,), what each row counts of ``one``, the share of weight 1."""
    vector, number, real = vector_at(dtype), dtype.itemsize, dtype.type

    def loop(Y_at, weights_at, order_at, start, size, k, one, y_at, share_at):  # type: ignore[no-untyped-def]
        y, share, part = vector(y_at, size * k), vector(share_at, size), real(one)
        for i in range(size):
            row = int64_at(order_at + 8 * (start + i), 1)[0] if order_at else start + i
            source = vector(Y_at + row * k * number, k)
            for j in range(k):
                y[i * k + j] = source[j]
            share[i] = part * vector(weights_at + row * number, 1)[0] if weights_at else part

    signature = types.void(*[_ADDRESS] * 6, types.float64, *[_ADDRESS] * 2)
    return block(loop, signature, f"gather targets {dtype}")


def drop_numbers(rate: float) -> tuple[int, int]:
    """Return what ``drop_units`` needs: the random bits from which on a unit is kept; the scale's bits, 0 for none."""
    scale = 1.0 / (1.0 - rate) if rate else 0.0
    return random.dropout_threshold(rate), int(np.float64(scale).view(np.uint64))


@cache
def drop_units(dtype: np.dtype) -> int:
    """Draw a layer's mask and set h = a * mask, all (size, k); a unit's bits depend on its row's position alone."""
    vector, real = vector_at(dtype), dtype.type

    def loop(a_at, h_at, mask_at, start, size, k, key_at, drop_at):  # type: ignore[no-untyped-def]
        a, h, mask = vector(a_at, size * k), vector(h_at, size * k), vector(mask_at, size * k)
        threshold, key = uint64_at(drop_at, 2)[0], uint64_at(key_at, 1)[0]
        scale, none = real(float64_at(drop_at, 2)[1]), real(0)
        first = np.uint64(start) * np.uint64(k) + key
        for i in range(size * k):
            factor = scale if _mixed(first + np.uint64(i)) >= threshold else none
            mask[i] = factor
            h[i] = a[i] * factor

    return block(loop, types.void(*[_ADDRESS] * 8), f"drop {dtype}")


@cache
def drop_columns(dtype: np.dtype) -> int:
    """Set x *= mask, (size, m), all inputs of a column together; its bits depend on the row's position alone."""
    vector, real = vector_at(dtype), dtype.type

    def loop(x_at, start, size, n_columns, columns_at, key_at, drop_at):  # type: ignore[no-untyped-def]
        inputs = int64_at(columns_at, n_columns + 1)
        threshold, key = uint64_at(drop_at, 2)[0], uint64_at(key_at, 1)[0]
        scale, none = real(float64_at(drop_at, 2)[1]), real(0)
        m = inputs[n_columns]
        x = vector(x_at, size * m)
        first = np.uint64(start) * np.uint64(n_columns) + key
        for i in range(size):
            for c in range(n_columns):
                bits = _mixed(first + np.uint64(i * n_columns + c))
                factor = scale if bits >= threshold else none
                for j in range(i * m + inputs[c], i * m + inputs[c + 1]):
                    x[j] *= factor

    return block(loop, types.void(*[_ADDRESS] * 7), f"drop columns {dtype}")


@cache
def scale_columns(dtype: np.dtype) -> int:
    """Set V = diag(s) W, both (m, k), s of the columns; see ``network.scales``."""
    vector = vector_at(dtype)

    def loop(W_at, s_at, V_at, n_columns, columns_at, k):  # type: ignore[no-untyped-def]
        s, inputs = vector(s_at, n_columns), int64_at(columns_at, n_columns + 1)
        W, V = vector(W_at, inputs[n_columns] * k), vector(V_at, inputs[n_columns] * k)
        for c in range(n_columns):
            scale = s[c]
            for i in range(inputs[c] * k, inputs[c + 1] * k):
                V[i] = scale * W[i]

    return block(loop, types.void(*[_ADDRESS] * 6), f"scale columns {dtype}")


@cache
def scale_derivative(dtype: np.dtype) -> int:
    """Set dW = diag(s) dV in the place of dV, and ds to the sum over each column's inputs of W * dV."""
    vector, real = vector_at(dtype), dtype.type

    def loop(dV_at, W_at, s_at, ds_at, n_columns, columns_at, k):  # type: ignore[no-untyped-def]
        s, ds = vector(s_at, n_columns), vector(ds_at, n_columns)
        inputs = int64_at(columns_at, n_columns + 1)
        W, dV = vector(W_at, inputs[n_columns] * k), vector(dV_at, inputs[n_columns] * k)
        for c in range(n_columns):
            scale, total = s[c], real(0)
            for i in range(inputs[c] * k, inputs[c + 1] * k):
                total += W[i] * dV[i]
                dV[i] *= scale
            ds[c] = total

    return block(loop, types.void(*[_ADDRESS] * 7), f"derivative of scales {dtype}")


@cache
def copy(dtype: np.dtype) -> int:
    """Copy ``rows`` rows of ``k`` numbers from one address to another, each row so many bytes beyond the one before."""
    vector = vector_at(dtype)

    def loop(from_at, from_row, to_at, to_row, rows, k):  # type: ignore[no-untyped-def]
        for i in range(rows):
            source, target = vector(from_at + i * from_row, k), vector(to_at + i * to_row, k)
            for j in range(k):
                target[j] = source[j]

    return block(loop, types.void(*[_ADDRESS] * 6), f"copy {dtype}")


@cache
def multiply_by_mask(dtype: np.dtype) -> int:
    """Set delta *= mask, both of ``size`` numbers."""
    vector = vector_at(dtype)

    def loop(delta_at, mask_at, size):  # type: ignore[no-untyped-def]
        delta, mask = vector(delta_at, size), vector(mask_at, size)
        for i in range(size):
            delta[i] *= mask[i]

    return block(loop, types.void(*[_ADDRESS] * 3), f"mask {dtype}")


@cache
def add_lanes(dtype: np.dtype) -> int:
    """Set the sum to the lanes' gradients, of ``size`` numbers each, ``lane_bytes`` beyond the one before, in order.

    The sum may be lane 0's gradient. There are two lanes at least.
    """
    vector = vector_at(dtype)

    def loop(gradient_at, lanes, lane_bytes, sum_at, size):  # type: ignore[no-untyped-def]
        total = vector(sum_at, size)
        one, two = vector(gradient_at, size), vector(gradient_at + lane_bytes, size)
        for i in range(size):
            total[i] = one[i] + two[i]
        for lane in range(2, lanes):
            part = vector(gradient_at + lane * lane_bytes, size)
            for i in range(size):
                total[i] += part[i]

    return block(loop, types.void(*[_ADDRESS] * 5), f"add lanes {dtype}")


@cache
def penalize(dtype: np.dtype) -> int:
    """Add the penalties' gradients to the gradient and return their value, over the parameters that are penalised."""
    vector = vector_at(dtype)

    def loop(gradient_at, theta_at, is_penalised_at, penalty_at, size):  # type: ignore[no-untyped-def]
        gradient, W = vector(gradient_at, size), vector(theta_at, size)
        is_penalised = vector(is_penalised_at, size)
        l2, l1 = vector(penalty_at, 2)[0], vector(penalty_at, 2)[1]
        squares, sizes = 0.0, 0.0
        if l2 != 0:
            for i in range(size):
                gradient[i] += l2 * (is_penalised[i] * W[i])
                squares += is_penalised[i] * W[i] * W[i]
        if l1 != 0:
            for i in range(size):
                gradient[i] += l1 * (is_penalised[i] * np.sign(W[i]))
                sizes += is_penalised[i] * abs(W[i])
        return 0.5 * l2 * squares + l1 * sizes

    return block(loop, types.float64(*[_ADDRESS] * 5), f"penalize {dtype}")


@cache
def squared_norm(dtype: np.dtype) -> int:
    """Return the sum of g² over ``size`` numbers, in float64: in float32 the square of 2e19 is infinite."""
    vector = vector_at(dtype)

    def loop(gradient_at, size):  # type: ignore[no-untyped-def]
        gradient, total = vector(gradient_at, size), 0.0
        for i in range(size):
            total += np.float64(gradient[i]) * gradient[i]
        return total

    return block(loop, types.float64(_ADDRESS, _ADDRESS), f"norm {dtype}")
