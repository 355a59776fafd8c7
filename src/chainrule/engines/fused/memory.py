"""The memory of an engine, laid out for compiled code, and how the work of a batch is cut.

Shapes: L layers, sizes s[0..L], P parameters. How a batch is cut depends on the problem alone, never on the number of
threads, and so do all sums.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from chainrule.engines.fused.atomics import LINE
from chainrule.engines.fused.compiler import address_of
from chainrule.engines.fused.rules import loss_numbers
from chainrule.engines.fused.structures import UNITS, Held, Memory, Part
from chainrule.network.architecture import Architecture
from chainrule.network.parameters import segments

#: Activations of a tile: 64 KiB of float32, so that z, a and delta stay in a level-2 cache.
_TILE_NUMBERS = 2**14
_TILE_ROWS = (128, 512)  # fewer let W pass by too often, more win nothing
#: Into how many lanes a batch is cut, if each has so many rows and operations: less is not worth a meeting of threads.
_LANES = ((4, 64, 4_000_000), (2, 32, 800_000))
_CHUNK = 8192  # parameters that are updated together, at most
_APART = 8192  # so few, and each worker makes the whole step for itself
#: The same where a batch is shared by units, in networks of so many parameters: smaller ones are in every cache.
_LANES_BY_UNITS = ((4, 8, 4_000_000), (2, 1, 1_600_000))
_PARAMETERS = 2**15
_SLICES = 1.8  # no slice of W may have more than such a part of all parameters: it is one worker's


class Cut(NamedTuple):
    """How the work of a batch is cut: into lanes of rows, each in tiles, or by units, with lanes for the loss alone."""

    lanes: int
    tile: int
    by_units: bool
    apart: bool = False  #: whether each worker makes the whole step for itself


def cut_of(sizes: tuple[int, ...], batch_rows: int, has_scales: bool = False) -> Cut:
    """Return how a batch is cut.

    What one processor has written another reads slowly. In lanes, each has a gradient of its own and reads what the
    others have updated: P numbers. By units, each W has its worker, and only activations travel: where a batch has
    fewer of them than P, that is less, if no slice of W is most of the work. Scales of columns belong to no unit.
    """
    P = sum((m + 1) * k for m, k in pairwise(sizes))
    largest_slice = max((m + 1) * min(UNITS, k) for m, k in pairwise(sizes))
    least = max(_PARAMETERS, batch_rows * sum(sizes[1:]), _SLICES * largest_slice)
    by_units = least <= P and not has_scales
    fitting = [
        lanes
        for lanes, rows, least in (_LANES_BY_UNITS if by_units else _LANES)
        if batch_rows >= lanes * rows and 6 * P * batch_rows >= lanes * least
    ]
    lanes = max(fitting, default=1)
    if by_units:
        return Cut(lanes, batch_rows, True)
    tile = min(tile_rows(sizes), max(-(-batch_rows // lanes), 1))
    return Cut(lanes, tile, False, lanes > 1 and P <= _APART)


def tile_rows(sizes: tuple[int, ...]) -> int:
    """Return the most rows of a tile: as many as stay in the cache on their way through the network."""
    least, most = _TILE_ROWS
    return min(max(_TILE_NUMBERS // sum(sizes[1:]) // 16 * 16, least), most)


def memory_of(architecture: Architecture, cut: Cut, dtype: np.dtype) -> Held:
    """Return the memory for batches that are cut so; the last array is where the sum of all gradients lies."""
    sizes, P, rows = architecture.sizes, architecture.n_parameters, cut.tile
    activations, own = rows * sum(sizes[1:]), P if cut.apart else 0
    dropped = activations if any(architecture.dropout) else 0
    backwards = [m * k for m, k in pairwise(sizes[1:])]
    of_lane = {
        "loss": 4,
        "given": loss_numbers(architecture.loss_function, sizes[-1]),
        "x": rows * sizes[0],
    }
    of_rows = {
        "y": rows * sizes[-1],
        "share": rows,
        "z": activations,
        "a": activations,
        "h": dropped,
        "mask": dropped,
        "delta": activations if cut.by_units else rows * max(sizes[1:]),
        "other_delta": 0 if cut.by_units else rows * max(sizes[1:]),
        "transposed": max(backwards, default=0) if cut.by_units else sum(backwards),
        "unscaled": P if architecture.columns else 0,
        "gradient": P,
        "odd_gradient": own,
        "summed": own,
        "theta": P if cut.by_units else own,
        "m": P if cut.by_units else own,
        "v": P if cut.by_units else own,
    }
    starts, lane_bytes = _side_by_side(of_lane if cut.by_units else of_lane | of_rows, dtype)
    total = cut.lanes * lane_bytes
    if cut.by_units:
        shared, shared_bytes = _side_by_side(of_rows, dtype)
        starts |= {name: total + start for name, start in shared.items()}
        total += shared_bytes
    memory = np.zeros(total + LINE, dtype=np.uint8)
    first = -(-address_of(memory) // LINE) * LINE
    ones, zeros = np.ones(rows, dtype=dtype), np.zeros(max(sizes), dtype=dtype)
    is_weight = np.zeros(P, dtype=dtype)
    for place in segments(sizes, len(architecture.columns)):
        is_weight[place.start : place.stop] = place.is_weight
    is_penalised = is_weight.copy()
    if architecture.penalize_biases:
        is_penalised[: sum((m + 1) * k for m, k in pairwise(sizes))] = (
            1  # not the scales behind them
        )
    if cut.by_units:
        order = sorted_order(sizes)
        is_weight, is_penalised = is_weight[order], is_penalised[order]
    chunk = P if cut.apart else min(_CHUNK, -(-P // cut.lanes // 16) * 16 or 16)
    parts = np.array(_parts(sizes) if cut.by_units else [], dtype=np.int64)
    results = np.zeros((max(-(-P // chunk), len(parts), cut.lanes) + 1, LINE // 8))
    seen = Memory(
        lanes=cut.lanes,
        tile=rows,
        lane_bytes=lane_bytes,
        apart=int(cut.apart),
        **{name: first + start for name, start in starts.items()},
        ones=address_of(ones),
        zeros=address_of(zeros),
        is_weight=address_of(is_weight),
        is_penalised=address_of(is_penalised),
        chunk=chunk,
        n_chunks=-(-P // chunk),
        parts=address_of(parts),
        n_parts=len(parts),
        results=-(-address_of(results) // LINE) * LINE,
    )
    start = first - address_of(memory) + starts["summed" if cut.apart else "gradient"]
    gradient = memory[start : start + P * dtype.itemsize].view(dtype)
    return Held(seen, memory, ones, zeros, is_weight, is_penalised, parts, results, gradient)


def _side_by_side(counts: dict[str, int], dtype: np.dtype) -> tuple[dict[str, int], int]:
    """Return where arrays of so many numbers start, in bytes, each in cache lines of its own, and where they end."""
    starts, end = {}, 0
    for name, count in counts.items():
        starts[name] = end
        end += -(-count * dtype.itemsize // LINE) * LINE + LINE
    return starts, end


def sorted_order(sizes: tuple[int, ...]) -> np.ndarray:
    """Return which of the P parameters stands at each place where a batch is shared by units; see ``units``."""
    order, start = [], 0
    for m, k in pairwise(sizes):
        layer = np.arange(start, start + (m + 1) * k).reshape(m + 1, k)
        order += [layer[:, column : column + UNITS].ravel() for column in range(0, k, UNITS)]
        start += (m + 1) * k
    return np.concatenate(order)


def _parts(sizes: tuple[int, ...]) -> list[Part]:
    """Return all sorted parameters in parts of one slice, of as many rows as make a chunk."""
    parts, start, most = [], 0, _CHUNK // UNITS
    for l, (m, k) in enumerate(pairwise(sizes)):
        for i in range(-(-k // UNITS)):
            columns = min(UNITS, k - i * UNITS)
            for row in range(0, m + 1, most):
                rows = min(most, m + 1 - row)
                parts.append(Part(start, l, i, row, rows, columns))
                start += rows * columns
    return parts
