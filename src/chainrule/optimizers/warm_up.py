"""Warm-up: a straight line at the start of a training, multiplied with any schedule.

It is a schedule around a schedule, so the training loop knows nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from chainrule.optimizers.schedule import Horizon, Multipliers, Schedule, ScheduleState
from chainrule.optimizers.settings import NOT_NEGATIVE, Limits


@dataclass(frozen=True)
class WarmUp(Schedule):
    """Another schedule, multiplied by a straight line from near 0 to 1 over the first epochs.

    The first step already moves, by 1 of the n warm-up steps; the schedule underneath is not
    shifted.

    Parameters
    ----------
    schedule : Schedule
        The schedule that is multiplied; any, adaptive too.
    epochs : float, default=1.0
        The length of the warm-up; fractions are fine, 0 is none.

    Examples
    --------
    >>> from chainrule.optimizers.schedules import Constant
    >>> WarmUp(Constant(), epochs=2).multipliers([0, 1, 2, 3, 4], Horizon(100, 2, 32)).tolist()
    [0.25, 0.5, 0.75, 1.0, 1.0]
    """

    name: ClassVar[str] = "warm_up"
    formula: ClassVar[str] = "min(1, (s + 1) / (epochs steps_per_epoch)) times another schedule"
    source: ClassVar[str] = "Goyal et al. 2017, section 2.2"
    limits: ClassVar[Mapping[str, Limits]] = {"epochs": NOT_NEGATIVE}

    schedule: Schedule
    epochs: float = 1.0

    def multipliers(self, steps: npt.ArrayLike, horizon: Horizon) -> Multipliers:
        """Return the line times the other schedule's multipliers."""
        other = self.schedule.multipliers(steps, horizon)
        length = self.epochs * horizon.steps_per_epoch
        if length == 0.0:
            return other
        return np.minimum((np.asarray(steps, dtype=np.float64) + 1.0) / length, 1.0) * other

    def start(self) -> ScheduleState:
        """Return the other schedule's."""
        return self.schedule.start()

    def observe(self, state: ScheduleState, value: float, learning_rate: float) -> ScheduleState:
        """Return the other schedule's."""
        return self.schedule.observe(state, value, learning_rate)
