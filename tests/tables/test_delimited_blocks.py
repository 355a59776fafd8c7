"""Delimited text in blocks against the same text read at once: every value, type and error."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.errors import FileError
from chainrule.tables import delimited_blocks as module
from chainrule.tables.delimited import read_delimited
from chainrule.tables.delimited_blocks import delimited_blocks
from chainrule.tables.header import HEAD

CELLS = ["", "NA", "1", "-0", "01", "22", "2.5", "1e3", "-7", "+5", "9007199254740993", "0x1A"]
CELLS += ["12345678901234567890", "yes", "no", "True", "2024-01-31", "word", " 3 ", "inf", "nan"]
CELLS += ["ü", '"a,b"', '"two\nlines"', '"', "1,2"]  # the last two: what no table may hold

rows = st.lists(st.lists(st.sampled_from(CELLS), min_size=2, max_size=2), min_size=1, max_size=20)


def outcome(read: Any) -> Any:
    try:
        return read()
    except FileError as error:
        return str(error)


def assert_same(frames: list[pd.DataFrame], whole: pd.DataFrame) -> None:
    for frame in frames:
        assert frame.dtypes.equals(whole.dtypes)
    joined = pd.concat(frames, ignore_index=True)
    pd.testing.assert_frame_equal(joined, whole)
    for name in whole.select_dtypes("float"):
        assert np.array_equal(np.signbit(joined[name]), np.signbit(whole[name]))


@given(rows, st.integers(1, 7), st.integers(8, 200), st.booleans())
def test_any_table_in_any_blocks_is_the_table(
    table: list[list[str]], n: int, block_size: int, as_text: bool
) -> None:
    lines = [",".join(row) for row in [["a", "b"], *table]]
    data = ("\n".join(lines) + "\n").encode()
    text_columns = ("b",) if as_text else ()

    def opened() -> io.BytesIO:
        return io.BytesIO(data)

    def in_blocks() -> list[pd.DataFrame]:
        found = delimited_blocks(opened, "t.csv", text_columns=text_columns, block_size=block_size)
        frames = list(found.frames(n))
        assert [len(frame) for frame in frames[:-1]] == [n] * (len(frames) - 1)
        assert found.n_rows == sum(map(len, frames))
        return frames

    whole = outcome(lambda: read_delimited(opened, "t.csv", text_columns=text_columns))
    frames = outcome(in_blocks)
    if isinstance(whole, str):
        assert frames == whole
    else:
        assert_same(frames, whole)


def blocks_of(data: bytes, **kwargs: Any) -> module.DelimitedBlocks:
    return delimited_blocks(lambda: io.BytesIO(data), "t.csv", **kwargs)


def test_only_the_columns_that_are_wanted_are_given() -> None:
    found = blocks_of(b",b,c\n1,x,3\n2,y,4\n", wanted={"c", "Unnamed: 0", "z"})
    assert found.names == ("Unnamed: 0", "b", "c")
    (frame,) = found.frames(5)
    assert frame.to_dict("list") == {"Unnamed: 0": [1, 2], "c": [3, 4]}


def test_types_are_told_of_text_with_values() -> None:
    found = blocks_of(b"a,b,c\nx,1,\ny,2,\n", text_columns=("b", "c"))
    assert list(found.types) == ["a", "b"]


def test_mistakes_in_columns_that_are_not_wanted_are_found() -> None:
    with pytest.raises(FileError, match=r"near position 6 that are no text in utf-8"):
        blocks_of(b"a,b\n1,\xff\n", wanted={"a"}, encoding="utf-8")
    with pytest.raises(FileError, match=r"line 3002: got 3 fields"):
        blocks_of(b"a,b\n" + b"1,2\n" * 3000 + b"1,2,3\n", wanted={"a"}, block_size=100)


def test_rows_longer_than_a_block() -> None:
    told: list[int] = []
    data = b"a,b\n" + b"1,2\n" * 50 + b"3," + b"x" * 500 + b"\n"
    found = blocks_of(data, block_size=64, told=told.append)
    assert found.block_size == HEAD
    assert [len(frame) for frame in found.frames(30)] == [30, 21]
    assert told[-1] == 51
    with pytest.raises(FileError, match="a row of more than 16 MiB"):
        blocks_of(b"a,b\n1," + b"x" * (2 * HEAD) + b"\n")


@pytest.mark.parametrize("later", [b"a\n1\n", b"a\n1\n2\n3\n", b"a\n1\nx\n", b"a\n1\n2,3\n"])
def test_a_file_that_changes_between_the_readings(later: bytes) -> None:
    contents = [b"a\n1\n2\n"] * 2  # the head, and all of it
    found = delimited_blocks(lambda: io.BytesIO(contents.pop() if contents else later), "t.csv")
    with pytest.raises(FileError, match=r"t.csv: got other rows the second time"):
        list(found.frames(10))
