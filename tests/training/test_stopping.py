"""Patience against scikit-learn's own bookkeeping, fed with the same values."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_iris
from sklearn.neural_network import MLPClassifier
from sklearn.neural_network._stochastic_optimizers import SGDOptimizer
from tests.training.cases import FOREVER, scripted

from chainrule.optimizers import SGD
from chainrule.optimizers.schedules import Adaptive
from chainrule.training import TrainingSettings, TrainingState
from chainrule.training.stopping import Monitor

# By hand, with tol 1e-4: epochs 5 to 7 are stale (the best creeps to 0.65995), so are 9 to 13.
CURVE = (0.81, 0.74, 0.69, 0.66, 0.6601, 0.65995, 0.66, 0.5, 0.5, 0.5, 0.49995, 0.5, 0.6)
STOPS = {1: 6, 2: 7, 3: 12, 4: 13, 5: 13, FOREVER: 13}


class Sklearn:
    """scikit-learn's counting and its decision to stop, value by value."""

    def __init__(
        self, tol: float, patience: float, by_score: bool, schedule: str = "constant"
    ) -> None:
        self.by_score = by_score
        self.model = MLPClassifier(tol=tol, n_iter_no_change=patience, early_stopping=by_score)
        self.model._no_improvement_count = 0
        self.model.best_loss_, self.model.best_validation_score_ = np.inf, -np.inf
        self.model.loss_curve_, self.model.validation_scores_ = [], []
        self.model.coefs_ = self.model.intercepts_ = []
        self.optimizer = SGDOptimizer([np.zeros(1)], learning_rate_init=1.0, lr_schedule=schedule)

    def stops_after(self, value: float) -> bool:
        if self.by_score:
            self.model._score = lambda X, y, sample_weight=None: value
        else:
            self.model.loss_curve_.append(value)
        self.model._update_no_improvement_count(self.by_score, None, None, None)
        if self.model._no_improvement_count > self.model.n_iter_no_change:
            if self.optimizer.trigger_stopping("", verbose=False):
                return True
            self.model._no_improvement_count = 0
        return False

    def epochs(self, values: Sequence[float]) -> tuple[int, list[float]]:
        """Return the epochs until it stops and the rate of each of them."""
        rates = []
        for epoch, value in enumerate(values, start=1):
            rates.append(self.optimizer.learning_rate)
            if self.stops_after(value):
                return epoch, rates
        return len(values), rates


def ours(
    values: Sequence[float],
    tol: float,
    patience: float,
    by_score: bool,
    adaptive: bool = False,
    rate: float = 1.0,
) -> tuple[int, list[float | None]]:
    result = scripted(
        [0.0] * len(values) if by_score else values,
        scores=values if by_score else None,
        monitor="validation_score" if by_score else "loss",
        tol=tol,
        n_iter_no_change=patience,
        schedule=Adaptive(tol=tol, n_iter_no_change=patience) if adaptive else None,
        rate=rate,
    )
    return result.state.epoch, result.state.history.learning_rate


@pytest.mark.parametrize("patience", STOPS)
@pytest.mark.parametrize("by_score", [False, True])
def test_a_curve_stops_where_it_does_by_hand_and_in_scikit_learn(
    patience: float, by_score: bool
) -> None:
    values = [1.0 - value for value in CURVE] if by_score else CURVE
    assert ours(values, 1e-4, patience, by_score)[0] == STOPS[patience]
    assert Sklearn(1e-4, patience, by_score).epochs(values)[0] == STOPS[patience]


@pytest.mark.parametrize("by_score", [False, True])
@pytest.mark.parametrize("schedule", ["constant", "adaptive"])
def test_the_curve_of_a_real_fit_stops_at_the_same_epoch(by_score: bool, schedule: str) -> None:
    X, y = load_iris(return_X_y=True)
    model = MLPClassifier(
        (4,),
        solver="sgd",
        learning_rate=schedule,
        learning_rate_init=0.02,
        tol=1e-2,
        n_iter_no_change=2,
        early_stopping=by_score,
        max_iter=500,
        random_state=0,
    ).fit(X[::3], y[::3])
    values = model.validation_scores_ if by_score else model.loss_curve_
    assert len(values) == model.n_iter_ < 500
    # One more of the same value: ours must have stopped before it.
    epochs, rates = ours(
        [*values, values[-1]], 1e-2, 2, by_score, adaptive=schedule == "adaptive", rate=0.02
    )
    assert epochs == model.n_iter_
    assert rates[-1] == pytest.approx(model._optimizer.learning_rate)


@given(
    values=st.lists(
        st.sampled_from([0.0, 0.05, 0.1, 0.2, 0.5, 1.0, math.inf]), min_size=1, max_size=40
    ),
    tol=st.sampled_from([0.0, 0.05, 0.1]),
    patience=st.integers(1, 4),
    by_score=st.booleans(),
    adaptive=st.booleans(),
)
def test_any_curve_stops_and_slows_as_in_scikit_learn(
    values: list[float], tol: float, patience: int, by_score: bool, adaptive: bool
) -> None:
    if by_score:
        values = [-value for value in values]
    schedule = "adaptive" if adaptive else "constant"
    epochs, rates = Sklearn(tol, patience, by_score, schedule).epochs(values)
    our_epochs, our_rates = ours(values, tol, patience, by_score, adaptive)
    assert our_epochs == epochs
    assert our_rates == pytest.approx(rates)


def test_a_nan_is_no_improvement() -> None:
    # scikit-learn's comparison takes a NaN score for an improvement and never stops.
    values = [0.5] + [math.nan] * 9
    assert ours(values, 1e-4, 3, by_score=True)[0] == 5
    assert Sklearn(1e-4, 3, True).epochs(values)[0] == 10


def test_small_improvements_move_the_best_but_are_none() -> None:
    # Each is 0.06 below the one before, so never 0.1 below the best: creeping is standing still.
    values = [1.0 - 0.06 * epoch for epoch in range(10)]
    assert ours(values, 0.1, 4, by_score=False)[0] == 6


def test_a_monitor_turns_the_sign_of_a_score_only() -> None:
    monitor = Monitor(TrainingSettings(), None)
    assert monitor.value("loss", 1.0, 2.0, 3.0) == 1.0
    assert monitor.value("validation_loss", 1.0, 2.0, 3.0) == 2.0
    assert monitor.value("validation_score", 1.0, 2.0, 3.0) == -3.0
    assert math.isnan(monitor.value("validation_score", 1.0, 2.0, None))


def test_a_call_that_monitors_something_else_counts_anew() -> None:
    state = TrainingState.start(np.zeros(1), SGD())
    state.monitor, state.lowest, state.epochs_without_improvement = "validation_score", -0.9, 4
    monitor = Monitor(TrainingSettings(n_iter_no_change=9), None)
    monitor.start(state)
    assert (state.monitor, state.lowest, state.epochs_without_improvement) == ("loss", math.inf, 0)
    state.epochs_without_improvement = 4
    monitor.start(state)
    assert state.epochs_without_improvement == 4  # the same quantity goes on
