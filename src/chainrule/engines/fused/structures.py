"""What compiled code sees of networks, rows, steps, working memory and jobs: integers, sizes and addresses in bytes.

Every view of an array would cost compiled code two atomic operations, and each precision another compilation. Each of
these tuples is itself handed over as one address, of its fields in a row. What owns the memory stays with the engine.

Shapes: L layers, sizes s[0..L], P parameters, n rows, k = s[L] outputs.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import types

from chainrule.engines.fused.compiler import INTEGER, address_of, emitted, int64_at, load_integer

UNITS = (
    64  # of a layer, the columns of W that one worker computes at least: four vectors of float32
)


class NetworkStructure(NamedTuple):
    """The network: addresses, but for two numbers. In what has L entries, entry l - 1 stands for layer l."""

    number: int  #: bytes of a number
    L: int  #: layers
    sizes: int  #: (L + 1,) int64
    starts: int  #: (L, 2) int64, how many parameters and how many units of layers 1 to L lie before those of the layer
    value: int  #: (L,) int64, loops for a = f(z)
    parameter: int  #: (L,) the activation's number
    dropped: int  #: (L, 2) uint64, the threshold of random bits and the scale; scale 0 where nothing is dropped
    product: int  #: C = S + A B
    copy: int  #: copies rows of numbers
    prime: int = 0  #: (L,) int64, loops for delta *= f'(z)
    loss: int = 0  #: loop over rows
    columns: int = 0  #: (c, k), what the loss takes
    penalty: int = 0  #: (2,) l2 and l1; 0 if there is none
    update: int = 0  #: loop for the optimizer's step
    weight_decay: int = 0  #: one number
    transpose: int = 0  #: B = A.T
    targets: int = 0  #: gathers Y and the rows' shares
    drop: int = 0  #: h = a * mask
    mask: int = 0  #: delta *= mask
    add: int = 0  #: sums the lanes' gradients
    penalize: int = 0  #: the penalty and its gradient
    norm: int = 0  #: the sum of g²
    n_columns: int = 0  #: columns that have a scale
    inputs: int = 0  #: (n_columns + 1,) int64, where the inputs of each start
    column_dropped: int = 0  #: (2,) as a row of ``dropped``; 0 if no column is dropped
    scale: int = 0  #: V = diag(s) W
    scale_derivative: int = 0  #: dW = diag(s) dV in its place, and ds
    drop_columns: int = 0  #: x *= mask


class RowsStructure(NamedTuple):
    """The data, dense or CSR; the address is 0 where there is nothing."""

    n: int
    gather: int  #: of the loop that copies rows
    X: int  #: (n, m), or the values of the sparse rows
    columns: int  #: int64, of the values of sparse rows; 0 where rows are dense
    starts: int  #: int64, where each sparse row starts
    Y: int  #: (n, k)
    weights: int  #: (n,)


class Steps(NamedTuple):
    """The plan of an epoch."""

    order: int  #: address of (n,) int64; 0 if the rows are taken as they lie
    batch_size: int
    rates: int  #: address of (n_batches,)
    coefficients: int  #: address of (n_batches, c)
    n_coefficients: int
    layer_keys: int  #: address of (L,) uint64, of this epoch's masks
    column_key: int  #: address of one uint64, of the columns' masks
    clip_norm: int  #: address of one float64
    scale_rates: int  #: address of (n_batches,), of the columns' scales
    updating: int  #: 0 if only objective and gradient are wanted


class Memory(NamedTuple):
    """Everything that is written. What a lane writes lies together, at ``lane * lane_bytes`` beyond these addresses.

    Where a batch is shared by units, there is one of z to gradient for all workers; loss, given and x are of lanes.
    """

    lanes: int
    tile: int
    lane_bytes: int
    loss: int  #: two float64, of even and odd batches
    given: int  #: what the loop over a loss's rows writes down beside them
    x: int  #: (tile, m)
    y: int  #: (tile, k)
    share: int  #: (tile,)
    z: int  #: (tile, s[1]) to (tile, s[L]), one after the other
    a: int  #: as z
    h: int  #: as z, with dropout
    mask: int  #: as h
    delta: int  #: (tile, widest), of layers L, L - 2, ...; as z where a batch is shared by units
    other_delta: int  #: the same of layers L - 1, L - 3, ...
    transposed: int  #: W.T of layers 2 to L, one after the other, of the worker with the lane's number; or of one layer
    unscaled: int  #: (P,) theta with V in the place of W[1], of the worker with the lane's number
    gradient: int  #: (P,); lane 0 holds the sum after the reduction, unless there is ``summed``
    apart: int  #: 1 where each worker makes the whole step, on what is its own; it has the lane of its number
    odd_gradient: int  #: (P,), with ``apart`` the gradient of odd batches
    summed: int  #: (P,), with ``apart`` the lanes' gradients added
    theta: int  #: (P,), with ``apart`` a worker's own, as m and v; by units all of them sorted, as gradient, is_weight
    m: int
    v: int
    ones: int  #: (tile,), of all lanes
    zeros: int  #: (widest,), of all lanes
    is_weight: int  #: (P,) 1 for weights, 0 for biases: no decay
    is_penalised: int  #: (P,) 1 for weights, and for biases where they are asked for
    chunk: int  #: parameters that are updated together
    n_chunks: int
    parts: int  #: (n_parts, 6) int64, a ``Part`` each
    n_parts: int
    results: int  #: (n_chunks or n_parts, 8) float64: penalty and sum of g² of even and odd batches, a cache line each


class Part(NamedTuple):
    """Some rows of a slice of [W; b] of a layer: what one worker computes and updates at once."""

    start: int  #: the first of them, among P
    l: int  #: the layer, from 0
    i: int  #: the slice
    row: int
    rows: int
    columns: int


class Epoch(NamedTuple):
    """What the workers of an epoch share: addresses, but for P."""

    barrier: int
    P: int  #: parameters
    theta: int  #: (P,), as m and v
    m: int
    v: int
    network: int
    rows: int
    steps: int
    memory: int
    report: int  #: three float64: mean loss, largest gradient norm and the batch that failed or -1


class Scoring(NamedTuple):
    """What the workers of a prediction share: addresses, but for n."""

    n: int
    theta: int  #: (P,)
    X: int  #: (n, m); 0 where the rows are sparse
    sparse: int  #: of the ``RowsStructure`` of sparse rows; 0 where they are dense
    network: int
    memory: int
    scores: int  #: (n, k)


class Held:
    """A tuple as compiled code sees it, and the arrays that own the memory it points to."""

    def __init__(self, seen: Any, *arrays: Any) -> None:
        self.seen, self.arrays = seen, arrays
        self.fields = np.array(seen, dtype=np.int64)
        self.address = address_of(self.fields)


def _reader(kind: Any) -> Any:
    """Return the function for compiled code that makes the tuple from the address of its fields."""
    size = len(kind._fields)

    def tuple_at(address: int) -> Any:
        return kind(*int64_at(address, size).tolist())

    @emitted(tuple_at, lambda address: types.NamedUniTuple(types.int64, size, kind))
    def compiled_tuple_at(context: Any, builder: Any, result: Any, address: Any) -> Any:
        fields = [load_integer(context, builder, result, address, INTEGER(i)) for i in range(size)]
        return context.make_tuple(builder, result, fields)

    return tuple_at


network_at, rows_at, steps_at, memory_at = map(
    _reader, (NetworkStructure, RowsStructure, Steps, Memory)
)
epoch_at, scoring_at, part_at = map(_reader, (Epoch, Scoring, Part))
