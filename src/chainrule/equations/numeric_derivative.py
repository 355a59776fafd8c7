"""Derivatives without calculus: the complex step, and central differences that know how wrong they may be.

The complex step ``Im f(theta + i h v) / h`` subtracts nothing, so h may be 1e-30 and the derivative
is exact to the last bits (Squire & Trapp 1998, SIAM Review 40(1), eq. 6). It needs an f that computes
with complex numbers and is analytic on either side of its kinks; every equation of chainrule is
written so, ``numpy.abs`` and ``numpy.maximum`` are not.

For any other function there are central differences at h and h/2::

    D(h) = (f(theta + h v) - f(theta - h v)) / 2h          R = (4 D(h/2) - D(h)) / 3
    bar  = |R - D(h/2)| + |S(h) - 2 S(h/2)| + 8 noise / h  of each entry

where S is the jump between the slopes on both sides, which halves with h on a curve and does not at
a kink: truncation, kinks, rounding.

The noise of f is measured, not assumed, by differences of high order (Moré & Wild 2011, SIAM J. Sci.
Comput. 33(3), section 3), so that a function that stores float32 somewhere inside gets the wide bars
that it deserves.

A function that acts on each number of an array by itself has a derivative for each, found by both ways at once.

Shapes: theta and direction are float64 vectors (P,); f(theta) is one number.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.exceptions import ComplexWarning

from chainrule.equations.elementary import Array
from chainrule.equations.noise import Function, real

STEP = 1e-30  #: of the complex step; its error is of the order of the square
_SMALLEST_STEP, _LARGEST_STEP = 2e-5, 2e-2  # of the differences, relative to max(1, |theta|)
_NEAREST = 1e-9  # a kink nearer than this cannot be stepped clear of


# ---- complex step -------------------------------------------------------------------------------


def complex_step_derivative(f: Function, theta: np.ndarray, direction: np.ndarray) -> float:
    """Return the derivative of ``f`` at ``theta`` along ``direction``, exact to the last bits.

    Parameters
    ----------
    f : callable
        From a complex128 vector (P,) to one complex number.
    theta, direction : ndarray of shape (P,)
        The point and the direction, which need not have length 1.

    Raises
    ------
    TypeError
        If ``f`` cannot compute with complex numbers.

    Examples
    --------
    >>> import numpy as np
    >>> complex_step_derivative(lambda t: (t * t).sum(), np.array([1.0, 2.0]), np.array([0.0, 1.0]))
    4.0
    """
    moved = np.asarray(theta, dtype=complex)
    moved = moved + 1j * (STEP * np.asarray(direction, dtype=float))
    return imaginary(f, moved) / STEP


# ---- central differences ------------------------------------------------------------------------


@dataclass(frozen=True)
class CentralDifference:
    """A derivative from differences, with everything that tells how far to trust it.

    Attributes
    ----------
    value : float
        Richardson's R.
    bar : float
        Its error bar: truncation and rounding.
    left, right : float
        The one-sided differences at h/2; they part where there is a kink within h.
    kink : bool
        Whether the second differences shrink like h and not like h², as at a kink.
    flat : bool
        Whether f gave the very same number at all five points.
    h : float
        The step that was used.
    """

    value: float
    bar: float
    left: float
    right: float
    kink: bool
    flat: bool
    h: float


def central_difference(
    f: Function, theta: np.ndarray, direction: np.ndarray, noise: float, h: float | None = None
) -> CentralDifference:
    """Return the derivative of ``f`` along ``direction`` from five values, and more if h was too wide.

    Parameters
    ----------
    f : callable
        From a float64 vector (P,) to one number.
    theta, direction : ndarray of shape (P,)
        The point and the direction.
    noise : float
        The absolute rounding noise of ``f`` at ``theta``, as ``function_noise`` measures it.
    h : float, optional
        The step along ``direction``; chosen from the noise if not given.

    Examples
    --------
    >>> import numpy as np
    >>> d = central_difference(lambda t: float(np.sin(t[0])), np.zeros(1), np.ones(1), 1e-17)
    >>> abs(d.value - 1.0) <= d.bar, d.bar < 1e-9, d.kink
    (True, True, False)
    """
    middle = real(f(theta))
    h = step(noise, middle) if h is None else h
    best = found = five_points(f, theta, direction, noise, h, middle)
    for _ in range(8):
        rounding = 8.0 * noise / found.h
        truncation = found.bar - rounding
        if found.kink and found.h > _NEAREST:
            h = max(found.h / 30.0, _NEAREST)  # until the kink is outside
        elif truncation > 20.0 * rounding and math.isfinite(truncation):
            # it was too wide for the curve, or reached over several kinks
            h = found.h * max(math.cbrt(rounding / truncation), 0.02)
        else:
            break
        found = five_points(f, theta, direction, noise, h, middle)
        if found.flat and not best.flat:
            break  # so near that nothing changes any more
        if best.kink or (found.bar < best.bar and not found.kink):
            best = found
        elif not found.kink:
            break
    if best.kink:  # no derivative here: all that is known is that it lies between the two slopes
        return replace(best, bar=best.bar + abs(best.right - best.left))
    return best


def five_points(
    f: Function,
    theta: np.ndarray,
    direction: np.ndarray,
    noise: float,
    h: float,
    middle: float | None = None,
) -> CentralDifference:
    """Return the derivative along ``direction`` from f at -h, -h/2, 0, h/2 and h, and no other step."""
    half = h / 2.0
    middle = real(f(theta)) if middle is None else middle
    plus, minus = real(f(theta + h * direction)), real(f(theta - h * direction))
    near_plus, near_minus = real(f(theta + half * direction)), real(f(theta - half * direction))
    wide, near = (plus - minus) / (2.0 * h), (near_plus - near_minus) / h
    value = (4.0 * near - wide) / 3.0
    rounding = 8.0 * noise / h
    left, right = (middle - near_minus) / half, (near_plus - middle) / half
    # At a kink the one-sided slopes part by the same jump at h and at h/2; on a curve it halves.
    jump, wide_jump = right - left, (plus - middle) / h - (middle - minus) / h
    parts = abs(jump) > 4.0 * rounding + 1e-7 * (abs(left) + abs(right))
    kink = parts and abs(jump) > 0.6 * abs(wide_jump)
    flat = plus == minus == near_plus == near_minus == middle
    bar = abs(value - near) + abs(wide_jump - 2.0 * jump) + rounding
    return CentralDifference(value, bar, left, right, kink, flat, h)


def step(noise: float, middle: float) -> float:
    """Return the h that balances truncation, about h², against rounding, noise / h."""
    relative = noise / max(abs(middle), noise, 1e-300)
    return min(max(4.0 * math.cbrt(relative), _SMALLEST_STEP), _LARGEST_STEP)


def imaginary(f: Function, moved: np.ndarray) -> float:
    """Return the imaginary part of f, and say so if f has lost it on the way."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", ComplexWarning)
        try:
            result = f(moved)
        except ComplexWarning as warning:
            raise TypeError(f"f does not compute with complex numbers: {warning}") from warning
    if not np.iscomplexobj(result):
        raise TypeError("f does not compute with complex numbers: its result is real")
    return float(np.imag(np.asarray(result).reshape(()).item()))


# ---- elementwise functions ----------------------------------------------------------------------


class ElementwiseDerivative(NamedTuple):
    """The derivative at each z, how far it may be off, and whether complex steps gave it."""

    value: np.ndarray
    bar: np.ndarray
    exact: bool


def elementwise_derivative(
    value: Callable[..., Array], z: np.ndarray, *fixed: np.ndarray, h: float = 1e-3
) -> ElementwiseDerivative:
    """Return the derivative of an elementwise function of ``z``; by complex step where that agrees with differences.

    Parameters
    ----------
    value : callable
        ``value(z, *fixed)``.
    z, *fixed : ndarray
        Of one shape.
    h : float
        The step of the differences.

    Examples
    --------
    >>> import numpy as np
    >>> elementwise_derivative(np.sin, np.zeros(2)).exact, elementwise_derivative(np.abs, np.ones(2)).exact
    (True, False)
    """
    with np.errstate(all="ignore"):
        wide = (value(z + h, *fixed) - value(z - h, *fixed)) / (2.0 * h)
        h = h / 2.0
        near = (value(z + h, *fixed) - value(z - h, *fixed)) / (2.0 * h)
        difference = np.broadcast_to((4.0 * near - wide) / 3.0, z.shape)  # Richardson: no h² term
        rounding = 1e-15 * (1.0 + np.abs(value(z, *fixed))) / h
        # Where the second derivative jumps, the error falls with h and not with h²: it is twice the gap there.
        bar = 4.0 * np.abs(difference - near) + 100.0 * rounding
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # a cast to real loses the derivative with a warning
                exact = np.asarray(value(z + 1j * STEP, *fixed)).imag / STEP
        except Exception:  # whatever a stranger's function raises when it meets complex numbers
            return ElementwiseDerivative(difference, bar, False)
    # A function that is not analytic (abs, maximum) takes complex numbers and gives a wrong derivative, somewhere or
    # everywhere; then differences rule everywhere.
    if not np.all(np.abs(exact - difference) <= bar + 1e-9):
        return ElementwiseDerivative(difference, bar, False)
    exact = np.broadcast_to(exact, z.shape)
    return ElementwiseDerivative(exact, 1e-12 * (1.0 + np.abs(difference)), True)
