"""A whole epoch in compiled code: gather, forward, loss, backward, reduce, step; never back in Python between batches.

All workers run ``run_epoch`` at the same time, each on its own lanes and chunks, and meet between the phases of a
batch. A lane is always summed by one worker, lanes and chunks are always added in the same order, so the bits are the
same for any number of workers. What a batch reports is kept apart for even and odd batches: a worker that is already at
the next one must not overwrite what another still adds up.
"""

from __future__ import annotations

import numpy as np

from chainrule.engines.fused.barrier import wait
from chainrule.engines.fused.compiler import address_of, call, inlined, kernel
from chainrule.engines.fused.layout import CHUNK, Buffers, Layers, Rows, Steps
from chainrule.engines.fused.passes import backward, forward, gather_rows, output_delta


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
