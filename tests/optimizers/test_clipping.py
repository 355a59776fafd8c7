"""Clipping: the direction stays, the norm is bounded, what is not finite is not hidden."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numba import njit

from chainrule.optimizers.clipping import clip, factor, global_norm

INF = math.inf
CASES = [
    (5.0, 1.0, 0.2),
    (1.0, 1.0, 1.0),
    (0.0, 1.0, 1.0),
    (5.0, INF, 1.0),
    (INF, INF, 1.0),
    (INF, 1.0, 0.0),
    (math.nan, 1.0, 1.0),
]


@pytest.mark.parametrize(("norm", "max_norm", "expected"), CASES)
def test_factor(norm: float, max_norm: float, expected: float) -> None:
    assert factor(norm, max_norm) == expected
    assert njit(factor)(norm, max_norm) == expected


@given(
    gradient=arrays(np.float64, st.integers(1, 20), elements=st.floats(-1e6, 1e6)),
    max_norm=st.floats(1e-3, 1e3),
)
def test_the_direction_stays_and_the_norm_is_bounded(gradient: np.ndarray, max_norm: float) -> None:
    before = gradient.copy()
    norm = clip(gradient, max_norm)
    assert norm == pytest.approx(math.hypot(*before), rel=1e-12)
    if norm <= max_norm:
        np.testing.assert_array_equal(gradient, before)
        return
    assume(norm > 0.0)
    assert math.hypot(*gradient) == pytest.approx(max_norm, rel=1e-12)
    np.testing.assert_allclose(gradient / max_norm, before / norm, rtol=1e-12)


def test_float32_neither_overflows_nor_changes_its_dtype() -> None:
    gradient = np.array([3e25, 4e25], dtype=np.float32)
    assert clip(gradient, 5.0) == pytest.approx(5e25, rel=1e-6)
    assert gradient.dtype == np.float32
    np.testing.assert_allclose(gradient, [3.0, 4.0], rtol=1e-6)


def test_a_million_equal_entries_are_all_counted() -> None:
    assert global_norm(np.full(1_000_000, 0.1, dtype=np.float32)) == pytest.approx(100.0, rel=1e-7)


@pytest.mark.parametrize("bad", [math.nan, INF])
def test_a_gradient_that_is_not_finite_stays_so(bad: float) -> None:
    gradient = np.array([1.0, bad])
    with np.errstate(invalid="ignore"):
        norm = clip(gradient, 1.0)
    assert not math.isfinite(norm)
    assert not np.isfinite(gradient).all()
