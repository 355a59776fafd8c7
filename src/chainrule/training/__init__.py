"""Training: the loop that joins data, engine, optimizer and schedule, and what it tells, keeps and warns of.

``train`` is for first-order optimizers, ``train_lbfgs`` for L-BFGS; both go on from a ``TrainingState``.
``health.warn`` is called by whoever owns a training, at its end; ``RichProgress`` is a callback like any
other.
"""

from __future__ import annotations

from chainrule.training.events import (
    Callback,
    EpochEnded,
    Event,
    StopTraining,
    TrainingEnded,
    TrainingStarted,
)
from chainrule.training.failure import DivergenceError
from chainrule.training.history import History
from chainrule.training.loop import train
from chainrule.training.progress import RichProgress
from chainrule.training.second_order import train_lbfgs
from chainrule.training.state import TrainingState
from chainrule.training.training_result import REASONS, TrainingResult
from chainrule.training.training_settings import MONITORS, TrainingSettings
from chainrule.training.validation import Validation

__all__ = [
    "train",
    "train_lbfgs",
    "TrainingResult",
    "TrainingSettings",
    "TrainingState",
    "Validation",
    "History",
    "TrainingStarted",
    "EpochEnded",
    "TrainingEnded",
    "Event",
    "Callback",
    "StopTraining",
    "DivergenceError",
    "RichProgress",
    "REASONS",
    "MONITORS",
]
