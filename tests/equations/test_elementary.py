"""The elementary functions: NumPy's on real numbers, analytic on either side of their kinks."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.special

from chainrule.equations import elementary

X = np.array([-30.0, -2.5, -1e-3, -1e-12, 1e-12, 1e-3, 0.7, 2.5, 30.0])

REAL: list[tuple[str, Callable[..., Any]]] = [
    ("exp", np.exp),
    ("expm1", np.expm1),
    ("tanh", np.tanh),
    ("erf", scipy.special.erf),
    ("positive_part", lambda x: np.maximum(x, 0.0)),
    ("absolute", np.abs),
    ("sign", np.sign),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("name", "expected"), REAL)
def test_on_real_numbers_they_are_numpys(name: str, expected: Any, dtype: Any) -> None:
    x = X.astype(dtype)
    got = getattr(elementary, name)(x)
    assert got.dtype == dtype
    np.testing.assert_array_equal(got, expected(x))
    assert np.isnan(getattr(elementary, name)(np.array([math.nan], dtype=dtype)))[0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("name", "expected"), [("log", np.log), ("sqrt", np.sqrt), ("log1p", np.log1p)]
)
def test_on_positive_numbers_they_are_numpys(name: str, expected: Any, dtype: Any) -> None:
    x = np.abs(X).astype(dtype)
    got = getattr(elementary, name)(x)
    assert got.dtype == dtype
    np.testing.assert_array_equal(got, expected(x))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_minimum_is_numpys_and_keeps_nan(dtype: Any) -> None:
    x = np.append(X, math.nan).astype(dtype)
    got = elementary.minimum(x, 0.5)
    assert got.dtype == dtype
    np.testing.assert_array_equal(got, np.minimum(x, dtype(0.5)))


SLOPES: list[tuple[str, Callable[[Any], Any]]] = [
    ("exp", np.exp),
    ("expm1", np.exp),
    ("tanh", lambda x: 1.0 / np.cosh(x) ** 2),
    ("erf", lambda x: 2.0 / math.sqrt(math.pi) * np.exp(-x * x)),
    ("positive_part", lambda x: np.heaviside(x, 0.0)),
    ("absolute", np.sign),
]


@pytest.mark.parametrize(("name", "slope"), SLOPES)
def test_a_complex_step_gives_the_derivative(name: str, slope: Any) -> None:
    got = getattr(elementary, name)(X + 1e-30j).imag / 1e-30
    np.testing.assert_allclose(got, slope(X), rtol=1e-13, atol=1e-300)


def test_at_its_kink_each_function_is_its_left_side() -> None:
    zero = np.array([0.0, -0.0]) + 1e-30j
    assert (elementary.positive_part(zero).imag == 0.0).all()
    assert (elementary.absolute(zero).imag == -1e-30).all()
    assert (elementary.minimum(zero, 0.0).imag == 1e-30).all()


def test_rows_are_reduced_to_one_column() -> None:
    row = np.array([[1.0, 5.0, -2.0], [0.0, -1.0, -3.0]])
    assert elementary.row_maximum(row + 9j).tolist() == [[5.0], [0.0]]
    shift = elementary.row_maximum(row)
    expected = [[math.exp(-4) + 1 + math.exp(-7)], [1 + math.exp(-1) + math.exp(-3)]]
    np.testing.assert_allclose(elementary.row_sum_exp(row, shift), expected)


def test_like_takes_dtype_and_shape_from_its_model() -> None:
    model = np.zeros((2, 3), dtype=np.float32)
    assert elementary.like(model, 1.0).dtype == np.float32
    assert elementary.like(model, 1.0).shape == (2, 3)
    assert elementary.like(model, np.ones((2, 3))).dtype == np.float32
    same = np.ones((2, 3), dtype=np.float32)
    assert elementary.like(model, same) is same
