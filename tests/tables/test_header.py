"""What the first bytes of delimited text tell."""

from __future__ import annotations

import pytest

from chainrule.errors import FileError
from chainrule.tables import header


@pytest.mark.parametrize(
    ("sample", "separator"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1,5;2,5\n", ";"),
        ("a\tb\n1,5\t2\n", "\t"),
        ("a|b\nx;y|2\n", "|"),
        ('"a,b";c\n"1,2";3\n', ";"),
        ("a\n1\n", ","),
        ("", ","),
        ("a,b\n1,2\n3\n4,5\n", ","),
        ("when;what,who\n1;x,y\n2;z,z\n", ";"),
        ("a;b\r1;2\r", ";"),
    ],
)
def test_separators(sample: str, separator: str) -> None:
    preferred = {"when": ";"}.get(sample[:4], ",")
    assert header.sniff(sample, preferred) == separator


def test_a_field_beyond_the_limit_does_not_keep_from_sniffing() -> None:
    assert header.sniff("a;b\n1;2\n" + "x" * 200_000 + ";3\n") == ";"
    with pytest.raises(FileError, match=r"t.csv, header: got field larger"):
        header.header("x" * 200_000 + "\n", ",", "t.csv")


def test_names() -> None:
    assert header.header("\n\na, b\n1,2\n", ",", "t.csv") == ["a", " b"]
    assert header.check_names(["a", " b "], "t.csv") == ["a", "b"]
    assert header.check_names(["", "b"], "t.csv") == ["Unnamed: 0", "b"]
    with pytest.raises(FileError, match=r"t.csv, header: got no name for column 2 of 3"):
        header.check_names(["a", " ", "c"], "t.csv")
    with pytest.raises(FileError, match=r"t.csv, header: got two columns named 'a'"):
        header.check_names(["a", "b", "a "], "t.csv")


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (b"", "an empty file"),
        (b" \n\n", "an empty file"),
        (b"PAR1...", "a Parquet file, .*true ending"),
        (b"PK\x03\x04", "an Excel workbook, .*save it as CSV"),
        ("a,b\n".encode("utf-16"), "UTF-16"),
        (b"a,b\n1,\0\n", "a binary file .a zero byte at position 6."),
        (b"x" * (header.HEAD + 1), "one line of more than 16 MiB"),
    ],
)
def test_what_is_no_text(head: bytes, message: str) -> None:
    with pytest.raises(FileError, match=message):
        header.check_head(head, "t.csv")
