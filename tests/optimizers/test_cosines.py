"""The schedules along cosines, by hand figures and against PyTorch's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.optimizers.cosines import Cosine, CosLog, FlatCosine, OneCycle
from chainrule.optimizers.schedule import Horizon
from chainrule.optimizers.schedules import make_schedule, schedules


def test_cosine_by_hand() -> None:
    horizon = Horizon(total_steps=12, steps_per_epoch=3, batch_size=1)
    steps = [0, 3, 4, 6, 8, 12, 1000]
    root = math.sqrt(0.5)
    expected = np.array([1, (1 + root) / 2, 0.75, 0.5, 0.25, 0, 0])
    multipliers = Cosine().multipliers(steps, horizon)
    np.testing.assert_allclose(multipliers, expected, rtol=1e-14, atol=1e-16)
    floored = Cosine(0.2).multipliers(steps, horizon)
    np.testing.assert_allclose(floored, 0.2 + 0.8 * expected, rtol=1e-14)
    assert floored[-1] == 0.2


def test_one_cycle_equals_pytorchs_figures() -> None:
    """max_lr 25, 10 steps, final_div_factor 2, the rest by default: the figures of its own tests."""
    schedule = OneCycle(final_div_factor=2.0)
    rates = 25.0 * schedule.multipliers(np.arange(10), Horizon(10, 5, 1))
    falling = [0.5 + 24.5 / 2 * (1 + math.cos(math.pi * k / 7)) for k in range(1, 7)]
    np.testing.assert_allclose(rates, [1, 13, 25, *falling, 0.5], rtol=1e-13)


@pytest.mark.parametrize("total_steps", [1, 2, 3, 4, 10])
@pytest.mark.parametrize("pct_start", [0.0, 0.25, 0.3, 0.5, 0.99])
def test_one_cycle_of_a_very_short_training(total_steps: int, pct_start: float) -> None:
    schedule = OneCycle(pct_start)
    multipliers = schedule.multipliers(np.arange(total_steps), Horizon(total_steps, 1, 1))
    assert np.isfinite(multipliers).all()
    assert multipliers[-1] == pytest.approx(1 / (25 * 1e4))


@given(total=st.integers(10, 400), pct_start=st.floats(0.2, 0.9))
def test_one_cycle_rises_then_falls(total: int, pct_start: float) -> None:
    multipliers = OneCycle(pct_start).multipliers(np.arange(total), Horizon(total, 1, 1))
    peak = int(multipliers.argmax())
    assert abs(peak - (pct_start * total - 1)) <= 1.0
    assert (np.diff(multipliers[: peak + 1]) >= 0.0).all()
    assert (np.diff(multipliers[peak:]) <= 0.0).all()


def test_flat_cosine_is_flat_and_then_a_cosine() -> None:
    """flat_cos(t) = (1 + cos(pi (max(1, 2t) - 1))) / 2, as RealMLP writes it."""
    horizon, steps = Horizon(40, 5, 1), np.arange(50)
    t = np.minimum(steps / 40, 1.0)
    expected = 0.5 * (1 + np.cos(np.pi * (np.maximum(1, 2 * t) - 1)))
    multipliers = FlatCosine().multipliers(steps, horizon)
    np.testing.assert_allclose(multipliers, expected, rtol=1e-13, atol=1e-16)
    np.testing.assert_array_equal(
        FlatCosine(0.0).multipliers(steps, horizon), Cosine().multipliers(steps, horizon)
    )


def test_coslog_by_hand() -> None:
    """Zero where log2(1 + 15 t) is whole: t = 0, 1/15, 3/15, 7/15, 1; one where it lies half between."""
    horizon = Horizon(15, 5, 1)
    np.testing.assert_allclose(CosLog().multipliers([0, 1, 3, 7, 15, 99], horizon), 0, atol=1e-14)
    long = Horizon(1_000_000, 10, 1)
    peaks = [round(1e6 * (2**half - 1) / 15) for half in (0.5, 1.5, 2.5, 3.5)]
    np.testing.assert_allclose(CosLog(4).multipliers(peaks, long), 1, rtol=1e-8)


@given(waves=st.integers(1, 8), total=st.integers(1, 500))
def test_coslog_stays_between_nothing_and_the_rate(waves: int, total: int) -> None:
    multipliers = CosLog(waves).multipliers(np.arange(total + 5), Horizon(total, 1, 1))
    assert multipliers[0] == 0.0
    assert (multipliers >= 0.0).all()
    assert (multipliers <= 1.0).all()


def test_names_and_which_end() -> None:
    assert make_schedule("flat_cos") == FlatCosine(0.5)
    assert make_schedule("coslog(3)") == CosLog(3)
    ending = {name for name in schedules.names() if schedules.get(name).ends}
    assert ending == {"cosine", "one_cycle", "flat_cosine", "coslog"}
