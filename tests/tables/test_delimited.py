"""Delimited text: values against Python's csv module, and the place of every mistake."""

from __future__ import annotations

import csv
import io
import warnings
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.errors import FileError
from chainrule.tables import delimited
from chainrule.tables.header import HEAD
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
        (
            b"a,b\n1,2\n3\n",
            r"t.csv, line 3: got 1 field \('3'\), expected 2, as in the header; add what is missing",
        ),
        (
            b"a,b\n1,2\n1,2,3\n4,5\n",
            r"t.csv, line 3: got 3 fields \('1,2,3'\), expected 2, .*; quote",
        ),
        (b"a,b\n1,2\n1,2\n1," + b"x" * 99 + b",3\n", "xxx…'"),
        (b'a,b\n"1,x\n2,y\n', "line 2: got 1 field .*close every quote"),
        (b'a,b\n1,"x\n2,y\n', "t.csv: got a quote in row 1 that is never closed"),
        (b"a,a\n1,2\n", "two columns named 'a'"),
        (b"5.1,3.5,x\n4.9,3.0,y\n", "first line: got values .5.1, 3.5, x.*a name for every column"),
        (b"39,0,x,0\n50,1,y,2\n", "first line: got values"),
    ],
)
def test_mistakes_are_placed(data: bytes, message: str) -> None:
    with pytest.raises(FileError, match=message):
        read(data)


def test_a_row_that_is_too_long() -> None:
    with pytest.raises(FileError, match="a row of more than 16 MiB"):
        read(b"a,b\n1," + b"x" * (HEAD * 2) + b"\n")


def test_the_place_of_a_mistake_in_a_large_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "HEAD", 1 << 12)  # many blocks
    rows = b"".join(b"%d,x\n" % i for i in range(5000))
    with pytest.raises(FileError, match="line 5002: got 3 fields"):
        read(b"a,b\n" + rows + b"1,2,3\n")
    assert len(read(b"a,b\n" + rows)) == 5000


def told(data: bytes, **kwargs: Any) -> tuple[dict[str, list[Any]], list[str]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        frame = read(data, **kwargs)
    return listed(frame), [str(one.message) for one in caught]


PLAIN = {"a": [1, 3, 5, 7], "b": [2.5, 4.5, 6.5, 8.5], "c": ["x", "y", "z", "x"]}
BODY = b"1,2.5,x\n3,4.5,y\n5,6.5,z\n7,8.5,x\n"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"a,b,c\n" + BODY, []),
        (b"sep=;\n" + b"a,b,c\n".replace(b",", b";") + BODY.replace(b",", b";"), []),
        (
            b"# made by hand\na,b,c\n" + BODY,
            ["line 1, above the header, is left out ('# made by hand')"],
        ),
        (b"Report of 2014\n\na,b,c\n" + BODY, ["left out ('Report of 2014')"]),
        (b"a,b,c\nmm,kg,-\n" + BODY, ["line 2 names units ('mm, kg, -')"]),
        (b"a,b,c\n" + BODY[:16] + b"a,b,c\n" + BODY[16:], ["1 rows repeat the header"]),
        (b"a,b,c,\n" + BODY.replace(b"\n", b",\n"), []),
        (b"a,b,c\n" + BODY.replace(b"\n", b",\n"), []),
        (b"a,b,c\n" + BODY[:8] + b"# a word on this\n" + BODY[8:], ["1 lines of comments"]),
        (
            b"a,b,c\n" + BODY + b"\nSource: the authors\n",
            ["1 lines below the table ('Source: the authors')"],
        ),
        (b"a\tb\tc\r\n" + BODY.replace(b",", b"\t").replace(b"\n", b"\r\n"), []),
    ],
)
def test_what_stands_around_a_table_is_left_out_and_said(data: bytes, said: list[str]) -> None:
    values, notes = told(data)
    assert values == PLAIN
    assert len(notes) == len(said)
    for note, part in zip(notes, said, strict=True):
        assert part in note


def test_a_header_that_is_one_name_short_as_r_writes_it() -> None:
    data = b'"a" "b" "c"\n' + b"".join(
        b'"%d" %s\n' % (i, row.replace(b",", b" ")) for i, row in enumerate(BODY.split(), 1)
    )
    values, notes = told(data, separator=" ")
    assert values == {"Unnamed: 0": [1, 2, 3, 4], **PLAIN}
    assert "one name shorter" in notes[0]


def test_values_that_are_parted_by_any_number_of_blanks() -> None:
    data = b" a   b  c\n 1   2.5 x\n 3\t4.5  y\n5 6.5 z \n7 8.5 'x'\n".replace(b"'", b'"')
    assert told(data, separator=" ")[0] == PLAIN


def test_columns_without_a_name_are_called_after_their_place() -> None:
    assert list(read("a,,c,\n1,2,3,4\n5,6,7,8\n")) == ["a", "Unnamed: 1", "c", "Unnamed: 3"]


def test_numbers_that_are_none_beside_decimal_commas() -> None:
    frame = read("a;b;c\n1.234;3,5;0.5\n5.678;4,5;0.7\n")
    assert frame["a"].tolist() == ["1.234", "5.678"]  # the preparation reads them as thousands
    assert frame["c"].tolist() == [0.5, 0.7]


TOWNS = "town,n\nKöln,1\nMünchen,2\nDüsseldorf,3\nBerlin,4\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"]
)
def test_encodings_are_recognised(encoding: str) -> None:
    values, notes = told(TOWNS.encode(encoding))
    assert values["town"] == ["Köln", "München", "Düsseldorf", "Berlin"]
    assert len(notes) == (encoding != "utf-8-sig")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("город,n\nМосква,1\nСанкт-Петербург,2\nКазань,3\n", "cp1251"),
        ("miasto,n\nŁódź,1\nWrocław,2\nGdańsk,3\nPoznań,4\n", "cp1250"),
        ("都市,n\n東京,1\n大阪,2\n京都,3\n名古屋,4\n", "cp932"),
    ],
)
def test_encodings_of_other_languages(text: str, encoding: str) -> None:
    values, notes = told(text.encode(encoding))
    assert encoding in notes[0]
    first = next(iter(values))
    assert [first, *values[first]] == [line.split(",")[0] for line in text.split()]


def test_a_byte_of_another_encoding_far_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"town,n\n" + b"Berlin,1\n" * 200_000 + "Köln,2\n".encode("cp1252")
    values, notes = told(data)
    assert values["town"][-1] == "Köln"
    assert list(read("Größe,b\n1,2\n".encode("cp1252"), encoding="cp1252")) == ["Größe", "b"]
    assert list(told("Größe,b\n1,2\n".encode("cp1252"))[0]) == ["Größe", "b"]
    assert "cp1252" in notes[0]


def test_an_encoding_can_be_named() -> None:
    assert read("a,b\n1,Łódź\n".encode("cp1250"), encoding="cp1250")["b"].tolist() == ["Łódź"]
    with pytest.raises(FileError, match=r"near position 6 that are no text in ascii.*--encoding"):
        read("a,b\n1,Łódź\n".encode("cp1250"), encoding="ascii")
