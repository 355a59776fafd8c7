"""Delimited text: values against Python's csv module, and the place of every mistake."""

from __future__ import annotations

import csv
import io
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.errors import FileError
from chainrule.tables import delimited
from chainrule.tables.text import MISSING_WORDS


def read(data: bytes | str, **kwargs: Any) -> pd.DataFrame:
    raw = data.encode() if isinstance(data, str) else data
    return delimited.read_delimited(lambda: io.BytesIO(raw), "t.csv", **kwargs)


def listed(frame: pd.DataFrame) -> dict[str, list[Any]]:
    return {name: [None if pd.isna(v) else v for v in frame[name]] for name in frame}


def test_types() -> None:
    frame = read("n,x,t,code,none,big\n1, 2.5 ,red,01,,12345678901234567890\n-3,?,NA,22,NA,1\n")
    assert [str(dtype) for dtype in frame.dtypes[:2]] == ["int64", "float64"]
    assert listed(frame) == {
        "n": [1, -3],
        "x": [2.5, None],
        "t": ["red", None],
        "code": ["01", "22"],
        "none": [None, None],
        "big": ["12345678901234567890", "1"],
    }


def test_columns_can_be_kept_as_text() -> None:
    assert listed(read("a,b\n1,2\n", text_columns=("b", "z"))) == {"a": [1], "b": ["2"]}


def test_byte_order_mark_line_ends_and_blank_lines() -> None:
    for text in (
        "\ufeffa,b\n1,2\n",
        "a,b\r\n1,2\r\n",
        "a,b\r1,2\r",
        "\na,b\n\n1,2\n\n",
        "a,b\n1,2",
    ):
        assert listed(read(text)) == {"a": [1], "b": [2]}


def test_quotes() -> None:
    frame = read('a,b\n"x, ""y""","two\nlines"\nz,"end"')
    assert listed(frame) == {"a": ['x, "y"', "z"], "b": ["two\nlines", "end"]}


words = st.text("abc,;|\t\"'\n 1.", min_size=1, max_size=5)


@given(st.lists(st.tuples(words, words), min_size=1, max_size=5), st.sampled_from(",;|\t"))
def test_what_the_csv_module_writes_is_read(rows: list[tuple[str, str]], separator: str) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerows([("first", "second"), *rows])
    frame = read(out.getvalue(), text_columns=("first", "second"))
    for i, name in enumerate(("first", "second")):
        cleaned = [row[i].strip() for row in rows]
        assert listed(frame)[name] == [None if v in MISSING_WORDS else v for v in cleaned]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a,b\n", "a header and no rows"),
        (b"a,b", "a header and no rows"),
        (b"\xef\xbb\xbf", "a header and no rows"),
        (b"a,b\n1,2\n3\n", r"t.csv, row 2: got 1 field \('3'\), expected 2, as in the header"),
        (b"a,b\n1,2,3\n", r"t.csv, row 1: got 3 fields \('1,2,3'\), expected 2"),
        (b"a,b\n1," + b"x" * 99 + b",3\n", "xxx…'"),
        (b'a,b\n"1,x\n2,y\n', "row 1: got 1 field .*close every quote"),
        (b'a,b\n1,"x\n2,y\n', "t.csv: got a quote in row 1 that is never closed"),
        (
            b"a,b\n1,x\n2,\xe9\n",
            r"byte 0xe9 at position 10 \(line 3\), expected text in UTF-8; convert it",
        ),
        (b"\xe9,b\n1,x\n", r"byte 0xe9 at position 0 \(line 1\)"),
        (b"a,b\n1," + "é".encode() * 600_000 + b"\n2,\xff\n", r"position 1200009 \(line 3\)"),
        (b"a,a\n1,2\n", "two columns named 'a'"),
        (b"a,,b\n1,2,3\n", "no name for column 2 of 3"),
    ],
)
def test_mistakes_are_placed(data: bytes, message: str) -> None:
    with pytest.raises(FileError, match=message):
        read(data)


def test_a_row_that_is_too_long() -> None:
    with pytest.raises(FileError, match="a row of more than 16 MiB"):
        read(b"a,b\n1," + b"x" * (delimited.HEAD * 2) + b"\n")


def test_the_place_of_a_mistake_in_a_large_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "HEAD", 1 << 12)  # many blocks
    rows = b"".join(b"%d,x\n" % i for i in range(5000))
    with pytest.raises(FileError, match="row 5001: got 3 fields"):
        read(b"a,b\n" + rows + b"1,2,3\n")
    assert len(read(b"a,b\n" + rows)) == 5000
