"""Forward and backward over a tile of rows: the equations of ``network.backprop``, in its order and with its names.

Each is one matrix product or one block (``rules``), given by the addresses of what it reads and writes:

    z = h W            product              delta[L] = share * dloss * f'     loss block, derivative block
    z += b, a = f(z)   value block          dW = h.T delta, db = 1.T delta    two products
    h = a * mask       mask                 delta = (delta W.T) * mask * f'   product, mask, derivative block
"""

from __future__ import annotations

import numpy as np

from chainrule.engines.fused.compiler import address_of, call, call_for_float, inlined
from chainrule.engines.fused.layout import Buffers, Layers, Rows, Steps
from chainrule.engines.fused.product import product
from chainrule.network import random

_mixed = inlined(random.mixed)


@inlined
def gather_rows(
    lane: int, start: int, size: int, batch_rows: int, rows: Rows, steps: Steps, buffers: Buffers
) -> None:
    """Copy rows of X, Y and their shares into the lane's buffers; sparse rows become dense."""
    m, k = rows.X.shape[1], rows.Y.shape[1]
    x, y, share = buffers.x[lane], buffers.y[lane], buffers.share[lane]
    one = share.dtype.type(1.0 / batch_rows)
    if rows.sparse:
        x[: size * m] = 0
    for i in range(size):
        row = steps.order[start + i] if steps.gather else start + i
        if rows.sparse:
            for place in range(rows.starts[row], rows.starts[row + 1]):
                x[i * m + rows.indices[place]] += rows.values[place]
        elif steps.gather:
            for j in range(m):
                x[i * m + j] = rows.X[row, j]
        for j in range(k):
            y[i * k + j] = rows.Y[row, j]
        share[i] = one * rows.weights[row] if rows.weights.size else one


@inlined
def forward(
    lane: int,
    start: int,
    size: int,
    x: int,
    theta: np.ndarray,
    layers: Layers,
    steps: Steps,
    buffers: Buffers,
) -> None:
    """Fill z, a and, with dropout, mask and h of a tile whose inputs lie at ``x``."""
    number = theta.itemsize
    W, z, a = address_of(theta), address_of(buffers.z[lane]), address_of(buffers.a[lane])
    h, place = x, 0  # place: where the layer lies in the buffers of activations
    for l in range(layers.value.size):
        m, k = layers.sizes[l], layers.sizes[l + 1]
        b = W + number * m * k
        product(buffers.blas, lane, (0, 0), (size, m, k), h, W, z, 0)
        call(layers.value[l], (z, b, a, size, k, layers.parameter[l]))
        h = a
        if layers.scale[l] != 0:
            drop_units(lane, l, start, size, k, place, layers, steps, buffers)
            h = address_of(buffers.h[lane]) + number * place
        W = b + number * k
        z, a, place = z + number * size * k, a + number * size * k, place + size * k


@inlined
def drop_units(
    lane: int,
    l: int,
    start: int,
    size: int,
    k: int,
    place: int,
    layers: Layers,
    steps: Steps,
    buffers: Buffers,
) -> None:
    """Draw a layer's mask and set h = a * mask; a unit's bits depend on its row's position in the epoch alone."""
    a, h, mask = buffers.a[lane], buffers.h[lane], buffers.mask[lane]
    for i in range(size):
        counter = np.uint64(start + i) * np.uint64(k) + steps.layer_keys[l]
        for j in range(k):
            kept = _mixed(counter + np.uint64(j)) >= layers.threshold[l]
            factor = layers.scale[l] if kept else layers.scale.dtype.type(0)
            mask[place + i * k + j] = factor
            h[place + i * k + j] = a[place + i * k + j] * factor


@inlined
def output_delta(lane: int, size: int, layers: Layers, buffers: Buffers) -> float:
    """Set delta[L] = share * dloss/da[L] * f'(z[L]); return the tile's part of the loss."""
    L = layers.value.size
    k, place = layers.sizes[L], 0
    for l in range(1, L):
        place += size * layers.sizes[l]
    place *= buffers.z.itemsize
    z, a = address_of(buffers.z[lane]) + place, address_of(buffers.a[lane]) + place
    delta = address_of(buffers.delta[lane, 0])
    y, share = address_of(buffers.y[lane]), address_of(buffers.share[lane])
    loss = call_for_float(layers.loss, (a, y, share, address_of(layers.columns), delta, size, k))
    call(layers.prime[L - 1], (delta, z, a, size * k, layers.parameter[L - 1]))
    return loss


@inlined
def backward(
    lane: int,
    size: int,
    x: int,
    theta: np.ndarray,
    layers: Layers,
    buffers: Buffers,
    adding: int,
) -> None:
    """Set the lane's gradient to dW, db of every layer for a tile, from delta[L]; add to it if ``adding``."""
    L, number, blas = layers.value.size, theta.itemsize, buffers.blas
    at, place = theta.size, 0  # where the layer lies in theta, and a[l - 1] in its buffer
    for l in range(1, L):
        place += size * layers.sizes[l]
    for l in range(L - 1, -1, -1):
        m, k = layers.sizes[l], layers.sizes[l + 1]
        at -= m * k + k
        W, dW = address_of(theta) + number * at, address_of(buffers.gradient[lane]) + number * at
        delta = buffers.delta[lane, (L - 1 - l) % 2]
        ones, db = address_of(buffers.ones), dW + number * m * k
        product(blas, lane, (0, 0), (1, size, k), ones, address_of(delta), db, adding)
        if l == 0:  # the input has no delta: nobody asks for it
            h = x
        else:
            place -= size * m
            dropped = layers.scale[l - 1] != 0
            a = address_of(buffers.a[lane]) + number * place
            h = address_of(buffers.h[lane]) + number * place if dropped else a
        product(blas, lane, (1, 0), (m, size, k), h, address_of(delta), dW, adding)
        if l > 0:
            upstream = buffers.delta[lane, (L - l) % 2]
            product(blas, lane, (0, 1), (size, k, m), address_of(delta), W, address_of(upstream), 0)
            if dropped:
                mask = buffers.mask[lane, place:]
                for i in range(size * m):
                    upstream[i] *= mask[i]
            z = address_of(buffers.z[lane]) + number * place
            call(
                layers.prime[l - 1],
                (address_of(upstream), z, a, size * m, layers.parameter[l - 1]),
            )
