"""What each kind of column puts out, worked by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from chainrule.errors import InputError
from chainrule.tables.encoders import BooleanColumn, CategoryColumn, Column, NumberColumn


def encoded(column: Column, values: Any, **kwargs: Any) -> list[list[float]]:
    series = pd.Series(values, **kwargs)
    out = np.zeros((len(series), len(column.outputs())), dtype=np.float32)
    column.encode(series, out)
    return out.tolist()


def test_a_number() -> None:
    column = NumberColumn("cm", 1, 9, True, 2.0, 0.5, False)
    assert column.outputs() == ("cm", "cm:missing")
    bent = float(np.float32(1.0 / np.sqrt(1.0 + 1.0 / 9.0)))
    assert encoded(column, ["4", "?", "inf", "2"]) == [[bent, 0], [0, 1], [0, 1], [0, 0]]


def test_a_missing_number_that_was_never_missing_in_training_is_the_median() -> None:
    column = NumberColumn("cm", 0, 9, False, 2.0, 0.5, False)
    assert encoded(column, [None, 2.0]) == [[0.0], [0.0]]


def test_a_number_that_did_not_vary_leaves_its_indicator() -> None:
    column = NumberColumn("cm", 1, 1, True, 2.0, 0.0, False)
    assert column.outputs() == ("cm:missing",)
    assert encoded(column, [5.0, None]) == [[0.0], [1.0]]


def test_words_where_numbers_must_be() -> None:
    strict = NumberColumn("cm", 0, 9, False, 2.0, 0.5, False)
    with pytest.raises(
        InputError, match=r"column 'cm', row 2: got 'many', expected a number.*\(2 such values"
    ):
        encoded(strict, ["1", "many", "few"])
    lenient = NumberColumn("cm", 0, 9, True, 2.0, 0.5, True)
    assert encoded(lenient, ["2", "many"]) == [[0.0, 0.0], [0.0, 1.0]]


def test_a_boolean() -> None:
    column = BooleanColumn("wet", 1, 2, True)
    assert column.outputs() == ("wet", "wet:missing")
    expected = [[1, 0], [-1, 0], [0, 1], [0, 0]]
    assert encoded(column, ["yes", "NO", None, "perhaps"]) == expected
    assert encoded(column, [1, 0, None, 5], dtype="Int64") == expected
    assert encoded(column, [True, False, None], dtype="boolean") == expected[:3]
    assert encoded(BooleanColumn("wet", 1, 1, True), ["yes", None]) == [[0.0], [1.0]]


def test_a_category_is_one_hot_and_unknown_values_are_zero() -> None:
    column = CategoryColumn("hue", 1, 3, True, ("blue", "green", "red"), False)
    assert column.outputs() == ("hue=blue", "hue=green", "hue=red", "hue:missing")
    expected = [[0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]]
    assert encoded(column, [" red", "blue", None, "pink"]) == expected


def test_two_categories_are_one_column() -> None:
    column = CategoryColumn("sex", 0, 2, False, ("f", "m"), False)
    assert column.outputs() == ("sex=m",)
    assert encoded(column, ["m", "f", None, "x"]) == [[1.0], [-1.0], [0.0], [0.0]]


def test_rare_categories_are_pooled_with_those_never_seen() -> None:
    column = CategoryColumn("hue", 1, 9, False, ("blue", "red"), True)
    assert column.outputs() == ("hue=blue", "hue=red", "hue:other")
    assert encoded(column, ["red", "pink", None]) == [[0, 1, 0], [0, 0, 1], [0, 0, 0]]


def test_one_category_leaves_its_indicator() -> None:
    column = CategoryColumn("hue", 1, 1, True, ("blue",), False)
    assert encoded(column, ["blue", "red", None]) == [[0.0], [0.0], [1.0]]


def test_categories_that_look_like_numbers_are_known_by_any_dtype() -> None:
    column = CategoryColumn("class", 0, 3, False, ("1", "2", "A"), False)
    expected = [[1, 0, 0], [0, 1, 0]]
    for values in ([1, 2], [1.0, 2.0], ["1", "2"], pd.Categorical([1, 2])):
        assert encoded(column, values) == expected
