"""A whole epoch in compiled code: gather, forward, loss, backward, reduce, step; never back in Python between batches.

All workers run ``run_epoch`` at the same time, each on its own lanes and chunks, and meet between the phases of a
batch. A lane is always summed by one worker, lanes and chunks are always added in the same order, so the bits are the
same for any number of workers. What a batch reports is kept apart for even and odd batches: a worker that is already at
the next one must not overwrite what another still adds up.

Where there are few parameters, what one worker has written costs another more to fetch than to compute. There all make
the same step on theta and moments of their own: they meet once a batch, and only gradients travel.
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
    scale_gradient,
    transpose_weights,
    without_scales,
)
from chainrule.engines.fused.structures import (
    Memory,
    NetworkStructure,
    RowsStructure,
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
    apart, own = memory.apart != 0, worker * memory.lane_bytes
    if apart and worker > 0:
        theta = copied(epoch.theta, memory.theta + own, P, network)
        m, v = copied(m, memory.m + own, P, network), copied(v, memory.v + own, P, network)
    # The chunks that this worker steps on, and where it writes what they report.
    first_chunk, chunk_step, mine = (0, 1, worker) if apart else (worker, n_workers, 0)
    clip_norm = float64_at(steps.clip_norm, 1)[0]
    clipping, turn, failed = clip_norm < np.inf, 0, -1
    total, largest_norm = 0.0, 0.0
    for batch, start in enumerate(range(0, rows.n, steps.batch_size)):
        size, parity = min(steps.batch_size, rows.n - start), batch % 2
        gradient = memory.odd_gradient if apart and parity == 1 else memory.gradient
        summed = memory.summed + own if apart else gradient
        unscaled = without_scales(worker, theta, P, network, memory)
        transpose_weights(worker, unscaled, network, memory)
        for lane in range(worker, memory.lanes, n_workers):
            first, last = size * lane // memory.lanes, size * (lane + 1) // memory.lanes
            span = (start + first, start + last, size)
            places = (unscaled, gradient)
            loss = lane_gradient(worker, lane, span, places, network, rows, steps, memory)
            scale_gradient(lane * memory.lane_bytes, theta, P, gradient, network)
            float64_at(memory.loss + lane * memory.lane_bytes, 2)[parity] = loss
        turn += 1
        wait(barrier, worker, n_workers, turn)
        J = 0.0
        for lane in range(memory.lanes):
            J += float64_at(memory.loss + lane * memory.lane_bytes, 2)[parity]
        if not np.isfinite(J):
            total, failed = J, batch
            break

        state = (theta, summed, m, v)
        for chunk in range(first_chunk, memory.n_chunks, chunk_step):
            result = float64_at(memory.results + LINE * (mine + chunk) + 16 * parity, 2)
            result[0] = reduce_chunk(chunk, P, theta, gradient, summed, network, memory)
            result[1] = chunk_squares(chunk, P, summed, network, memory)
            if steps.updating != 0 and not clipping and np.isfinite(result[1]):
                update_chunk(chunk, batch, 1.0, P, state, network, steps, memory)
        if not apart:
            turn += 1
            wait(barrier, worker, n_workers, turn)

        squares = 0.0
        for chunk in range(memory.n_chunks):
            result = float64_at(memory.results + LINE * (mine + chunk) + 16 * parity, 2)
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
            for chunk in range(first_chunk, memory.n_chunks, chunk_step):
                update_chunk(chunk, batch, scale, P, state, network, steps, memory)
            if not apart:
                turn += 1
                wait(barrier, worker, n_workers, turn)
    if worker == 0:
        result = float64_at(epoch.report, 3)
        result[0], result[1], result[2] = total, largest_norm, failed


@inlined
def copied(source: int, target: int, P: int, network: NetworkStructure) -> int:
    """Copy P numbers, if they are there, and return where they are now."""
    if source == 0:
        return 0
    call(network.copy, (source, 0, target, 0, 1, P))
    return target


@inlined
def lane_gradient(
    worker: int,
    lane: int,
    span: tuple[int, int, int],
    places: tuple[int, int],
    network: NetworkStructure,
    rows: RowsStructure,
    steps: Steps,
    memory: Memory,
) -> float:
    """Set the lane's gradient to that of some rows of the order; return their part of the loss.

    ``span`` is the first row, that behind the last, and the rows of the batch; ``places`` are those of theta and of
    lane 0's gradient.
    """
    (first, last, batch_rows), (theta, gradient) = span, places
    loss, at = 0.0, lane * memory.lane_bytes
    # Once at least: where a lane has no rows, its gradient becomes 0.
    for start in range(first, max(last, first + 1), memory.tile):
        size = min(memory.tile, last - start)
        x = gather_rows(at, start, size, batch_rows, network, rows, steps, memory)
        a = forward(at, start, size, x, theta, network, steps.layer_keys, memory)
        loss += output_delta(at, size, a, network, memory)
        backward(worker, at, size, x, a, gradient, network, memory, start > first)
    return loss


@inlined
def extent(chunk: int, P: int, network: NetworkStructure, memory: Memory) -> tuple[int, int]:
    """Return how many parameters a chunk has, and how many bytes lie before it."""
    first = chunk * memory.chunk
    return min(memory.chunk, P - first), network.number * first


@inlined
def reduce_chunk(
    chunk: int,
    P: int,
    theta: int,
    gradient: int,
    summed: int,
    network: NetworkStructure,
    memory: Memory,
) -> float:
    """Set a chunk of ``summed`` to the lanes' gradients added in order, and the penalty's; return its penalty."""
    size, place = extent(chunk, P, network, memory)
    if memory.lanes > 1:
        lanes = (gradient + place, memory.lanes, memory.lane_bytes)
        call(network.add, (*lanes, summed + place, size))
    if network.penalty == 0:
        return 0.0
    places = (summed + place, theta + place, memory.is_penalised + place, network.penalty)
    return call_for_float(network.penalize, (*places, size))


@inlined
def chunk_squares(
    chunk: int, P: int, summed: int, network: NetworkStructure, memory: Memory
) -> float:
    """Return the sum of g² of a chunk; where it is not finite, no step is made."""
    size, place = extent(chunk, P, network, memory)
    return call_for_float(network.norm, (summed + place, size))


@inlined
def update_chunk(
    chunk: int,
    batch: int,
    scale: float,
    P: int,
    state: tuple[int, int, int, int],
    network: NetworkStructure,
    steps: Steps,
    memory: Memory,
) -> None:
    """Make the optimizer's step on a chunk of the parameters; ``state`` is where theta, g, m and v lie."""
    size, place = extent(chunk, P, network, memory)
    theta, gradient, m, v = state
    is_weight = memory.is_weight + place
    coefficients = steps.coefficients + network.number * batch * steps.n_coefficients
    rate = steps.rates + network.number * batch
    places = (theta + place, gradient + place, is_weight, m + place, v + place)
    scales = max(0, chunk * memory.chunk + size - (P - network.n_columns))  # at the chunk's end
    scales, rest = min(scales, size), (network.weight_decay, scale)
    call(network.update, (*places, coefficients, size - scales, rate, *rest))
    if scales > 0:
        end, rate = network.number * (size - scales), steps.scale_rates + network.number * batch
        theta, gradient, is_weight, m, v = places
        places = (theta + end, gradient + end, is_weight + end, m + end, v + end)
        call(network.update, (*places, coefficients, scales, rate, *rest))


@cache
def epoch_address() -> int:
    """Return the address of ``run_epoch``."""
    return block(run_epoch, types.void(*[types.intp] * 3), "epoch")
