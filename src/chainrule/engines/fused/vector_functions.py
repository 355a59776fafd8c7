"""Compiled twins of ``chainrule.equations.elementary``, over scalars, so that the rules compile as they stand.

Numba has no vector mathematics library, and a call into libm for every element stops vectorisation. So float32 ``exp``,
``expm1``, ``tanh``, ``log``, ``log1p`` and ``erf`` are polynomials here: without a branch or a call, so that loops
around them become vector instructions; NaN in gives NaN out. float64 uses libm.

Their largest errors, measured over float32 in units of the exact result's last place: exp 1.1, expm1 1.7, tanh 2.5,
log 0.9, log1p 1.4, erf 2.1; with fused multiply-add expm1 1.5 and erf 1.7. Results of exp below 1.2e-38, the smallest
normal number, are rounded up to it.
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
_OPTIONS: dict[str, Any] = {
    "fastmath": {"nsz", "arcp", "contract", "afn"},
    "forceinline": True,  # a call that is left in a loop stops its vectorisation
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}
# A sum may be taken in any order, or the loop over it could not be vectorised.
_SUM_OPTIONS = {**_OPTIONS, "fastmath": _OPTIONS["fastmath"] | {"reassoc"}}


@nb.njit(**_OPTIONS)
def _split_exp(x: Any) -> Any:
    """Return exp(r) - 1 and 2^n for x = n ln 2 + r, |r| <= ln(2)/2, where -126 <= n <= 128; 2^128 is infinite.

    ln 2 in two parts and the polynomial: Cephes expf. Beyond 2^23 float32 has no places after the point, so the sum
    with 1.5 * 2^23 + 127 rounds to n, and the lowest bits of the sum are n + 127, the exponent's bits of 2^n.
    """
    sum_with_n = x * F(1.44269504) + F(12583039.0)
    n = sum_with_n - F(12583039.0)
    r = x - n * F(0.693359375)
    r = r - n * F(-2.12194440e-4)
    p = F(1.9875691500e-4)
    p = p * r + F(1.3981999507e-3)
    p = p * r + F(8.3334519073e-3)
    p = p * r + F(4.1665795894e-2)
    p = p * r + F(1.6666665459e-1)
    p = p * r + F(5.0000001201e-1)
    power = np.int32(np.float32(sum_with_n).view(np.int32) << np.int32(23)).view(np.float32)
    return p * r * r + r, power


@overload(elementary.exp, strict=False, jit_options=_OPTIONS)
def _exp(x: Any) -> Any:
    if x != nb.float32:
        return lambda x: math.exp(x)

    def exp_polynomial(x: Any) -> Any:
        # From 88.38 on 2^n is infinite, a little before exp(x) itself is.
        p, power = _split_exp(min(max(x, F(-87.3)), F(88.8)))
        return (p + F(1.0)) * power

    return exp_polynomial


@overload(elementary.expm1, strict=False, jit_options=_OPTIONS)
def _expm1(x: Any) -> Any:
    if x != nb.float32:
        return lambda x: math.expm1(x)

    def expm1_polynomial(x: Any) -> Any:
        # exp(x) - 1 = 2^n (exp(r) - 1) + (2^n - 1): nothing cancels. Below -20 it is -1 to the last bit.
        p, power = _split_exp(min(max(x, F(-20.0)), F(88.37)))
        result = p * power + (power - F(1.0))
        return F(np.inf) if x > F(88.37) else result

    return expm1_polynomial


@overload(elementary.tanh, strict=False, jit_options=_OPTIONS)
def _tanh(x: Any) -> Any:
    if x != nb.float32:
        return lambda x: math.tanh(x)

    def tanh_from_expm1(x: Any) -> Any:
        # m / (m + 2) with m = exp(2|x|) - 1, as in expm1: nothing cancels. Beyond 10 it is 1 to the last bit.
        p, power = _split_exp(F(2.0) * min(abs(x), F(10.0)))
        m = p * power + (power - F(1.0))
        result = m / (m + F(2.0))
        return -result if x < F(0.0) else result

    return tanh_from_expm1


@nb.njit(**_OPTIONS)
def _log_of_product(f: Any, n: Any) -> Any:
    """Return log((1 + f) 2^n) = log(1 + f) + n ln 2 for 1 + f from sqrt(1/2) to sqrt(2); polynomial: Cephes logf."""
    p = F(7.0376836292e-2)
    p = p * f + F(-1.1514610310e-1)
    p = p * f + F(1.1676998740e-1)
    p = p * f + F(-1.2420140846e-1)
    p = p * f + F(1.4249322787e-1)
    p = p * f + F(-1.6668057665e-1)
    p = p * f + F(2.0000714765e-1)
    p = p * f + F(-2.4999993993e-1)
    p = p * f + F(3.3333331174e-1)
    square = f * f
    small = p * f * square + n * F(-2.12194440e-4)
    small = small - F(0.5) * square
    return (f + small) + n * F(0.693359375)


@overload(elementary.log, strict=False, jit_options=_OPTIONS)
def _log(x: Any) -> Any:
    if x != nb.float32:
        return lambda x: math.log(x)

    def log_polynomial(x: Any) -> Any:
        # x = (1 + f) 2^n. n 2^23 is what the bits of x exceed those of sqrt(1/2) by, without the mantissa's (musl
        # logf). A denormal number has other bits, so it is multiplied by 2^23 first.
        denormal = x < F(1.17549435e-38)
        bits = np.float32(x * F(8388608.0) if denormal else x).view(np.int32)
        exponent = np.int32(np.int32(bits - np.int32(0x3F3504F3)) & np.int32(-0x800000))
        f = np.int32(bits - exponent).view(np.float32) - F(1.0)
        n = F(exponent) * F(1.1920929e-7) - (F(23.0) if denormal else F(0.0))
        result = _log_of_product(f, n)
        result = result if x < F(np.inf) else x
        at_most_0 = F(-np.inf) if x == F(0.0) else F(np.nan)
        return result if x > F(0.0) else at_most_0

    return log_polynomial


@overload(elementary.log1p, strict=False, jit_options=_OPTIONS)
def _log1p(x: Any) -> Any:
    if x != nb.float32:
        return lambda x: math.log1p(x)

    def log1p_polynomial(x: Any) -> Any:
        # n as for log(1 + x), but 1 + f = (1 + x) 2^-n without the rounding of 1 + x: f = x 2^-n + (2^-n - 1), which
        # is x itself near 0. x 2^-n is made in the bits of x; 2^-n as 2^(2-n)/4, for 2^-128 has no normal bits.
        bits = np.float32(F(1.0) + x).view(np.int32)
        exponent = np.int32(np.int32(bits - np.int32(0x3F3504F3)) & np.int32(-0x800000))
        scaled = np.int32(np.float32(x).view(np.int32) - exponent).view(np.float32)
        power = np.int32(np.int32(0x40800000) - exponent).view(np.float32)
        f = scaled + (F(0.25) * power - F(1.0))
        result = _log_of_product(f, F(exponent) * F(1.1920929e-7))
        result = result if x < F(np.inf) else x
        at_most_minus_1 = F(-np.inf) if x == F(-1.0) else F(np.nan)
        return result if x > F(-1.0) else at_most_minus_1

    return log1p_polynomial


@overload(elementary.sqrt, strict=False, jit_options=_OPTIONS)
def _sqrt(x: Any) -> Any:
    return lambda x: math.sqrt(x)


@overload(elementary.erf, strict=False, jit_options=_OPTIONS)
def _erf(x: Any) -> Any:
    if x != nb.float32:
        return lambda x: math.erf(x)

    def erf_polynomials(x: Any) -> Any:
        # Up to 1.1 x + x p(x²), beyond it 1 - q(|x| - 2.5), from 3.88 on 1; both are evaluated, one is selected.
        # The forms are Cephes erff's, an odd polynomial and one of the complement. The coefficients are minimax fits
        # of this file's own (Lawson 1961): p within 4.4e-9 relative to erf, q within 2.1e-8 of 1 - erf.
        size = abs(x)
        s = x * x
        p = F(7.1879993e-5)
        p = p * s + F(-7.8057928e-4)
        p = p * s + F(5.1648635e-3)
        p = p * s + F(-2.6841441e-2)
        p = p * s + F(1.1283292e-1)
        p = p * s + F(-3.7612599e-1)
        p = p * s + F(1.2837917e-1)
        near = x + x * p
        t = size - F(2.5)
        q = F(9.594449e-6)
        q = q * t + F(-2.0728256e-5)
        q = q * t + F(-6.4504027e-5)
        q = q * t + F(2.7739196e-4)
        q = q * t + F(-2.8108055e-4)
        q = q * t + F(-5.6775688e-4)
        q = q * t + F(2.8130356e-3)
        q = q * t + F(-6.1051953e-3)
        q = q * t + F(8.6174915e-3)
        q = q * t + F(-8.352655e-3)
        q = q * t + F(5.4463223e-3)
        q = q * t + F(-2.1781274e-3)
        q = q * t + F(4.0693957e-4)
        far = F(1.0) if size > F(3.88) else F(1.0) - q
        far = -far if x < F(0.0) else far
        return far if size > F(1.1) else near

    return erf_polynomials


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
    real: Any = np.float32 if row.dtype == nb.float32 else np.float64
    integer: Any = np.int32 if row.dtype == nb.float32 else np.int64
    sign, others = integer(np.iinfo(integer).bits - 1), integer(np.iinfo(integer).max)

    def largest(row: Any) -> Any:
        # Of the bits as an integer, since only that maximum is vectorised: in the order of the numbers once all bits
        # but the sign are inverted in negative ones, which also leads back.
        result = integer(-others)
        for j in range(row.size):
            bits = real(row[j]).view(integer)
            bits = integer(bits ^ integer((bits >> sign) & others))
            result = bits if bits > result else result
        return integer(result ^ integer((result >> sign) & others)).view(real)

    return largest


@overload(elementary.row_sum_exp, strict=False, jit_options=_SUM_OPTIONS)
def _row_sum_exp(row: Any, shift: Any) -> Any:
    real = np.float32 if row.dtype == nb.float32 else np.float64

    def summed(row: Any, shift: Any) -> Any:
        result = real(0.0)
        for j in range(row.size):
            result += elementary.exp(row[j] - shift)
        return result

    return summed
