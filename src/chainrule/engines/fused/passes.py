"""Forward and backward over a tile of rows: the equations of ``network.backprop``, in its order and with its names.

Each is one matrix product or one block (``rules``), given by the addresses of what it reads and writes:

    z = b + h W        product              delta[L] = share * dloss * f'     loss block, derivative block
    a = f(z)           value block          dW = h.T delta, db = 1.T delta    two products
    h = a * mask       drop block           delta = (delta W.T) * mask * f'   product, mask, derivative block

W.T is made once a batch, by each worker for itself. All places are addresses, in bytes.
"""

from __future__ import annotations

from chainrule.engines.fused.compiler import call, call_for_float, inlined, integer_at
from chainrule.engines.fused.product import multiply
from chainrule.engines.fused.structures import Memory, NetworkStructure, RowsStructure, Steps


@inlined
def shape_of(l: int, network: NetworkStructure) -> tuple[int, int]:
    """Return the rows and columns of W of layer ``l + 1``: its inputs and its units."""
    return integer_at(network.sizes, l), integer_at(network.sizes, l + 1)


@inlined
def gather_rows(
    at: int,
    start: int,
    size: int,
    batch_rows: int,
    network: NetworkStructure,
    rows: RowsStructure,
    steps: Steps,
    memory: Memory,
) -> int:
    """Copy rows of X, Y and their shares to the lane at ``at``; return where the rows of X lie."""
    m, k = integer_at(network.sizes, 0), integer_at(network.sizes, network.L)
    y, share = memory.y + at, memory.share + at
    call(
        network.targets,
        (rows.Y, rows.weights, steps.order, start, size, k, 1.0 / batch_rows, y, share),
    )
    x: int = memory.x + at
    if steps.order == 0 and rows.columns == 0:
        return int(rows.X + start * m * network.number)
    call(rows.gather, (rows.X, rows.columns, rows.starts, steps.order, start, size, m, x))
    if network.column_dropped != 0:
        columns = (network.n_columns, network.inputs)
        call(
            network.drop_columns,
            (x, start, size, *columns, steps.column_key, network.column_dropped),
        )
    return x


@inlined
def without_scales(
    worker: int, theta: int, P: int, network: NetworkStructure, memory: Memory
) -> int:
    """Return where theta lies with V = diag(s) W in the place of W[1]: the worker's own, or theta if there is no s."""
    if network.n_columns == 0:
        return theta
    m, k = shape_of(0, network)
    n_columns, number = network.n_columns, network.number
    unscaled: int = memory.unscaled + worker * memory.lane_bytes
    s, rest = theta + number * (P - n_columns), number * m * k
    call(network.scale, (theta, s, unscaled, n_columns, network.inputs, k))
    call(network.copy, (theta + rest, 0, unscaled + rest, 0, 1, P - n_columns - m * k))
    return unscaled


@inlined
def scale_gradient(at: int, theta: int, P: int, gradient: int, network: NetworkStructure) -> None:
    """Set dW[1] and ds of the lane's gradient, from dV, which lies in the place of dW[1]."""
    if network.n_columns != 0:
        k, n_columns = shape_of(0, network)[1], network.n_columns
        s = network.number * (P - n_columns)
        dV = gradient + at
        call(
            network.scale_derivative,
            (dV, theta, theta + s, dV + s, n_columns, network.inputs, k),
        )


@inlined
def forward(
    at: int,
    start: int,
    size: int,
    x: int,
    theta: int,
    network: NetworkStructure,
    layer_keys: int,
    memory: Memory,
) -> int:
    """Set z, a and, with dropout, mask and h of a tile whose inputs lie at ``x``; return where a[L] lies."""
    number = network.number
    W, h, a, place = theta, x, x, at  # place: how far beyond the start of z, a, h the layer lies
    for l in range(network.L):
        m, k = shape_of(l, network)
        b, z, a = W + number * m * k, memory.z + place, memory.a + place
        multiply(network.product, number, (size, m, k), h, False, W, b, 0, z)
        call(integer_at(network.value, l), (z, a, size * k, network.parameter + number * l))
        h = a
        if is_dropped(l, network):
            h, mask = memory.h + place, memory.mask + place
            key, dropped = layer_keys + 8 * l, network.dropped + 16 * l
            call(network.drop, (a, h, mask, start, size, k, key, dropped))
        W = b + number * k
        place += number * size * k
    return a


@inlined
def is_dropped(l: int, network: NetworkStructure) -> bool:
    """Return whether units of layer ``l + 1`` are dropped."""
    return integer_at(network.dropped, 2 * l + 1) != 0


@inlined
def output_delta(at: int, size: int, a: int, network: NetworkStructure, memory: Memory) -> float:
    """Set delta[L] = share * dloss/da[L] * f'(z[L]); return the tile's part of the loss. a[L] lies at ``a``."""
    l, number = network.L - 1, network.number
    k = shape_of(l, network)[1]
    delta, z = memory.delta + at, memory.z + (a - memory.a)
    loss = call_for_float(
        network.loss,
        (a, memory.y + at, memory.share + at, network.columns, delta, memory.given + at, size, k),
    )
    parameter = network.parameter + number * l
    call(integer_at(network.prime, l), (delta, z, a, size * k, parameter))
    return loss


@inlined
def transpose_weights(worker: int, theta: int, network: NetworkStructure, memory: Memory) -> None:
    """Set the worker's W.T of every layer but the first, whose input has no delta."""
    W, transposed = theta, memory.transposed + worker * memory.lane_bytes
    for l in range(network.L):
        m, k = shape_of(l, network)
        if l > 0:
            call(network.transpose, (m, k, W, transposed))
            transposed += network.number * m * k
        W += network.number * (m * k + k)


@inlined
def backward(
    worker: int,
    at: int,
    size: int,
    x: int,
    a: int,
    gradient: int,
    network: NetworkStructure,
    memory: Memory,
    adding: bool,
) -> None:
    """Set the lane's gradient to dW, db of every layer for a tile, from delta[L]; add to it if ``adding``."""
    number, product, zeros = network.number, network.product, memory.zeros
    delta, upstream = memory.delta + at, memory.other_delta + at
    place = a - memory.a
    dW, WT = gradient + at, memory.transposed + worker * memory.lane_bytes
    for l in range(network.L):
        m, k = shape_of(l, network)
        dW += number * (m * k + k)
        WT += number * m * k if l > 0 else 0
    for l in range(network.L - 1, -1, -1):
        m, k = shape_of(l, network)
        dW -= number * (m * k + k)
        db = dW + number * m * k
        h, below = x, place - number * size * m  # below: of layer l what place is of layer l + 1
        if l > 0:
            h = (memory.h if is_dropped(l - 1, network) else memory.a) + below
        from_dW, from_db, row = (dW, db, number * k) if adding else (zeros, zeros, 0)
        multiply(product, number, (m, size, k), h, True, delta, from_dW, row, dW)
        multiply(product, number, (1, size, k), memory.ones, False, delta, from_db, row, db)
        if l > 0:
            WT -= number * m * k
            multiply(product, number, (size, k, m), delta, False, WT, zeros, 0, upstream)
            if is_dropped(l - 1, network):
                call(network.mask, (upstream, memory.mask + below, size * m))
            z, a = memory.z + below, memory.a + below
            parameter = network.parameter + number * (l - 1)
            call(integer_at(network.prime, l - 1), (upstream, z, a, size * m, parameter))
        delta, upstream, place = upstream, delta, below
