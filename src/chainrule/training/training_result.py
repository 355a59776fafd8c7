"""What a training returns: the parameters, and why it ended."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chainrule.training.state import TrainingState

#: Why a training can end, and whether that counts as converged.
REASONS = {
    "max_epochs": False,
    "no_improvement": True,
    "learning_rate": True,  # the adaptive schedule has made it too small to matter
    "converged": True,  # L-BFGS: the gradient or the improvement is below its tolerance
    "max_fun": False,  # L-BFGS: evaluations
    "line_search": False,  # L-BFGS: no better point was found along its direction
    "max_time": False,
    "interrupted": False,
    "callback": False,
    "diverged": False,  # a number was not finite; ``train`` raises, whoever keeps the weights has a reason
}


@dataclass(frozen=True)
class TrainingResult:
    """What a training returns.

    Attributes
    ----------
    state : TrainingState
        The state that was given, for going on.
    theta : ndarray of shape (P,)
        A copy of the best parameters if there are validation rows, else of the last.
    reason : str
        Why it ended, one of ``REASONS``.
    """

    state: TrainingState
    theta: np.ndarray
    reason: str

    @property
    def converged(self) -> bool:
        """Whether it ended because nothing improved any more."""
        return REASONS[self.reason]

    @classmethod
    def of(cls, state: TrainingState, reason: str) -> TrainingResult:
        """Return the result of a training that ended in ``state``."""
        theta = state.theta if state.best_theta is None else state.best_theta
        return cls(state, theta.copy(), reason)
