"""Rules behind addresses: the very functions of ``equations`` and ``optimizers``, each compiled into one loop.

A rule is Python source over scalars or arrays. Here its literals are lowered to the precision of the network (Numba
would promote float32 with a Python literal to float64), the plain functions it calls are compiled with it, and a loop
over a whole batch is put around it. Four kinds of loop: an activation's value, its derivative (multiplied into delta),
a loss with its derivative over rows, and an optimizer's step.

Every block takes addresses and sizes; what it reads and writes is said at each one.
"""

from __future__ import annotations

import hashlib
import types as python_types
from collections.abc import Callable, Mapping
from dis import opmap
from functools import cache
from typing import Any

import numpy as np
from numba import types

from chainrule.engines.fused import vector_functions as _elementary  # noqa: F401 - registers the compiled twins
from chainrule.engines.fused import vectors
from chainrule.engines.fused.compiler import COMPILED, block, inlined, to_fixed_tuple
from chainrule.engines.fused.loops import vector_at
from chainrule.equations import elementary
from chainrule.equations.activations import Activation
from chainrule.equations.losses import Loss
from chainrule.optimizers.optimizer import Optimizer, decay

Rule = Callable[..., Any]
_ADDRESS = types.intp
_PLAIN = python_types.FunctionType


def precise(rule: Rule, dtype: np.dtype) -> Rule:
    """Return ``rule`` with its literals in ``dtype`` and the functions it calls compiled; not yet compiled itself."""
    if not COMPILED:
        return rule
    code = with_small_integers_as_constants(rule.__code__)
    lower = dtype.type
    constants = tuple(
        lower(c) if type(c) in (int, float) and dtype == np.float32 else c for c in code.co_consts
    )
    names = {
        name: _compiled(value, dtype)
        for name in code.co_names
        if _is_helper(value := rule.__globals__.get(name))
    }
    cells = tuple(
        python_types.CellType(_compiled(cell.cell_contents, dtype))
        if _is_helper(cell.cell_contents)
        else cell
        for cell in rule.__closure__ or ()
    )
    return _PLAIN(
        code.replace(co_consts=constants),
        {**rule.__globals__, **names},
        rule.__name__,
        rule.__defaults__,
        cells or None,
    )


def with_small_integers_as_constants(
    code: python_types.CodeType, operations: Mapping[str, int] = opmap
) -> python_types.CodeType:
    """Return code that loads each integer literal from ``co_consts``, where ``precise`` finds it.

    From Python 3.14 on an integer below 256 is part of the instruction that loads it (``LOAD_SMALL_INT``); left there
    it would raise a float32 rule to float64. An instruction is two bytes, so neither jumps nor lines move.
    """
    small, load = operations.get("LOAD_SMALL_INT"), operations["LOAD_CONST"]
    if small is None:
        return code
    instructions, constants = bytearray(code.co_code), list(code.co_consts)
    for at in range(0, len(instructions), 2):
        if instructions[at] == small and len(constants) < 256:
            constants.append(instructions[at + 1])
            instructions[at : at + 2] = load, len(constants) - 1
    return code.replace(co_code=bytes(instructions), co_consts=tuple(constants))


def _is_helper(value: Any) -> bool:
    """Whether a name in a rule is a plain function that has to be compiled along with it."""
    return isinstance(value, _PLAIN) and value.__module__ != elementary.__name__


@cache
def _compiled(rule: Rule, dtype: np.dtype) -> Any:
    return inlined(precise(rule, dtype))


def _identity_of(rule: Rule) -> str:
    """Name a rule by what it does, so that a user's edited function is never served an old block from the cache."""
    digest = hashlib.sha256()

    def add(function: Rule) -> None:
        code = function.__code__
        digest.update(code.co_code + repr(code.co_consts).encode() + repr(code.co_names).encode())
        closure = [cell.cell_contents for cell in function.__closure__ or ()]
        for value in [*(function.__globals__.get(name) for name in code.co_names), *closure]:
            if _is_helper(value):
                add(value)
            elif isinstance(value, int | float):
                digest.update(repr(value).encode())

    add(rule)
    return f"{rule.__module__}.{rule.__qualname__}-{digest.hexdigest()[:12]}"


# ---- activations --------------------------------------------------------------------------------------------------


def activation_value(f: Activation, dtype: np.dtype) -> int:
    """Return the address of the loop for ``a = f(z)``."""
    return _value_block(f.value, f.parameter is not None, dtype)


def activation_derivative(f: Activation, dtype: np.dtype) -> int:
    """Return the address of the loop for ``delta *= f'(z)``."""
    return _derivative_block(f.derivative, f.parameter is not None, dtype)


@cache
def _value_block(value: Rule, takes_parameter: bool, dtype: np.dtype) -> int:
    """Compile a = f(z): overwrites a; z and a hold ``size`` numbers."""
    f, vector = _compiled(value, dtype), vector_at(dtype)

    if takes_parameter:

        def loop(z_at, a_at, size, parameter_at):  # type: ignore[no-untyped-def]
            z, a, parameter = vector(z_at, size), vector(a_at, size), vector(parameter_at, 1)[0]
            for i in range(size):
                a[i] = f(z[i], parameter)

    else:

        def loop(z_at, a_at, size, parameter_at):  # type: ignore[no-untyped-def]
            z, a = vector(z_at, size), vector(a_at, size)
            for i in range(size):
                a[i] = f(z[i])

    signature = types.void(*[_ADDRESS] * 4)
    return block(loop, signature, f"value {_identity_of(value)} {dtype}")


@cache
def _derivative_block(derivative: Rule, takes_parameter: bool, dtype: np.dtype) -> int:
    """Compile delta *= f'(z): overwrites delta; delta, z and a hold ``size`` numbers."""
    f, vector = _compiled(derivative, dtype), vector_at(dtype)

    if takes_parameter:

        def loop(delta_at, z_at, a_at, size, parameter_at):  # type: ignore[no-untyped-def]
            delta, z, a = vector(delta_at, size), vector(z_at, size), vector(a_at, size)
            parameter = vector(parameter_at, 1)[0]
            for i in range(size):
                delta[i] *= f(z[i], a[i], parameter)

    else:

        def loop(delta_at, z_at, a_at, size, parameter_at):  # type: ignore[no-untyped-def]
            delta, z, a = vector(delta_at, size), vector(z_at, size), vector(a_at, size)
            for i in range(size):
                delta[i] *= f(z[i], a[i])

    signature = types.void(*[_ADDRESS] * 5)
    return block(loop, signature, f"derivative {_identity_of(derivative)} {dtype}")


# ---- losses -------------------------------------------------------------------------------------------------------


def loss_block(loss: Loss, n_outputs: int, dtype: np.dtype) -> int:
    """Return the address of the loop over rows for ``loss``."""
    n_columns = loss.columns(loss.parameters, n_outputs).shape[0]
    return _loss_block(loss.value, loss.derivative, loss.normalizer, n_columns, dtype)


_TOGETHER = 256  # numbers: few enough for the level-1 cache, enough for vector instructions


def loss_numbers(loss: Loss, n_outputs: int) -> int:
    """Return how many numbers the loop over rows writes down beside the rows."""
    n_columns = loss.columns(loss.parameters, n_outputs).shape[0]
    return int((n_columns + 2) * max(_TOGETHER, n_outputs))


@cache
def _loss_block(
    value: Rule, derivative: Rule, normalizer: Rule | None, n_columns: int, dtype: np.dtype
) -> int:
    """Return sum_i share_i loss_i as float64 and set delta = share * derivative (overwrites delta).

    Scores, y, delta (rows, k); share (rows,); columns (n_columns, k): what the rule takes besides z and y; given:
    memory for ``loss_numbers`` numbers.

    A row is short, often one number, and a loop over it would not be vectorised. So the numbers of some rows are one
    loop, and beside them lie the columns, the normalizers and the shares, repeated to the same length.
    """
    J, dJ, number = _compiled(value, dtype), _compiled(derivative, dtype), dtype.itemsize
    vector, fill, repeat = vector_at(dtype), vectors.fill(dtype), vectors.repeat(dtype)
    coupled, row_number = normalizer is not None, _of_a_row(normalizer, dtype)
    n_given = n_columns + coupled
    given = vectors.of_each(n_given, dtype)

    def loop(z_at, y_at, share_at, columns_at, delta_at, given_at, rows, k):  # type: ignore[no-untyped-def]
        most = max(_TOGETHER // k, 1)
        size = min(most, rows) * k
        for c in range(n_columns):
            repeat(columns_at + c * k * number, k, given_at + c * size * number, size)
        total = 0.0
        for start in range(0, rows, most):
            n, first, row = min(most, rows - start), start * k * number, k * number
            each_at = share_at + start * number
            if k > 1:
                share, each_at = vector(each_at, n), given_at + n_given * size * number
                for i in range(n):
                    fill(each_at + i * row, k, share[i])
            if coupled:
                c_at = given_at + n_columns * size * number
                for i in range(n):
                    fill(c_at + i * row, k, row_number(vector(z_at + first + i * row, k)))
            z, y = vector(z_at + first, n * k), vector(y_at + first, n * k)
            delta, each = vector(delta_at + first, n * k), vector(each_at, n * k)
            for t in range(n * k):
                p = given(given_at, size, t)
                total += each[t] * J(z[t], y[t], *p)
                delta[t] = each[t] * dJ(z[t], y[t], *p)
        return total

    signature = types.float64(*[_ADDRESS] * 8)
    rules = " ".join(_identity_of(r) for r in (value, derivative, normalizer) if r is not None)
    return block(loop, signature, f"loss {rules} {n_columns} {dtype}")


def _of_a_row(normalizer: Rule | None, dtype: np.dtype) -> Any:
    """Return the normalizer as a function from one row to one number; NumPy's keeps the row's dimension."""
    if normalizer is None:
        return inlined(lambda row: row[0])  # never called, but compiled
    return _compiled(normalizer, dtype) if COMPILED else lambda row: normalizer(row)[0]


# ---- optimizers ---------------------------------------------------------------------------------------------------


def update_block(optimizer: Optimizer, dtype: np.dtype) -> int:
    """Return the address of the loop over parameters for ``optimizer``'s rule."""
    return _update_block(optimizer.rule, optimizer.n_moments, optimizer.n_coefficients, dtype)


@cache
def _update_block(rule: Rule, n_moments: int, n_coefficients: int, dtype: np.dtype) -> int:
    """Make one step on ``size`` parameters: theta, m and v are overwritten, the gradient is scaled and read.

    theta, g, is_weight (size,); m, v (size,) or unused; coefficients (n_coefficients,); the gradient counts ``scale``
    times; what is a weight decays.
    """
    step, shrink, vector = _compiled(rule, dtype), _compiled(decay, dtype), vector_at(dtype)
    real = dtype.type

    if n_moments == 0:

        def loop(theta_at, g_at, w_at, m_at, v_at, c_at, size, rate_at, decay_at, scale):  # type: ignore[no-untyped-def]
            theta, g, is_weight = vector(theta_at, size), vector(g_at, size), vector(w_at, size)
            rate, weight_decay, part = vector(rate_at, 1)[0], vector(decay_at, 1)[0], real(scale)
            c = to_fixed_tuple(vector(c_at, n_coefficients), n_coefficients)
            for i in range(size):
                t = shrink(theta[i], rate, weight_decay * is_weight[i])
                theta[i] = step(t, g[i] * part, rate, *c)

    elif n_moments == 1:

        def loop(theta_at, g_at, w_at, m_at, v_at, c_at, size, rate_at, decay_at, scale):  # type: ignore[no-untyped-def]
            theta, g, is_weight = vector(theta_at, size), vector(g_at, size), vector(w_at, size)
            rate, weight_decay, part = vector(rate_at, 1)[0], vector(decay_at, 1)[0], real(scale)
            m = vector(m_at, size)
            c = to_fixed_tuple(vector(c_at, n_coefficients), n_coefficients)
            for i in range(size):
                t = shrink(theta[i], rate, weight_decay * is_weight[i])
                theta[i], m[i] = step(t, g[i] * part, m[i], rate, *c)

    else:

        def loop(theta_at, g_at, w_at, m_at, v_at, c_at, size, rate_at, decay_at, scale):  # type: ignore[no-untyped-def]
            theta, g, is_weight = vector(theta_at, size), vector(g_at, size), vector(w_at, size)
            rate, weight_decay, part = vector(rate_at, 1)[0], vector(decay_at, 1)[0], real(scale)
            m, v = vector(m_at, size), vector(v_at, size)
            c = to_fixed_tuple(vector(c_at, n_coefficients), n_coefficients)
            for i in range(size):
                t = shrink(theta[i], rate, weight_decay * is_weight[i])
                theta[i], m[i], v[i] = step(t, g[i] * part, m[i], v[i], rate, *c)

    signature = types.void(*[_ADDRESS] * 9, types.float64)
    return block(loop, signature, f"update {_identity_of(rule)} {n_moments} {dtype}")
