"""The elementary functions that every rule is written in.

A rule (activation, loss, update) is a plain function of these and of arithmetic. Called here they are NumPy's, for real
and for complex arrays; the fused engine gives each a compiled twin over scalars, so one source serves both engines.

Decisions are taken on the real part. That makes each function analytic on either side of its kink,
which is all that complex-step differentiation needs (Squire & Trapp 1998, SIAM Review 40(1), eq. 6):
``numpy.abs``, ``numpy.maximum`` and ``numpy.logaddexp`` are not analytic, the functions below are.
At its kink each one is its left side. All must agree on that: softplus is smooth, and its derivative
at 0 comes out right only if the kinks of the two parts that it is made of cancel there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import erf as _erf

Array = Any  #: a NumPy array or scalar, float32, float64 or complex128


def exp(x: Array) -> Array:
    """Return e to the power ``x``."""
    return np.exp(x)


def expm1(x: Array) -> Array:
    """Return ``exp(x) - 1``, exact for small ``x``."""
    return np.expm1(x)


def log(x: Array) -> Array:
    """Return the natural logarithm."""
    return np.log(x)


def log1p(x: Array) -> Array:
    """Return ``log(1 + x)``, exact for small ``x``."""
    return np.log1p(x)


def sqrt(x: Array) -> Array:
    """Return the square root."""
    return np.sqrt(x)


def tanh(x: Array) -> Array:
    """Return the hyperbolic tangent."""
    return np.tanh(x)


def erf(x: Array) -> Array:
    """Return the error function, 2/sqrt(pi) times the integral of exp(-t²) from 0 to ``x``."""
    return _erf(x)


def where(condition: Array, a: Array, b: Array) -> Array:
    """Return ``a`` where ``condition`` holds and ``b`` elsewhere; both are evaluated."""
    return np.where(condition, a, b)


def positive_part(x: Array) -> Array:
    """Return ``x`` where its real part is above 0, else 0 (NaN stays NaN)."""
    if np.isrealobj(x):
        return np.maximum(x, 0.0)  # ten times as fast
    return np.where(x.real <= 0.0, 0.0, x)


def minimum(x: Array, bound: float) -> Array:
    """Return ``x`` unless its real part is above ``bound``, then ``bound`` (NaN stays NaN)."""
    return np.where(x.real > bound, bound, x)


def absolute(x: Array) -> Array:
    """Return ``x`` or ``-x``, whichever has the real part that is not negative."""
    return np.where(x.real > 0.0, x, -x)


def sign(x: Array) -> Array:
    """Return -1, 0 or 1, the sign of the real part."""
    return np.sign(x.real)


def row_maximum(row: Array) -> Array:
    """Return the largest real part of each row; (n, k) gives (n, 1)."""
    return row.real.max(axis=-1, keepdims=True)


def row_sum_exp(row: Array, shift: Array) -> Array:
    """Return the sum of ``exp(row - shift)`` along each row; (n, k) gives (n, 1)."""
    return np.exp(row - shift).sum(axis=-1, keepdims=True)


def like(z: Array, result: Array) -> Array:
    """Return ``result`` with the dtype and shape of ``z``.

    ``where(z > 0.0, 1.0, 0.0)`` is float64 whatever ``z`` is; this keeps a float32 network in float32.
    """
    array = np.asarray(result, dtype=z.dtype)
    return array if array.shape == z.shape else np.broadcast_to(array, z.shape)
