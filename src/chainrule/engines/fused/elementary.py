"""Compiled twins of ``chainrule.equations.elementary``, over scalars, so that the rules compile as they stand.

Numba has no vector mathematics library, and a call into libm for every element stops vectorisation. So float32 ``exp``
and ``tanh`` are polynomials here: branch-free, vectorised by the compiler, NaN in gives NaN out. float64 uses libm.
"""

from __future__ import annotations

import math
from typing import Any

import numba as nb
import numpy as np
from numba.extending import overload

from chainrule.equations import elementary

F = np.float32
# Without "reassoc", which would fold the two parts of ln 2 into one and lose what they are there for.
_OPTIONS: dict[str, Any] = {"fastmath": {"nsz", "arcp", "contract", "afn"}}


@overload(elementary.exp, strict=False, jit_options=_OPTIONS)
def _exp(x: Any) -> Any:
    if x != nb.float32:
        return lambda x: math.exp(x)

    def exp_polynomial(x: Any) -> Any:
        # x = n ln 2 + r, |r| <= ln(2)/2; exp(r) by a polynomial (Cephes expf), times 2^n through the exponent bits.
        # From 88.38 on 2^n is infinite, a little before exp(x) itself is.
        bounded = min(max(x, F(-87.3)), F(88.7))
        n = np.floor(bounded * F(1.44269504) + F(0.5))
        r = bounded - n * F(0.693359375)
        r = r - n * F(-2.12194440e-4)
        p = F(1.9875691500e-4)
        p = p * r + F(1.3981999507e-3)
        p = p * r + F(8.3334519073e-3)
        p = p * r + F(4.1665795894e-2)
        p = p * r + F(1.6666665459e-1)
        p = p * r + F(5.0000001201e-1)
        power = np.int32((np.int32(n) + np.int32(127)) << np.int32(23)).view(np.float32)
        result = (p * r * r + r + F(1.0)) * power
        result = F(np.inf) if x > F(88.72) else result
        return result if x == x else x

    return exp_polynomial


@overload(elementary.tanh, strict=False, jit_options=_OPTIONS)
def _tanh(x: Any) -> Any:
    if x != nb.float32:
        return lambda x: math.tanh(x)

    def tanh_from_exp(x: Any) -> Any:
        # Beyond 0.6 by exp(-2|x|), where nothing cancels; below by an odd polynomial (Cephes tanhf).
        size = abs(x)
        e = elementary.exp(F(-2.0) * size)
        far = (F(1.0) - e) / (F(1.0) + e)
        far = -far if x < F(0.0) else far
        s = x * x
        p = F(-5.70498872745e-3)
        p = p * s + F(2.06390887954e-2)
        p = p * s + F(-5.37397155531e-2)
        p = p * s + F(1.33314422036e-1)
        p = p * s + F(-3.33332819422e-1)
        near = x + x * s * p
        return far if size > F(0.625) else near

    return tanh_from_exp


@overload(elementary.expm1, strict=False, jit_options=_OPTIONS)
def _expm1(x: Any) -> Any:
    if x != nb.float32:
        return lambda x: math.expm1(x)

    def expm1_from_tanh(x: Any) -> Any:
        # exp(x) - 1 = 2 t / (1 - t), t = tanh(x/2): nothing cancels near 0. Far from 0, exp(x) - 1 itself.
        t = elementary.tanh(F(0.5) * x)
        near = F(2.0) * t / (F(1.0) - t)
        far = elementary.exp(x) - F(1.0)
        return near if abs(x) < F(0.5) else far

    return expm1_from_tanh


@overload(elementary.log, strict=False, jit_options=_OPTIONS)
def _log(x: Any) -> Any:
    return lambda x: math.log(x)


@overload(elementary.log1p, strict=False, jit_options=_OPTIONS)
def _log1p(x: Any) -> Any:
    return lambda x: math.log1p(x)


@overload(elementary.sqrt, strict=False, jit_options=_OPTIONS)
def _sqrt(x: Any) -> Any:
    return lambda x: math.sqrt(x)


@overload(elementary.erf, strict=False, jit_options=_OPTIONS)
def _erf(x: Any) -> Any:
    return lambda x: math.erf(x)


@overload(elementary.where, strict=False, jit_options=_OPTIONS)
def _where(condition: Any, a: Any, b: Any) -> Any:
    return lambda condition, a, b: a if condition else b


@overload(elementary.positive_part, strict=False, jit_options=_OPTIONS)
def _positive_part(x: Any) -> Any:
    zero = F(0.0) if x == nb.float32 else 0.0
    return lambda x: zero if x <= zero else x


@overload(elementary.minimum, strict=False, jit_options=_OPTIONS)
def _minimum(x: Any, bound: Any) -> Any:
    return lambda x, bound: bound if x >= bound else x


@overload(elementary.absolute, strict=False, jit_options=_OPTIONS)
def _absolute(x: Any) -> Any:
    return lambda x: abs(x)


@overload(elementary.sign, strict=False, jit_options=_OPTIONS)
def _sign(x: Any) -> Any:
    return lambda x: np.sign(x)


@overload(elementary.row_maximum, strict=False, jit_options=_OPTIONS)
def _row_maximum(row: Any) -> Any:
    def largest(row: Any) -> Any:
        result = row[0]
        for j in range(1, row.size):
            result = max(result, row[j])
        return result

    return largest


@overload(elementary.row_sum_exp, strict=False, jit_options=_OPTIONS)
def _row_sum_exp(row: Any, shift: Any) -> Any:
    def summed(row: Any, shift: Any) -> Any:
        result = elementary.exp(row[0] - shift)
        for j in range(1, row.size):
            result += elementary.exp(row[j] - shift)
        return result

    return summed
