"""The adaptive schedule against scikit-learn's own counting, and its state."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.neural_network._stochastic_optimizers import SGDOptimizer

from chainrule.optimizers.adaptive import Adaptive
from chainrule.optimizers.schedule import ScheduleState


def scikit_learns(
    values: list[float], learning_rate: float, tol: float, n_iter_no_change: int
) -> tuple[list[float], bool]:
    """Their rates after each epoch; the counting is that of ``_fit_stochastic``, the rest is theirs."""
    optimizer = SGDOptimizer([], learning_rate, lr_schedule="adaptive")
    best, count, rates = math.inf, 0, []
    for value in values:
        count = count + 1 if value > best - tol else 0
        best = min(best, value)
        if count > n_iter_no_change:
            if optimizer.trigger_stopping("", verbose=False):
                return rates, True
            count = 0
        rates.append(optimizer.learning_rate)
    return rates, False


@given(
    values=st.lists(st.sampled_from([1.0, 0.9, 0.89995, 0.8, 0.79999, 0.5, 0.2]), max_size=120),
    learning_rate=st.sampled_from([0.1, 0.001, 3e-5, 2e-6, 1e-6]),
    tol=st.sampled_from([0.0, 1e-4, 0.15]),
    n_iter_no_change=st.integers(1, 4),
)
def test_equals_scikit_learn(
    values: list[float], learning_rate: float, tol: float, n_iter_no_change: int
) -> None:
    theirs, stopped = scikit_learns(values, learning_rate, tol, n_iter_no_change)
    schedule = Adaptive(tol, n_iter_no_change)
    state, ours = schedule.start(), []
    for value in values:
        state = schedule.observe(state, value, learning_rate)
        if state.finished:
            break
        ours.append(learning_rate * state.multiplier)
    np.testing.assert_allclose(ours, theirs, rtol=1e-14)
    assert state.finished == stopped


def test_by_hand() -> None:
    """Stale epochs are those not below best - 0.1; the second in a row, as > 1, divides."""
    schedule = Adaptive(tol=0.1, n_iter_no_change=1)
    state, seen = schedule.start(), []
    for value in (1.0, 0.95, 0.92, 0.5, 0.45, 0.3):
        state = schedule.observe(state, value, 0.1)
        seen.append((state.multiplier, state.best, state.stale))
    assert seen == [
        (1.0, 1.0, 0),
        (1.0, 0.95, 1),
        (0.2, 0.92, 0),
        (0.2, 0.5, 0),
        (0.2, 0.45, 1),
        (0.2, 0.3, 0),
    ]


def test_it_ends_when_the_rate_is_too_small() -> None:
    schedule = Adaptive(n_iter_no_change=1)
    state, epochs = schedule.start(), 0
    while not state.finished:
        state = schedule.observe(state, 1.0, 1e-3)
        epochs += 1
    # the first epoch improves; 1e-3 / 5^5 is the first rate below 1e-6, met after 5 divisions
    assert epochs == 1 + 2 * 5 + 2
    assert 1e-3 * state.multiplier == pytest.approx(1e-3 / 5**5)


def test_a_nan_is_never_an_improvement() -> None:
    """scikit-learn starts its count anew at a NaN score, so such a run never ends."""
    schedule = Adaptive(n_iter_no_change=2)
    state = schedule.observe(schedule.start(), 0.5, 0.1)
    for _ in range(3):
        state = schedule.observe(state, math.nan, 0.1)
    assert state == ScheduleState(0.2, 0.5, 0, False)
    assert schedule.observe(schedule.start(), math.nan, 0.1).best is None


def test_infinite_patience_changes_nothing() -> None:
    schedule = Adaptive(n_iter_no_change=math.inf)
    state = schedule.start()
    for _ in range(1000):
        state = schedule.observe(state, 1.0, 0.1)
    assert (state.multiplier, state.finished) == (1.0, False)


def test_a_saved_state_goes_on_as_if_nothing_had_happened() -> None:
    schedule = Adaptive(n_iter_no_change=3)
    values = [1.0, 0.5, 0.6, 0.6, 0.6, 0.7, 0.4, 0.4, 0.4, 0.4, 0.4]
    whole = resumed = schedule.start()
    for value in values:
        whole = schedule.observe(whole, value, 0.1)
        saved = json.dumps(resumed.to_dict(), allow_nan=False)
        resumed = schedule.observe(ScheduleState.from_dict(json.loads(saved)), value, 0.1)
    assert resumed == whole
    assert whole.multiplier == pytest.approx(0.04)
