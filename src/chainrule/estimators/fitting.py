"""The training of an estimator, in the terms of ``training``: network, state, settings, and what is kept."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from chainrule.engines import Data, Engine
from chainrule.errors import InputError
from chainrule.estimators.checked_parameters import CheckedParameters
from chainrule.estimators.fitted import Fitted
from chainrule.network.architecture import Architecture
from chainrule.network.initializers import initial_parameters
from chainrule.training import (
    TrainingResult,
    TrainingSettings,
    TrainingState,
    Validation,
    health,
    train,
    train_lbfgs,
)
from chainrule.training.events import Callback
from chainrule.training.progress import shown_progress


class Trainable(Fitted):
    """Trains ``theta_`` on rows as engines take them; all decisions about rows and targets are made before."""

    def _build(self, p: CheckedParameters, n_inputs: int, total_weight: float, go_on: bool) -> None:
        """Set ``network_``; the penalties are divided by the number of rows that the weights stand for."""
        names = (*p.activations, "identity")
        sizes = (n_inputs, *p.hidden, self._target.n_outputs)
        if go_on and (sizes, names) != (self.network_.sizes, self.network_.activations):
            raise InputError.of(
                "hidden_layer_sizes, activation",
                got=f"sizes {sizes}, activations {names}",
                expected=f"{self.network_.sizes}, {self.network_.activations}, to go on from",
                remedy="set warm_start=False to start anew",
            )
        self.network_ = Architecture(
            sizes,
            names,
            self._target.loss,
            l2=p.alpha / total_weight,
            l1=p.l1 / total_weight,
            dropout=p.dropout,
        )

    def _state(
        self, p: CheckedParameters, dtype: np.dtype[Any], go_on: bool, partial: bool
    ) -> TrainingState:
        """Return where training starts from: new weights, or all that it had when it stopped."""
        optimizer = p.optimizer
        if not go_on:
            start = initial_parameters(self.network_, p.start, self._seed, dtype)
            return TrainingState.start(start.vector, optimizer)
        solver, state = getattr(self, "_training", ("", None))
        moments = None if state is None else state.optimizer_state.moments
        if (
            state is None
            or moments is None
            or solver != optimizer.name
            or state.theta.dtype != dtype
            or len(moments) != optimizer.n_moments
        ):
            # From a file or a pickle, or by another solver: the weights go on, the moments start anew.
            state = TrainingState.start(self.theta_.astype(dtype), optimizer)
            state.epoch, state.history = len(self._history), self._history
        elif partial or state.best_theta is None:
            np.copyto(state.theta, self.theta_)  # coefs_ are writable, and may have been written to
        return state

    def _run(
        self,
        p: CheckedParameters,
        engine: Engine,
        state: TrainingState,
        data: Data,
        validation: Validation | None,
        partial: bool,
    ) -> TrainingResult:
        batch_size = p.batch_rows(data.n)
        second_order = p.optimizer.second_order
        if not second_order and p.batch_size != "auto" and p.batch_size > data.n:
            warnings.warn(
                f"batch_size={p.batch_size} is larger than the {data.n} rows and is taken as {data.n}",
                UserWarning,
                stacklevel=4,
            )
        monitor = "loss"
        if validation is not None:
            # Not accuracy, as in scikit-learn: it stands still for epochs while the network still
            # learns, and on every table that was tried the loss stopped at a better test score.
            monitor = "validation_loss" if p.scoring is None else "validation_score"
        settings = TrainingSettings(
            max_epochs=1 if partial else p.max_iter,
            batch_size=batch_size,
            seed=getattr(self, "_seed", 0),
            shuffle=p.shuffle,
            tol=p.tol,
            n_iter_no_change=p.n_iter_no_change,
            max_time=p.max_time,
            clip_norm=math.inf if p.clip_norm is None else p.clip_norm,
            monitor=monitor,
            horizon_epochs=p.max_iter if partial else None,
            max_fun=p.max_fun,
        )
        listeners: list[Callback] = [*([shown_progress()] if p.verbose else []), *p.callbacks]
        if second_order:
            return train_lbfgs(
                engine, state, data, settings, validation=validation, callbacks=listeners
            )
        return train(
            engine,
            p.optimizer,
            p.schedule_of(-(-data.n // batch_size)),
            state,
            data,
            settings,
            validation=validation,
            callbacks=listeners,
        )

    def _keep(
        self,
        p: CheckedParameters,
        result: TrainingResult,
        dtype: np.dtype[Any],
        epochs_before: int,
        n: int,
    ) -> None:
        """Take over what a training has left, however it ended."""
        state = result.state
        with np.errstate(over="ignore"):
            self.theta_ = result.theta.astype(dtype, copy=False)
        self._training = (p.optimizer.name, state)
        self._history = state.history
        self.best_epoch_, self.stop_reason_ = state.best_epoch, result.reason
        self.n_iter_ = state.epoch - epochs_before
        self.t_ = (self.t_ if epochs_before else 0) + self.n_iter_ * n

    def _warn(self, p: CheckedParameters, data: Data) -> None:
        """Say what is worth knowing about the training that has just ended."""
        health.warn(
            self.network_, self.theta_.astype(data.Y.dtype), data, self._history, stacklevel=4
        )
        reason = self.stop_reason_
        if reason == "interrupted":
            warnings.warn("Training interrupted by user.", UserWarning, stacklevel=4)
        # A schedule that is laid over max_iter epochs ends there by design.
        elif reason in ("max_fun", "line_search") or (
            reason == "max_epochs" and not p.schedule.ends
        ):
            limit = f"max_fun={p.max_fun}" if reason == "max_fun" else f"max_iter={p.max_iter}"
            why = "no better point was found" if reason == "line_search" else f"{limit} was reached"
            warnings.warn(
                f"training stopped before it converged: {why} after {self.n_iter_} epochs; "
                "raise the limit, scale the columns, or change the learning rate",
                ConvergenceWarning,
                stacklevel=4,
            )
