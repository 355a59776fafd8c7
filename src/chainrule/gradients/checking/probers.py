"""Two ways to ask a function for its derivative within a block of parameters: exactly, or by differences.

Both answer with an ``Estimate``: a value, how far it may be off, and what is odd about it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from chainrule.equations.noise import Function
from chainrule.equations.numeric_derivative import (
    STEP,
    CentralDifference,
    central_difference,
    five_points,
    imaginary,
)
from chainrule.gradients.checking.rounding import ROUNDINGS

_WIDER = 20.0  # a second step, where the first accuses
_UNIT = ROUNDINGS * float(np.finfo(float).eps)


@dataclass(frozen=True)
class Estimate:
    """A derivative that is known up to ``bar``.

    Attributes
    ----------
    value, bar : float
        The derivative, and how far it may be off.
    low, high : float
        At a kink the slopes on its two sides; else both are ``value``.
    flat : bool
        Whether the function does not change at all.
    h : float
        The step that was taken; 0 for the complex step.
    """

    value: float
    bar: float
    low: float
    high: float
    flat: bool = False
    h: float = 0.0

    @property
    def kink(self) -> bool:
        """Whether the function has different slopes on the two sides."""
        return self.low != self.high


class Prober(Protocol):
    """Answers questions about the derivative of one function at one point."""

    method: str

    def along(self, start: int, direction: np.ndarray) -> Estimate:
        """Return the derivative along a direction that is zero outside ``start : start + len``."""

    def doubt(self, start: int, direction: np.ndarray, estimate: Estimate) -> float:
        """Return how much further an estimate may be off; asked only before something is called wrong."""


class ComplexProber:
    """Complex steps: exact.

    Parameters
    ----------
    f : callable
        From a complex vector (P,) to a complex number.
    theta : ndarray of shape (P,)
        The point.
    scale : callable
        ``scale(start, stop)``: for each entry the size of the terms that it is the sum of, of which rounding is a part.
    known : bool
        Whether that size is known; if not, a derivative is computed once more with longer numbers before it accuses.
    """

    method = "complex step"

    def __init__(
        self,
        f: Function,
        theta: np.ndarray,
        scale: Callable[[int, int], np.ndarray],
        *,
        known: bool = True,
    ) -> None:
        self._f = f
        self._moved = np.array(theta, dtype=complex)
        self._scale = scale
        self._known = known

    def along(self, start: int, direction: np.ndarray) -> Estimate:
        """Return the derivative along a direction within a block."""
        stop = start + len(direction)
        self._moved.imag[start:stop] = STEP * direction
        value = imaginary(self._f, self._moved) / STEP
        self._moved.imag[start:stop] = 0.0
        # roundings are as good as independent of the direction, so their norm counts
        bar = 4.0 * _UNIT * float(np.linalg.norm(self._scale(start, stop) * direction))
        return Estimate(value, bar, value, value, value == 0.0)

    def doubt(self, start: int, direction: np.ndarray, estimate: Estimate) -> float:
        """Return what the same derivative differs by in extended precision, where the machine has it.

        Complex steps do not cancel, but f itself may: log(1 - p) near p = 1 has few digits, and so has its derivative.
        """
        if self._known or np.finfo(np.longdouble).eps >= np.finfo(float).eps:
            return 0.0
        longer = self._moved.astype(np.clongdouble)
        longer.imag[start : start + len(direction)] = STEP * direction
        try:
            value = imaginary(self._f, longer) / STEP
        except Exception:  # f need not know such numbers
            return 0.0
        return 4.0 * abs(value - estimate.value) if np.isfinite(value) else np.inf


class DifferenceProber:
    """Central differences with Richardson's error bars, for functions that know no complex numbers.

    Parameters
    ----------
    f : callable
        From a vector (P,) to a number.
    theta : ndarray of shape (P,)
        The point.
    noise : float
        The rounding noise of ``f``.
    """

    method = "central differences"

    def __init__(self, f: Function, theta: np.ndarray, noise: float) -> None:
        self._f = f
        self._theta = np.array(theta, dtype=float)
        self._noise = noise

    def along(self, start: int, direction: np.ndarray) -> Estimate:
        """Return the derivative along a direction within a block."""
        whole, length = self._whole(start, direction)
        return self._estimate(central_difference(self._f, self._theta, whole, self._noise), length)

    def doubt(self, start: int, direction: np.ndarray, estimate: Estimate) -> float:
        """Return what a wider step differs by, if the error bars do not explain it: f is rough here."""
        whole, length = self._whole(start, direction)
        wider = self._estimate(
            five_points(self._f, self._theta, whole, self._noise, _WIDER * estimate.h), length
        )
        apart = abs(wider.value - estimate.value)
        return apart if apart > wider.bar + estimate.bar else 0.0

    def _whole(self, start: int, direction: np.ndarray) -> tuple[np.ndarray, float]:
        """Return a direction of all parameters, of about their length, and the length it had."""
        stop = start + len(direction)
        part = self._theta[start:stop]
        typical = float(np.sqrt(np.mean(part * part))) if part.size else 0.0
        length = float(np.linalg.norm(direction)) / max(1.0, typical)
        whole = np.zeros_like(self._theta)
        whole[start:stop] = direction / length
        return whole, length

    def _estimate(self, found: CentralDifference, length: float) -> Estimate:
        low = high = found.value
        bar = found.bar
        if found.kink:  # the slopes on the two sides are known, and that is all there is to know
            low, high = sorted((found.left, found.right))
            bar = 8.0 * self._noise / found.h + 1e-3 * (high - low)
        return Estimate(
            found.value * length, bar * length, low * length, high * length, found.flat, found.h
        )
