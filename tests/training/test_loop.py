from __future__ import annotations

import threading
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from tests.training.cases import FOREVER, Problem, Recorder, ScriptedEngine, scripted

from chainrule.engines.engine import Data, EpochPlan, EpochResult
from chainrule.errors import InputError
from chainrule.network import random
from chainrule.optimizers import SGD, Adam, AdamW, RMSprop
from chainrule.optimizers.schedule import Horizon
from chainrule.optimizers.schedules import (
    Adaptive,
    Constant,
    Cosine,
    InverseScaling,
    OneCycle,
    WarmUp,
)
from chainrule.training import (
    DivergenceError,
    EpochEnded,
    Event,
    StopTraining,
    TrainingState,
    Validation,
)

SERIES = ("loss", "validation_loss", "validation_score", "learning_rate", "gradient_norm")

# ---- a training can be cut anywhere ---------------------------------------------------------------


def assert_same_training(one: TrainingState, other: TrainingState) -> None:
    np.testing.assert_array_equal(one.theta, other.theta)
    np.testing.assert_array_equal(one.optimizer_state.moments, other.optimizer_state.moments)
    assert one.optimizer_state.step == other.optimizer_state.step
    for name in SERIES:
        assert getattr(one.history, name) == getattr(other.history, name), name
    assert one.schedule_state == other.schedule_state
    assert (one.epoch, one.best_epoch, one.best_value) == (
        other.epoch,
        other.best_epoch,
        other.best_value,
    )
    assert (one.lowest, one.epochs_without_improvement) == (
        other.lowest,
        other.epochs_without_improvement,
    )
    if one.best_theta is None:
        assert other.best_theta is None
    else:
        assert other.best_theta is not None
        np.testing.assert_array_equal(one.best_theta, other.best_theta)


CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "plain descent": ({"optimizer": SGD(0.05, momentum=0.0)}, {}),
    "momentum": ({"optimizer": SGD(0.01)}, {}),
    "adam": ({}, {}),
    "adamw": ({"optimizer": AdamW(0.01)}, {}),
    "rmsprop": ({"optimizer": RMSprop(0.01)}, {}),
    "float64": ({"dtype": np.float64}, {}),
    "dropout": ({"dropout": 0.3}, {}),
    "unshuffled": ({}, {"shuffle": False}),
    "clipped": ({}, {"clip_norm": 0.1}),
    "adaptive": (
        {"schedule": Adaptive(tol=0.05, n_iter_no_change=1)},
        {"tol": 0.05, "n_iter_no_change": 1},
    ),
    "adaptive, lower again and again": (
        {"schedule": Adaptive(tol=0.5, n_iter_no_change=1)},
        {"tol": 0.5, "n_iter_no_change": 1},
    ),
    "invscaling": ({"schedule": InverseScaling()}, {}),
    "cosine": ({"schedule": Cosine()}, {"horizon_epochs": 10}),
    "warm-up, one cycle": ({"schedule": WarmUp(OneCycle(), epochs=3)}, {"horizon_epochs": 10}),
}


@pytest.mark.parametrize("validated", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_five_epochs_and_five_more_equal_ten_bit_for_bit(name: str, validated: bool) -> None:
    made, options = CASES[name]
    parts, whole = Problem(**made), Problem(**made)
    if validated:
        options = {**options, "validation": whole.validation, "monitor": "validation_score"}
    first, second = parts.train(5, **options), parts.train(5, **options)
    once = whole.train(10, **options)

    assert (first.reason, second.reason, once.reason) == ("max_epochs",) * 3
    assert_same_training(parts.state, whole.state)
    np.testing.assert_array_equal(second.theta, once.theta)
    assert not np.array_equal(first.theta, whole.theta)  # it has moved at all


def test_a_schedule_without_a_horizon_goes_on_to_the_end_of_the_call() -> None:
    problem = Problem(schedule=Cosine())
    problem.train(4)
    ended = problem.state.history.learning_rate[-1]
    problem.train(4)
    rates = problem.state.history.learning_rate
    assert ended is not None
    assert rates[4] is not None
    assert ended < 0.01 * 0.1 < rates[4]


def test_the_same_seed_gives_the_same_training_and_another_seed_another() -> None:
    thetas = [Problem(dropout=0.2).train(3, seed=seed).theta for seed in (0, 0, 1)]
    np.testing.assert_array_equal(thetas[0], thetas[1])
    assert not np.array_equal(thetas[0], thetas[2])


# ---- what the engine is told ----------------------------------------------------------------------


class Spy(ScriptedEngine):
    architecture = Problem(dropout=0.5).architecture
    dtype = np.dtype(np.float32)

    def epoch(
        self, theta: np.ndarray, moments: np.ndarray, data: Data, plan: EpochPlan
    ) -> EpochResult:
        self.plans.append(plan)
        return EpochResult(1.0, 1.0)


def test_each_epoch_has_its_own_order_key_rates_and_coefficients() -> None:
    adam = Adam(0.01)
    problem = Problem(adam, schedule=Cosine())
    spy = Spy([])
    problem.engine = spy  # type: ignore[assignment] # any engine serves
    problem.train(2, seed=7, clip_norm=3.0)
    problem.train(1, seed=7, horizon_epochs=9)

    for epoch, plan in enumerate(spy.plans):
        assert sorted(plan.order) == list(range(23))
        np.testing.assert_array_equal(
            plan.order, random.generator(7, "order", epoch).permutation(23)
        )
        assert plan.dropout_key == random.key(7, "dropout", epoch)
        steps = np.arange(5 * epoch, 5 * epoch + 5)
        np.testing.assert_array_equal(plan.coefficients, adam.coefficients(steps + 1))
        horizon = Horizon.of(n_samples=23, batch_size=5, epochs=9 if epoch == 2 else 2)
        np.testing.assert_array_equal(plan.rates, 0.01 * Cosine().multipliers(steps, horizon))
    assert [plan.clip_norm for plan in spy.plans] == [3.0, 3.0, FOREVER]
    assert len({plan.dropout_key for plan in spy.plans}) == 3


def test_a_batch_is_at_most_the_whole_table() -> None:
    problem, spy = Problem(), Spy([])
    problem.engine = spy  # type: ignore[assignment] # any engine serves
    problem.train(1, batch_size=1000)
    assert (spy.plans[0].batch_size, len(spy.plans[0].rates)) == (23, 1)


def test_the_caller_keeps_its_start_and_its_result() -> None:
    problem = Problem()
    start = problem.theta.copy()
    result = problem.train(2)
    kept = result.theta.copy()
    problem.train(2)
    np.testing.assert_array_equal(problem.theta, start)
    np.testing.assert_array_equal(result.theta, kept)


@pytest.mark.parametrize(
    ("state", "name"),
    [
        (TrainingState.start(np.zeros(17), Adam()), "state.theta"),
        (TrainingState.start(np.zeros(16, dtype=np.float32), Adam()), "state.theta"),
        (
            TrainingState.start(np.zeros(17, dtype=np.float32), SGD()),
            "state.optimizer_state.moments",
        ),
        (TrainingState.start(np.zeros(17, dtype=np.float32)), "state.optimizer_state.moments"),
    ],
)
def test_a_state_of_something_else_is_refused(state: TrainingState, name: str) -> None:
    problem = Problem()
    problem.state = state
    with pytest.raises(InputError, match=name):
        problem.train(1)


# ---- history --------------------------------------------------------------------------------------


def test_the_history_is_what_was_measured() -> None:
    problem = Problem(SGD(0.05, momentum=0.0))
    problem.train(3)
    problem.train(2, validation=problem.validation)
    history, state = problem.state.history, problem.state
    assert len(history) == state.epoch == 5
    assert history.validation_loss[:3] == history.validation_score[:3] == [None] * 3
    assert (
        history.validation_loss[-1]
        == problem.engine.evaluate(state.theta, problem.validation_data)[0]
    )
    assert history.validation_score[-1] == problem.score(state.theta)
    assert history.learning_rate == [0.05] * 5
    assert all(second > 0.0 for second in history.seconds)
    assert all(later < earlier for earlier, later in pairwise(history.loss))


def test_a_dropped_unit_changes_training_but_not_validation() -> None:
    problem = Problem(dropout=0.5)
    problem.train(1, validation=problem.validation)
    state = problem.state
    assert (
        state.history.validation_loss[0]
        == problem.engine.evaluate(state.theta, problem.validation_data)[0]
    )


# ---- the best weights, however training ends ------------------------------------------------------

LOSSES = (9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0)
SCORES = (0.1, 0.5, 0.9, 0.4, 0.3, 0.2, 0.1, 0.0)  # best after epoch 3


def at_epoch(epoch: int, action: Any) -> Any:
    """A callback that acts after one epoch."""

    def callback(event: Event) -> object:
        if isinstance(event, EpochEnded) and event.epoch == epoch:
            return action()
        return None

    return callback


def stop() -> object:
    raise StopTraining


def interrupt() -> object:
    raise KeyboardInterrupt


def fail() -> object:
    raise LookupError("in the callback")


ENDINGS: dict[str, tuple[dict[str, Any], str, int]] = {
    "last epoch": ({}, "max_epochs", 8),
    "patience": ({"n_iter_no_change": 2}, "no_improvement", 6),
    "time": ({"max_time": 1e-9, "max_epochs": 4}, "max_time", 1),
    "callback returns True": ({"callbacks": [at_epoch(5, lambda: True)]}, "callback", 5),
    "callback returns a NumPy truth": (
        {"callbacks": [at_epoch(5, lambda: np.True_)]},
        "callback",
        5,
    ),
    "callback raises StopTraining": ({"callbacks": [at_epoch(5, stop)]}, "callback", 5),
    "Ctrl-C": ({"callbacks": [at_epoch(5, interrupt)]}, "interrupted", 5),
    "rate too small": (
        {"schedule": Adaptive(n_iter_no_change=1, smallest=1.0), "n_iter_no_change": FOREVER},
        "learning_rate",
        5,
    ),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_the_best_weights_are_kept(name: str) -> None:
    options, reason, epochs = ENDINGS[name]
    result = scripted(LOSSES, scores=SCORES, monitor="validation_score", **options)
    assert (result.reason, result.state.epoch, len(result.state.history)) == (
        reason,
        epochs,
        epochs,
    )
    best = min(3, epochs)
    assert result.theta.tolist() == [best, best]
    assert (result.state.best_epoch, result.state.best_value) == (best, SCORES[best - 1])
    assert result.state.theta.tolist() == [epochs, epochs]  # training can go on from the last
    assert result.converged is (reason in ("no_improvement", "learning_rate"))


def test_the_best_weights_survive_a_second_call() -> None:
    first = scripted(LOSSES, scores=SCORES, monitor="validation_score", max_epochs=4)
    second = scripted(
        LOSSES, scores=SCORES, monitor="validation_score", max_epochs=4, state=first.state
    )
    assert second.theta.tolist() == [3.0, 3.0]


@pytest.mark.parametrize(
    ("monitor", "best"), [("validation_score", 3), ("validation_loss", 5), ("loss", 5)]
)
def test_the_monitor_chooses(monitor: str, best: int) -> None:
    # With the training loss monitored, the weights are chosen by the validation loss.
    validation_losses = (5.0, 4.0, 3.0, 2.0, 1.0, 2.0, 3.0, 4.0)
    result = scripted(LOSSES, scores=SCORES, validation_losses=validation_losses, monitor=monitor)
    assert result.state.best_epoch == best
    assert result.theta.tolist() == [best, best]


def test_without_validation_the_last_weights_are_returned() -> None:
    result = scripted((3.0, 1.0, 2.0))
    assert result.theta.tolist() == [3.0, 3.0]
    assert (result.state.best_epoch, result.state.best_value, result.state.best_theta) == (
        2,
        1.0,
        None,
    )


def test_of_equal_epochs_the_first_is_the_best() -> None:
    result = scripted((3.0, 2.0, 1.0), scores=(0.5, 0.5, 0.5), monitor="validation_score")
    assert result.theta.tolist() == [1.0, 1.0]


def test_a_score_that_is_nan_is_never_the_best() -> None:
    nan = float("nan")
    result = scripted((4.0, 3.0, 2.0, 1.0), scores=(nan, 0.1, nan, 0.0), monitor="validation_score")
    assert result.state.best_epoch == 2
    never = scripted((4.0, 3.0), scores=(nan, nan), monitor="validation_score")
    assert (never.theta.tolist(), never.state.best_epoch) == ([2.0, 2.0], 0)


def test_best_values_of_another_quantity_are_forgotten() -> None:
    # 0.9 as a score must not be compared with losses, nor weights outlive their validation.
    first = scripted(LOSSES, scores=SCORES, monitor="validation_score", max_epochs=3)
    second = scripted(LOSSES, max_epochs=3, state=first.state)
    assert second.theta.tolist() == [6.0, 6.0]
    assert (second.state.best_epoch, second.state.best_value) == (6, 4.0)
    third = scripted(
        LOSSES, scores=SCORES, monitor="validation_score", max_epochs=2, state=second.state
    )
    assert (third.state.best_epoch, third.theta.tolist()) == (7, [7.0, 7.0])


# ---- patience and the adaptive schedule -----------------------------------------------------------


def test_patience_that_has_run_out_is_new_in_the_next_call() -> None:
    flat = (1.0,) * 12
    first = scripted(flat, n_iter_no_change=3)
    assert (first.reason, first.state.epoch) == ("no_improvement", 5)
    second = scripted(flat, n_iter_no_change=3, state=first.state)
    assert (second.reason, second.state.epoch) == ("no_improvement", 9)


def test_an_adaptive_schedule_lowers_the_rate_where_patience_would_end() -> None:
    # As in scikit-learn; the least rate above 1e-6 / 5 from 1e-4 is reached after three divisions.
    flat = (1.0,) * 40
    schedule = Adaptive(n_iter_no_change=2, smallest=0.1)
    result = scripted(flat, n_iter_no_change=2, schedule=schedule)
    assert result.reason == "learning_rate"
    # 1 improvement and 3 stale, then 3 stale for each division: 1 -> 0.2 -> 0.04, then no more
    assert result.state.history.learning_rate == pytest.approx([1.0] * 4 + [0.2] * 3 + [0.04] * 3)


def test_the_adaptive_schedule_sees_what_is_monitored() -> None:
    falling, flat = (5.0, 4.0, 3.0, 2.0, 1.0), (0.5,) * 5
    schedule = Adaptive(n_iter_no_change=1)
    by_loss = scripted(falling, scores=flat, schedule=schedule)
    by_score = scripted(falling, scores=flat, schedule=schedule, monitor="validation_score")
    rising = scripted(
        falling, scores=(0.1, 0.2, 0.3, 0.4, 0.5), schedule=schedule, monitor="validation_score"
    )
    assert by_loss.state.history.learning_rate == [1.0] * 5
    assert by_score.state.history.learning_rate == pytest.approx([1.0] * 3 + [0.2] * 2)
    assert rising.state.history.learning_rate == [1.0] * 5


def test_the_monitored_value_must_be_measured() -> None:
    with pytest.raises(InputError, match="no validation rows"):
        scripted(LOSSES, monitor="validation_loss")
    with pytest.raises(InputError, match="without a scorer"):
        scripted(LOSSES, validation_losses=LOSSES, monitor="validation_score")


# ---- time -----------------------------------------------------------------------------------------


def test_a_time_that_is_long_enough_ends_nothing() -> None:
    assert scripted(LOSSES, max_time=3600.0).reason == "max_epochs"


def test_the_last_epoch_is_a_truer_reason_than_time() -> None:
    assert scripted(LOSSES[:1], max_time=1e-9).reason == "max_epochs"


# ---- Ctrl-C in the middle of an epoch -------------------------------------------------------------


class Interrupted(Problem):
    """Ctrl-C comes in the middle of the third epoch, when theta has moved already."""

    def __init__(self, error: type[BaseException] = KeyboardInterrupt, **options: Any) -> None:
        super().__init__(**options)
        run, calls = self.engine.epoch, 0

        def epoch(
            theta: np.ndarray, moments: np.ndarray, data: Data, plan: EpochPlan
        ) -> EpochResult:
            nonlocal calls
            calls += 1
            result = run(theta, moments, data, plan)
            if calls == 3:
                raise error
            return result

        self.engine.epoch = epoch  # type: ignore[method-assign] # one method of one engine


def test_an_interrupted_epoch_leaves_no_trace() -> None:
    interrupted, whole = Interrupted(), Problem()
    options: dict[str, Any] = {"validation": whole.validation, "monitor": "validation_loss"}
    result = interrupted.train(5, **options)
    assert result.reason == "interrupted"
    whole.train(2, **options)
    assert_same_training(interrupted.state, whole.state)
    # ... and training goes on from there as if nothing had been
    interrupted.train(3, **options)
    whole.train(3, **options)
    assert_same_training(interrupted.state, whole.state)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_a_scorer_that_breaks_off_leaves_no_trace(error: type[BaseException]) -> None:
    problem, whole = Problem(), Problem()
    calls = 0

    def score(theta: np.ndarray, raw: np.ndarray) -> float:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise error
        return problem.score(theta, raw)

    options: dict[str, Any] = {
        "validation": Validation(problem.validation_data, score),
        "monitor": "validation_score",
    }
    recorder = Recorder()
    if error is KeyboardInterrupt:
        assert problem.train(5, callbacks=[recorder], **options).reason == "interrupted"
    else:
        with pytest.raises(error):
            problem.train(5, callbacks=[recorder], **options)
    assert recorder.names == ["TrainingStarted", "EpochEnded", "EpochEnded", "TrainingEnded"]
    whole.train(2, validation=whole.validation, monitor="validation_score")
    assert_same_training(problem.state, whole.state)


def test_training_runs_in_a_thread_too() -> None:
    theta: list[np.ndarray] = []
    thread = threading.Thread(target=lambda: theta.append(Problem().train(2).theta))
    thread.start()
    thread.join()
    np.testing.assert_array_equal(theta[0], Problem().train(2).theta)


# ---- callbacks ------------------------------------------------------------------------------------


def test_callbacks_hear_everything_in_order() -> None:
    one, other = Recorder(), Recorder()
    problem = Problem()
    result = problem.train(
        2, validation=problem.validation, monitor="validation_score", callbacks=[one, other]
    )
    assert one.names == ["TrainingStarted", "EpochEnded", "EpochEnded", "TrainingEnded"]
    assert one.events == other.events
    started, first, second, ended = one.events
    assert started.architecture == problem.architecture  # type: ignore[union-attr] # is TrainingStarted
    assert (started.optimizer, started.n_rows, started.n_validation_rows) == ("adam", 23, 11)  # type: ignore[union-attr] # as above
    history = result.state.history
    for index, event in enumerate((first, second)):
        assert isinstance(event, EpochEnded)
        assert event.epoch == index + 1
        for name in (*SERIES, "seconds"):
            assert getattr(event, name) == getattr(history, name)[index]
        assert event.best is (
            history.validation_score[: index + 1].index(max(history.validation_score[: index + 1]))
            == index
        )  # type: ignore[type-var] # no None here
    assert (ended.reason, ended.epochs) == ("max_epochs", 2)  # type: ignore[union-attr] # is TrainingEnded

    again = Recorder()
    problem.train(1, callbacks=[again])
    assert [event.epoch for event in again.epochs] == [3]


def test_an_event_says_whether_the_epoch_is_the_best() -> None:
    recorder = Recorder()
    scripted((3.0, 1.0, 2.0, 0.5), callbacks=[recorder])
    assert [event.best for event in recorder.epochs] == [True, True, False, True]


def test_callbacks_change_nothing() -> None:
    with_one, without = Problem(), Problem()
    with_one.train(3, callbacks=[Recorder()])
    without.train(3)
    assert_same_training(with_one.state, without.state)


def test_an_exception_in_a_callback_is_passed_on_and_loses_nothing() -> None:
    before, after = Recorder(), Recorder()
    problem, whole = Problem(), Problem()
    options: dict[str, Any] = {"validation": whole.validation, "monitor": "validation_score"}
    with pytest.raises(LookupError, match="in the callback"):
        problem.train(5, callbacks=[before, at_epoch(2, fail), after], **options)
    # the others have heard of that epoch and of the end
    assert (
        before.names
        == after.names
        == ["TrainingStarted", "EpochEnded", "EpochEnded", "TrainingEnded"]
    )
    assert before.events[-1].reason == "error"  # type: ignore[union-attr] # is TrainingEnded
    whole.train(2, **options)
    assert_same_training(problem.state, whole.state)
    problem.train(3, **options)
    whole.train(3, **options)
    assert_same_training(problem.state, whole.state)


def test_a_callback_may_stop_before_the_first_epoch() -> None:
    result = scripted(LOSSES, callbacks=[lambda event: True])
    assert (result.reason, result.state.epoch, result.theta.tolist()) == ("callback", 0, [0.0, 0.0])


# ---- failure --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("batch_size", "rate"), [(23, 1e3), (5, 0.7)])
def test_a_diverged_training_raises_and_leaves_the_last_finite_weights(
    batch_size: int, rate: float
) -> None:
    diverging = Problem(SGD(rate, momentum=0.0), hidden="identity")
    recorder = Recorder()
    with pytest.raises(DivergenceError) as caught:
        diverging.train(50, callbacks=[recorder], batch_size=batch_size)
    error, state = caught.value, diverging.state
    assert error.epoch == state.epoch + 1 > 1
    assert (error.batch > 1) is (batch_size == 5)  # in the middle of an epoch, then
    assert np.isfinite(state.theta).all()
    np.testing.assert_array_equal(error.theta, state.theta)
    assert len(state.history) == state.epoch
    assert np.isfinite(state.history.loss).all()
    assert recorder.events[-1].reason == "diverged"  # type: ignore[union-attr] # is TrainingEnded
    # the same as if training had ended before that epoch
    whole = Problem(SGD(rate, momentum=0.0), hidden="identity")
    whole.train(state.epoch, batch_size=batch_size)
    assert_same_training(state, whole.state)


def test_parameters_that_leave_the_range_in_the_last_step_are_noticed() -> None:
    class Overflowing(ScriptedEngine):
        def epoch(
            self, theta: np.ndarray, moments: np.ndarray, data: Data, plan: EpochPlan
        ) -> EpochResult:
            theta[1] = np.inf
            return EpochResult(1.0, 1.0)

    problem = Problem(SGD(1.0, momentum=0.0), schedule=Constant(), dtype=np.float64)
    problem.engine = Overflowing([])  # type: ignore[assignment] # any engine serves
    problem.state = TrainingState.start(np.zeros(2), problem.optimizer)
    problem.data = Data(np.zeros((3, 1)), np.zeros((3, 1)))
    with pytest.raises(DivergenceError, match=r"epoch 1, batch 1: b\[1\] of layer 1"):
        problem.train(2)
    assert problem.state.theta.tolist() == [0.0, 0.0]


def test_validation_rows_go_forward_once_an_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    problem, passes = Problem(), []
    scores = problem.engine.scores

    def counting(theta: np.ndarray, X: Any) -> np.ndarray:
        passes.append(len(X))
        return scores(theta, X)

    monkeypatch.setattr(problem.engine, "scores", counting)
    history = problem.train(4, validation=problem.validation).state.history
    assert passes == [problem.validation_data.n] * 4
    assert None not in history.validation_score
