"""The horizon, the state, and what every registered schedule must do."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.errors import InputError, InputTypeError
from chainrule.optimizers.schedule import Horizon, Schedule, ScheduleState
from chainrule.optimizers.schedules import WarmUp, schedules

VARIANTS: list[Schedule] = [*schedules, *(WarmUp(schedule, 1.5) for schedule in schedules)]
each = pytest.mark.parametrize("schedule", VARIANTS, ids=lambda s: f"{type(s).__name__}-{s.spec}")
horizons = st.builds(
    Horizon.of,
    n_samples=st.integers(1, 500),
    batch_size=st.integers(1, 100),
    epochs=st.integers(1, 60),
)


def test_horizon() -> None:
    assert Horizon.of(1000, 300, 50) == Horizon(200, 4, 300, 1000)
    assert Horizon.of(5, 200, 3) == Horizon(3, 1, 200, 5)
    assert Horizon(10, 5, 32).n_samples == 160
    np.testing.assert_array_equal(Horizon(100, 4, 1).epochs([0, 3, 4, 11]), [0, 0, 1, 2])
    with pytest.raises(InputError, match="total_steps: got 0"):
        Horizon(0, 1, 1)
    with pytest.raises(InputTypeError, match="batch_size"):
        Horizon(1, 1, "auto", 3)  # type: ignore[arg-type]  # what is tested


def test_state_there_and_back() -> None:
    for state in (ScheduleState(), ScheduleState(0.2, 0.5, 3, True)):
        data = json.loads(json.dumps(state.to_dict(), allow_nan=False))
        assert ScheduleState.from_dict(data) == state


@pytest.mark.parametrize(
    "change",
    [{"multiplier": "1"}, {"stale": 1.0}, {"stale": True}, {"finished": 0}, {"extra": 1}],
)
def test_a_damaged_state_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="schedule state"):
        ScheduleState.from_dict({**ScheduleState().to_dict(), **change})


def test_a_state_with_a_field_missing_is_refused() -> None:
    with pytest.raises(InputError, match="schedule state"):
        ScheduleState.from_dict({"multiplier": 1.0})


@each
@given(horizon=horizons)
def test_bounds_shape_and_dtype(schedule: Schedule, horizon: Horizon) -> None:
    steps = np.arange(horizon.total_steps + 20)
    multipliers = schedule.multipliers(steps, horizon)
    assert multipliers.shape == steps.shape
    assert multipliers.dtype == np.float64
    assert (multipliers >= 0.0).all()
    assert (multipliers <= 1.0 + 1e-15).all()
    assert schedule.multipliers(steps[:0], horizon).shape == (0,)


@each
@given(horizon=horizons, data=st.data())
def test_resuming_anywhere_gives_the_same_bits(
    schedule: Schedule, horizon: Horizon, data: st.DataObject
) -> None:
    steps = np.arange(min(horizon.total_steps, 300))
    cut = data.draw(st.integers(0, len(steps)))
    whole = schedule.multipliers(steps, horizon)
    parts = [schedule.multipliers(part, horizon) for part in (steps[:cut], steps[cut:])]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    one_by_one = [schedule.multipliers([step], horizon)[0] for step in steps[:40]]
    np.testing.assert_array_equal(one_by_one, whole[:40])


@each
def test_rates_join_everything(schedule: Schedule) -> None:
    horizon = Horizon(60, 6, 10)
    steps = np.arange(60)
    rates = schedule.rates(0.5, steps, horizon, ScheduleState(multiplier=0.25))
    np.testing.assert_allclose(rates, 0.125 * schedule.multipliers(steps, horizon), rtol=1e-15)
    assert schedule.start() == ScheduleState()


@pytest.mark.parametrize("schedule", list(schedules), ids=lambda s: s.name)
def test_the_name_with_its_numbers_gets_the_same_schedule(schedule: Schedule) -> None:
    assert schedules.get(schedule.spec) == schedule
    assert schedules.get(schedule) is schedule
    halved = [max(number / 2, 1.0) if number >= 1 else number / 2 for number in schedule.parameters]
    if all(not limits.whole for limits in schedule.limits.values()):
        changed = schedule.with_parameters(*halved)
        assert changed.parameters == tuple(halved)
        assert schedules.get(changed.spec) == changed
    for name in schedule.limits:
        with pytest.raises(InputError, match=f"^{name}: got nan"):
            type(schedule)(**{name: float("nan")})
    with pytest.raises(InputError, match=f"schedule {schedule.name}: got"):
        schedule.with_parameters(*schedule.parameters, 1.0)
    assert schedule.formula
    assert type(schedule).__doc__


@each
def test_only_adaptive_ever_listens(schedule: Schedule) -> None:
    state = schedule.start()
    for _ in range(100):
        state = schedule.observe(state, 1.0, 0.1)
    inner = schedule.schedule if isinstance(schedule, WarmUp) else schedule
    assert (state != schedule.start()) == (inner.name == "adaptive")
