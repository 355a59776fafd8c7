"""Training by L-BFGS: the same events, history, validation and best weights as in the first-order loop.

An iteration counts as an epoch. Each uses all rows, in float64 and without dropout. Patience looks at validation
only: the training loss falls at every iteration, and when that is not enough any more is for L-BFGS's own tolerance
to say.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from time import perf_counter

import numpy as np

from chainrule.engines.engine import Data, Engine
from chainrule.errors import InputError, TrainingError
from chainrule.optimizers.lbfgs import LBFGSResult, minimize
from chainrule.training.events import Callback
from chainrule.training.failure import divergence
from chainrule.training.solver_run import SolverRun
from chainrule.training.state import TrainingState
from chainrule.training.training_result import TrainingResult
from chainrule.training.training_settings import TrainingSettings
from chainrule.training.validation import Validation


def train_lbfgs(
    engine: Engine,
    state: TrainingState,
    data: Data,
    settings: TrainingSettings,
    *,
    validation: Validation | None = None,
    callbacks: Iterable[Callback] = (),
) -> TrainingResult:
    """Train by L-BFGS for at most ``settings.max_epochs`` iterations or ``settings.max_fun`` evaluations.

    Parameters
    ----------
    engine : Engine
        In float64, without dropout.
    state : TrainingState
        From ``TrainingState.start(theta)``, theta in float64; overwritten. A training can go on from it, but the
        curvature is learned anew, so two calls differ from one.
    data : Data
    settings : TrainingSettings
        ``tol`` is the largest entry of the gradient at which it has converged. batch_size, seed and shuffle have
        no meaning here.
    validation : Validation, optional
        As in ``train``.
    callbacks : iterable of callable

    Returns
    -------
    TrainingResult

    Raises
    ------
    DivergenceError
        If J or its gradient is not finite at the start.
    InputError
        If the engine is not float64, or dropout or clipping is asked for.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule.engines.reference import ReferenceEngine
    >>> from chainrule.network import Architecture
    >>> from chainrule.optimizers import SGD
    >>> engine = ReferenceEngine(Architecture((1, 1), ("identity",), "squared_error"), SGD(), "float64")
    >>> x = np.linspace(-1.0, 1.0, 20)[:, None]
    >>> result = train_lbfgs(engine, TrainingState.start(np.zeros(2)), Data(x, 2.0 * x + 1.0), TrainingSettings())
    >>> result.theta.round(3).tolist(), result.reason
    ([2.0, 1.0], 'converged')
    """
    _check_fit(engine, state, settings)
    return SecondOrderRun(engine, "lbfgs", state, data, settings, validation, callbacks).whole()


class SecondOrderRun(SolverRun):
    """One call of ``train_lbfgs``."""

    def epochs(self) -> str:
        """Minimise and return the reason of the end."""
        state, settings = self.state, self.settings
        self.gradient, self.norm = np.empty_like(state.theta), math.nan
        self.reason = ""  # why a callback of ours has ended it
        self.border.draw()
        self.iteration_began = perf_counter()
        try:
            result = minimize(
                self.objective_and_gradient,
                state.theta,
                max_iter=settings.max_epochs,
                max_fun=settings.max_fun,
                tol=settings.tol,
                callback=self.after_iteration,
            )
        except TrainingError as error:
            raise self.failure() from error
        return self.reason or self.reason_of(result)

    def objective_and_gradient(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        """Return J and its gradient, and remember the norm of the last one that is finite."""
        J = self.engine.objective_and_gradient(theta, self.data, self.gradient)
        with np.errstate(over="ignore"):  # a step too far: the line search comes back
            norm = math.sqrt(float(np.dot(self.gradient, self.gradient)))
        if math.isfinite(J) and math.isfinite(norm):
            self.norm = norm
        return J, self.gradient

    def observe(self, monitored: float) -> None:
        """Have no patience with the training loss, which falls at every iteration."""
        if self.settings.monitor == "loss":
            self.state.epochs_without_improvement = 0

    def after_iteration(self, theta: np.ndarray, J: float, iteration: int) -> None:
        """Enter an accepted point into the state as an epoch."""
        self.border.draw()
        np.copyto(self.state.theta, theta)
        stop = self.enter(J, None, self.norm, self.iteration_began)
        self.iteration_began = perf_counter()
        if self.monitor.exhausted(self.state):
            self.reason = "no_improvement"
        elif stop:
            self.reason = "callback"
        elif self.out_of_time:
            # At the last iteration max_epochs is the truer reason.
            self.reason = "max_epochs" if iteration >= self.settings.max_epochs else "max_time"
        if self.reason:
            raise StopIteration

    def reason_of(self, result: LBFGSResult) -> str:
        """Return why L-BFGS itself has ended."""
        if result.converged:
            return "converged"
        if result.n_iterations >= self.settings.max_epochs:
            return "max_epochs"
        # Counted as SciPy counts: with the evaluations that were asked for twice.
        return "max_fun" if "EVALUATIONS" in result.message.upper() else "line_search"

    def failure(self) -> TrainingError:
        """Return the error for a start at which J is not finite."""
        return divergence(
            self.engine.architecture,
            self.engine.dtype,
            self.state.theta,
            self.state.theta,
            self.data,
            np.arange(self.data.n),
            loss=math.nan,
            epoch=0,
            batch=1,
            learning_rate=None,
        )


def _check_fit(engine: Engine, state: TrainingState, settings: TrainingSettings) -> None:
    """Refuse what L-BFGS cannot do, rather than leave it out in silence."""
    size = engine.architecture.n_parameters
    if engine.dtype != np.float64 or state.theta.dtype != np.float64:
        raise InputError.of(
            "engine and state.theta",
            got=f"{engine.dtype} and {state.theta.dtype}",
            expected="float64 for both with L-BFGS",
        )
    if state.theta.shape != (size,):
        raise InputError.of(
            "state.theta", got=f"shape {state.theta.shape}", expected=f"shape {(size,)}"
        )
    if any(engine.architecture.dropout):
        raise InputError.of(
            "dropout",
            got=engine.architecture.dropout,
            expected="0 with L-BFGS, whose objective must not change between evaluations",
            remedy="use a first-order optimizer such as adam",
        )
    if settings.clip_norm != math.inf:
        raise InputError.of(
            "clip_norm",
            got=settings.clip_norm,
            expected="infinity with L-BFGS, whose line search bounds its steps",
            remedy="use a first-order optimizer such as adam",
        )
