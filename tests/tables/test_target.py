"""The target: which task it makes, and every reason to refuse it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from chainrule.errors import InputError
from chainrule.tables import recognise_task, separate, target_values

CLASSES = [
    ["a", "b", "b"],
    [True, False, True],
    [0, 1, 1, 0],
    [0.0, 1.0],
    [1, 2, 3] * 4,
    list(range(20)) * 5,
    ["1", "2", "3+"] * 3,
    pd.Categorical([1, 2, 3, 4, 5]),
    [7, 7, 7],
]
QUANTITIES = [
    [0.5, 1.0, 2.0],
    list(range(21)) * 5,
    [1, 2, 3, 4, 5],
    ["1.5", "2", "7.25"],
    [3] * 300 + [1] * 300 + [2],
]


@pytest.mark.parametrize("values", CLASSES)
def test_classes(values: Any) -> None:
    choice = recognise_task(pd.Series(values, name="y"))
    assert choice.task == "classification"
    assert "target 'y' holds" in choice.reason


@pytest.mark.parametrize("values", QUANTITIES)
def test_quantities(values: Any) -> None:
    choice = recognise_task(pd.Series(values))
    assert choice.task == "regression"
    assert choice.reason.endswith("so this is a regression")


def test_the_user_decides() -> None:
    y = pd.Series(["a"])
    assert recognise_task(y, "regression") == ("regression", "the task was given")
    with pytest.raises(
        InputError, match="task: got 'ranking', expected classification or regression"
    ):
        recognise_task(y, "ranking")


@pytest.mark.parametrize("values", [pd.to_datetime(["2024-01-31"]), [[1], [2]]])
def test_what_cannot_be_a_target(values: Any) -> None:
    with pytest.raises(InputError, match="expected classes or numbers"):
        recognise_task(pd.Series(values))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["a", " b", "b"], np.array(["a", "b", "b"], dtype=object)),
        ([True, False], np.array([True, False])),
        (pd.Series([True, False], dtype=object), np.array([True, False])),
        (pd.Series([True, False], dtype="boolean"), np.array([True, False])),
        ([3, 1], np.array([3, 1])),
        (pd.Series([3, 1], dtype="Int64"), np.array([3, 1])),
        ([3.0, 1.0], np.array([3, 1])),
        ([0.5, 1.0], np.array([0.5, 1.0])),
        (["1", "2"], np.array(["1", "2"], dtype=object)),
        (pd.Categorical(["x", "y"]), np.array(["x", "y"], dtype=object)),
    ],
)
def test_labels_stay_as_they_stand(values: Any, expected: np.ndarray) -> None:
    y = target_values(pd.Series(values), "classification")
    assert y.tolist() == expected.tolist()
    assert y.dtype == expected.dtype


def test_quantities_become_float64() -> None:
    y = target_values(pd.Series(["1.5", "2"]), "regression")
    assert y.dtype == np.float64
    assert y.tolist() == [1.5, 2.0]


@pytest.mark.parametrize(
    ("values", "task", "message"),
    [
        (
            ["a", None, "NA"],
            "classification",
            "no value in 2 of 3 rows .first in row 2., .*; remove those rows",
        ),
        ([1.0, np.nan], "regression", "no value in 1 of 2 rows"),
        (["a", "a"], "classification", "only 'a' in all 2 rows, expected at least two classes"),
        ([], "classification", "no rows"),
        ([], "regression", "no rows"),
        ([2.0, 2.0], "regression", "only 2 in all 2 rows, expected a quantity that varies"),
        ([1.0, np.inf], "regression", "an infinite value in row 2"),
        (["1.5", "tall"], "regression", "row 2: got 'tall', expected a number"),
        (
            [str(i) for i in range(39)] + ["x"],
            "classification",
            "row 40: got 'x', expected a number",
        ),
        (
            [str(i) for i in range(30)] + ["x"] * 10,
            "classification",
            "row 31: got 'x', expected a number",
        ),
        ([f"name {i}" for i in range(40)], "classification", "40 different classes in 40 rows"),
        ([[1], [2]], "classification", "expected classes or numbers"),
    ],
)
def test_refused(values: Any, task: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        target_values(pd.Series(values, name="y", dtype=object if values == [] else None), task)


def test_separate() -> None:
    frame = pd.DataFrame({"a": [1], "species": ["x"], "b": [2]})
    X, y = separate(frame, "species")
    assert X.columns.tolist() == ["a", "b"]
    assert y.tolist() == ["x"]
    with pytest.raises(
        InputError,
        match="target: got 'Species', expected a column of the table; did you mean 'species'",
    ):
        separate(frame, "Species")
