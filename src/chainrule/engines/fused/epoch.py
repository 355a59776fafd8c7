"""A whole epoch in compiled code: gather, forward, loss, backward, reduce, step; never back in Python between batches.

All workers run ``run_epoch`` at the same time, each on its own lanes and chunks, and meet between the phases of a
batch. A lane is always summed by one worker, lanes and chunks are always added in the same order, so the bits are the
same for any number of workers. What a batch reports is kept apart for even and odd batches: a worker that is already at
the next one must not overwrite what another still adds up.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numba import types

from chainrule.engines.fused.atomics import LINE
from chainrule.engines.fused.barrier import wait
from chainrule.engines.fused.compiler import block, call, call_for_float, float64_at, inlined
from chainrule.engines.fused.passes import (
    backward,
    forward,
    gather_rows,
    output_delta,
    transpose_weights,
)
from chainrule.engines.fused.structures import (
    Memory,
    Network,
    Rows,
    Steps,
    epoch_at,
    memory_at,
    network_at,
    rows_at,
    steps_at,
)


def run_epoch(worker: int, n_workers: int, job: int) -> None:
    """Train for the ``Epoch`` at ``job``: overwrites theta, m and v; worker 0 writes the report."""
    epoch = epoch_at(job)
    barrier, P, theta, m, v = epoch.barrier, epoch.P, epoch.theta, epoch.m, epoch.v
    network, rows = network_at(epoch.network), rows_at(epoch.rows)
    steps, memory = steps_at(epoch.steps), memory_at(epoch.memory)
    clip_norm = float64_at(steps.clip_norm, 1)[0]
    clipping, turn, failed = clip_norm < np.inf, 0, -1
    total, largest_norm = 0.0, 0.0
    for batch, start in enumerate(range(0, rows.n, steps.batch_size)):
        size, parity = min(steps.batch_size, rows.n - start), batch % 2
        transpose_weights(worker, theta, network, memory)
        for lane in range(worker, memory.lanes, n_workers):
            first, last = size * lane // memory.lanes, size * (lane + 1) // memory.lanes
            loss = lane_gradient(
                worker, lane, start + first, start + last, size, theta, network, rows, steps, memory
            )
            float64_at(memory.loss + lane * memory.lane_bytes, 2)[parity] = loss
        turn += 1
        wait(barrier, worker, n_workers, turn)
        J = 0.0
        for lane in range(memory.lanes):
            J += float64_at(memory.loss + lane * memory.lane_bytes, 2)[parity]
        if not np.isfinite(J):
            total, failed = J, batch
            break

        for chunk in range(worker, memory.n_chunks, n_workers):
            result = float64_at(memory.results + LINE * chunk + 16 * parity, 2)
            result[0] = reduce_chunk(chunk, P, theta, network, memory)
            result[1] = chunk_squares(chunk, P, network, memory)
            if steps.updating != 0 and not clipping and np.isfinite(result[1]):
                update_chunk(chunk, batch, 1.0, P, theta, m, v, network, steps, memory)
        turn += 1
        wait(barrier, worker, n_workers, turn)

        squares = 0.0
        for chunk in range(memory.n_chunks):
            result = float64_at(memory.results + LINE * chunk + 16 * parity, 2)
            J += result[0]
            squares += result[1]
        norm = np.sqrt(squares)
        if not (np.isfinite(J) and np.isfinite(norm)):
            total, largest_norm, failed = J, norm, batch
            break
        total += J * size / rows.n
        largest_norm = max(largest_norm, norm)
        if steps.updating != 0 and clipping:
            scale = clip_norm / norm if norm > clip_norm else 1.0
            for chunk in range(worker, memory.n_chunks, n_workers):
                update_chunk(chunk, batch, scale, P, theta, m, v, network, steps, memory)
            turn += 1
            wait(barrier, worker, n_workers, turn)
    if worker == 0:
        result = float64_at(epoch.report, 3)
        result[0], result[1], result[2] = total, largest_norm, failed


@inlined
def lane_gradient(
    worker: int,
    lane: int,
    first: int,
    last: int,
    batch_rows: int,
    theta: int,
    network: Network,
    rows: Rows,
    steps: Steps,
    memory: Memory,
) -> float:
    """Set the lane's gradient to that of rows ``first`` to ``last`` of the order; return their part of the loss."""
    loss, at = 0.0, lane * memory.lane_bytes
    # Once at least: where a lane has no rows, its gradient becomes 0.
    for start in range(first, max(last, first + 1), memory.tile):
        size = min(memory.tile, last - start)
        x = gather_rows(at, start, size, batch_rows, network, rows, steps, memory)
        a = forward(at, start, size, x, theta, network, steps.layer_keys, memory)
        loss += output_delta(at, size, a, network, memory)
        backward(worker, at, size, x, a, network, memory, start > first)
    return loss


@inlined
def extent(chunk: int, P: int, network: Network, memory: Memory) -> tuple[int, int]:
    """Return how many parameters a chunk has, and how many bytes lie before it."""
    first = chunk * memory.chunk
    return min(memory.chunk, P - first), network.number * first


@inlined
def reduce_chunk(chunk: int, P: int, theta: int, network: Network, memory: Memory) -> float:
    """Add the lanes' gradients in order into lane 0, then the penalty's; return the chunk's penalty."""
    size, place = extent(chunk, P, network, memory)
    gradient = memory.gradient + place
    if memory.lanes > 1:
        call(network.add, (gradient, memory.lanes, memory.lane_bytes, size))
    if network.penalty == 0:
        return 0.0
    places = (gradient, theta + place, memory.is_weight + place, network.penalty)
    return call_for_float(network.penalize, (*places, size))


@inlined
def chunk_squares(chunk: int, P: int, network: Network, memory: Memory) -> float:
    """Return the sum of g² of a chunk; where it is not finite, no step is made."""
    size, place = extent(chunk, P, network, memory)
    return call_for_float(network.norm, (memory.gradient + place, size))


@inlined
def update_chunk(
    chunk: int,
    batch: int,
    scale: float,
    P: int,
    theta: int,
    m: int,
    v: int,
    network: Network,
    steps: Steps,
    memory: Memory,
) -> None:
    """Make the optimizer's step on a chunk of the parameters."""
    size, place = extent(chunk, P, network, memory)
    gradient, is_weight = memory.gradient + place, memory.is_weight + place
    coefficients = steps.coefficients + network.number * batch * steps.n_coefficients
    rate = steps.rates + network.number * batch
    places = (theta + place, gradient, is_weight, m + place, v + place)
    call(network.update, (*places, coefficients, size, rate, network.weight_decay, scale))


@cache
def epoch_address() -> int:
    """Return the address of ``run_epoch``."""
    return block(run_epoch, types.void(*[types.intp] * 3), "epoch")
