"""What the compiled epoch works on: networks, rows, steps and buffers as named tuples of arrays.

Shapes: L layers, sizes s[0..L], P parameters, n rows, k = s[L] outputs. A batch is cut into ``lanes``, each lane into
tiles of at most ``tile`` rows; both depend on the problem alone, never on the number of threads, and so do all sums.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from chainrule.engines.engine import Data, EpochPlan
from chainrule.engines.fused.product import Blas, blas_of
from chainrule.engines.fused.rules import activation_blocks, loss_block, update_block
from chainrule.network import random
from chainrule.network.architecture import Architecture
from chainrule.network.parameters import segments
from chainrule.optimizers.optimizer import Optimizer

_TILE_NUMBERS = 2**16  # activations of a tile: 256 KiB of float32, half of a level-2 cache
_LANE_ROWS = 64  # fewer rows make matrix products slow
_LANE_OPERATIONS = 4_000_000  # less work is not worth a meeting of threads
_MOST_LANES = 4
CHUNK = 8192  # parameters that are updated together


class Layers(NamedTuple):
    """The network; index l - 1 stands for layer l."""

    sizes: np.ndarray  #: (L + 1,) int64
    value: np.ndarray  #: (L,) addresses of z += b, a = f(z)
    prime: np.ndarray  #: (L,) addresses of delta *= f'(z)
    parameter: np.ndarray  #: (L,) the activation's number
    threshold: np.ndarray  #: (L,) uint64, random bits from here on keep a unit
    scale: np.ndarray  #: (L,) 1 / (1 - rate); 0 where nothing is dropped
    loss: int  #: address of the loop over rows
    columns: np.ndarray  #: (c, k) what the loss takes
    penalty: np.ndarray  #: (2,) l2, l1
    update: int  #: address of the optimizer's step
    weight_decay: np.ndarray  #: (1,)


class Rows(NamedTuple):
    """The data, dense or CSR; empty arrays where there is nothing."""

    X: np.ndarray  #: (n, m), or (0, m) where X is sparse
    values: np.ndarray
    indices: np.ndarray
    starts: np.ndarray
    sparse: bool
    Y: np.ndarray  #: (n, k)
    weights: np.ndarray  #: (n,) or (0,)


class Steps(NamedTuple):
    """The plan of an epoch."""

    order: np.ndarray  #: (n,) int64
    batch_size: int
    rates: np.ndarray  #: (n_batches,)
    coefficients: np.ndarray  #: (n_batches, c)
    layer_keys: np.ndarray  #: (L,) uint64, of this epoch's masks
    clip_norm: float
    gather: bool  #: False if the rows are taken as they lie
    updating: bool  #: False if only objective and gradient are wanted


class Buffers(NamedTuple):
    """Everything that is written; made once, used for every batch."""

    x: np.ndarray  #: (lanes, tile * m)
    y: np.ndarray  #: (lanes, tile * k)
    share: np.ndarray  #: (lanes, tile)
    z: np.ndarray  #: (lanes, tile * sum of s[1..L])
    a: np.ndarray  #: as z
    h: np.ndarray  #: as z, or (lanes, 0) without dropout
    mask: np.ndarray  #: as h
    delta: np.ndarray  #: (lanes, 2, tile * widest)
    gradient: np.ndarray  #: (lanes, P); lane 0 holds the sum after the reduction
    ones: np.ndarray  #: (tile,)
    is_weight: np.ndarray  #: (P,) 1 for weights, 0 for biases: no penalty, no decay
    lane_loss: np.ndarray  #: (2, lanes) float64, of even and odd batches
    chunk_norm: np.ndarray  #: (2, chunks) float64, sum of g²
    chunk_penalty: np.ndarray  #: (2, chunks) float64
    blas: Blas


def lanes_and_tile(sizes: tuple[int, ...], batch_rows: int) -> tuple[int, int]:
    """Return into how many lanes a batch is cut, and the rows of a tile."""
    operations = 6 * sum(m * k for m, k in pairwise(sizes)) * batch_rows
    lanes = min(_MOST_LANES, batch_rows // _LANE_ROWS, operations // _LANE_OPERATIONS)
    lanes = max(1, lanes)
    lane_rows = -(-batch_rows // lanes)
    tile = min(max(_TILE_NUMBERS // sum(sizes[1:]) // 16 * 16, 32), 512)
    return lanes, min(tile, max(lane_rows, 1))


def layers_of(architecture: Architecture, optimizer: Optimizer, dtype: np.dtype) -> Layers:
    """Return the network with its rules compiled."""
    blocks = [activation_blocks(f, dtype) for f in architecture.f[1:]]
    rates = [*architecture.dropout, 0.0]
    loss = architecture.loss_function
    return Layers(
        sizes=np.array(architecture.sizes, dtype=np.int64),
        value=np.array([b[0] for b in blocks], dtype=np.int64),
        prime=np.array([b[1] for b in blocks], dtype=np.int64),
        parameter=np.array([b[2] for b in blocks], dtype=dtype),
        threshold=np.array([random.dropout_threshold(rate) for rate in rates], dtype=np.uint64),
        scale=np.array([1.0 / (1.0 - rate) if rate else 0.0 for rate in rates], dtype=dtype),
        loss=loss_block(loss, architecture.sizes[-1], dtype),
        columns=np.ascontiguousarray(
            loss.columns(loss.parameters, architecture.sizes[-1]), dtype=dtype
        ),
        penalty=np.array([architecture.l2, architecture.l1], dtype=dtype),
        update=update_block(optimizer, dtype),
        weight_decay=np.array([optimizer.weight_decay], dtype=dtype),
    )


def rows_of(data: Data, dtype: np.dtype) -> Rows:
    """Return the data as arrays; nothing is copied."""
    none = np.empty(0, dtype=dtype)
    weights = none if data.weights is None else data.weights
    if isinstance(data.X, np.ndarray):
        no_index = np.empty(0, dtype=np.int64)
        return Rows(data.X, none, no_index, no_index, False, data.Y, weights)
    X: Any = data.X
    return Rows(
        np.empty((0, X.shape[1]), dtype=dtype),
        X.data,
        X.indices.astype(np.int64, copy=False),
        X.indptr.astype(np.int64, copy=False),
        True,
        data.Y,
        weights,
    )


def steps_of(plan: EpochPlan, architecture: Architecture, dtype: np.dtype) -> Steps:
    """Return the plan with its numbers in the precision of the network."""
    dropping = any(architecture.dropout)
    keys = [random.layer_key(plan.dropout_key, l) for l in range(1, architecture.n_layers + 1)]
    # The order within a full batch changes nothing but masks, which belong to positions.
    gather = dropping or plan.batch_size < len(plan.order)
    return Steps(
        order=plan.order,
        batch_size=plan.batch_size,
        rates=plan.rates.astype(dtype),
        coefficients=np.ascontiguousarray(plan.coefficients, dtype=dtype),
        layer_keys=np.array(keys if dropping else [0] * architecture.n_layers, dtype=np.uint64),
        clip_norm=float(plan.clip_norm),
        gather=gather,
        updating=True,
    )


def buffers_of(architecture: Architecture, batch_rows: int, dtype: np.dtype) -> Buffers:
    """Return buffers for batches of up to ``batch_rows`` rows."""
    sizes = architecture.sizes
    lanes, tile = lanes_and_tile(sizes, batch_rows)
    numbers, widest = tile * sum(sizes[1:]), tile * max(sizes[1:])
    dropped = numbers if any(architecture.dropout) else 0
    P = architecture.n_parameters
    n_chunks = -(-P // CHUNK)
    is_weight = np.zeros(P, dtype=dtype)
    for place in segments(sizes):
        is_weight[place.start : place.stop] = place.is_weight
    return Buffers(
        x=np.empty((lanes, tile * sizes[0]), dtype=dtype),
        y=np.empty((lanes, tile * sizes[-1]), dtype=dtype),
        share=np.empty((lanes, tile), dtype=dtype),
        z=np.empty((lanes, numbers), dtype=dtype),
        a=np.empty((lanes, numbers), dtype=dtype),
        h=np.empty((lanes, dropped), dtype=dtype),
        mask=np.empty((lanes, dropped), dtype=dtype),
        delta=np.empty((lanes, 2, widest), dtype=dtype),
        gradient=np.empty((lanes, P), dtype=dtype),
        ones=np.ones(tile, dtype=dtype),
        is_weight=is_weight,
        lane_loss=np.zeros((2, lanes)),
        chunk_norm=np.zeros((2, n_chunks)),
        chunk_penalty=np.zeros((2, n_chunks)),
        blas=blas_of(lanes, dtype),
    )
