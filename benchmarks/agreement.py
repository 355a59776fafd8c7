"""Do two trainings do the same? Asked before anything is timed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

#: The largest relative difference between a peer's loss of an epoch, in float32, and the truth in float64. Rounding
#: gives 1e-8 to 5e-5 over the 25 steps compared, the most where a rectifier falls on the other side of its kink; a
#: learning rate that is 1 % off gives over 1e-4 (tested).
TOLERANCE = 1e-4
#: With masks of its own a peer can agree only within the noise of dropout: so many standard deviations of ours.
DEVIATIONS = 5.0
#: After a timed run, by when rounding has grown: so much of the loss.
NOISE = 0.03


class DisagreementError(AssertionError):
    """A peer did not do the same work; nothing may be timed."""


def largest_difference(losses: Sequence[float], truth: Sequence[float]) -> float:
    """Return the largest relative difference between two loss curves of one length."""
    if len(losses) != len(truth) or not np.all(np.isfinite(losses)):
        return float("inf")
    a, b = np.asarray(losses, dtype=float), np.asarray(truth, dtype=float)
    return float(np.max(np.abs(a - b) / np.abs(b)))


def check_curve(
    who: str, losses: Sequence[float], truth: Sequence[float], tolerance: float = TOLERANCE
) -> float:
    """Return the largest relative difference, or raise if it is more than rounding."""
    difference = largest_difference(losses, truth)
    if not difference <= tolerance:
        raise DisagreementError(
            f"{who}: losses {_shown(losses)} differ from {_shown(truth)} "
            f"by {difference:.1e} relative, more than {tolerance:.0e}"
        )
    return difference


def check_noise(who: str, loss: float, ours: Sequence[float]) -> tuple[float, float]:
    """Return how far a final loss is from the mean of ours and how far it may be, both relative, or raise."""
    mean, deviation = float(np.mean(ours)), float(np.std(ours, ddof=1))
    difference, allowed = abs(loss - mean) / abs(mean), DEVIATIONS * deviation / abs(mean)
    if not difference <= allowed:
        raise DisagreementError(
            f"{who}: final loss {loss:.6f} differs from {mean:.6f}, the mean of ours over "
            f"{len(ours)} seeds of dropout, by {difference:.1e} relative, more than {allowed:.1e}"
        )
    return difference, allowed


def check_final(who: str, loss: float, ours: float) -> None:
    """Raise if the last loss of a timed run is not ours within ``NOISE``: it did other work on the clock."""
    if not abs(loss - ours) <= NOISE * abs(ours):
        raise DisagreementError(f"{who}: ends at a loss of {loss:.5f}, ours at {ours:.5f}")


def _shown(losses: Sequence[float]) -> str:
    tail = ", ..." if len(losses) > 4 else ""
    return "[" + ", ".join(f"{loss:.6f}" for loss in losses[:4]) + tail + "]"
