from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from tests.training.cases import FOREVER, Problem, Recorder, rows

from chainrule.engines.engine import Data
from chainrule.engines.reference import ReferenceEngine
from chainrule.errors import InputError
from chainrule.network.architecture import Architecture
from chainrule.network.parameters import Parameters
from chainrule.optimizers import SGD
from chainrule.training import (
    DivergenceError,
    EpochEnded,
    Event,
    TrainingResult,
    TrainingSettings,
    TrainingState,
    Validation,
    train_lbfgs,
)


class Quasi(Problem):
    """The tiny regression, by L-BFGS."""

    def __init__(self, **options: Any) -> None:
        super().__init__(SGD(), dtype=np.float64, **options)
        self.state = TrainingState.start(self.theta)

    def train(self, epochs: int = 200, **options: Any) -> TrainingResult:
        passed = {
            name: options.pop(name) for name in ("validation", "callbacks") if name in options
        }
        settings = TrainingSettings(**{"max_epochs": epochs, **options})
        return train_lbfgs(self.engine, self.state, self.data, settings, **passed)


def test_a_linear_network_is_ridge_regression() -> None:
    data = rows(40, 3, np.float64)
    l2 = 0.1
    line = Architecture((2, 1), ("identity",), "squared_error", l2=l2)
    engine = ReferenceEngine(line, SGD(), "float64")
    state = TrainingState.start(np.zeros(3))
    result = train_lbfgs(engine, state, data, TrainingSettings(tol=1e-9))
    assert result.converged
    # loss is (y - z)²/2, its mean plus l2/2 W²: Ridge's alpha is n * l2
    ridge = Ridge(alpha=40 * l2).fit(data.X, data.Y[:, 0])
    theta = Parameters(line, result.theta)
    np.testing.assert_allclose(theta.W[1][:, 0], ridge.coef_, rtol=1e-6)
    np.testing.assert_allclose(theta.b[1][0], ridge.intercept_, rtol=1e-6)


def test_every_iteration_is_recorded() -> None:
    problem, recorder = Quasi(), Recorder()
    thetas: list[np.ndarray] = []

    def keep(event: Event) -> None:
        if isinstance(event, EpochEnded):
            thetas.append(problem.state.theta.copy())

    result = problem.train(
        15, validation=problem.validation, monitor="validation_loss", callbacks=[recorder, keep]
    )
    history = result.state.history
    assert recorder.names == ["TrainingStarted", *["EpochEnded"] * len(history), "TrainingEnded"]
    assert len(history) == result.state.epoch == len(thetas) > 5
    assert history.learning_rate == [None] * len(history)
    gradient = np.empty_like(problem.theta)
    for epoch, theta in enumerate(thetas):
        J = problem.engine.objective_and_gradient(theta, problem.data, gradient)
        assert history.loss[epoch] == J
        assert history.gradient_norm[epoch] == pytest.approx(np.linalg.norm(gradient))
        assert (
            history.validation_loss[epoch]
            == problem.engine.evaluate(theta, problem.validation_data)[0]
        )
        assert history.validation_score[epoch] == problem.score(theta)
    assert history.loss == sorted(history.loss, reverse=True)
    assert all(seconds > 0.0 for seconds in history.seconds)


def by_epoch(problem: Problem, scores: dict[int, float]) -> Validation:
    """A validation whose scores follow the number of the iteration."""
    return Validation(
        problem.validation_data, lambda theta, raw: scores.get(problem.state.epoch + 1, 0.0)
    )


def stop_at(epoch: int, error: BaseException | None = None) -> Any:
    def callback(event: Event) -> bool:
        if isinstance(event, EpochEnded) and event.epoch == epoch:
            if error is not None:
                raise error
            return True
        return False

    return callback


@pytest.mark.parametrize(
    ("options", "reason", "epochs"),
    [
        ({"epochs": 6}, "max_epochs", 6),
        ({"n_iter_no_change": 2}, "no_improvement", 5),
        ({"callbacks": [stop_at(4)]}, "callback", 4),
        ({"callbacks": [stop_at(4, KeyboardInterrupt())]}, "interrupted", 4),
        ({"max_time": 1e-9}, "max_time", 1),
        ({"max_fun": 4}, "max_fun", None),
    ],
)
def test_the_best_weights_are_kept_however_it_ends(
    options: dict[str, Any], reason: str, epochs: int | None
) -> None:
    problem, kept = Quasi(), []

    def keep(event: Event) -> None:
        if isinstance(event, EpochEnded):
            kept.append(problem.state.theta.copy())

    options = {"n_iter_no_change": FOREVER, **options}
    options["callbacks"] = [keep, *options.get("callbacks", [])]
    result = problem.train(
        validation=by_epoch(problem, {1: 0.2, 2: 0.9}), monitor="validation_score", **options
    )
    assert result.reason == reason
    assert epochs is None or result.state.epoch == epochs
    best = min(2, result.state.epoch)
    assert result.state.best_epoch == best
    np.testing.assert_array_equal(result.theta, kept[best - 1])
    np.testing.assert_array_equal(result.state.theta, kept[-1])
    assert result.converged is (reason == "no_improvement")


def test_the_training_loss_ends_nothing() -> None:
    # 0.5 an iteration is more than it ever improves by, but L-BFGS itself is to judge that
    result = Quasi().train(n_iter_no_change=1, tol=1e-3)
    assert (result.reason, result.converged) == ("converged", True)
    assert result.state.epoch > 5
    assert result.state.history.gradient_norm[-1] < 1e-2


def test_the_last_iteration_is_a_truer_reason_than_time() -> None:
    assert Quasi().train(1, max_time=1e-9).reason == "max_epochs"


def test_ctrl_c_within_an_iteration_keeps_the_last_accepted_point() -> None:
    problem, whole = Quasi(), Quasi()
    evaluate, calls = problem.engine.objective_and_gradient, 0

    def interrupted(theta: np.ndarray, data: Data, gradient: np.ndarray) -> float:
        nonlocal calls
        calls += 1
        if problem.state.epoch == 3:
            raise KeyboardInterrupt
        return evaluate(theta, data, gradient)

    problem.engine.objective_and_gradient = interrupted  # type: ignore[method-assign] # one method of one engine
    result = problem.train()
    assert result.reason == "interrupted"
    np.testing.assert_array_equal(result.theta, whole.train(3).theta)


def test_an_exception_in_a_callback_is_passed_on_and_loses_nothing() -> None:
    problem, whole, recorder = Quasi(), Quasi(), Recorder()
    with pytest.raises(LookupError):
        problem.train(callbacks=[stop_at(3, LookupError()), recorder])
    assert recorder.names[-2:] == ["EpochEnded", "TrainingEnded"]
    whole.train(3)
    np.testing.assert_array_equal(problem.state.theta, whole.state.theta)
    assert problem.state.epoch == len(problem.state.history) == 3


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_a_scorer_that_breaks_off_leaves_the_last_iteration(error: type[BaseException]) -> None:
    problem, whole = Quasi(), Quasi()

    def score(theta: np.ndarray, raw: np.ndarray) -> float:
        if problem.state.epoch == 2:
            raise error
        return 0.0

    validation = Validation(problem.validation_data, score)
    if error is KeyboardInterrupt:
        assert problem.train(validation=validation).reason == "interrupted"
    else:
        with pytest.raises(error):
            problem.train(validation=validation)
    whole.train(2)
    np.testing.assert_array_equal(problem.state.theta, whole.state.theta)
    assert problem.state.epoch == len(problem.state.history) == 2


def test_a_callback_may_stop_before_the_first_iteration() -> None:
    result = Quasi().train(callbacks=[lambda event: True])
    assert (result.reason, result.state.epoch) == ("callback", 0)


def test_it_goes_on_from_where_it_was() -> None:
    problem = Quasi()
    first = problem.train(3)
    second = problem.train(3)
    assert second.state.epoch == len(second.state.history) == 6
    assert second.state.history.loss[3] < second.state.history.loss[2]
    assert not np.array_equal(first.theta, second.theta)


def test_a_start_that_is_not_finite_is_named() -> None:
    problem, recorder = Quasi(hidden="relu"), Recorder()
    problem.data.X[20] = 1e308
    problem.state.theta *= 100.0
    with pytest.raises(
        DivergenceError, match=r"before the first epoch: z\[1\] of layer 1.*columns of X"
    ) as caught:
        problem.train(callbacks=[recorder])
    assert (caught.value.epoch, caught.value.layer) == (0, 1)
    np.testing.assert_array_equal(caught.value.theta, 100.0 * problem.theta)
    assert recorder.names == ["TrainingStarted", "TrainingEnded"]
    assert recorder.events[-1].reason == "diverged"  # type: ignore[union-attr] # is TrainingEnded


@pytest.mark.parametrize(
    ("options", "settings", "name"),
    [
        ({"dropout": 0.1}, {}, "dropout"),
        ({}, {"clip_norm": 1.0}, "clip_norm"),
        ({}, {"monitor": "validation_loss"}, "monitor"),
    ],
)
def test_what_it_cannot_do_is_refused(
    options: dict[str, Any], settings: dict[str, Any], name: str
) -> None:
    with pytest.raises(InputError, match=f"^{name}: got"):
        Quasi(**options).train(**settings)


def test_float32_is_refused() -> None:
    problem = Problem()
    with pytest.raises(InputError, match="float64 for both"):
        train_lbfgs(problem.engine, problem.state, problem.data, TrainingSettings())


def test_another_network_s_state_is_refused() -> None:
    problem = Quasi()
    problem.state = TrainingState.start(np.zeros(3))
    with pytest.raises(InputError, match=r"state\.theta: got shape \(3,\)"):
        problem.train()


def test_where_no_better_point_is_found_it_says_so() -> None:
    """An objective whose gradient points uphill: the line search fails at once."""
    problem = Quasi()
    evaluate = problem.engine.objective_and_gradient

    def uphill(theta: np.ndarray, data: Data, gradient: np.ndarray) -> float:
        J = evaluate(theta, data, gradient)
        gradient *= -1.0
        return J

    problem.engine.objective_and_gradient = uphill  # type: ignore[method-assign] # one method of one engine
    result = problem.train()
    assert (result.reason, result.converged) == ("line_search", False)
    assert math.isfinite(result.theta.sum())
