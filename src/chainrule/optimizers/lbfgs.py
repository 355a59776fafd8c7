"""L-BFGS: full-batch quasi-Newton steps with a line search, by SciPy.

Liu & Nocedal 1989; Byrd, Lu, Nocedal & Zhu 1995.

SciPy's L-BFGS-B does the work, in float64, with 10 correction pairs and scikit-learn's options:
``maxiter``, ``maxfun`` and ``gtol`` are given. ``ftol`` is SciPy's default of 2.2e-9, and smaller in
proportion where ``tol`` is below its own default of 1e-4: left as it is, it would end the search
where J has 9 digits, and theta only half as many, whatever was asked for.

Added to it: a trial point where J or its gradient is not finite (a loss with an exponential
overflows easily in a long first step) makes the line search take a tenth of the step. Left to
itself the search may stop far from a minimum and report convergence.

Shapes: theta and its gradient are (P,). Nothing that is given is overwritten.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from chainrule.errors import TrainingError
from chainrule.optimizers.optimizer import Optimizer, Rule, columns
from chainrule.optimizers.settings import Limits
from chainrule.optimizers.sgd import plain

Vector = npt.NDArray[np.float64]
_FTOL = 2.220446049250313e-09  # SciPy's default


@dataclass(frozen=True)
class LBFGS(Optimizer):
    """L-BFGS as a record. It has no settings: ``tol``, ``max_iter`` and ``max_fun`` are the training's.

    Engines compile an update for every optimizer; here it is plain descent, and nobody calls it.
    """

    name: ClassVar[str] = "lbfgs"
    formula: ClassVar[str] = "theta -= step H g, H from the last 10 steps and changes of g"
    source: ClassVar[str] = "Liu & Nocedal 1989; Byrd, Lu, Nocedal & Zhu 1995"
    rules: ClassVar[tuple[Rule, ...]] = ()
    limits: ClassVar[Mapping[str, Limits]] = {}
    second_order: ClassVar[bool] = True

    @property
    def n_moments(self) -> int:
        """0: SciPy keeps what it remembers."""
        return 0

    @property
    def rule(self) -> Rule:
        """``plain``, never called."""
        return plain

    def coefficients(self, steps: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return no column."""
        return columns(steps)


@dataclass(frozen=True)
class LBFGSResult:
    """Where L-BFGS ended.

    Attributes
    ----------
    theta : ndarray of float64, shape (P,)
        The last accepted point, however the run ended.
    objective : float
        J there.
    n_iterations : int
        Accepted points after the first.
    n_evaluations : int
        Calls of the objective.
    converged : bool
        Whether the gradient or the improvement fell below its tolerance.
    message : str
        Why it ended, in words.
    """

    theta: Vector
    objective: float
    n_iterations: int
    n_evaluations: int
    converged: bool
    message: str


def minimize(
    objective_and_gradient: Callable[[Vector], tuple[float, npt.NDArray[Any]]],
    theta0: npt.ArrayLike,
    *,
    max_iter: int = 200,
    max_fun: int = 15000,
    tol: float = 1e-4,
    callback: Callable[[Vector, float, int], object] | None = None,
) -> LBFGSResult:
    """Minimise J from ``theta0``.

    Parameters
    ----------
    objective_and_gradient : callable
        Takes theta (P,), float64, which it must not change; returns J and dJ/dtheta (P,). The
        gradient is copied, so one buffer may serve all calls.
    theta0 : array of shape (P,)
        The start; copied and raised to float64.
    max_iter : int, default=200
        The most iterations.
    max_fun : int, default=15000
        The most evaluations; checked after each iteration, so it may be exceeded by one line
        search.
    tol : float, default=1e-4
        Converged when no entry of the gradient is larger.
    callback : callable, optional
        ``callback(theta, objective, iteration)`` after every accepted point, the first being
        iteration 1; theta is a copy. Raising StopIteration ends the run cleanly.

    Returns
    -------
    LBFGSResult

    Raises
    ------
    TrainingError
        If J or its gradient is not finite at ``theta0`` already.

    Examples
    --------
    >>> import numpy as np
    >>> result = minimize(lambda x: (float(x @ x), 2.0 * x), np.array([3.0, -4.0]))
    >>> result.theta.round(6).tolist(), result.converged, result.n_iterations
    ([0.0, 0.0], True, 2)
    """
    from scipy.optimize import minimize as scipy_minimize

    search = _Search(objective_and_gradient)
    start = np.array(theta0, dtype=np.float64)
    search.evaluate(start)
    search.accept()

    iterations = 0
    stopped = False

    # SciPy hands over the point only if the argument has this very name.
    def after_iteration(intermediate_result: Any) -> None:
        nonlocal iterations, stopped
        iterations += 1
        search.evaluate(intermediate_result.x)  # the point evaluated last, so this costs nothing
        search.accept()
        if callback is None:
            return
        try:
            callback(search.theta.copy(), search.objective, iterations)
        except StopIteration:
            stopped = True
            raise

    result = scipy_minimize(
        search.evaluate,
        start,
        jac=True,
        method="L-BFGS-B",
        callback=after_iteration,
        options={
            "maxiter": max_iter,
            "maxfun": max_fun,
            "gtol": tol,
            "ftol": _FTOL * min(tol / 1e-4, 1.0),
        },
    )
    return LBFGSResult(
        theta=search.theta,
        objective=search.objective,
        n_iterations=iterations,
        n_evaluations=search.n_evaluations,
        converged=bool(result.success) and not stopped,
        message="stopped by the callback" if stopped else str(result.message),
    )


class _Search:
    """The objective as the line search sees it, and the last point that it accepted."""

    theta: Vector
    objective: float
    gradient: Vector

    def __init__(self, function: Callable[[Vector], tuple[float, npt.NDArray[Any]]]) -> None:
        self.function = function
        self.n_evaluations = 0
        self.trial: tuple[Vector, float, Vector] | None = None
        self.started = False

    def accept(self) -> None:
        """Keep the point evaluated last."""
        assert self.trial is not None
        self.theta, self.objective, self.gradient = self.trial
        self.started = True

    def evaluate(self, theta: Vector) -> tuple[float, Vector]:
        """Return J and its gradient, or a parabola's where they are not finite."""
        if self.trial is not None and np.array_equal(theta, self.trial[0]):
            return self.trial[1], self.trial[2].copy()  # asked for once more
        point = np.array(theta, dtype=np.float64)
        value, slope = self.function(point)
        value, gradient = float(value), np.array(slope, dtype=np.float64)
        self.n_evaluations += 1
        if math.isfinite(value) and bool(np.isfinite(gradient).all()):
            self.trial = point, value, gradient
            return value, gradient.copy()
        if not self.started:
            raise TrainingError.of(
                "objective",
                got=f"J = {value} at the first parameters",
                expected="a finite J and gradient",
                remedy="look for very large or missing numbers in the data, or scale the columns",
            )
        return self._parabola(point)

    def _parabola(self, theta: Vector) -> tuple[float, Vector]:
        """Answer for a point without finite J, from the last accepted one.

        Along the step d, with s = -gradient . d > 0 the slope at the accepted point, the parabola
        q(t) = J - s t + 5 s t² has that value and slope at t = 0, lies above J at t = 1, so that
        the point cannot be accepted, and has its minimum at t = 0.1, where the search then goes.
        """
        step = theta - self.theta
        slope = abs(float(self.gradient @ step))
        return self.objective + 4.0 * slope, (9.0 * slope / float(step @ step)) * step
