"""The schedule that listens: the rate falls when the monitored value stands still.

What it remembers is a ``ScheduleState``, replaced after each epoch: plain data that can be saved.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from chainrule.optimizers.schedule import Horizon, Multipliers, Schedule, ScheduleState
from chainrule.optimizers.settings import AT_LEAST_ONE, COUNT_OR_INFINITE, NOT_NEGATIVE, Limits


@dataclass(frozen=True)
class Adaptive(Schedule):
    """The rate is divided by 5 when the monitored value stands still, as in scikit-learn.

    An epoch is stale if its value is not at least ``tol`` below the best one so far (NaN is always
    stale). After *more than* ``n_iter_no_change`` stale epochs in a row, as scikit-learn's code
    counts, the rate is divided, or, if it is 1e-6 or less already, training is finished. As there,
    the best value moves on even by less than ``tol``.

    Parameters
    ----------
    tol : float, default=1e-4
    n_iter_no_change : int, default=10
        May be infinite: then nothing ever changes.
    divisor : float, default=5.0
    smallest : float, default=1e-6
        The learning rate (not the multiplier) at which training is finished.

    Examples
    --------
    >>> schedule = Adaptive(n_iter_no_change=1)
    >>> state = schedule.start()
    >>> for loss in (1.0, 0.5, 0.5, 0.5):
    ...     state = schedule.observe(state, loss, learning_rate=0.001)
    >>> state
    ScheduleState(multiplier=0.2, best=0.5, stale=0, finished=False)
    """

    name: ClassVar[str] = "adaptive"
    formula: ClassVar[str] = "divided by 5 when the monitored value has not improved by tol"
    source: ClassVar[str] = "scikit-learn, sklearn/neural_network/_stochastic_optimizers.py"
    limits: ClassVar[Mapping[str, Limits]] = {
        "tol": NOT_NEGATIVE,
        "n_iter_no_change": COUNT_OR_INFINITE,
        "divisor": AT_LEAST_ONE,
        "smallest": NOT_NEGATIVE,
    }
    takes: ClassVar[Mapping[str, str]] = {"tol": "tol", "n_iter_no_change": "n_iter_no_change"}

    tol: float = 1e-4
    n_iter_no_change: float = 10
    divisor: float = 5.0
    smallest: float = 1e-6

    def multipliers(self, steps: npt.ArrayLike, horizon: Horizon) -> Multipliers:
        """Return 1 for each step: the state alone carries the changes."""
        return np.ones(np.shape(steps))

    def observe(self, state: ScheduleState, value: float, learning_rate: float) -> ScheduleState:
        """Return the state after an epoch; see ``Schedule.observe``."""
        best = math.inf if state.best is None else state.best
        stale = 0 if value <= best - self.tol else state.stale + 1
        known = float(value) if value < best else state.best
        if stale <= self.n_iter_no_change:
            return replace(state, best=known, stale=stale)
        if learning_rate * state.multiplier <= self.smallest:
            return replace(state, best=known, stale=stale, finished=True)
        return ScheduleState(state.multiplier / self.divisor, known, 0, state.finished)
