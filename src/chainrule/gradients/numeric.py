"""Derivatives without calculus: the complex step, and central differences that know how wrong they may be.

The complex step ``Im f(theta + i h v) / h`` subtracts nothing, so h may be 1e-30 and the derivative
is exact to the last bits (Squire & Trapp 1998, SIAM Review 40(1), eq. 6). It needs an f that computes
with complex numbers and is analytic on either side of its kinks; every equation of chainrule is
written so, ``numpy.abs`` and ``numpy.maximum`` are not.

For any other function there are central differences at h and h/2::

    D(h) = (f(theta + h v) - f(theta - h v)) / 2h          R = (4 D(h/2) - D(h)) / 3
    bar  = |R - D(h/2)| + 8 noise / h                      of each entry: truncation, then rounding

The noise of f is measured, not assumed, by differences of high order (Moré & Wild 2011, SIAM J. Sci.
Comput. 33(3), section 3), so that a function that stores float32 somewhere inside gets the wide bars
that it deserves.

Shapes: theta, direction and gradient are float64 vectors (P,); f(theta) is one number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

Function = Callable[[np.ndarray], Any]  #: from a vector (P,) to one number

STEP = 1e-30  #: of the complex step; its error is of the order of the square
_SMALLEST_STEP, _LARGEST_STEP = 2e-5, 2e-2  # of the differences, relative to max(1, |theta|)


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
    return float(np.imag(_number(f(moved)))) / STEP


def complex_step_gradient(
    f: Function, theta: np.ndarray, entries: Iterable[int] | None = None
) -> np.ndarray:
    """Return the gradient of ``f`` at ``theta`` by complex steps, exact to the last bits.

    Parameters
    ----------
    f : callable
        From a complex128 vector (P,) to one complex number.
    theta : ndarray of shape (P,)
        The point.
    entries : iterable of int, optional
        Only these; the result then has one number for each.

    Returns
    -------
    ndarray of shape (P,), float64, or one number for each of ``entries``

    Examples
    --------
    >>> import numpy as np
    >>> complex_step_gradient(lambda t: np.exp(t[0]) * t[1], np.array([0.0, 3.0]))
    array([3., 1.])
    """
    moved = np.array(theta, dtype=complex)
    places = range(moved.size) if entries is None else list(entries)
    gradient = np.empty(len(places))
    for position, place in enumerate(places):
        kept = moved[place]
        moved[place] = kept + 1j * STEP
        gradient[position] = float(np.imag(_number(f(moved)))) / STEP
        moved[place] = kept
    return gradient


# ---- central differences ------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
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
) -> Difference:
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
    middle = _real(f(theta))
    h = step(noise, middle) if h is None else h
    best = _five_points(f, theta, direction, noise, h, middle)
    for _ in range(3):
        rounding = 8.0 * noise / h
        truncation = best.bar - rounding
        if truncation <= 20.0 * rounding or not math.isfinite(truncation):
            break
        # h was too wide for so curved a function, or reached over a kink
        h *= max((rounding / truncation) ** (1.0 / 3.0), 0.02)
        nearer = _five_points(f, theta, direction, noise, h, middle)
        if nearer.bar >= best.bar:
            break
        best = nearer
    return best


def _five_points(
    f: Function, theta: np.ndarray, direction: np.ndarray, noise: float, h: float, middle: float
) -> Difference:
    half = h / 2.0
    plus, minus = _real(f(theta + h * direction)), _real(f(theta - h * direction))
    near_plus, near_minus = _real(f(theta + half * direction)), _real(f(theta - half * direction))
    wide, near = (plus - minus) / (2.0 * h), (near_plus - near_minus) / h
    value = (4.0 * near - wide) / 3.0
    rounding = 8.0 * noise / h
    left, right = (middle - near_minus) / half, (near_plus - middle) / half
    # At a kink the one-sided slopes part by the same jump at h and at h/2; on a curve it halves.
    jump, wide_jump = right - left, (plus - middle) / h - (middle - minus) / h
    parts = abs(jump) > 4.0 * rounding + 1e-7 * (abs(left) + abs(right))
    kink = parts and abs(jump) > 0.6 * abs(wide_jump)
    flat = plus == minus == near_plus == near_minus == middle
    return Difference(value, abs(value - near) + rounding, left, right, kink, flat, h)


def central_difference_gradient(
    f: Function,
    theta: np.ndarray,
    entries: Iterable[int] | None = None,
    noise: float | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the gradient of ``f`` by central differences at h and h/2, and an error bar for each entry.

    Parameters
    ----------
    f : callable
        From a float64 vector (P,) to one number.
    theta : ndarray of shape (P,)
        The point.
    entries : iterable of int, optional
        Only these.
    noise : float, optional
        The absolute rounding noise of ``f``; measured if not given.

    Returns
    -------
    value, error_bar : ndarray of shape (P,), float64
        Richardson's extrapolation, and how far it may be off.

    Examples
    --------
    >>> import numpy as np
    >>> value, bar = central_difference_gradient(lambda t: float(t[0] ** 3), np.array([2.0]))
    >>> bool(abs(value[0] - 12.0) <= bar[0] < 1e-7)
    True
    """
    theta = np.array(theta, dtype=float)
    places = range(theta.size) if entries is None else list(entries)
    noise = function_noise(f, theta) if noise is None else noise
    value, bar = np.empty(len(places)), np.empty(len(places))
    direction = np.zeros_like(theta)
    for position, place in enumerate(places):
        direction[place] = max(1.0, abs(theta[place]))
        difference = central_difference(f, theta, direction, noise)
        value[position] = difference.value / direction[place]
        bar[position] = difference.bar / direction[place]
        direction[place] = 0.0
    return value, bar


def step(noise: float, middle: float) -> float:
    """Return the h that balances truncation, about h², against rounding, noise / h."""
    relative = noise / max(abs(middle), noise, 1e-300)
    return min(max(4.0 * relative ** (1.0 / 3.0), _SMALLEST_STEP), _LARGEST_STEP)


def function_noise(f: Function, theta: np.ndarray, seed: int = 0) -> float:
    """Return the absolute rounding noise of ``f`` near ``theta``.

    Seven values on a short line; the differences of third to sixth order of anything smooth vanish
    there and what is left is noise. The middle one of three directions counts, so that one kink on
    the way does no harm. It is never below the rounding of the result itself.

    Parameters
    ----------
    f : callable
        From a float64 vector (P,) to one number.
    theta : ndarray of shape (P,)
        The point.
    seed : int
        Of the directions.

    Examples
    --------
    >>> import numpy as np
    >>> theta = np.full(5, 0.7)
    >>> function_noise(lambda t: float(np.exp(t).sum()), theta) < 1e-14
    True
    >>> function_noise(lambda t: float(np.exp(t.astype("f4")).sum()), theta) > 1e-8
    True
    """
    random = np.random.default_rng(seed)
    result = f(theta)
    dtype = np.asarray(result).dtype
    eps = float(np.finfo(dtype).eps) if dtype.kind in "fc" else float(np.finfo(float).eps)
    floor = eps * max(abs(_real(result)), 1e-300)  # a result of float32 says so itself
    found = []
    for _ in range(3):
        direction = random.standard_normal(theta.size)
        direction *= 1e-5 * max(1.0, _rms(theta)) / max(float(np.linalg.norm(direction)), 1e-300)
        table = np.array([_real(f(theta + k * direction)) for k in range(7)])
        levels = []
        for order in range(1, 7):
            table = np.diff(table)
            if order >= 3:
                # the k-th difference of independent noise has (2k)! / (k!)² times its variance
                gain = math.comb(2 * order, order)
                levels.append(math.sqrt(float(np.mean(table * table)) / gain))
        found.append(min(levels))
    noise = sorted(found)[1]
    return float(max(noise, floor)) if math.isfinite(noise) else floor


def _rms(theta: np.ndarray) -> float:
    return math.sqrt(float(np.mean(np.square(theta)))) if theta.size else 0.0


def _number(result: Any) -> complex:
    return complex(np.asarray(result).reshape(()))


def _real(result: Any) -> float:
    return float(np.real(np.asarray(result).reshape(()).item()))
