"""Parquet in blocks against the same file read at once: every value, type, note and error."""

from __future__ import annotations

import datetime as dt
import io
import warnings
from typing import Any
from unittest import mock

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.errors import FileError
from chainrule.tables import parquet_blocks as module
from chainrule.tables.columnar import read_columnar
from chainrule.tables.parquet_blocks import parquet_blocks

WORDS = pa.dictionary(pa.int32(), pa.string())
CODES = pa.dictionary(pa.int8(), pa.int64())
BERLIN = pa.timestamp("ns", tz="Europe/Berlin")
VALUES: dict[Any, list[Any]] = {
    pa.int64(): [-(2**63), 2**53 + 1, 0, 7],
    pa.uint8(): [0, 255],
    pa.bool_(): [True, False],
    pa.string(): ["a", "ü", "1"],
    pa.float32(): [0.1, -0.0, float("inf"), float("nan")],
    pa.decimal128(6, 2): [1, 2],
    pa.date32(): [dt.date(1, 1, 1), dt.date(2024, 1, 31)],
    pa.timestamp("us"): [dt.datetime(1, 1, 1), dt.datetime(2024, 1, 31, 5)],
    BERLIN: [dt.datetime(2024, 1, 31, 5, tzinfo=dt.UTC)],
    pa.time64("us"): [dt.time(1), dt.time(2, 3)],
    pa.duration("ms"): [dt.timedelta(seconds=5)],
    pa.null(): [None],
    pa.binary(): [b"a"],
    pa.list_(pa.int8()): [[1, 2], []],
    pa.struct({"a": pa.int8()}): [{"a": 1}, {"a": None}],
    WORDS: ["x", "y", "z"],
    CODES: [5, 6],
}


@st.composite
def tables(draw: Any) -> pa.Table:
    n = draw(st.integers(1, 15))
    found = {}
    for i in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(list(VALUES)))
        gaps = draw(st.sampled_from([[], [None], None]))
        choice = [None] if gaps is None else [*VALUES[kind], *gaps]
        values = draw(st.lists(st.sampled_from(choice), min_size=n, max_size=n))
        if pa.types.is_dictionary(kind):
            found[f"c{i}"] = pa.array(values, kind.value_type).dictionary_encode().cast(kind)
        else:
            found[f"c{i}"] = pa.array(values, kind)
    return pa.table(found)


def packed(table: pa.Table, row_group_size: int | None = None) -> bytes:
    stream = io.BytesIO()
    pq.write_table(table, stream, row_group_size=row_group_size)
    return stream.getvalue()


def outcome(read: Any) -> tuple[Any, list[str]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = read()
        except FileError as error:
            found = str(error)
    return found, [str(one.message) for one in caught]


@given(tables(), st.integers(1, 16), st.integers(1, 6), st.integers(1, 9))
def test_any_file_in_any_blocks_is_the_table(
    table: pa.Table, row_group_size: int, n: int, read: int
) -> None:
    data = packed(table, row_group_size)

    def in_blocks() -> list[pd.DataFrame]:
        found = parquet_blocks(lambda: io.BytesIO(data), "t")
        frames = list(found.frames(n))
        assert list(found.names) == list(frames[0])
        assert found.n_rows == sum(map(len, frames))
        return frames

    whole, notes = outcome(lambda: read_columnar(lambda: io.BytesIO(data), "t", "parquet"))
    with mock.patch.object(module, "_READ", read):
        frames, same_notes = outcome(in_blocks)
    assert same_notes == notes
    if isinstance(whole, str):
        assert frames == whole
        return
    for frame in frames:
        assert frame.dtypes.equals(whole.dtypes)
    pd.testing.assert_frame_equal(pd.concat(frames, ignore_index=True), whole)


def test_only_the_columns_that_are_wanted_are_given() -> None:
    table = pa.table({"a": [1, 2], "b.c": ["x", "y"], "b": [{"c": 1}, {"c": 2}], "d": [None, True]})
    data = packed(table)
    with pytest.warns(match="column 'b' holds struct"):
        found = parquet_blocks(lambda: io.BytesIO(data), "t", wanted={"d", "b.c", "z"})
    assert found.names == ("a", "b.c", "d")
    assert [frame.to_dict("list") for frame in found.frames(1)] == [
        {"b.c": ["x"], "d": [None]},
        {"b.c": ["y"], "d": [True]},
    ]
    assert found.types["d"] == pa.bool_()


def test_a_damaged_page_is_told_when_it_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_READ", 500)
    table = pa.table({"a": [float(i) for i in range(5000)]})
    data = bytearray(packed(table, 1000))
    found = parquet_blocks(lambda: io.BytesIO(data), "t")
    start = pq.ParquetFile(io.BytesIO(data)).metadata.row_group(4).column(0).data_page_offset
    data[start : start + 40] = b"\xff" * 40
    frames = found.frames(500)
    assert len(next(frames)) == 500
    with pytest.raises(FileError, match="t: got a damaged file"):
        list(frames)


def test_a_file_that_changes_between_the_readings() -> None:
    contents = [packed(pa.table({"a": [1.0] * n})) for n in (3, 2)]
    found = parquet_blocks(lambda: io.BytesIO(contents.pop()), "t")
    with pytest.raises(FileError, match="other rows the second time"):
        list(found.frames(2))
