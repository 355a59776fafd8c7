"""Small problems, an engine that follows a script, and callbacks for the tests of training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.engines.engine import Data, EpochPlan, EpochResult
from chainrule.engines.reference import ReferenceEngine
from chainrule.network.architecture import Architecture
from chainrule.network.initializers import initial_parameters
from chainrule.optimizers import SGD, Adam, Optimizer
from chainrule.optimizers.schedule import Schedule
from chainrule.optimizers.schedules import Constant
from chainrule.training import (
    EpochEnded,
    Event,
    TrainingResult,
    TrainingSettings,
    TrainingState,
    Validation,
    train,
)

FOREVER = float("inf")


def rows(n: int, seed: int, dtype: Any = np.float32) -> Data:
    """A smooth function of two features with some noise."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 2))
    Y = np.sin(X[:, :1]) + 0.5 * X[:, 1:] + 0.1 * rng.normal(size=(n, 1))
    return Data(np.ascontiguousarray(X, dtype=dtype), Y.astype(dtype))


class Problem:
    """A tiny regression with its engine and a state at the start."""

    def __init__(
        self,
        optimizer: Optimizer | None = None,
        *,
        schedule: Schedule | None = None,
        hidden: str = "tanh",
        dropout: float = 0.0,
        dtype: Any = np.float32,
    ) -> None:
        self.architecture = Architecture(
            (2, 4, 1), (hidden, "identity"), "squared_error", l2=1e-3, dropout=(dropout,)
        )
        self.optimizer = Adam(0.01) if optimizer is None else optimizer
        self.schedule = Constant() if schedule is None else schedule
        self.engine = ReferenceEngine(self.architecture, self.optimizer, dtype)
        self.data, self.validation_data = rows(23, 1, dtype), rows(11, 2, dtype)
        self.theta = initial_parameters(self.architecture, "auto", 3, dtype).vector
        self.state = TrainingState.start(self.theta, self.optimizer)
        self.validation = Validation(self.validation_data, self.score)

    def score(self, theta: np.ndarray, scores: np.ndarray | None = None) -> float:
        """R², with NumPy alone."""
        Y = self.validation_data.Y
        error = Y - (
            self.engine.scores(theta, self.validation_data.X) if scores is None else scores
        )
        return float(1.0 - (error**2).sum() / ((Y - Y.mean()) ** 2).sum())

    def train(self, epochs: int = 5, **options: Any) -> TrainingResult:
        passed = {
            name: options.pop(name) for name in ("validation", "callbacks") if name in options
        }
        settings = TrainingSettings(
            **{"max_epochs": epochs, "batch_size": 5, "n_iter_no_change": FOREVER, **options}
        )
        return train(
            self.engine, self.optimizer, self.schedule, self.state, self.data, settings, **passed
        )


class ScriptedEngine:
    """Each epoch sets theta to its number (1, 2, ...) and reports the next loss of a script."""

    name = "scripted"
    architecture = Architecture((1, 1), ("identity",), "squared_error")
    dtype = np.dtype(np.float64)

    def __init__(self, losses: Sequence[float], validation_losses: Sequence[float] = ()) -> None:
        self.losses, self.validation_losses = losses, validation_losses
        self.plans: list[EpochPlan] = []

    def epoch(
        self, theta: np.ndarray, moments: np.ndarray, data: Data, plan: EpochPlan
    ) -> EpochResult:
        self.plans.append(plan)
        theta[...] = theta[0] + 1.0
        return EpochResult(self.losses[int(theta[0]) - 1], 1.0)

    def evaluate(self, theta: np.ndarray, data: Data) -> tuple[float, np.ndarray]:
        loss = self.validation_losses[int(theta[0]) - 1] if len(self.validation_losses) else 0.0
        return loss, np.zeros_like(data.Y)

    def objective_and_gradient(self, theta: np.ndarray, data: Data, gradient: np.ndarray) -> float:
        raise NotImplementedError

    def scores(self, theta: np.ndarray, X: Any) -> np.ndarray:
        raise NotImplementedError


def scripted(
    losses: Sequence[float],
    *,
    scores: Sequence[float] | None = None,
    validation_losses: Sequence[float] | None = None,
    schedule: Schedule | None = None,
    callbacks: Sequence[Any] = (),
    state: TrainingState | None = None,
    rate: float = 1.0,
    **options: Any,
) -> TrainingResult:
    """Train along a script; the parameters after epoch e are all e."""
    sgd = SGD(rate, momentum=0.0)
    engine = ScriptedEngine(losses, validation_losses or ())
    data = Data(np.zeros((3, 1)), np.zeros((3, 1)))
    validation = None
    if scores is not None or validation_losses is not None:
        score = None if scores is None else (lambda theta, raw: scores[int(theta[0]) - 1])
        validation = Validation(data, score)
    settings = TrainingSettings(
        **{"max_epochs": len(losses), "n_iter_no_change": FOREVER, **options}
    )
    return train(
        engine,
        sgd,
        Constant() if schedule is None else schedule,
        TrainingState.start(np.zeros(2), sgd) if state is None else state,
        data,
        settings,
        validation=validation,
        callbacks=callbacks,
    )


class Recorder:
    """A callback that keeps every event."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    @property
    def names(self) -> list[str]:
        return [type(event).__name__ for event in self.events]

    @property
    def epochs(self) -> list[EpochEnded]:
        return [event for event in self.events if isinstance(event, EpochEnded)]
