"""The compiled elementary functions: as close as their comments say, over all of float32, and NaN stays NaN."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytest
import scipy.special

from chainrule.engines.fused import compiler
from chainrule.engines.fused import vector_functions as twins
from chainrule.equations import elementary

NAMES = ("exp", "expm1", "tanh", "log", "log1p", "erf")
# Units in the last place of the exact result, as the docstring of the twins says.
ERROR = {"exp": 1.1, "expm1": 1.7, "tanh": 2.5, "log": 0.9, "log1p": 1.4, "erf": 2.1}
INFINITY, NAN = np.inf, np.nan
SMALLEST, LARGEST = 2.0**-149, float(np.finfo("float32").max)
# What a function gives where it has no finite result, and where its argument is at an end of its range.
AT: dict[str, list[tuple[float, float]]] = {
    "exp": [(INFINITY, INFINITY), (LARGEST, INFINITY), (88.8, INFINITY), (0.0, 1.0)],
    "expm1": [(INFINITY, INFINITY), (LARGEST, INFINITY), (-LARGEST, -1.0), (-INFINITY, -1.0)],
    "tanh": [(INFINITY, 1.0), (-INFINITY, -1.0), (LARGEST, 1.0), (SMALLEST, SMALLEST)],
    "log": [(0.0, -INFINITY), (-0.0, -INFINITY), (INFINITY, INFINITY), (1.0, 0.0)]
    + [(x, NAN) for x in (-SMALLEST, -1.0, -LARGEST, -INFINITY)],
    "log1p": [(-1.0, -INFINITY), (INFINITY, INFINITY), (0.0, 0.0), (SMALLEST, SMALLEST)]
    + [(x, NAN) for x in (-1.0000001, -2.0, -LARGEST, -INFINITY)],
    "erf": [(INFINITY, 1.0), (-INFINITY, -1.0), (LARGEST, 1.0), (-LARGEST, -1.0), (0.0, 0.0)],
}


def twin(name: str) -> Callable[[np.ndarray], np.ndarray]:
    """Return the compiled twin, as a function of an array."""
    function = getattr(elementary, name)

    @numba.njit(**compiler.FLAGS)
    def loop(x: Any, result: Any) -> None:
        for i in range(x.size):
            result[i] = function(x[i])

    def of_array(x: np.ndarray) -> np.ndarray:
        result = np.empty_like(x)
        loop(x, result)
        return result

    return of_array


def everywhere(start: float, end: float, n: int = 200_000) -> np.ndarray:
    """Return float32 numbers from ``start`` to ``end``, of one sign, evenly among those that there are."""
    first, last = (int(np.float32(x).view(np.int32)) for x in (start, end))
    return np.linspace(first, last, n).astype(np.int32).view(np.float32)


def arguments(name: str) -> np.ndarray:
    """Return where the exact result is a normal number, denormal arguments included."""
    up, down = everywhere(0.0, LARGEST), everywhere(-0.0, -LARGEST)
    dense = everywhere(0.01, 5.0)
    x = np.concatenate([up, down, dense, -dense, np.linspace(-87, 88, 100_001, dtype="float32")])
    low, high = {
        "exp": (-87.3, 88.37),
        "expm1": (-LARGEST, 88.37),
        "log": (SMALLEST, LARGEST),
        "log1p": (-0.99999994, LARGEST),
    }.get(name, (-LARGEST, LARGEST))
    return x[(x >= np.float32(low)) & (x <= np.float32(high))]


def exact(name: str, x: np.ndarray) -> np.ndarray:
    """Return the function in float64, whose own error is too small to matter."""
    function = scipy.special.erf if name == "erf" else getattr(np, name)
    return function(x.astype("float64"))


@pytest.mark.compiled
@pytest.mark.parametrize("name", NAMES)
def test_polynomials_are_as_close_as_is_said(name: str) -> None:
    x = arguments(name)
    truth = exact(name, x)
    unit = np.spacing(np.abs(truth).astype("float32")).astype("float64")
    error = np.abs(twin(name)(x) - truth) / unit
    assert error.max() <= ERROR[name], f"at {x[error.argmax()]:.9g}"
    assert f"{name} {ERROR[name]}" in " ".join(twins.__doc__.split())


@pytest.mark.compiled
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NAMES)
def test_at_the_ends_of_their_range(name: str, dtype: str) -> None:
    if dtype == "float64":
        at = [(x, y) for x, y in AT[name] if abs(x) in (0.0, 1.0, 2.0, INFINITY)]
    else:
        at = AT[name]
    x, expected = np.array(at, dtype=dtype).T
    np.testing.assert_array_equal(twin(name)(np.ascontiguousarray(x)), expected)


@pytest.mark.compiled
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NAMES)
def test_nan_stays_nan(name: str, dtype: str) -> None:
    x = np.array([NAN, -NAN, 0.5, NAN], dtype=dtype)
    assert np.isnan(twin(name)(x)).tolist() == [True, True, False, True]


@pytest.mark.compiled
def test_exp_is_never_0() -> None:
    x = np.array([-87.4, -104.0, -LARGEST, -INFINITY], dtype="float32")
    np.testing.assert_allclose(twin("exp")(x), np.float32(1.2e-38), rtol=0.02)


@pytest.mark.compiled
@pytest.mark.parametrize("name", ["tanh", "erf"])
def test_odd_functions_are_odd_to_the_last_bit(name: str) -> None:
    x = everywhere(0.0, 20.0)
    np.testing.assert_array_equal(twin(name)(-x), -twin(name)(x))


def reduced(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the compiled maximum and log sum exp of each row."""

    @numba.njit(**compiler.FLAGS)
    def loop(rows: Any, largest: Any, logarithm: Any) -> None:
        for i in range(rows.shape[0]):
            largest[i] = elementary.row_maximum(rows[i])
            shifted = elementary.row_sum_exp(rows[i], largest[i])
            logarithm[i] = largest[i] + elementary.log(shifted)

    largest, logarithm = np.empty_like(rows[:, 0]), np.empty_like(rows[:, 0])
    loop(rows, largest, logarithm)
    return largest, logarithm


@pytest.mark.compiled
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("k", [1, 2, 3, 10, 33, 100])
def test_rows_are_reduced(k: int, dtype: str) -> None:
    rng = np.random.default_rng(k)
    rows = np.concatenate([rng.normal(size=(20, k)) * scale for scale in (1e-40, 1.0, 1e3)])
    rows = np.concatenate([rows, -np.abs(rows), np.zeros((1, k)), -np.zeros((1, k))]).astype(dtype)
    largest, logarithm = reduced(rows)
    np.testing.assert_array_equal(largest, rows.max(axis=1))
    truth = scipy.special.logsumexp(rows.astype("float64"), axis=1)
    tolerance = 4 * float(np.finfo(dtype).eps)
    np.testing.assert_allclose(logarithm, truth, rtol=tolerance, atol=tolerance)


@pytest.mark.compiled
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_row_with_infinity_or_nan(dtype: str) -> None:
    rows = np.array([[1.0, 2.0, 3.0, 4.0, 5.0]] * 4 * 5, dtype=dtype).reshape(4, 5, 5)
    for case, bad in enumerate((INFINITY, -INFINITY, NAN, -NAN)):
        for place in range(5):
            rows[case, place, place] = bad
    largest, logarithm = (part.reshape(4, 5) for part in reduced(rows.reshape(20, 5)))
    assert np.isposinf(largest[0]).all()
    assert largest[1].tolist() == [5.0] * 4 + [4.0]
    assert np.isfinite(logarithm[1]).all()
    assert np.isnan(logarithm[[0, 2, 3]]).all()  # infinity less infinity, as in the reference
