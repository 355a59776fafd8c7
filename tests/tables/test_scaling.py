"""Robust scale and smooth clip, against the formulas written with fractions and at the ends of float64."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from chainrule.tables.scaling import BOUND, robust_scale, scaled


def test_hand_worked_figures() -> None:
    # quartiles of 1 2 3 4 5 by linear interpolation: 2, 3, 4
    assert robust_scale(np.array([5.0, 1.0, 4.0, 2.0, 3.0, np.nan])) == (3.0, 0.5)
    # quartiles agree: 2 / (max - min)
    assert robust_scale(np.array([0.0] * 9 + [4.0])) == (0.0, 0.5)
    assert robust_scale(np.array([7.0, 7.0])) == (7.0, 0.0)
    assert robust_scale(np.array([np.nan, np.inf])) == (0.0, 0.0)
    y = scaled(np.array([3.0, 9.0, -np.inf, np.nan]), 3.0, 0.5)
    # (9 - 3) / 2 = 3, and 3 / sqrt(1 + 1)
    np.testing.assert_allclose(y, [0.0, 3.0 / np.sqrt(2.0), 0.0, 0.0], rtol=1e-15)


@given(
    arrays(
        np.float64, st.integers(1, 20), elements=st.floats(allow_nan=False, allow_infinity=False)
    )
)
def test_any_finite_numbers_stay_finite_and_in_bounds_and_in_order(x: np.ndarray) -> None:
    median, scale = robust_scale(x)
    assert np.isfinite([median, scale]).all()
    assert scale >= 0.0
    y = scaled(x, median, scale)
    assert np.isfinite(y.astype(np.float32)).all()
    assert (np.abs(y) <= BOUND).all()
    assert (np.diff(y[np.argsort(x)]) >= 0.0).all()


@pytest.mark.parametrize("shift", [0.0, 1e6, -3.0])
def test_moving_and_stretching_a_column_changes_nothing(
    rng: np.random.Generator, shift: float
) -> None:
    x = rng.normal(size=101)
    moved = 8.0 * x + shift
    np.testing.assert_allclose(
        scaled(moved, *robust_scale(moved)), scaled(x, *robust_scale(x)), atol=1e-8
    )
