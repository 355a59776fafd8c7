"""All that a training remembers between two epochs, so that it can stop at any of them and go on."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from chainrule.optimizers.optimizer import Optimizer, OptimizerState
from chainrule.optimizers.schedule import ScheduleState
from chainrule.training.history import History


@dataclass
class TrainingState:
    """Parameters, the optimizer's memory, counters and what was best: everything that a training needs to go on.

    Two calls of ``train`` with the same state make the same parameters, bit for bit, as one call of the sum of their
    epochs: whatever is random is a function of the seed and of ``epoch``, all else is here.

    Attributes
    ----------
    theta : ndarray of shape (P,)
        The last parameters, always finite; overwritten in place by training.
    optimizer_state : OptimizerState
        Moments (n_moments, P) and the number of steps made.
    schedule_state : ScheduleState or None
        What an adaptive schedule has seen; None before the first epoch.
    epoch : int
        Epochs done so far, from the very first.
    history : History
    monitor : str
        The quantity that ``lowest`` and ``epochs_without_improvement`` are about; "" before the first epoch.
    lowest : float
        The best monitored value so far, with the sign of a score turned: lower is better.
    epochs_without_improvement : int
        Epochs in a row without an improvement of at least ``tol``.
    chooser : str
        The quantity that ``best_value`` is about: the monitored one, or validation_loss if the training loss is
        monitored but there are validation rows.
    best_value : float or None
        The best value so far, as it was measured.
    best_epoch : int
        The epoch (from 1) after which it was measured; 0 before.
    best_theta : ndarray of shape (P,) or None
        The parameters after that epoch; None without validation.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule.optimizers import Adam
    >>> state = TrainingState.start(np.zeros(7, dtype=np.float32), Adam())
    >>> state.epoch, state.optimizer_state.moments.shape
    (0, (2, 7))
    """

    theta: np.ndarray
    optimizer_state: OptimizerState
    schedule_state: ScheduleState | None = None
    epoch: int = 0
    history: History = field(default_factory=History)
    monitor: str = ""
    lowest: float = math.inf
    epochs_without_improvement: int = 0
    chooser: str = ""
    best_value: float | None = None
    best_epoch: int = 0
    best_theta: np.ndarray | None = None

    @classmethod
    def start(cls, theta: np.ndarray, optimizer: Optimizer | None = None) -> Self:
        """Return the state before the first epoch; ``theta`` is copied. L-BFGS needs no optimizer."""
        theta = np.array(theta, order="C")
        if optimizer is None:
            return cls(theta, OptimizerState(np.zeros((0, theta.size), dtype=theta.dtype)))
        return cls(theta, optimizer.start(theta.size, theta.dtype))


class Border:
    """The state at the border between two epochs, to fall back to when an epoch is not finished.

    An epoch counts from the moment in which ``state.epoch`` goes up. Whatever happens before (Ctrl-C, a loss that is
    not finite, a scorer that fails), ``restore`` brings back the parameters and all else as they were when ``draw``
    was called.

    Attributes
    ----------
    theta : ndarray of shape (P,)
        The parameters at the border.
    """

    def __init__(self, state: TrainingState) -> None:
        self._state = state
        self.theta = np.empty_like(state.theta)
        self._moments = np.empty_like(state.optimizer_state.moments)
        self.draw()

    def draw(self) -> None:
        """Keep the state as it is now."""
        state = self._state
        # Not complete until the last line: a fall back in between must not bring back half of two epochs.
        self._epoch = -1
        np.copyto(self.theta, state.theta)
        np.copyto(self._moments, state.optimizer_state.moments)
        self._others = (
            state.optimizer_state.step,
            state.schedule_state,
            state.monitor,
            state.lowest,
            state.epochs_without_improvement,
            state.chooser,
            state.best_value,
            state.best_epoch,
            state.best_theta,
        )
        self._epoch = state.epoch

    def restore(self) -> None:
        """Undo an epoch that was begun and does not count; without effect when none was."""
        state = self._state
        if state.epoch != self._epoch:
            return
        np.copyto(state.theta, self.theta)
        np.copyto(state.optimizer_state.moments, self._moments)
        (
            state.optimizer_state.step,
            state.schedule_state,
            state.monitor,
            state.lowest,
            state.epochs_without_improvement,
            state.chooser,
            state.best_value,
            state.best_epoch,
            state.best_theta,
        ) = self._others
        state.history.cut(self._epoch)
