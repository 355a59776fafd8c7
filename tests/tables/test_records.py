"""JSON as pandas and others write it, against the table that was written."""

from __future__ import annotations

import contextlib
import io
import json
from typing import Any

import pandas as pd
import pytest

from chainrule.errors import DataWarning, FileError
from chainrule.tables import read_table

FRAME = pd.DataFrame(
    {"n": [1, 2, 3], "x": [0.5, None, 2.5], "t": ["ü", "null", None], "b": [True, False, True]}
)


def read(data: str | bytes, **kwargs: Any) -> pd.DataFrame:
    raw = data.encode() if isinstance(data, str) else data
    return read_table(io.BytesIO(raw), format="json", **kwargs)


@pytest.mark.parametrize("orient", ["records", "columns", "split", "table"])
def test_every_form_that_pandas_writes(orient: Any) -> None:
    found = read(FRAME.to_json(orient=orient))[list(FRAME)]
    assert json.loads(found.to_json(orient="records")) == json.loads(
        FRAME.to_json(orient="records")
    )


def test_one_record_a_line_and_columns_of_lists() -> None:
    lines = FRAME.to_json(orient="records", lines=True)
    assert json.loads(read(lines).to_json()) == json.loads(FRAME.to_json())
    assert read('{"a": [1, 2], "b": ["x", "y"]}').to_dict("list") == {"a": [1, 2], "b": ["x", "y"]}


def test_large_whole_numbers_stay_exact() -> None:
    assert read('[{"id": 1152921504606847001}, {"id": 3}]')["id"].tolist() == [
        1152921504606847001,
        3,
    ]


def test_records_without_some_fields_and_with_lists() -> None:
    with pytest.warns(DataWarning, match="column 'c' holds lists or objects"):
        frame = read('[{"a": 1}, {"a": 2, "b": "x"}, {"b": "y", "c": [1]}]')
    assert frame["b"].isna().tolist() == [True, False, False]
    assert list(frame) == ["a", "b"]


def test_utf_16_by_its_mark() -> None:
    assert read('[{"t": "Köln"}]'.encode("utf-16"))["t"].tolist() == ["Köln"]
    with pytest.raises(FileError, match=r"no text .*--encoding"):
        read('[{"t": "Köln"}]'.encode("cp1252"))
    assert read('[{"t": "Köln"}]'.encode("cp1252"), encoding="cp1252")["t"].tolist() == ["Köln"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "line 1: got no JSON"),
        ("[1, 2]", "JSON of another form, expected a list of records"),
        ("{}", "JSON of another form"),
        ("[]", "JSON of another form"),
        ('[{"a": 1},\n{"a": }]', "line 2: got no JSON"),
        ('{"a": 1}\n{"a": 2}\n{"a": \n', "line 3: got no JSON"),
        ('[{"a": [1]}]', "no column of single values"),
        ("[" * 100_000, "nested too deeply|no JSON"),
    ],
)
def test_what_is_no_table(data: str, message: str) -> None:
    lists = pytest.warns(DataWarning) if "[1]" in data else contextlib.nullcontext()
    with pytest.raises(FileError, match=message), lists:
        read(data)
