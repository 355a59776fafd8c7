"""One training, whatever makes its epochs: events, history, patience, the best weights, and an end that is told."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from time import perf_counter

from chainrule.engines.engine import Data, Engine
from chainrule.training.events import (
    Callback,
    EpochEnded,
    Listeners,
    TrainingEnded,
    TrainingStarted,
)
from chainrule.training.failure import reason_of
from chainrule.training.state import Border, TrainingState
from chainrule.training.stopping import Monitor
from chainrule.training.training_result import TrainingResult
from chainrule.training.training_settings import TrainingSettings
from chainrule.training.validation import Validation


class SolverRun(ABC):
    """One call of ``train`` or ``train_lbfgs``; what they have in common is here.

    Each epoch counts wholly or not at all: if it fails or is interrupted, the state falls back to the border before it.

    Parameters
    ----------
    engine : Engine
    solver : str
        The optimizer's name, for listeners.
    state : TrainingState
        Overwritten.
    data : Data
    settings : TrainingSettings
    validation : Validation or None
    callbacks : iterable of callable
    """

    def __init__(
        self,
        engine: Engine,
        solver: str,
        state: TrainingState,
        data: Data,
        settings: TrainingSettings,
        validation: Validation | None,
        callbacks: Iterable[Callback],
    ) -> None:
        self.engine, self.solver, self.state = engine, solver, state
        self.data, self.settings, self.validation = data, settings, validation
        self.border, self.listeners = Border(state), Listeners(callbacks)
        self.monitor = Monitor(settings, validation)
        self.began = perf_counter()

    @abstractmethod
    def epochs(self) -> str:
        """Run epochs, draw a border before each, ``enter`` each, and return the reason to stop."""

    @abstractmethod
    def observe(self, monitored: float) -> None:
        """Hear the monitored value of an epoch before it counts."""

    def whole(self) -> TrainingResult:
        """Run it; tell everyone of the end, however it comes."""
        state = self.state
        try:
            try:
                reason = "callback" if self._start() else self.epochs()
            except KeyboardInterrupt:
                self.border.restore()
                reason = "interrupted"
        except BaseException as error:
            self.border.restore()
            self.listeners.tell_of_error(self._ended(reason_of(error)), error)
            raise
        self.listeners.tell(self._ended(reason))
        return TrainingResult.of(state, reason)

    def enter(self, loss: float, rate: float | None, norm: float, began: float) -> bool:
        """Enter an epoch that began at ``began`` into the state, and return whether a callback wants to stop."""
        state, validation_loss, validation_score = self.state, None, None
        if self.validation is not None:
            validation_loss, validation_score = self.validation.measure(self.engine, state.theta)
        values = loss, validation_loss, validation_score
        best = self.monitor.note(state, *values)
        self.observe(self.monitor.value(self.settings.monitor, *values))
        measured = (*values, rate, norm, perf_counter() - began)
        state.history.append(*measured)
        state.epoch += 1  # from here on the epoch counts
        if not self.listeners:
            return False
        return self.listeners.tell(EpochEnded(state.epoch, *measured, best))

    @property
    def out_of_time(self) -> bool:
        """Whether ``max_time`` is over."""
        most = self.settings.max_time
        return most is not None and perf_counter() - self.began >= most

    def _start(self) -> bool:
        """Tell of the start, and return whether a callback wants to stop."""
        state, validation = self.state, self.validation
        if self.listeners:
            started = TrainingStarted(
                self.engine.architecture,
                self.solver,
                self.settings,
                self.data.n,
                0 if validation is None else validation.data.n,
                state.epoch,
                state.theta,
                self.data,
            )
            if self.listeners.tell(started):
                return True
        self.monitor.start(state)
        return False

    def _ended(self, reason: str) -> TrainingEnded:
        seconds = perf_counter() - self.began
        return TrainingEnded(reason, self.state.epoch, self.state.best_epoch, seconds)
