"""The schedules along cosines, laid out for the length of the training: they end where it ends.

s is the absolute step from 0, S the steps of the whole training. What is returned is the multiplier of the base rate.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from chainrule.optimizers.schedule import Horizon, Multipliers, Schedule
from chainrule.optimizers.settings import AT_LEAST_ONE, COUNT, PROPORTION, Limits


def _half_cosine(start: float, end: float, part: Multipliers) -> Multipliers:
    """Go from ``start`` at part 0 to ``end`` at part 1; both are met exactly."""
    share: Multipliers = 0.5 * (1.0 + np.cos(math.pi * part))
    return start * share + end * (1.0 - share)


def _part(steps: npt.ArrayLike, horizon: Horizon) -> Multipliers:
    """Return which part of the training lies before each step, at most 1."""
    return np.minimum(np.asarray(steps, dtype=np.float64) / horizon.total_steps, 1.0)


@dataclass(frozen=True)
class Cosine(Schedule):
    """Half a cosine from 1 to a floor over the whole training, step by step, without restarts.

    Parameters
    ----------
    floor : float, default=0.0
        The multiplier at the end, 0 <= floor <= 1; kept beyond the horizon.

    Examples
    --------
    >>> Cosine(floor=0.5).multipliers([0, 5, 10, 99], Horizon(10, 5, 32)).tolist()
    [1.0, 0.75, 0.5, 0.5]
    """

    name: ClassVar[str] = "cosine"
    formula: ClassVar[str] = "floor + (1 - floor) (1 + cos(pi s / S)) / 2"
    source: ClassVar[str] = "Loshchilov & Hutter 2017, eq. 5"
    ends: ClassVar[bool] = True
    limits: ClassVar[Mapping[str, Limits]] = {"floor": PROPORTION}

    floor: float = 0.0

    def multipliers(self, steps: npt.ArrayLike, horizon: Horizon) -> Multipliers:
        """Return the cosine at each step."""
        return _half_cosine(1.0, self.floor, _part(steps, horizon))


@dataclass(frozen=True)
class FlatCosine(Schedule):
    """The base rate at first, then half a cosine down to 0 at the end of the training.

    With flat 0.5 it is the flat_cos of RealMLP, there for dropout and weight decay.

    Parameters
    ----------
    flat : float, default=0.5
        The part of the training after which the rate falls, 0 <= flat < 1.

    Examples
    --------
    >>> FlatCosine(0.5).multipliers([0, 5, 10, 15, 20], Horizon(20, 5, 32)).tolist()
    [1.0, 1.0, 1.0, 0.5, 0.0]
    """

    name: ClassVar[str] = "flat_cosine"
    aliases: ClassVar[tuple[str, ...]] = ("flat_cos",)
    formula: ClassVar[str] = "(1 + cos(pi max(0, s/S - flat) / (1 - flat))) / 2"
    source: ClassVar[str] = "Holzmueller, Grinsztajn & Steinwart 2024 (RealMLP), arXiv 2407.04491"
    ends: ClassVar[bool] = True
    limits: ClassVar[Mapping[str, Limits]] = {"flat": Limits(0.0, 1.0, low_included=True)}

    flat: float = 0.5

    def multipliers(self, steps: npt.ArrayLike, horizon: Horizon) -> Multipliers:
        """Return 1 or the cosine at each step."""
        falling = (_part(steps, horizon) - self.flat) / (1.0 - self.flat)
        return _half_cosine(1.0, 0.0, np.maximum(falling, 0.0))


@dataclass(frozen=True)
class CosLog(Schedule):
    """Waves from 0 up to the base rate and back, each twice as long as the one before.

    RealMLP trains with four: the rate comes down several times, early and late, so that a training that
    is stopped early has had low rates too.

    Parameters
    ----------
    waves : int, default=4

    Examples
    --------
    >>> CosLog(2).multipliers([0, 1, 2, 4, 6, 12], Horizon(6, 3, 32)).round(3).tolist()
    [0.0, 0.93, 0.0, 0.93, 0.0, 0.0]
    """

    name: ClassVar[str] = "coslog"
    formula: ClassVar[str] = "(1 - cos(2 pi log2(1 + (2^waves - 1) s/S))) / 2"
    source: ClassVar[str] = "Holzmueller, Grinsztajn & Steinwart 2024 (RealMLP), arXiv 2407.04491"
    ends: ClassVar[bool] = True
    limits: ClassVar[Mapping[str, Limits]] = {"waves": COUNT}

    waves: int = 4

    def multipliers(self, steps: npt.ArrayLike, horizon: Horizon) -> Multipliers:
        """Return the wave at each step."""
        phase = np.log2(1.0 + (2.0**self.waves - 1.0) * _part(steps, horizon))
        result: Multipliers = 0.5 * (1.0 - np.cos(2.0 * math.pi * phase))
        return result


@dataclass(frozen=True)
class OneCycle(Schedule):
    """Up along half a cosine, then down along another one, far below the start.

    These are the two phases of PyTorch's OneCycleLR. The base rate is the highest (``max_lr``).
    Momentum, which PyTorch cycles against it, stays as it is.

    Parameters
    ----------
    pct_start : float, default=0.3
        The share of the training in which the rate rises, 0 <= pct_start < 1.
    div_factor : float, default=25.0
        The rate starts at 1 / div_factor.
    final_div_factor : float, default=1e4
        It ends at the start divided by this.

    Examples
    --------
    >>> OneCycle().multipliers([0, 29, 99, 500], Horizon(100, 10, 32)).tolist()
    [0.04, 1.0, 4e-06, 4e-06]
    """

    name: ClassVar[str] = "one_cycle"
    formula: ClassVar[str] = (
        "1/div_factor up to 1 at s = pct_start S - 1, then down to 1/(div_factor final_div_factor) "
        "at s = S - 1, both along (1 - cos)/2"
    )
    source: ClassVar[str] = "Smith & Topin 2019; PyTorch's OneCycleLR"
    ends: ClassVar[bool] = True
    limits: ClassVar[Mapping[str, Limits]] = {
        "pct_start": Limits(0.0, 1.0, low_included=True),
        "div_factor": AT_LEAST_ONE,
        "final_div_factor": AT_LEAST_ONE,
    }

    pct_start: float = 0.3
    div_factor: float = 25.0
    final_div_factor: float = 1e4

    def multipliers(self, steps: npt.ArrayLike, horizon: Horizon) -> Multipliers:
        """Return the cycle at each step."""
        start = 1.0 / self.div_factor
        end = start / self.final_div_factor
        last = horizon.total_steps - 1.0
        peak = self.pct_start * horizon.total_steps - 1.0
        s = np.minimum(np.asarray(steps, dtype=np.float64), last)
        # A very short training has its peak before step 0: the rising branch is then never taken.
        up = _half_cosine(start, 1.0, np.minimum(s, peak) / peak) if peak > 0.0 else np.ones_like(s)
        down = _half_cosine(1.0, end, (np.maximum(s, peak) - peak) / (last - peak))
        return np.where(s <= peak, up, down)
