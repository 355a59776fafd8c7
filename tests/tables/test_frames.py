"""Frames of any library as pandas frames, column by column as a Parquet file gives them."""

from __future__ import annotations

from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from chainrule.errors import InputError
from chainrule.tables import columns, recognition
from chainrule.tables.frames import as_pandas, is_frame

VALUES: dict[str, list[Any]] = {
    "number": [1.5, None, -2.0],
    "whole": [1, None, 3],
    "word": ["a", None, "b"],
    "truth": [True, None, False],
}


@pytest.mark.parametrize("name", VALUES)
def test_a_column_means_the_same_from_every_container(name: str) -> None:
    frame = pd.DataFrame({name: VALUES[name]})
    expected = columns.texts(frame[name]).to_pylist()
    kind = recognition.recognise(name, frame[name]).kind
    for other in (pl.DataFrame, pl.LazyFrame, pa.table):
        made = as_pandas(other({name: VALUES[name]}))
        assert columns.texts(made[name]).to_pylist() == expected
        assert recognition.recognise(name, made[name]).kind == kind


def test_categories_stay_categories_and_dates_dates() -> None:
    codes = pl.Series("code", ["1", "2", None], dtype=pl.Categorical)
    days = pl.Series("day", ["2024-01-31", None, "2024-03-01"]).str.to_date()
    made = as_pandas(pl.DataFrame([codes, days]))
    assert recognition.recognise("code", made["code"]).kind == "category"
    assert recognition.recognise("day", made["day"]).kind == "date"
    assert columns.dates(made["day"])[0].astype("M8[D]").astype(str).tolist()[2] == "2024-03-01"


def test_names_and_rows_are_kept_as_they_are() -> None:
    with pytest.raises(InputError, match="each name once"):
        as_pandas(pa.table([[1, 2], [3, 4]], names=["twice", "twice"]))
    assert len(as_pandas(pl.DataFrame({"none": []}))) == 0
    frame = pd.DataFrame({"a": [1]}, index=[7])
    assert as_pandas(frame) is frame


@pytest.mark.parametrize("other", [pd.Series([1]), pl.Series([1]), pa.array([1]), {"a": [1]}, None])
def test_columns_and_dictionaries_are_no_frames(other: Any) -> None:
    assert not is_frame(other)
