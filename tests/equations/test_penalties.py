"""Penalties: their values by hand, their derivatives by complex step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chainrule.equations import penalties

W = np.array([-2.0, -0.5, 0.25, 3.0])


def test_values_by_hand() -> None:
    assert penalties.l2(W).tolist() == [2.0, 0.125, 0.03125, 4.5]
    assert penalties.l1(W).tolist() == [2.0, 0.5, 0.25, 3.0]


@pytest.mark.parametrize("name", ["l1", "l2"])
def test_the_derivative_is_the_complex_step(name: str) -> None:
    value, derivative = getattr(penalties, name), getattr(penalties, f"{name}_derivative")
    np.testing.assert_allclose(derivative(W), value(W + 1e-30j).imag / 1e-30, rtol=1e-15)


@pytest.mark.parametrize("name", ["l1", "l2"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept_and_zero_has_no_pull(name: str, dtype: Any) -> None:
    zero = np.zeros(2, dtype=dtype)
    for rule in (getattr(penalties, name), getattr(penalties, f"{name}_derivative")):
        assert rule(zero).dtype == dtype
        assert np.all(rule(zero) == 0.0)
