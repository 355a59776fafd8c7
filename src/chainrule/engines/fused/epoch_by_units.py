"""A whole epoch whose batches are shared by units: each worker has its own columns of every W, for all rows.

For networks with more parameters than a batch has activations. There the gradients of lanes, and the weights that
another worker has updated, would travel between processors for longer than it takes to compute them. Here a column of
W, its gradient and its moments are read and written by one worker alone; what travels are activations and deltas, and
of W what delta W.T needs. So that no cache line is shared either, theta, its gradient and its moments are sorted during
an epoch: layer by layer, in slices of ``UNITS`` columns of [W; b], each row by row.

    by columns    z, a, h of each layer but the last, after each a meeting
    by rows       z, a of the last layer, loss and delta[L]; meeting
    by columns    delta of each layer below, after each a meeting
    by columns    dW, db of all layers, penalty, norm, step; meeting

No bit depends on who computes what: each number is summed in order by one worker, and what is added up over workers,
loss and squares, is added by fixed lanes and parts.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numba import types

from chainrule.engines.fused.atomics import LINE
from chainrule.engines.fused.barrier import wait
from chainrule.engines.fused.compiler import block, float64_at
from chainrule.engines.fused.structures import (
    Part,
    epoch_at,
    memory_at,
    network_at,
    part_at,
    rows_at,
    steps_at,
)
from chainrule.engines.fused.units import (
    gather_inputs,
    layer_delta,
    layer_forward,
    output_layer,
    part_gradient,
    penalty_and_squares,
    slices_of,
    sort_slices,
    update_part,
)

_PART = 8 * len(Part._fields)  # bytes


def run_epoch_by_units(worker: int, n_workers: int, job: int) -> None:
    """Train for the ``Epoch`` at ``job``: overwrites theta, m and v; worker 0 writes the report."""
    epoch = epoch_at(job)
    network, rows = network_at(epoch.network), rows_at(epoch.rows)
    steps, memory = steps_at(epoch.steps), memory_at(epoch.memory)
    clip_norm = float64_at(steps.clip_norm, 1)[0]
    clipping, turn, failed = clip_norm < np.inf, 0, -1
    total, largest_norm, L = 0.0, 0.0, network.L
    natural = (epoch.theta, epoch.m, epoch.v)
    sort_slices(natural, False, worker, n_workers, network, memory)
    turn += 1
    wait(
        epoch.barrier, worker, n_workers, turn
    )  # where there is but one layer, its rows need all slices
    for batch, start in enumerate(range(0, rows.n, steps.batch_size)):
        size, parity = min(steps.batch_size, rows.n - start), batch % 2
        x = gather_inputs(worker, start, size, network, rows, steps, memory)
        for l in range(L - 1):
            layer_forward(l, worker, n_workers, x, start, size, network, steps, memory)
            turn += 1
            wait(epoch.barrier, worker, n_workers, turn)
        for lane in range(worker, memory.lanes, n_workers):
            first, last = size * lane // memory.lanes, size * (lane + 1) // memory.lanes
            loss = output_layer(lane, x, start, first, last, size, network, rows, steps, memory)
            float64_at(memory.loss + lane * memory.lane_bytes, 2)[parity] = loss
        turn += 1
        wait(epoch.barrier, worker, n_workers, turn)
        J = 0.0
        for lane in range(memory.lanes):
            J += float64_at(memory.loss + lane * memory.lane_bytes, 2)[parity]
        if not np.isfinite(J):
            total, failed = J, batch
            break

        for l in range(L - 1, 0, -1):
            layer_delta(l, worker, n_workers, size, network, memory)
            turn += 1
            wait(epoch.barrier, worker, n_workers, turn)
        for p in range(memory.n_parts):
            part = part_at(memory.parts + _PART * p)
            first, last = slices_of(part.l, worker, n_workers, network)
            if first <= part.i < last:
                part_gradient(part, x, size, network, memory)
                result = float64_at(memory.results + LINE * p + 16 * parity, 2)
                result[0], result[1] = penalty_and_squares(part, network, memory)
                if steps.updating != 0 and not clipping and np.isfinite(result[1]):
                    update_part(part, batch, 1.0, network, steps, memory)
        turn += 1
        wait(epoch.barrier, worker, n_workers, turn)

        squares = 0.0
        for p in range(memory.n_parts):
            result = float64_at(memory.results + LINE * p + 16 * parity, 2)
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
            for p in range(memory.n_parts):
                part = part_at(memory.parts + _PART * p)
                first, last = slices_of(part.l, worker, n_workers, network)
                if first <= part.i < last:
                    update_part(part, batch, scale, network, steps, memory)
            turn += 1
            wait(epoch.barrier, worker, n_workers, turn)
    sort_slices(natural, True, worker, n_workers, network, memory)
    if worker == 0:
        result = float64_at(epoch.report, 3)
        result[0], result[1], result[2] = total, largest_norm, failed


@cache
def units_address() -> int:
    """Return the address of ``run_epoch_by_units``."""
    return block(run_epoch_by_units, types.void(*[types.intp] * 3), "epoch by units")
