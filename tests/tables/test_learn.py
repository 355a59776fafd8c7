"""What is learned of one column: parameters, reasons for dropping it, sentences for the user."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from chainrule.tables import plain, suspicion
from chainrule.tables.dates import DateColumn
from chainrule.tables.encoders import BooleanColumn, CategoryColumn, Column, NumberColumn
from chainrule.tables.learn import DroppedColumn, learn
from chainrule.tables.recognition import recognise_table


def learned(values: Any, y: Any = None, most: int = 64, **kwargs: Any) -> tuple[Column, list[str]]:
    series = pd.Series(values)
    found = recognise_table(pd.DataFrame({"x": series}))[0]
    against = suspicion.targets(y, len(series))
    return learn("x", series, against=against, max_categories=most, recognition=found, **kwargs)


def test_a_number() -> None:
    column, notes = learned([1.0, 2.0, 3.0, 4.0, 5.0, None, 3.0])
    assert column == NumberColumn("x", 1, 5, True, 3.0, 1.0 / 1.5, False, span=(1.0, 5.0))
    assert notes == []


def test_infinite_values_count_as_missing() -> None:
    column, notes = learned(["1", "2", "inf", "-Infinity"])
    assert (column.missing, column.distinct, column.indicator) == (2, 2, True)
    assert notes == ["column 'x' is infinite in 2 rows, which count as missing"]


def test_a_category_a_boolean_and_a_date() -> None:
    column, notes = learned(["red", "blue", None, "red"])
    assert column == CategoryColumn("x", 1, 2, True, ("blue", "red"), False)
    column, notes = learned(["yes", "no", "no"])
    assert column == BooleanColumn("x", 0, 2, False)
    column, notes = learned(["2024-01-31", "2024-03-31", None])
    assert isinstance(column, DateColumn)
    assert column.origin == int(np.datetime64("2024-01-31", "us").astype(int))
    # year, day and hour do not vary; weekdays are Wednesday and Sunday; 60 days apart
    assert column.parts == (("month", 2.0, 1.0), ("weekday", 4.0, 0.5), ("days", 30.0, 1.0 / 30.0))
    assert notes == []


@pytest.mark.parametrize(
    ("values", "was", "reason"),
    [
        ([None, None], "category", "no value in any row"),
        ([np.nan, np.inf], "number", "no value in any row"),
        ([7.0, 7.0], "number", "same value in every row"),
        (["a", "a"], "category", "same value in every row"),
        ([True, True], "boolean", "same value in every row"),
        (["2024-01-31"] * 2, "date", "same value in every row"),
        ([5e-324, 0.0], "number", "differ by less"),
        (np.arange(1, 31), "number", "counts the rows"),
        ([f"a{i}" for i in range(30)], "category", "identifier"),
        (["a", "b" * (plain.MAX_TEXT + 1)], "category", "text of more than"),
        ([[1], [2]], "other", "single values"),
    ],
)
def test_dropped(values: Any, was: str, reason: str) -> None:
    column, _ = learned(values)
    assert isinstance(column, DroppedColumn)
    assert column.was == was
    assert reason in column.reason
    assert column.outputs() == ()


def test_row_numbers_can_be_kept() -> None:
    column, notes = learned(np.arange(1, 31), keep=True)
    assert isinstance(column, NumberColumn)
    assert "goes up by 1" in notes[0]


@pytest.mark.parametrize("values", [["a", "a", None], [1.0, 1.0, np.nan], [True, None, True]])
def test_one_value_and_missing_leaves_the_indicator(values: Any) -> None:
    column, notes = learned(values)
    assert column.outputs() == ("x:missing",)
    assert "only whether it is missing" in notes[0]


def test_rare_categories_are_pooled() -> None:
    column, notes = learned(["a", "b", "b", "c", "c", "d", "a", "b", "e"], most=3)
    # b has 3, a and c have 2 each: of equals the first in the alphabet stays
    assert column == CategoryColumn("x", 0, 5, False, ("a", "b"), True)
    assert notes == ["column 'x' has 5 different values; the 3 rarest are pooled as 'other'"]
    column, notes = learned(["a", "b", "c"], most=3)
    assert column == CategoryColumn("x", 0, 3, False, ("a", "b", "c"), False)


def test_a_leak_is_told_and_kept() -> None:
    label = ["a", "b", "c"] * 20
    column, notes = learned(label, y=label)
    assert isinstance(column, CategoryColumn)
    assert "alone determines the target" in notes[0]
