"""The training loop: joins engine, optimizer and schedule, epoch by epoch, and keeps what is worth keeping.

An epoch is one call of the engine; what this loop adds to it is counted in microseconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from time import perf_counter

import numpy as np

from chainrule.engines.engine import Data, Engine, EpochPlan, EpochResult
from chainrule.errors import InputError
from chainrule.network import random
from chainrule.network.threads import one_blas_thread
from chainrule.optimizers.optimizer import Optimizer
from chainrule.optimizers.schedule import Horizon, Schedule, ScheduleState
from chainrule.training.batches import batch_rows, epoch_order, n_batches
from chainrule.training.events import Callback
from chainrule.training.failure import DivergenceError, all_finite, divergence
from chainrule.training.solver_run import SolverRun
from chainrule.training.state import TrainingState
from chainrule.training.training_result import TrainingResult
from chainrule.training.training_settings import TrainingSettings
from chainrule.training.validation import Validation


def train(
    engine: Engine,
    optimizer: Optimizer,
    schedule: Schedule,
    state: TrainingState,
    data: Data,
    settings: TrainingSettings,
    *,
    validation: Validation | None = None,
    callbacks: Iterable[Callback] = (),
) -> TrainingResult:
    """Train for at most ``settings.max_epochs`` epochs, from where ``state`` is.

    Parameters
    ----------
    engine : Engine
        Made for the same architecture and optimizer.
    optimizer : Optimizer
    schedule : Schedule
    state : TrainingState
        From ``TrainingState.start`` or from a training before; overwritten.
    data : Data
        The rows to learn from, in the engine's dtype.
    settings : TrainingSettings
    validation : Validation, optional
        With it, the best parameters are kept, by ``settings.monitor`` (by validation_loss if that is the training
        loss), however training ends.
    callbacks : iterable of callable
        Each is called with every event; see ``events``.

    Returns
    -------
    TrainingResult

    Raises
    ------
    DivergenceError
        At the first loss, gradient or parameter that is not finite; ``state`` is as it was before that epoch.
    InputError
        If state, optimizer and engine do not belong together, or what is monitored is not measured.
    Exception
        What a callback or a scorer raises is passed on; every epoch before it is in ``state``.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule.engines.reference import ReferenceEngine
    >>> from chainrule.network import Architecture
    >>> from chainrule.optimizers import SGD, Constant
    >>> line, sgd = Architecture((1, 1), ("identity",), "squared_error"), SGD(0.1)
    >>> x = np.linspace(-1.0, 1.0, 20)[:, None]
    >>> state = TrainingState.start(np.zeros(2), sgd)
    >>> result = train(ReferenceEngine(line, sgd, "float64"), sgd, Constant(), state, Data(x, 2.0 * x + 1.0),
    ...                TrainingSettings(batch_size=5, tol=1e-9))
    >>> result.theta.round(2).tolist(), result.converged
    ([2.0, 1.0], True)
    """
    with one_blas_thread():  # once for all epochs: setting the limit takes as long as a small epoch
        _check_fit(engine, optimizer, state)
        run = FirstOrderRun(engine, optimizer.name, state, data, settings, validation, callbacks)
        run.prepare(optimizer, schedule)
        return run.whole()


class FirstOrderRun(SolverRun):
    """One call of ``train``."""

    def prepare(self, optimizer: Optimizer, schedule: Schedule) -> None:
        """Lay out the epochs."""
        state, data, settings = self.state, self.data, self.settings
        self.optimizer, self.schedule = optimizer, schedule
        self.batch_size = min(settings.batch_size, data.n)
        self.n_batches = n_batches(data.n, self.batch_size)
        epochs = settings.horizon_epochs or state.epoch + settings.max_epochs
        self.horizon = Horizon.of(data.n, self.batch_size, epochs)
        self.has_dropout = self.engine.architecture.drops
        self.order = None if settings.shuffle else epoch_order(0, 0, data.n, shuffle=False)

    def epochs(self) -> str:
        """Run epochs and return the reason to stop."""
        state = self.state
        if state.schedule_state is None:
            state.schedule_state = self.schedule.start()
        last = state.epoch + self.settings.max_epochs
        while True:
            self.border.draw()
            stop = self.epoch()
            if state.schedule_state.finished:
                return "learning_rate"
            if self.monitor.exhausted(state):
                return "no_improvement"
            if stop:
                return "callback"
            if state.epoch >= last:
                return "max_epochs"
            if self.out_of_time:
                return "max_time"

    def epoch(self) -> bool:
        """Run one epoch, enter it into the state, and return whether a callback wants to stop."""
        began, state = perf_counter(), self.state
        assert state.schedule_state is not None
        plan = self.plan(state.schedule_state)
        result = self.engine.epoch(state.theta, state.optimizer_state.moments, self.data, plan)
        if result.failed_batch >= 0 or not all_finite(state.theta):
            raise self.failure(plan, result)
        return self.enter(result.loss, float(plan.rates[-1]), result.gradient_norm, began)

    def observe(self, monitored: float) -> None:
        """Let the schedule see the monitored value, and count the steps."""
        state, before = self.state, self.state.schedule_state
        assert before is not None
        after = self.schedule.observe(before, monitored, self.optimizer.learning_rate)
        state.schedule_state = after
        if after.multiplier != before.multiplier and self.monitor.exhausted(state):
            # As in scikit-learn: where an adaptive schedule lowers the rate, patience begins anew.
            state.epochs_without_improvement = 0
        state.optimizer_state.step += self.n_batches

    def plan(self, schedule_state: ScheduleState) -> EpochPlan:
        """Return everything that the engine needs for the next epoch."""
        settings, epoch = self.settings, self.state.epoch
        first = self.state.optimizer_state.step
        steps = np.arange(first, first + self.n_batches)
        order = self.order
        return EpochPlan(
            order=epoch_order(settings.seed, epoch, self.data.n) if order is None else order,
            batch_size=self.batch_size,
            rates=self.schedule.rates(
                self.optimizer.learning_rate, steps, self.horizon, schedule_state
            ),
            coefficients=self.optimizer.coefficients(steps + 1),
            dropout_key=random.key(settings.seed, "dropout", epoch) if self.has_dropout else 0,
            clip_norm=settings.clip_norm,
            scale_factor=settings.scale_factor,
        )

    def failure(self, plan: EpochPlan, result: EpochResult) -> DivergenceError:
        """Return the error for an epoch that has failed; the state is restored on its way out."""
        batch = result.failed_batch if result.failed_batch >= 0 else self.n_batches - 1
        return divergence(
            self.engine.architecture,
            self.engine.dtype,
            self.state.theta,
            self.border.theta,
            self.data,
            batch_rows(plan.order, self.batch_size, batch),
            loss=result.loss,
            epoch=self.state.epoch + 1,
            batch=batch + 1,
            learning_rate=float(plan.rates[batch]),
        )


def _check_fit(engine: Engine, optimizer: Optimizer, state: TrainingState) -> None:
    """Refuse a state of another network, precision or optimizer: compiled code would read beyond it."""
    size = engine.architecture.n_parameters
    if state.theta.shape != (size,) or state.theta.dtype != engine.dtype:
        raise InputError.of(
            "state.theta",
            got=f"shape {state.theta.shape}, {state.theta.dtype}",
            expected=f"shape {(size,)}, {engine.dtype}",
        )
    moments = state.optimizer_state.moments
    expected = (optimizer.n_moments, size)
    if moments.shape != expected or moments.dtype != engine.dtype:
        raise InputError.of(
            "state.optimizer_state.moments",
            got=f"shape {moments.shape}, {moments.dtype}",
            expected=f"shape {expected}, {engine.dtype} for {optimizer.name}",
            remedy="begin anew with TrainingState.start(state.theta, optimizer)",
        )
