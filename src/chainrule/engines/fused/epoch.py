"""A whole epoch in compiled code: gather, forward, loss, backward, reduce, step; never back in Python between batches.

The equations are those of ``network.backprop``, in the same order, with the same names. Each is one matrix product or
one block (``rules``) over a tile of rows:

    z = h W            product              delta[L] = share * dloss * f'     loss block, derivative block
    z += b, a = f(z)   value block          dW = h.T delta, db = sum delta    product, sum of rows
    h = a * mask       mask                 delta = (delta W.T) * mask * f'   product, mask, derivative block

All workers run ``run_epoch`` at the same time, each on its own lanes and chunks, and meet between the phases of a
batch. A lane is always summed by one worker, lanes and chunks are always added in the same order, so the bits are the
same for any number of workers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.engines.fused.barrier import wait
from chainrule.engines.fused.compiler import call, call_for_float, inlined, kernel
from chainrule.engines.fused.layout import Buffers, Layers, Rows, Steps
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
    n, lanes, n_chunks = rows.Y.shape[0], buffers.lane_loss.size, buffers.chunks.shape[0]
    total, largest_norm = 0.0, 0.0
    for batch, start in enumerate(range(0, n, steps.batch_size)):
        size = min(steps.batch_size, n - start)
        for lane in range(worker, lanes, n_workers):
            first, last = size * lane // lanes, size * (lane + 1) // lanes
            buffers.lane_loss[lane] = lane_gradient(
                lane, start + first, start + last, size, theta, layers, rows, steps, buffers
            )
        wait(barrier, n_workers)

        for chunk in range(worker, n_chunks, n_workers):
            reduce_chunk(chunk, theta, layers, buffers)
        wait(barrier, n_workers)

        J = buffers.lane_loss.sum() + buffers.chunk_penalty.sum()
        norm = np.sqrt(buffers.chunk_norm.sum())
        if not (np.isfinite(J) and np.isfinite(norm)):
            return J, norm, batch
        total += J * size
        largest_norm = max(largest_norm, norm)
        if steps.updating:
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
    loss = 0.0
    gradient = buffers.gradient[lane]
    if last == first:
        gradient[:] = 0
    for start in range(first, last, buffers.share.shape[1]):
        size = min(buffers.share.shape[1], last - start)
        gather_rows(lane, start, size, batch_rows, rows, steps, buffers)
        forward(lane, start, size, theta, layers, rows, steps, buffers)
        loss += output_delta(lane, size, layers, buffers)
        if start == first:
            backward(lane, start, size, theta, gradient, layers, rows, steps, buffers)
        else:
            part = buffers.part[lane]
            backward(lane, start, size, theta, part, layers, rows, steps, buffers)
            for i in range(part.size):
                gradient[i] += part[i]
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
def input_rows(lane: int, start: int, size: int, rows: Rows, steps: Steps, buffers: Buffers) -> Any:
    """Return h[0], the inputs of a tile, (size, m)."""
    m = rows.X.shape[1]
    if steps.gather or rows.sparse:
        return buffers.x[lane, : size * m].reshape(size, m)
    return rows.X[start : start + size]


@inlined
def forward(
    lane: int,
    start: int,
    size: int,
    theta: np.ndarray,
    layers: Layers,
    rows: Rows,
    steps: Steps,
    buffers: Buffers,
) -> None:
    """Fill z, a and, with dropout, mask and h of a tile."""
    z_all, a_all = buffers.z[lane], buffers.a[lane]
    h = input_rows(lane, start, size, rows, steps, buffers)
    at, place = 0, 0  # where W[l] lies in theta, z[l] in its buffer
    for l in range(layers.value.size):
        m, k = layers.sizes[l], layers.sizes[l + 1]
        W = theta[at : at + m * k].reshape(m, k)
        b = theta[at + m * k : at + m * k + k]
        z, a = z_all[place : place + size * k], a_all[place : place + size * k]
        np.dot(h, W, z.reshape(size, k))
        call(
            layers.value[l],
            (z.ctypes.data, b.ctypes.data, a.ctypes.data, size, k, layers.parameter[l]),
        )
        if layers.scale[l] != 0:
            dropped, mask = buffers.h[lane], buffers.mask[lane]
            for i in range(size):
                counter = np.uint64(start + i) * np.uint64(k) + steps.layer_keys[l]
                for j in range(k):
                    kept = _mixed(counter + np.uint64(j)) >= layers.threshold[l]
                    factor = layers.scale[l] if kept else layers.scale.dtype.type(0)
                    mask[place + i * k + j] = factor
                    dropped[place + i * k + j] = a[i * k + j] * factor
            h = dropped[place : place + size * k].reshape(size, k)
        else:
            h = a.reshape(size, k)
        at += m * k + k
        place += size * k


@inlined
def output_delta(lane: int, size: int, layers: Layers, buffers: Buffers) -> float:
    """Set delta[L] = share * dloss/da[L] * f'(z[L]); return the tile's part of the loss."""
    L = layers.value.size
    k = layers.sizes[L]
    place = 0
    for l in range(1, L):
        place += size * layers.sizes[l]
    z, a = buffers.z[lane, place : place + size * k], buffers.a[lane, place : place + size * k]
    delta = buffers.delta[lane, 0]
    loss = call_for_float(
        layers.loss,
        (
            a.ctypes.data,
            buffers.y[lane].ctypes.data,
            buffers.share[lane].ctypes.data,
            layers.columns.ctypes.data,
            delta.ctypes.data,
            size,
            k,
        ),
    )
    call(
        layers.prime[L - 1],
        (delta.ctypes.data, z.ctypes.data, a.ctypes.data, size * k, layers.parameter[L - 1]),
    )
    return loss


@inlined
def backward(
    lane: int,
    start: int,
    size: int,
    theta: np.ndarray,
    gradient: np.ndarray,
    layers: Layers,
    rows: Rows,
    steps: Steps,
    buffers: Buffers,
) -> None:
    """Set ``gradient`` to dW, db of every layer for a tile, from delta[L]."""
    z_all, a_all = buffers.z[lane], buffers.a[lane]
    L = layers.value.size
    at, place = theta.size, 0
    for l in range(1, L):
        place += size * layers.sizes[l]
    for l in range(L - 1, -1, -1):
        m, k = layers.sizes[l], layers.sizes[l + 1]
        at -= m * k + k
        delta = buffers.delta[lane, (L - 1 - l) % 2, : size * k].reshape(size, k)
        dW = gradient[at : at + m * k].reshape(m, k)
        db = gradient[at + m * k : at + m * k + k]
        db[:] = 0
        for i in range(size):
            for j in range(k):
                db[j] += delta[i, j]
        if l == 0:  # the input has no delta: nobody asks for it
            h = input_rows(lane, start, size, rows, steps, buffers)
            np.dot(h.T, delta, dW)
            break
        place -= size * m
        z, a = z_all[place : place + size * m], a_all[place : place + size * m]
        upstream = buffers.delta[lane, (L - l) % 2, : size * m]
        W = theta[at : at + m * k].reshape(m, k)
        np.dot(delta, W.T, upstream.reshape(size, m))
        if layers.scale[l - 1] != 0:
            np.dot(buffers.h[lane, place : place + size * m].reshape(size, m).T, delta, dW)
            mask = buffers.mask[lane, place : place + size * m]
            for i in range(size * m):
                upstream[i] *= mask[i]
        else:
            np.dot(a.reshape(size, m).T, delta, dW)
        call(
            layers.prime[l - 1],
            (
                upstream.ctypes.data,
                z.ctypes.data,
                a.ctypes.data,
                size * m,
                layers.parameter[l - 1],
            ),
        )


@inlined
def reduce_chunk(chunk: int, theta: np.ndarray, layers: Layers, buffers: Buffers) -> None:
    """Add the lanes' gradients in order into lane 0, and the penalty's; leave the chunk's norm² and penalty."""
    start, stop = buffers.chunks[chunk, 0], buffers.chunks[chunk, 1]
    gradient, W = buffers.gradient[0, start:stop], theta[start:stop]
    for lane in range(1, buffers.gradient.shape[0]):
        part = buffers.gradient[lane, start:stop]
        for i in range(part.size):
            gradient[i] += part[i]
    l2, l1 = layers.penalty[0], layers.penalty[1]
    penalty = 0.0
    if buffers.chunks[chunk, 2] and (l2 != 0 or l1 != 0):
        squares, sizes = 0.0, 0.0
        for i in range(W.size):
            gradient[i] += l2 * W[i] + l1 * np.sign(W[i])
            squares += np.float64(W[i]) * W[i]
            sizes += abs(W[i])
        penalty = 0.5 * l2 * squares + l1 * sizes
    norm = 0.0  # in float64: in float32 the square of 2e19 is infinite
    for i in range(gradient.size):
        norm += np.float64(gradient[i]) * gradient[i]
    buffers.chunk_norm[chunk] = norm
    buffers.chunk_penalty[chunk] = penalty


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
    """Make the optimizer's step on a chunk; only weights decay."""
    start, stop, is_weight = buffers.chunks[chunk]
    m = moments[0, start:] if moments.shape[0] > 0 else theta[start:]
    v = moments[1, start:] if moments.shape[0] > 1 else theta[start:]
    call(
        layers.update,
        (
            theta[start:].ctypes.data,
            buffers.gradient[0, start:].ctypes.data,
            m.ctypes.data,
            v.ctypes.data,
            steps.coefficients[batch].ctypes.data,
            stop - start,
            steps.rates[batch],
            layers.weight_decay[is_weight],
            steps.rates.dtype.type(scale),
        ),
    )
