"""When to stop for want of improvement, and which epoch's weights are the best.

Patience is scikit-learn's (``_update_no_improvement_count``): an epoch is without improvement if
its value is not at least ``tol`` better than the best so far; the best moves on even by less than
``tol``; training stops after *more than* ``n_iter_no_change`` such epochs in a row. One thing is
otherwise: a value that is NaN is no improvement, where scikit-learn takes a NaN score for one.

Inside, lower is better: the sign of a score is turned.
"""

from __future__ import annotations

import math

from chainrule.errors import InputError
from chainrule.training.state import TrainingState
from chainrule.training.training_settings import TrainingSettings
from chainrule.training.validation import Validation


class Monitor:
    """Looks at each epoch's values for one call of a training.

    Parameters
    ----------
    settings : TrainingSettings
        ``monitor``, ``tol`` and ``n_iter_no_change``.
    validation : Validation or None

    Raises
    ------
    InputError
        If what is to be monitored is not measured.

    Examples
    --------
    >>> import numpy as np
    >>> state = TrainingState.start(np.zeros(1))
    >>> monitor = Monitor(TrainingSettings(n_iter_no_change=1, tol=0.1), None)
    >>> for loss in (1.0, 0.5, 0.45, 0.44):
    ...     best = monitor.note(state, loss, None, None)
    >>> state.epochs_without_improvement, monitor.exhausted(state), state.best_value
    (2, True, 0.44)
    """

    def __init__(self, settings: TrainingSettings, validation: Validation | None) -> None:
        self.name = settings.monitor
        if self.name != "loss" and validation is None:
            raise InputError.of(
                "monitor", got=repr(self.name), expected="'loss' when there are no validation rows"
            )
        if self.name == "validation_score" and validation is not None and validation.score is None:
            raise InputError.of(
                "monitor", got=repr(self.name), expected="'validation_loss' without a scorer"
            )
        self.tol = settings.tol
        self.n_iter_no_change = settings.n_iter_no_change
        self.keeps_weights = validation is not None
        # The running loss of an epoch belongs to no single set of weights, so it chooses none.
        self.chooser = (
            "validation_loss" if self.name == "loss" and self.keeps_weights else self.name
        )

    def start(self, state: TrainingState) -> None:
        """Begin a call: what was best in another quantity is forgotten, and patience that had run out is new."""
        if state.monitor != self.name:
            state.monitor, state.lowest, state.epochs_without_improvement = self.name, math.inf, 0
        if state.chooser != self.chooser or (state.best_theta is None) == self.keeps_weights:
            state.chooser = self.chooser
            state.best_value, state.best_epoch, state.best_theta = None, 0, None
        if self.exhausted(state):
            state.epochs_without_improvement = 0

    def value(
        self, name: str, loss: float, validation_loss: float | None, validation_score: float | None
    ) -> float:
        """Return one of the values with the sign that makes lower better."""
        if name == "loss":
            return loss
        if name == "validation_loss":
            return math.nan if validation_loss is None else validation_loss
        return math.nan if validation_score is None else -validation_score

    def note(
        self,
        state: TrainingState,
        loss: float,
        validation_loss: float | None,
        validation_score: float | None,
    ) -> bool:
        """Enter the epoch after ``state.epoch`` into ``state`` and return whether it is the best so far."""
        values = loss, validation_loss, validation_score
        monitored = self.value(self.name, *values)
        if monitored <= state.lowest - self.tol:
            state.epochs_without_improvement = 0
        else:
            state.epochs_without_improvement += 1
        if monitored < state.lowest:
            state.lowest = monitored

        sign = -1.0 if self.chooser == "validation_score" else 1.0
        chosen = monitored if self.chooser == self.name else self.value(self.chooser, *values)
        best = math.inf if state.best_value is None else sign * state.best_value
        if not chosen < best:
            return False
        state.best_value, state.best_epoch = sign * chosen, state.epoch + 1
        if self.keeps_weights:
            state.best_theta = state.theta.copy()
        return True

    def exhausted(self, state: TrainingState) -> bool:
        """Return whether patience has run out."""
        return state.epochs_without_improvement > self.n_iter_no_change
