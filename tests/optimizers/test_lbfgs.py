"""L-BFGS on functions whose minimum is known, and on those that overflow on the way."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import minimize as scipy_minimize
from scipy.optimize import rosen, rosen_der

from chainrule.errors import TrainingError
from chainrule.optimizers.lbfgs import minimize


def rosenbrock(x: np.ndarray) -> tuple[float, np.ndarray]:
    return float(rosen(x)), rosen_der(x)


def test_a_quadratic(rng: np.random.Generator) -> None:
    A = rng.normal(size=(8, 8))
    A = A @ A.T + np.eye(8)
    b = rng.normal(size=8)
    result = minimize(lambda x: (0.5 * x @ A @ x - b @ x, A @ x - b), np.zeros(8), tol=1e-9)
    assert result.converged
    np.testing.assert_allclose(result.theta, np.linalg.solve(A, b), atol=1e-5)
    assert result.objective == pytest.approx(-0.5 * b @ np.linalg.solve(A, b), rel=1e-9)


def test_rosenbrock_takes_scipys_very_path() -> None:
    path: list[tuple[int, float]] = []
    result = minimize(
        rosenbrock,
        np.array([-1.2, 1.0]),
        tol=1e-6,
        callback=lambda theta, objective, iteration: path.append((iteration, objective)),
    )
    options = {"gtol": 1e-6, "ftol": 2.220446049250313e-11}  # ftol as far below its default as tol
    peer = scipy_minimize(rosen, [-1.2, 1.0], jac=rosen_der, method="L-BFGS-B", options=options)
    np.testing.assert_array_equal(result.theta, peer.x)
    assert (result.n_iterations, result.n_evaluations) == (peer.nit, peer.nfev)
    np.testing.assert_allclose(result.theta, [1.0, 1.0], atol=1e-4)
    assert [iteration for iteration, _ in path] == list(range(1, result.n_iterations + 1))
    objectives = [objective for _, objective in path]
    assert objectives == sorted(objectives, reverse=True)
    assert objectives[-1] == result.objective == rosen(result.theta)
    assert result.converged
    assert result.message.startswith("CONVERGENCE")


def test_the_callback_stops_it_at_the_point_it_saw() -> None:
    seen: list[np.ndarray] = []

    def callback(theta: np.ndarray, objective: float, iteration: int) -> None:
        seen.append(theta)
        if iteration == 5:
            raise StopIteration

    result = minimize(rosenbrock, np.array([-1.2, 1.0]), callback=callback)
    assert (result.n_iterations, len(seen)) == (5, 5)
    assert not result.converged
    assert result.message == "stopped by the callback"
    np.testing.assert_array_equal(result.theta, seen[-1])
    assert result.objective == rosen(seen[-1])


def test_limits() -> None:
    start = np.array([-1.2, 1.0])
    few = minimize(rosenbrock, start, max_iter=3)
    assert (few.n_iterations, few.converged) == (3, False)
    assert "ITERATIONS" in few.message
    short = minimize(rosenbrock, start, max_fun=6)
    assert 6 < short.n_evaluations < 30
    assert not short.converged
    assert short.objective == rosen(short.theta)


def test_another_exception_is_not_swallowed() -> None:
    def callback(theta: np.ndarray, objective: float, iteration: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        minimize(rosenbrock, np.zeros(2), callback=callback)


def test_at_the_minimum_already() -> None:
    result = minimize(rosenbrock, np.ones(2))
    assert (result.n_iterations, result.n_evaluations, result.converged) == (0, 1, True)
    np.testing.assert_array_equal(result.theta, 1.0)


def test_nothing_given_is_changed_and_one_buffer_serves_all_gradients() -> None:
    start = np.array([-1.2, 1.0], dtype=np.float32)
    buffer = np.empty(2)

    def with_buffer(x: np.ndarray) -> tuple[float, np.ndarray]:
        buffer[...] = rosen_der(x)
        return float(rosen(x)), buffer

    result = minimize(with_buffer, start)
    np.testing.assert_array_equal(start, np.array([-1.2, 1.0], dtype=np.float32))
    np.testing.assert_array_equal(result.theta, minimize(rosenbrock, start.astype("d")).theta)
    assert result.theta.dtype == np.float64


def poisson(x: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean of exp(x) - 1000 x: its first trial points overflow from far below."""
    with np.errstate(over="ignore"):
        return float(np.sum(np.exp(x) - 1000.0 * x)), np.exp(x) - 1000.0


def double_exponential(x: np.ndarray) -> tuple[float, np.ndarray]:
    with np.errstate(over="ignore", invalid="ignore"):
        e = np.exp(3.0 * x)
        return float(np.sum(np.exp(e) - 40.0 * x)), np.exp(e) * 3.0 * e - 40.0


def test_overflow_on_the_way_is_no_convergence() -> None:
    result = minimize(poisson, np.array([0.0, -5.0, 3.0]), tol=1e-6)
    assert result.converged
    np.testing.assert_allclose(result.theta, math.log(1000.0), rtol=1e-5)

    # from here SciPy 1.17 by itself reports convergence where the gradient is still 40
    result = minimize(double_exponential, np.array([-3.0, -2.0]), tol=1e-6)
    assert result.converged
    np.testing.assert_allclose(double_exponential(result.theta)[1], 0.0, atol=1e-3)


def test_a_start_that_is_not_finite_is_an_error() -> None:
    for bad in (math.nan, math.inf):
        with pytest.raises(TrainingError, match=r"objective: got J = .* at the first parameters"):
            minimize(lambda x, bad=bad: (bad, np.zeros(2)), np.zeros(2))  # type: ignore[misc]
    with pytest.raises(TrainingError, match="scale the columns"):
        minimize(lambda x: (0.0, np.array([np.nan, 0.0])), np.zeros(2))


def test_a_function_finite_at_its_start_only_ends_there() -> None:
    start = np.ones(2)

    def fragile(x: np.ndarray) -> tuple[float, np.ndarray]:
        return (1.0 if (x == start).all() else math.nan), np.ones(2)

    result = minimize(fragile, start)
    assert not result.converged
    np.testing.assert_array_equal(result.theta, start)
    assert result.objective == 1.0
