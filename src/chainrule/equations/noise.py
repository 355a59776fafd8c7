"""The noise of a function: how far its value is off by rounding, measured at the function itself."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

Function = Callable[[np.ndarray], Any]  #: from a vector (P,) to one number


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
    floor = eps * max(abs(real(result)), 1e-300)  # a result of float32 says so itself
    found = []
    for _ in range(3):
        direction = random.standard_normal(theta.size)
        direction *= 1e-5 * max(1.0, _rms(theta)) / max(float(np.linalg.norm(direction)), 1e-300)
        table = np.array([real(f(theta + k * direction)) for k in range(7)])
        levels = []
        for order in range(1, 7):
            table = np.diff(table)
            if order >= 3:
                # the k-th difference of independent noise has (2k)! / (k!)² times its variance
                gain = math.comb(2 * order, order)
                levels.append(math.sqrt(float(np.mean(table * table)) / gain))
        found.append(sorted(levels)[len(levels) // 2])
    noise = sorted(found)[1]
    return float(max(noise, floor)) if math.isfinite(noise) else floor


def _rms(theta: np.ndarray) -> float:
    return math.sqrt(float(np.mean(np.square(theta)))) if theta.size else 0.0


def real(result: Any) -> float:
    """Return the real part of a number, however it is wrapped."""
    return float(np.real(np.asarray(result).reshape(()).item()))
