"""Networks, rows and steps, laid out for compiled code.

Shapes: L layers, sizes s[0..L], P parameters, n rows, k = s[L] outputs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.engines.engine import Data, EpochPlan
from chainrule.engines.fused import loops
from chainrule.engines.fused.compiler import address_of
from chainrule.engines.fused.product import product_address, transpose_address
from chainrule.engines.fused.rules import (
    activation_derivative,
    activation_value,
    loss_block,
    update_block,
)
from chainrule.engines.fused.structures import (
    Held,
    NetworkStructure,
    RowsStructure,
    Steps,
)
from chainrule.errors import InputError
from chainrule.network import random
from chainrule.network.architecture import Architecture
from chainrule.optimizers.optimizer import Optimizer


@np.errstate(over="ignore")  # what is too large for float32 is infinite, and training says so
def network_of(
    architecture: Architecture, dtype: np.dtype, optimizer: Optimizer | None = None
) -> Held:
    """Return the network with its rules compiled; without an optimizer no more than predictions need."""
    parameter = np.array([f.parameter or 0.0 for f in architecture.f[1:]], dtype=dtype)
    sizes = np.array(architecture.sizes, dtype=np.int64)
    of_layers = np.column_stack([(sizes[:-1] + 1) * sizes[1:], sizes[1:]])
    starts = np.cumsum(of_layers, axis=0) - of_layers
    value = np.array([activation_value(f, dtype) for f in architecture.f[1:]], dtype=np.int64)
    dropped = np.zeros((architecture.n_layers, 2), dtype=np.uint64)
    seen = NetworkStructure(
        number=dtype.itemsize,
        L=architecture.n_layers,
        sizes=address_of(sizes),
        starts=address_of(starts),
        value=address_of(value),
        parameter=address_of(parameter),
        dropped=address_of(dropped),
        product=product_address(dtype),
        copy=loops.copy(dtype),
    )
    predicting = Held(seen, sizes, starts, value, parameter, dropped)
    if optimizer is None:
        return predicting
    return _training(predicting, architecture, optimizer, dtype)


@np.errstate(over="ignore")  # what is too large for float32 is infinite, and training says so
def _training(
    predicting: Held, architecture: Architecture, optimizer: Optimizer, dtype: np.dtype
) -> Held:
    """Return the network with all that training needs besides."""
    loss, k = architecture.loss_function, architecture.sizes[-1]
    prime = np.array([activation_derivative(f, dtype) for f in architecture.f[1:]], dtype=np.int64)
    columns = np.ascontiguousarray(loss.columns(loss.parameters, k), dtype=dtype)
    penalty = np.array([architecture.l2, architecture.l1], dtype=dtype)
    weight_decay = np.array([optimizer.weight_decay], dtype=dtype)
    rates = [*architecture.dropout, 0.0]
    dropped = np.array([loops.drop_numbers(rate) for rate in rates], dtype=np.uint64)
    dropping, penalized = any(rates), bool(penalty.any())
    drop_column = np.array(loops.drop_numbers(architecture.column_dropout), dtype=np.uint64)
    inputs = np.cumsum([0, *architecture.columns], dtype=np.int64)
    has_scales, drops_columns = bool(architecture.columns), architecture.column_dropout > 0.0
    seen = predicting.seen._replace(
        prime=address_of(prime),
        dropped=address_of(dropped),
        loss=loss_block(loss, k, dtype),
        columns=address_of(columns),
        penalty=address_of(penalty) if penalized else 0,
        update=update_block(optimizer, dtype),
        weight_decay=address_of(weight_decay),
        transpose=transpose_address(dtype),
        targets=loops.gather_targets(dtype),
        drop=loops.drop_units(dtype) if dropping else 0,
        mask=loops.multiply_by_mask(dtype) if dropping else 0,
        add=loops.add_lanes(dtype),
        penalize=loops.penalize(dtype) if penalized else 0,
        norm=loops.squared_norm(dtype),
        n_columns=len(architecture.columns),
        inputs=address_of(inputs),
        column_dropped=address_of(drop_column) if drops_columns else 0,
        scale=loops.scale_columns(dtype) if has_scales else 0,
        scale_derivative=loops.scale_derivative(dtype) if has_scales else 0,
        drop_columns=loops.drop_columns(dtype) if drops_columns else 0,
    )
    of_columns = inputs, drop_column
    return Held(
        seen, *predicting.arrays, prime, dropped, columns, penalty, weight_decay, *of_columns
    )


def undropped(network: Held) -> Held:
    """Return the network as it predicts: no unit is dropped."""
    dropped = np.zeros((network.seen.L, 2), dtype=np.uint64)
    seen = network.seen._replace(dropped=address_of(dropped), column_dropped=0)
    return Held(seen, *network.arrays, dropped)


def check_layout(name: str, array: np.ndarray, shape: tuple[int, ...], dtype: np.dtype) -> None:
    """Refuse what compiled code would read wrongly, or beyond its end."""
    if array.shape != shape or array.dtype != dtype or not array.flags.c_contiguous:
        layout = "C-contiguous" if array.flags.c_contiguous else "not C-contiguous"
        raise InputError.of(
            name,
            got=f"shape {array.shape}, {array.dtype}, {layout}",
            expected=f"shape {shape}, {dtype}, C-contiguous",
            remedy=f"np.ascontiguousarray({name}, dtype='{dtype}')",
        )


def rows_of(data: Data, architecture: Architecture, dtype: np.dtype) -> Held:
    """Return the data as addresses; nothing is copied but the indices of sparse rows."""
    X: Any = data.X
    n, m, k = data.n, architecture.sizes[0], architecture.sizes[-1]
    check_layout("Y", data.Y, (n, k), dtype)
    if data.weights is not None:
        check_layout("weights", data.weights, (n,), dtype)
    if isinstance(X, np.ndarray):
        check_layout("X", X, (n, m), dtype)
    else:
        try:
            X.check_format()
        except ValueError as error:
            raise InputError.of("X", got=f"sparse rows: {error}", expected="CSR") from error
        check_layout("X.data", X.data, (X.nnz,), dtype)
        if X.shape != (n, m):
            raise InputError.of("X", got=f"shape {X.shape}", expected=f"shape {(n, m)}")
    Y, weights = data.Y, 0 if data.weights is None else address_of(data.weights)
    if isinstance(X, np.ndarray):
        gather = loops.gather_dense(dtype)
        return Held(
            RowsStructure(data.n, gather, address_of(X), 0, 0, address_of(Y), weights), data
        )
    columns = X.indices.astype(np.int64, copy=False)
    starts = X.indptr.astype(np.int64, copy=False)
    gather = loops.gather_sparse(dtype)
    values, at_columns, at_starts = (address_of(array) for array in (X.data, columns, starts))
    seen = RowsStructure(data.n, gather, values, at_columns, at_starts, address_of(Y), weights)
    return Held(seen, data, columns, starts)


@np.errstate(over="ignore")  # what is too large for float32 is infinite, and training says so
def steps_of(plan: EpochPlan, architecture: Architecture, dtype: np.dtype) -> Held:
    """Return the plan with its numbers in the precision of the network."""
    dropping = architecture.drops
    layers = range(architecture.n_layers + 1) if dropping else ()  # 0 is of the columns
    keys = np.array([random.layer_key(plan.dropout_key, l) for l in layers], dtype=np.uint64)
    # The order within a full batch changes nothing but masks, which belong to positions.
    gather = dropping or plan.batch_size < len(plan.order)
    order = np.ascontiguousarray(plan.order, dtype=np.int64)
    if len(order) and not 0 <= order.min() <= order.max() < len(order):
        raise InputError.of("order", got="a row that is not there", expected="rows from 0 to n - 1")
    rates = plan.rates.astype(dtype)
    scale_rates = (plan.rates * plan.scale_factor).astype(dtype)
    coefficients = np.ascontiguousarray(plan.coefficients, dtype=dtype)
    clip_norm = np.array([plan.clip_norm], dtype=np.float64)
    seen = Steps(
        order=address_of(order) if gather else 0,
        batch_size=plan.batch_size,
        rates=address_of(rates),
        coefficients=address_of(coefficients),
        n_coefficients=coefficients.shape[1],
        layer_keys=address_of(keys) + 8,
        column_key=address_of(keys),
        clip_norm=address_of(clip_norm),
        scale_rates=address_of(scale_rates),
        updating=1,
    )
    return Held(seen, order, rates, scale_rates, coefficients, keys, clip_norm)


def no_steps() -> Held:
    """Return the plan of a batch with all rows and no step."""
    clip_norm = np.array([np.inf])
    return Held(Steps(0, 2**62, 0, 0, 0, 0, 0, address_of(clip_norm), 0, 0), clip_norm)
