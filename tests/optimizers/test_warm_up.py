"""Warm-up multiplies another schedule and otherwise leaves it alone."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.optimizers.adaptive import Adaptive
from chainrule.optimizers.schedule import Horizon, ScheduleState
from chainrule.optimizers.schedules import Constant, Cosine
from chainrule.optimizers.warm_up import WarmUp

HORIZON = Horizon(total_steps=40, steps_per_epoch=4, batch_size=8)


def test_a_straight_line_that_never_gives_a_zero_rate() -> None:
    multipliers = WarmUp(Constant(), epochs=1.25).multipliers(np.arange(7), HORIZON)
    np.testing.assert_allclose(multipliers, [0.2, 0.4, 0.6, 0.8, 1.0, 1.0, 1.0], rtol=1e-15)


def test_it_multiplies_and_does_not_shift() -> None:
    steps = np.arange(40)
    cosine = Cosine(0.1)
    warmed = WarmUp(cosine, epochs=2).multipliers(steps, HORIZON)
    other = cosine.multipliers(steps, HORIZON)
    np.testing.assert_allclose(warmed[:8] / other[:8], np.arange(1, 9) / 8, rtol=1e-14)
    np.testing.assert_array_equal(warmed[8:], other[8:])


@pytest.mark.parametrize("epochs", [0, 0.25])
def test_none_at_all(epochs: float) -> None:
    multipliers = WarmUp(Cosine(), epochs).multipliers(np.arange(40), HORIZON)
    np.testing.assert_array_equal(multipliers, Cosine().multipliers(np.arange(40), HORIZON))


def test_an_adaptive_schedule_still_listens() -> None:
    adaptive = Adaptive(n_iter_no_change=1)
    schedule, state = WarmUp(adaptive), ScheduleState()
    for value in (1.0, 1.0, 1.0):
        state = schedule.observe(state, value, 0.1)
    assert state.multiplier == 0.2
    assert schedule.start() == adaptive.start()
