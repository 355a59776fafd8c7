"""Weights say how many such rows there are; class weights multiply them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_sample_weight

from chainrule.errors import InputError, InputTypeError
from chainrule.estimators import weights
from chainrule.estimators.class_target import class_target

Y = np.array(["a", "b", "b", "b", "c", "c"])
TARGET = class_target("single", [np.unique(Y)], "auto")


def of_class(given: Any, sample_weight: Any = None, y: np.ndarray = Y, target: Any = TARGET) -> Any:
    return weights.class_weights(given, target, target.codes(y), sample_weight)


@pytest.mark.parametrize("given", ["balanced", {"a": 3.0, "b": 1.0, "c": 0.5}, {"c": 2}])
def test_class_weights_are_scikit_learns(given: Any) -> None:
    complete = given if given == "balanced" else {"a": 1.0, "b": 1.0, "c": 1.0, **given}
    assert np.allclose(of_class(given), compute_sample_weight(complete, Y))


def test_balanced_counts_weights_as_repetition() -> None:
    counts = np.array([1, 2, 3, 1, 1, 5])
    weighted = of_class("balanced", counts.astype(float))
    repeated = of_class("balanced", y=Y.repeat(counts))
    assert np.allclose(weighted.repeat(counts), repeated)


def test_several_columns_are_multiplied() -> None:
    y = np.array([["a", "x"], ["b", "y"], ["b", "x"]])
    target = class_target("multioutput", [np.array(["a", "b"]), np.array(["x", "y"])], "auto")
    given = [{"a": 2.0}, {"x": 3.0}]
    assert of_class(given, y=y, target=target).tolist() == [6.0, 1.0, 3.0]
    assert np.allclose(
        of_class("balanced", y=y, target=target), compute_sample_weight("balanced", y)
    )


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({"A": 2.0}, InputError, "a weight for 'A', expected classes 'a', 'b', 'c'"),
        ({"a": -1.0}, InputError, r"class_weight\['a'\]"),
        ({"a": "much"}, InputError, r"class_weight\['a'\]"),
        ("equal", InputTypeError, "'balanced'"),
        (3.0, InputTypeError, "dict"),
        ([{"a": 1.0}, {}], InputError, "2 entries"),
        ({"a": 0, "b": 0, "c": 0}, InputError, "0 for every row"),
    ],
)
def test_wrong_class_weights(given: Any, error: type, says: str) -> None:
    with pytest.raises(error, match=says):
        of_class(given)


def test_one_dict_does_not_serve_several_columns() -> None:
    y = np.array([["a", "x"], ["b", "y"]])
    target = class_target("multioutput", [np.array(["a", "b"]), np.array(["x", "y"])], "auto")
    with pytest.raises(InputError, match="a list of dicts"):
        of_class({"a": 2.0}, y=y, target=target)


def test_a_class_that_a_fold_lacks_may_be_named() -> None:
    assert of_class({"a": 1, "b": 1, "c": 1, "d": 5}).tolist() == [1.0] * 6


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([1.0, -1.0], ">= 0"),
        ([1.0, np.nan], "NaN"),
        ([0.0, 0.0], "only zeros"),
        ([1.0], "shape"),
        ([[1.0], [1.0]], "shape"),
        (["many", "few"], "numbers"),
    ],
)
def test_wrong_sample_weights(given: Any, says: str) -> None:
    with pytest.raises((InputError, InputTypeError), match=f"sample_weight.*{says}"):
        weights.checked(given, 2)


def test_small_helpers() -> None:
    w = np.array([1.0, 3.0])
    assert weights.checked(None, 2) is None
    assert weights.checked(2.0, 2).tolist() == [2.0, 2.0]  # type: ignore[union-attr]
    assert weights.normalised(w, np.dtype("f4")).tolist() == [0.5, 1.5]  # type: ignore[union-attr]
    assert weights.normalised(None, np.dtype("f4")) is None
    assert weights.product(None, None) is None
    assert weights.product(w, None, w).tolist() == [1.0, 9.0]  # type: ignore[union-attr]
    assert (weights.total(w, 2), weights.total(None, 2)) == (4.0, 2.0)
