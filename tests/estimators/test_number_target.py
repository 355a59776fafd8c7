"""The scale of y: learned from weighted rows, undone by predictions, never overflowing."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from chainrule.errors import InputError
from chainrule.estimators.number_target import NumberTarget, number_target


def learned(loss: str, y: Any, weights: Any = None, scaled: bool = True) -> NumberTarget:
    y = np.asarray(y, dtype=float)
    return number_target(loss, y.reshape(len(y), -1), weights, scaled, flat=y.ndim == 1)


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber", "quantile"])
def test_a_real_target_is_standardised(loss: str, rng: np.random.Generator) -> None:
    y = 5.0 + 3.0 * rng.normal(size=(50, 2))
    target = learned(loss, y)
    Y = target.encode(y, np.dtype("f8"))
    assert np.allclose(Y.mean(axis=0), 0.0)
    assert np.allclose(Y.std(axis=0), 1.0)
    assert np.allclose(target.predictions(Y), y)


@pytest.mark.parametrize("loss", ["poisson", "gamma"])
def test_a_target_with_an_exponential_link_is_divided_by_its_mean(loss: str) -> None:
    y = np.array([1.0, 2.0, 6.0])
    target = learned(loss, y)
    assert (target.center.tolist(), target.scale.tolist()) == ([0.0], [3.0])
    assert np.allclose(target.predictions(np.log(target.encode(y, np.dtype("f8")))), y)


def test_a_target_between_0_and_1_stays_as_it_is() -> None:
    target = learned("binary_log_loss", [0.2, 0.8])
    assert target.scale.tolist() == [1.0]
    assert target.predictions(np.array([[0.0]])).tolist() == [0.5]


def test_scale_and_centre_are_weighted(rng: np.random.Generator) -> None:
    y, counts = rng.normal(size=20), rng.integers(1, 5, size=20)
    weighted, repeated = (
        learned("squared_error", y, counts),
        learned("squared_error", y.repeat(counts)),
    )
    assert weighted.center == pytest.approx(repeated.center)
    assert weighted.scale == pytest.approx(repeated.scale)


@pytest.mark.parametrize("value", [0.0, 0.1, -1e300, 1e-300])
def test_a_constant_target_has_scale_1(value: float) -> None:
    target = learned("squared_error", np.full(7, value))
    assert target.scale.tolist() == [1.0]
    assert target.predictions(np.zeros((1, 1))) == pytest.approx(value)


def test_huge_and_tiny_targets_neither_overflow_nor_vanish() -> None:
    for size in (1e300, 1e-300):
        target = learned("squared_error", np.array([1.0, 2.0, 3.0]) * size)
        assert target.scale / size == pytest.approx(np.sqrt(2.0 / 3.0))


def test_without_scaling_nothing_is_changed() -> None:
    target = learned("squared_error", [100.0, 300.0], scaled=False)
    assert target.encode(np.array([100.0]), np.dtype("f8")).tolist() == [[100.0]]


def test_every_level_has_a_column_of_its_own() -> None:
    y = np.array([[1.0, 10.0], [3.0, 30.0]])
    target = learned("quantile(0.1, 0.9)", y)
    assert target.n_outputs == 4
    assert target.encode(y, np.dtype("f8")).tolist() == [[-1, -1, -1, -1], [1, 1, 1, 1]]
    assert target.predictions(np.array([[0.0, 1.0, 0.0, 1.0]])).tolist() == [[2.0, 3.0, 20.0, 30.0]]


@pytest.mark.parametrize(
    ("loss", "y"), [("poisson", -1.0), ("gamma", 0.0), ("binary_log_loss", 2.0)]
)
def test_a_target_outside_the_domain_is_refused(loss: str, y: float) -> None:
    with pytest.raises(InputError, match=f"y for loss {loss}"):
        learned(loss, [1.0, y])
    with pytest.raises(InputError, match=f"y for loss {loss}"):
        learned(loss, [0.5, 0.6]).encode(np.array([y]), np.dtype("f8"))


def test_predictions_have_the_precision_of_y() -> None:
    y = np.array([[1.0], [2.0]])
    for dtype in ("float32", "float64"):
        target = number_target("squared_error", y.astype(dtype), None, True, True)
        assert target.predictions(np.zeros((1, 1), dtype="f4")).dtype == dtype


def test_an_exponential_that_is_too_large_is_infinite() -> None:
    assert learned("poisson", [1.0]).predictions(np.array([[1e3]])).tolist() == [np.inf]


@pytest.mark.parametrize("loss", ["squared_error", "poisson", "quantile(0.1, 0.9)"])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_what_a_row_is_taken_for_does_not_depend_on_the_rows_beside_it(
    rng: np.random.Generator, loss: str, dtype: str
) -> None:
    target = learned(loss, np.exp(rng.normal(size=(50, 2))))
    z = rng.normal(size=(300, target.n_outputs)).astype(dtype)
    kept = z.copy()
    parts = [target.predictions(z[i : i + 1]) for i in range(300)]
    np.testing.assert_array_equal(target.predictions(z), np.vstack(parts))
    np.testing.assert_array_equal(z, kept)


def test_a_copy_holds_what_was_learned_and_nothing_that_follows_from_it() -> None:
    target = learned("squared_error", [1.0, 3.0])
    target.predictions(np.zeros((1, 1)))
    copy = pickle.loads(pickle.dumps(target))
    assert set(vars(copy)) == {"loss", "center", "scale", "flat", "dtype"} < set(vars(target))
    assert copy.predictions(np.ones((1, 1))).tolist() == [3.0]
