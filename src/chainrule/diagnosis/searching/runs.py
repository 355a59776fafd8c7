"""A function's gradients on one network, how they are compared, and what explains a set of them so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from chainrule.diagnosis.mistakes import Mistake, Place, Setting
from chainrule.diagnosis.mistakes.variant import Gradients
from chainrule.diagnosis.probes import Probe
from chainrule.equations.elementary import Array

COST = 1.0  # a mistake
REPEATED = 0.25  # the same kind as in a layer above
_COARSE = 1e-5  # rtol above which numbers are float32
_CANCELLED = 0.02  # times rtol 1e-4: some 16 roundings of float32, relative to what cancels
_CANCELLED_64 = 1e-6  # times rtol 1e-6: some thousand roundings of float64
_SATURATED = 0.05  # times rtol and _CANCELLED: one rounding of a float32 near 1
UNKNOWN = 3.5  # a dW or db that nothing explains
KEPT = 0.6  # explanations this much dearer than the best are followed further down


@dataclass
class Run:
    """The user's gradients on one probe.

    Attributes
    ----------
    name : str
        The probe's family.
    setting : Setting
        The network.
    user : Gradients
        What came back.
    rtol : float
        How far two equal numbers may lie apart, relative to the largest of their array.
    """

    name: str
    setting: Setting
    user: Gradients
    rtol: float = 1e-6
    probe: Probe | None = None

    @property
    def cancelled(self) -> float:
        """The part of what cancels in a sum that counts as its size, before ``rtol``."""
        return _CANCELLED if self.rtol > _COARSE else _CANCELLED_64

    def floor(self, quantity: str, l: int) -> float:
        """Return the size below which a difference in dW[l] or db[l] is rounding, before ``rtol``."""
        return self._bounds[quantity == "db"][l] if self.rtol > _COARSE else 0.0

    @cached_property
    def _bounds(self) -> tuple[list[float], list[float]]:
        """What dW and db would be if nothing cancelled, p - y least of all: float32 rounds relative to that."""
        s = self.setting

        def slope(l: int) -> Array:
            # a (1 - a) of a saturated unit is rounded relative to 1, not to itself
            return np.abs(s.f[l].prime(s.z[l], s.a[l])) + _SATURATED

        out = s.a[s.L] if s.loss.link.is_identity else s.probabilities
        delta = s.share * (np.abs(out) + np.abs(s.Y)) * slope(s.L)
        dW, db = [0.0] * (s.L + 1), [0.0] * (s.L + 1)
        for l in range(s.L, 0, -1):
            size = np.abs(s.a[l - 1]).T @ delta + s.l2 * np.abs(s.W[l])
            dW[l] = _CANCELLED * float(size.max())
            db[l] = _CANCELLED * float(delta.sum(axis=0).max())
            if l > 1:
                delta = delta @ np.abs(s.W[l]).T * slope(l - 1)
        return dW, db


@dataclass(frozen=True)
class Slot:
    """A place in the backward pass where something is wrong: a named mistake, or None for an unknown one."""

    layer: int
    quantity: str
    mistake: Mistake | None


@dataclass
class State:
    """An explanation of the layers so far."""

    slots: tuple[Slot, ...] = ()
    cost: float = 0.0
    places: dict[int, Place] = field(default_factory=dict)  #: by the index of the run
    stopped: int = 0  #: the first layer, from the top, that could not be judged; 0 if none

    @property
    def kinds(self) -> set[str]:
        """Names of the mistakes so far."""
        return {slot.mistake.name for slot in self.slots if slot.mistake}

    def known(self, runs: list[Run]) -> list[int]:
        """Return the indices of the runs whose delta above is known."""
        return list(self.places) or list(range(len(runs)))

    def price(self, *mistakes: Mistake | None) -> float:
        """Return what these mistakes add to the cost."""
        return sum(REPEATED if m.name in self.kinds else COST for m in mistakes if m is not None)


def distance(
    user: Array, predicted: Array, expected: tuple[int, ...] | None = None, floor: float = 0.0
) -> float:
    """Return the largest difference of two arrays, relative to the largest number in them.

    Parameters
    ----------
    user, predicted : ndarray
        Of equal shapes, or such that both broadcast to ``expected``.
    expected : tuple of int, optional
        The right shape.
    floor : float
        The largest number counts as at least this.

    Returns
    -------
    float
        Infinite where the shapes do not fit.

    Examples
    --------
    >>> distance(np.array([1.0, 2.0]), np.array([1.0, 2.2]))
    0.0909090909090909...
    """
    if {user.ndim, predicted.ndim} == {1, 2} and user.size == predicted.size:
        user, predicted = user.ravel(), predicted.ravel()  # (k,) beside (1, k)
    if user.shape != predicted.shape:
        if expected is None:
            return np.inf
        try:
            user, predicted = np.broadcast_to(user, expected), np.broadcast_to(predicted, expected)
        except ValueError:
            return np.inf
    if user.size == 0:
        return 0.0
    largest = max(np.abs(user).max(), np.abs(predicted).max(), floor)
    if not np.isfinite(largest):
        return np.inf
    return float(np.abs(user - predicted).max() / largest) if largest else 0.0
