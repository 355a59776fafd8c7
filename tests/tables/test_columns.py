"""Columns of every dtype mean the same as the values in them, one by one."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from chainrule.tables import columns
from chainrule.tables.recognition import recognise

NAN = float("nan")
# name: (column, kind, text, numbers)
COLUMNS: dict[str, tuple[Any, str, list[str | None], list[float]]] = {
    "int": (pd.Series([1, 2]), "number", ["1", "2"], [1, 2]),
    "uint8": (pd.Series([1, 255], dtype="uint8"), "number", ["1", "255"], [1, 255]),
    "Int64": (pd.Series([1, None], dtype="Int64"), "number", ["1", None], [1, NAN]),
    "float": (pd.Series([1.0, 0.5, NAN]), "number", ["1", "0.5", None], [1, 0.5, NAN]),
    "bool": (pd.Series([True, False]), "boolean", ["True", "False"], [1, 0]),
    "boolean": (pd.Series([True, None], dtype="boolean"), "boolean", ["True", None], [1, NAN]),
    "objects of bool": (pd.Series([True, None], dtype=object), "boolean", ["True", None], [1, NAN]),
    "text": (pd.Series([" red", "NA", None]), "category", ["red", None, None], [NAN] * 3),
    "object": (pd.Series(["a", None], dtype=object), "category", ["a", None], [NAN] * 2),
    "numbers as text": (pd.Series(["1", " 2e1 "]), "number", ["1", "2e1"], [1, 20]),
    "mixed": (pd.Series([1, "a", 2.5, None], dtype=object), "category", ["1", "a", "2.5", None], [1, NAN, 2.5, NAN]),
    "categorical": (pd.Series(["a", None], dtype="category"), "category", ["a", None], [NAN] * 2),
    "categorical ints": (pd.Series([2, 1, None], dtype="category"), "category", ["2", "1", None], [2, 1, NAN]),
    "no categories": (pd.Series([None], dtype="category"), "category", [None], [NAN]),
    "decimal": (pd.Series([Decimal("1.5"), Decimal("nan")]), "number", ["1.5", None], [1.5, NAN]),
    "sparse": (pd.Series([0.0, 1.0], dtype=pd.SparseDtype(float)), "number", ["0", "1"], [0, 1]),
    "arrow int": (pd.Series([1, None], dtype=pd.ArrowDtype(pa.int64())), "number", ["1", None], [1, NAN]),
    "arrow decimal": (
        pd.Series([Decimal("1.5")], dtype=pd.ArrowDtype(pa.decimal128(5, 2))), "number", ["1.5"], [1.5]
    ),
    "arrow text": (pd.Series(["a", None], dtype=pd.ArrowDtype(pa.string())), "category", ["a", None], [NAN] * 2),
    "arrow time": (pd.Series([dt.time(1, 2)], dtype=pd.ArrowDtype(pa.time64("us"))), "number", ["3720"], [3720]),
    "durations": (pd.Series(pd.to_timedelta([1, None], unit="h")), "number", ["0 days 01:00:00", None], [3600, NAN]),
    "intervals": (pd.Series(pd.interval_range(0, 2)), "category", ["(0, 1]", "(1, 2]"], [NAN] * 2),
    "huge": (pd.Series([10**5000, 1], dtype=object), "number", ["inf", "1"], [np.inf, 1]),
    "empty": (pd.Series([], dtype=object), "category", [], []),
}  # fmt: skip


@pytest.mark.parametrize("name", COLUMNS)
def test_every_dtype(name: str) -> None:
    series, kind, texts, numbers = COLUMNS[name]
    assert columns.is_usable(series)
    assert recognise("x", series).kind == kind
    assert columns.texts(series).to_pylist() == texts
    x, bad = columns.numbers(series)
    np.testing.assert_array_equal(x, numbers)
    missing = np.array([value is None for value in texts], dtype=bool)
    assert (np.isnan(x) == (bad | missing)).all()


@pytest.mark.parametrize("name", COLUMNS)
def test_a_value_does_not_depend_on_its_neighbours(name: str) -> None:
    series = COLUMNS[name][0]
    for i in range(len(series)):
        one = series.iloc[i : i + 1]
        assert columns.texts(one).to_pylist() == columns.texts(series).to_pylist()[i : i + 1]
        for convert in (columns.numbers, columns.dates, columns.booleans):
            for alone, among in zip(convert(one), convert(series), strict=True):
                np.testing.assert_array_equal(alone, among[i : i + 1])


DATES = {
    "naive": pd.Series(pd.to_datetime(["2024-01-31 08:00", None])),
    "text": pd.Series(["2024-01-31 08:00", "?"]),
    "zoned text": pd.Series(["2024-01-31T08:00+09:00", None]),
    "zoned": pd.Series(pd.to_datetime(["2024-01-30 23:00Z", None])).dt.tz_convert("Asia/Tokyo"),
    "objects": pd.Series([dt.datetime(2024, 1, 31, 8), None], dtype=object),
    "arrow": pd.Series(
        [dt.datetime(2024, 1, 31, 8), None], dtype=pd.ArrowDtype(pa.timestamp("ms"))
    ),
}


@pytest.mark.parametrize("name", DATES)
def test_dates_of_every_dtype_give_the_clock_on_the_wall(name: str) -> None:
    series = DATES[name]
    when, bad = columns.dates(series)
    assert when[0] == np.datetime64("2024-01-31T08:00")
    assert np.isnat(when[1])
    assert not bad.any()
    assert recognise("x", series).kind == "date"
    assert columns.numbers(series)[1].tolist() == [True, False]


def test_dates_of_other_columns() -> None:
    period = pd.Series(pd.period_range("2024-01", periods=1, freq="M"))
    assert columns.dates(period)[0][0] == np.datetime64("2024-01-01")
    category = DATES["naive"].astype("category")
    assert columns.dates(category)[0].tolist() == columns.dates(DATES["naive"])[0].tolist()
    assert columns.dates(pd.Series([1.0, NAN]))[1].tolist() == [True, False]


@pytest.mark.parametrize(
    "series",
    [
        pd.Series([[1], [2]]),
        pd.Series([{"a": 1}]),
        pd.Series([b"a"]),
        pd.Series([1j]),
        pd.Series([1j, "a"], dtype=object),
        pd.Series([[1]], dtype=pd.ArrowDtype(pa.list_(pa.int64()))),
        pd.Series([b"a"], dtype="category"),
    ],
)
def test_what_is_no_single_value_is_told(series: Any) -> None:
    assert not columns.is_usable(series)
