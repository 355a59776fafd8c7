"""The equations of a batch that is shared by units, each for the columns of one worker; see ``epoch_by_units``.

As in ``passes``, each is one matrix product or one block. z, a, h, mask and delta hold a whole batch, layer after
layer, each row by row, so a worker's columns of them are read and written piece by piece.
"""

from __future__ import annotations

from chainrule.engines.fused.compiler import call, call_for_float, inlined, integer_at
from chainrule.engines.fused.passes import is_dropped, shape_of
from chainrule.engines.fused.structures import (
    UNITS,
    Memory,
    NetworkStructure,
    Part,
    RowsStructure,
    Steps,
)

# ---- who computes what, and where it lies -------------------------------------------------------------------------


@inlined
def slices_of(l: int, worker: int, n_workers: int, network: NetworkStructure) -> tuple[int, int]:
    """Return the first slice of layer ``l + 1`` that is the worker's, and the first beyond."""
    slices = (shape_of(l, network)[1] + UNITS - 1) // UNITS
    return slices * worker // n_workers, slices * (worker + 1) // n_workers


@inlined
def slice_at(l: int, i: int, network: NetworkStructure) -> tuple[int, int]:
    """Return how many parameters lie before [W; b] of slice ``i`` of layer ``l + 1``, and how many columns it has."""
    m, k = shape_of(l, network)
    return integer_at(network.starts, 2 * l) + i * UNITS * (m + 1), min(UNITS, k - i * UNITS)


@inlined
def layer_at(l: int, size: int, network: NetworkStructure) -> int:
    """Return how many bytes of z, a, h, mask and delta lie before those of layer ``l + 1``, for ``size`` rows."""
    return network.number * size * integer_at(network.starts, 2 * l + 1)


@inlined
def inputs_at(l: int, x: int, size: int, network: NetworkStructure, memory: Memory) -> int:
    """Return where the inputs of layer ``l + 1`` lie."""
    if l == 0:
        return x
    outputs = memory.h if is_dropped(l - 1, network) else memory.a
    return int(outputs + layer_at(l - 1, size, network))


@inlined
def sort_slices(
    natural: tuple[int, int, int],
    back: bool,
    worker: int,
    n_workers: int,
    network: NetworkStructure,
    memory: Memory,
) -> None:
    """Copy the worker's columns of theta, m and v to slices, or ``back``; the address of what is not there is 0."""
    for l in range(network.L):
        first, last = slices_of(l, worker, n_workers, network)
        for i in range(first, last):
            sort_slice(l, i, natural[0], memory.theta, back, network)
            sort_slice(l, i, natural[1], memory.m, back, network)
            sort_slice(l, i, natural[2], memory.v, back, network)


@inlined
def sort_slice(
    l: int, i: int, natural: int, inside: int, back: bool, network: NetworkStructure
) -> None:
    """Copy slice ``i`` of layer ``l + 1`` of one vector of P numbers, if it is there."""
    (m, k), number = shape_of(l, network), network.number
    start, width = slice_at(l, i, network)
    outside = natural + number * (integer_at(network.starts, 2 * l) + i * UNITS)
    inside += number * start
    rows = m + 1 if natural != 0 else 0
    if back:
        call(network.copy, (inside, number * width, outside, number * k, rows, width))
    else:
        call(network.copy, (outside, number * k, inside, number * width, rows, width))


# ---- forward ------------------------------------------------------------------------------------------------------


@inlined
def gather_inputs(
    worker: int,
    start: int,
    size: int,
    network: NetworkStructure,
    rows: RowsStructure,
    steps: Steps,
    memory: Memory,
) -> int:
    """Copy the batch's rows of X for this worker, if they do not lie in order; return where they lie."""
    m = integer_at(network.sizes, 0)
    if steps.order == 0 and rows.columns == 0:
        return int(rows.X + start * m * network.number)
    x: int = memory.x + worker * memory.lane_bytes
    call(rows.gather, (rows.X, rows.columns, rows.starts, steps.order, start, size, m, x))
    return x


@inlined
def layer_forward(
    l: int,
    worker: int,
    n_workers: int,
    x: int,
    start: int,
    size: int,
    network: NetworkStructure,
    steps: Steps,
    memory: Memory,
) -> None:
    """Set the worker's columns of z, a and, with dropout, mask and h of layer ``l + 1``."""
    (m, k), number = shape_of(l, network), network.number
    h, layer = inputs_at(l, x, size, network, memory), layer_at(l, size, network)
    value, parameter = integer_at(network.value, l), network.parameter + number * l
    key, dropped = steps.layer_keys + 8 * l, network.dropped + 16 * l
    first, last = slices_of(l, worker, n_workers, network)
    for i in range(first, last):
        start_of_W, width = slice_at(l, i, network)
        W, z = memory.theta + number * start_of_W, memory.z + layer + number * i * UNITS
        A, B, S = (h, number * m, number), (W, number * width), (W + number * m * width, 0)
        call(network.product, (size, m, width, *A, *B, *S, z, number * k))
    column = first * UNITS
    width = min(last * UNITS, k) - column
    for row in range(size if width > 0 else 0):
        place = layer + number * (row * k + column)
        a = memory.a + place
        call(value, (memory.z + place, a, width, parameter))
        if is_dropped(l, network):
            position = (start + row) * k + column
            places = (a, memory.h + place, memory.mask + place)
            call(network.drop, (*places, position, width, 1, key, dropped))


@inlined
def output_layer(
    lane: int,
    x: int,
    start: int,
    first: int,
    last: int,
    batch_rows: int,
    network: NetworkStructure,
    rows: RowsStructure,
    steps: Steps,
    memory: Memory,
) -> float:
    """Set z, a and delta of layer L for rows ``first`` to ``last`` of the batch; return their part of the loss."""
    l, number, size = network.L - 1, network.number, last - first
    m, k = shape_of(l, network)
    y, share = memory.y + number * first * k, memory.share + number * first
    places = (rows.Y, rows.weights, steps.order, start + first)
    call(network.targets, (*places, size, k, 1.0 / batch_rows, y, share))

    place = layer_at(l, batch_rows, network) + number * first * k
    z, a, delta = memory.z + place, memory.a + place, memory.delta + place
    h = inputs_at(l, x, batch_rows, network, memory) + number * first * m
    for i in range((k + UNITS - 1) // UNITS):
        start_of_W, width = slice_at(l, i, network)
        W = memory.theta + number * start_of_W
        A, B, S = (h, number * m, number), (W, number * width), (W + number * m * width, 0)
        call(network.product, (size, m, width, *A, *B, *S, z + number * i * UNITS, number * k))
    parameter = network.parameter + number * l
    call(integer_at(network.value, l), (z, a, size * k, parameter))
    given = memory.given + lane * memory.lane_bytes
    loss = call_for_float(network.loss, (a, y, share, network.columns, delta, given, size, k))
    call(integer_at(network.prime, l), (delta, z, a, size * k, parameter))
    return loss


# ---- backward -----------------------------------------------------------------------------------------------------


@inlined
def layer_delta(
    l: int, worker: int, n_workers: int, size: int, network: NetworkStructure, memory: Memory
) -> None:
    """Set the worker's columns of delta of layer ``l``, from delta of layer ``l + 1`` and their rows of its W."""
    (m, k), number = shape_of(l, network), network.number
    first, last = slices_of(l - 1, worker, n_workers, network)
    column = first * UNITS
    width = min(last * UNITS, m) - column
    if width > 0:
        WT = memory.transposed + number * column * k
        for i in range((k + UNITS - 1) // UNITS):
            start_of_W, columns = slice_at(l, i, network)
            W = memory.theta + number * (start_of_W + column * columns)
            call(network.transpose, (width, columns, W, WT + number * i * UNITS * width))
        above, below = layer_at(l, size, network), layer_at(l - 1, size, network)
        A, B = (memory.delta + above, number * k, number), (WT, number * width)
        S, C = (memory.zeros, 0), (memory.delta + below + number * column, number * m)
        call(network.product, (size, k, width, *A, *B, *S, *C))
        prime = integer_at(network.prime, l - 1)
        parameter = network.parameter + number * (l - 1)
        for row in range(size):
            place = below + number * (row * m + column)
            delta = memory.delta + place
            if is_dropped(l - 1, network):
                call(network.mask, (delta, memory.mask + place, width))
            call(prime, (delta, memory.z + place, memory.a + place, width, parameter))


@inlined
def part_gradient(part: Part, x: int, size: int, network: NetworkStructure, memory: Memory) -> None:
    """Set dW = h.T delta and db = 1.T delta of a part, summed over the batch's rows in order."""
    (m, k), number, width = shape_of(part.l, network), network.number, part.columns
    delta = memory.delta + layer_at(part.l, size, network) + number * part.i * UNITS
    dW = memory.gradient + number * part.start
    h = inputs_at(part.l, x, size, network, memory) + number * part.row
    weights = min(part.rows, m - part.row)
    B, S = (delta, number * k), (memory.zeros, 0)
    call(
        network.product,
        (weights, size, width, h, number, number * m, *B, *S, dW, number * width),
    )
    if weights < part.rows:
        A, db = (memory.ones, number * size, number), dW + number * weights * width
        call(network.product, (1, size, width, *A, *B, *S, db, number * width))


@inlined
def penalty_and_squares(
    part: Part, network: NetworkStructure, memory: Memory
) -> tuple[float, float]:
    """Add the penalty's gradient to a part's; return the penalty, and the sum of g²."""
    place, size, penalty = network.number * part.start, part.rows * part.columns, 0.0
    gradient = memory.gradient + place
    if network.penalty != 0:
        places = (gradient, memory.theta + place, memory.is_penalised + place, network.penalty)
        penalty = call_for_float(network.penalize, (*places, size))
    return penalty, call_for_float(network.norm, (gradient, size))


@inlined
def update_part(
    part: Part, batch: int, scale: float, network: NetworkStructure, steps: Steps, memory: Memory
) -> None:
    """Make the optimizer's step on a part."""
    number, place = network.number, network.number * part.start
    coefficients = steps.coefficients + number * batch * steps.n_coefficients
    rate = steps.rates + number * batch
    places = (memory.theta + place, memory.gradient + place, memory.is_weight + place)
    moments = (memory.m + place, memory.v + place)
    size = part.rows * part.columns
    rest = (coefficients, size, rate, network.weight_decay, scale)
    call(network.update, (*places, *moments, *rest))
