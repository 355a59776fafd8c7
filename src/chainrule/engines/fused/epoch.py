"""A whole epoch in compiled code: gather, forward, loss, backward, reduce, step; never back in Python between batches.

The equations are those of ``network.backprop``, in the same order, with the same names. Each is one matrix product or
one block (``rules``) over a tile of rows, given by the addresses of what it reads and writes:

    z = h W            product              delta[L] = share * dloss * f'     loss block, derivative block
    z += b, a = f(z)   value block          dW = h.T delta, db = sum delta    product, sum of rows
    h = a * mask       mask                 delta = (delta W.T) * mask * f'   product, mask, derivative block

All workers run ``run_epoch`` at the same time, each on its own lanes and chunks, and meet between the phases of a
batch. A lane is always summed by one worker, lanes and chunks are always added in the same order, so the bits are the
same for any number of workers. What a batch reports is kept apart for even and odd batches: a worker that is already at
the next one must not overwrite what another still adds up.
"""

from __future__ import annotations

import numpy as np

from chainrule.engines.fused.barrier import wait
from chainrule.engines.fused.compiler import address_of, call, call_for_float, inlined, kernel
from chainrule.engines.fused.layout import CHUNK, Buffers, Layers, Rows, Steps
from chainrule.engines.fused.product import product
from chainrule.network import random

_mixed = inlined(random.mixed)


@kernel
def run_epoch(
    worker: int,
    n_workers: int,
    barrier: np.ndarray,
    theta: np.ndarray,
    moments: np.ndarray,
    layers: Layers,
    rows: Rows,
    steps: Steps,
    buffers: Buffers,
) -> tuple[float, float, int]:
    """Return mean loss, largest gradient norm and the batch that failed or -1; theta and moments are overwritten."""
    n, lanes, n_chunks = rows.Y.shape[0], buffers.gradient.shape[0], buffers.chunk_norm.shape[1]
    clipping = steps.clip_norm < np.inf
    total, largest_norm = 0.0, 0.0
    for batch, start in enumerate(range(0, n, steps.batch_size)):
        size, parity = min(steps.batch_size, n - start), batch % 2
        for lane in range(worker, lanes, n_workers):
            first, last = size * lane // lanes, size * (lane + 1) // lanes
            buffers.lane_loss[parity, lane] = lane_gradient(
                lane, start + first, start + last, size, theta, layers, rows, steps, buffers
            )
        wait(barrier, n_workers)
        J = 0.0
        for lane in range(lanes):
            J += buffers.lane_loss[parity, lane]
        if not np.isfinite(J):
            return J, largest_norm, batch

        for chunk in range(worker, n_chunks, n_workers):
            norm = reduce_chunk(chunk, parity, theta, layers, buffers)
            if steps.updating and not clipping and np.isfinite(norm):
                update_chunk(chunk, batch, 1.0, theta, moments, layers, steps, buffers)
        wait(barrier, n_workers)

        squares = 0.0
        for chunk in range(n_chunks):
            J += buffers.chunk_penalty[parity, chunk]
            squares += buffers.chunk_norm[parity, chunk]
        norm = np.sqrt(squares)
        if not (np.isfinite(J) and np.isfinite(norm)):
            return J, norm, batch
        total += J * size
        largest_norm = max(largest_norm, norm)
        if steps.updating and clipping:
            scale = steps.clip_norm / norm if norm > steps.clip_norm else 1.0
            for chunk in range(worker, n_chunks, n_workers):
                update_chunk(chunk, batch, scale, theta, moments, layers, steps, buffers)
            wait(barrier, n_workers)
    return total / max(n, 1), largest_norm, -1


@inlined
def lane_gradient(
    lane: int,
    first: int,
    last: int,
    batch_rows: int,
    theta: np.ndarray,
    layers: Layers,
    rows: Rows,
    steps: Steps,
    buffers: Buffers,
) -> float:
    """Set the lane's gradient to that of rows ``first`` to ``last`` of the order; return their part of the loss."""
    loss, tile = 0.0, buffers.share.shape[1]
    if last == first:
        buffers.gradient[lane, :] = 0
    for start in range(first, last, tile):
        size = min(tile, last - start)
        gather_rows(lane, start, size, batch_rows, rows, steps, buffers)
        x = address_of(buffers.x[lane])
        if not steps.gather and not rows.sparse:
            x = address_of(rows.X[start:])
        forward(lane, start, size, x, theta, layers, steps, buffers)
        loss += output_delta(lane, size, layers, buffers)
        backward(lane, size, x, theta, layers, buffers, int(start > first))
    return loss


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
        product(
            layers.gemm,
            buffers.letters,
            buffers.numbers,
            buffers.extents[lane],
            (0, 0),
            (size, m, k),
            h,
            W,
            z,
            0,
        )
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
    L, number = layers.value.size, theta.itemsize
    letters, numbers, extents = buffers.letters, buffers.numbers, buffers.extents[lane]
    at, place = theta.size, 0  # where the layer lies in theta, and a[l - 1] in its buffer
    for l in range(1, L):
        place += size * layers.sizes[l]
    for l in range(L - 1, -1, -1):
        m, k = layers.sizes[l], layers.sizes[l + 1]
        at -= m * k + k
        W, dW = address_of(theta) + number * at, address_of(buffers.gradient[lane]) + number * at
        delta = buffers.delta[lane, (L - 1 - l) % 2]
        db = buffers.gradient[lane, at + m * k : at + m * k + k]
        sum_rows(delta, size, k, db, adding)
        if l == 0:  # the input has no delta: nobody asks for it
            h = x
        else:
            place -= size * m
            dropped = layers.scale[l - 1] != 0
            a = address_of(buffers.a[lane]) + number * place
            h = address_of(buffers.h[lane]) + number * place if dropped else a
        product(
            layers.gemm,
            letters,
            numbers,
            extents,
            (1, 0),
            (m, size, k),
            h,
            address_of(delta),
            dW,
            adding,
        )
        if l > 0:
            upstream = buffers.delta[lane, (L - l) % 2]
            product(
                layers.gemm,
                letters,
                numbers,
                extents,
                (0, 1),
                (size, k, m),
                address_of(delta),
                W,
                address_of(upstream),
                0,
            )
            if dropped:
                mask = buffers.mask[lane, place:]
                for i in range(size * m):
                    upstream[i] *= mask[i]
            z = address_of(buffers.z[lane]) + number * place
            call(
                layers.prime[l - 1],
                (address_of(upstream), z, a, size * m, layers.parameter[l - 1]),
            )


@inlined
def sum_rows(delta: np.ndarray, size: int, k: int, db: np.ndarray, adding: int) -> None:
    """Db = sum of delta over rows, or db += it where ``adding`` is 1."""
    if not adding:
        db[:] = 0
    for i in range(size):
        for j in range(k):
            db[j] += delta[i * k + j]


@inlined
def reduce_chunk(
    chunk: int, parity: int, theta: np.ndarray, layers: Layers, buffers: Buffers
) -> float:
    """Add the lanes' gradients in order into lane 0, and the penalty's; leave the chunk's norm² and penalty.

    Returns the norm², so that a step that is not finite is not made.
    """
    start, stop = chunk * CHUNK, min(chunk * CHUNK + CHUNK, theta.size)
    gradient = buffers.gradient[0]
    for lane in range(1, buffers.gradient.shape[0]):
        part = buffers.gradient[lane]
        for i in range(start, stop):
            gradient[i] += part[i]
    l2, l1, is_weight = layers.penalty[0], layers.penalty[1], buffers.is_weight
    squares, sizes, norm = 0.0, 0.0, 0.0
    if l2 != 0:
        for i in range(start, stop):
            gradient[i] += l2 * (is_weight[i] * theta[i])
            squares += is_weight[i] * theta[i] * theta[i]
    if l1 != 0:
        for i in range(start, stop):
            gradient[i] += l1 * (is_weight[i] * np.sign(theta[i]))
            sizes += is_weight[i] * abs(theta[i])
    for i in range(start, stop):  # in float64: in float32 the square of 2e19 is infinite
        norm += np.float64(gradient[i]) * gradient[i]
    buffers.chunk_norm[parity, chunk] = norm
    buffers.chunk_penalty[parity, chunk] = 0.5 * l2 * squares + l1 * sizes
    return norm


@inlined
def update_chunk(
    chunk: int,
    batch: int,
    scale: float,
    theta: np.ndarray,
    moments: np.ndarray,
    layers: Layers,
    steps: Steps,
    buffers: Buffers,
) -> None:
    """Make the optimizer's step on a chunk of the parameters."""
    start, number = chunk * CHUNK, theta.itemsize
    first = address_of(theta)
    m = address_of(moments[0]) if moments.shape[0] > 0 else first
    v = address_of(moments[1]) if moments.shape[0] > 1 else first
    call(
        layers.update,
        (
            first + number * start,
            address_of(buffers.gradient[0]) + number * start,
            address_of(buffers.is_weight) + number * start,
            m + number * start,
            v + number * start,
            address_of(steps.coefficients[batch]),
            min(CHUNK, theta.size - start),
            steps.rates[batch],
            layers.weight_decay[0],
            steps.rates.dtype.type(scale),
        ),
    )
