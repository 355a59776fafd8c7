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
        ("a b c\n1 2  3\n4 5 6\n", " "),
        ("total sum\n1 234\n5 678\n", ","),
        ("one of three\nwords in 3\n1 2 3\n", ","),
    ],
)
def test_separators(sample: str, separator: str) -> None:
    preferred = {"when": ";"}.get(sample[:4], ",")
    assert header.sniff(sample, preferred) == separator


def test_a_field_beyond_the_limit_does_not_keep_from_sniffing() -> None:
    assert header.sniff("a;b\n1;2\n" + "x" * 200_000 + ";3\n") == ";"
    with pytest.raises(FileError, match=r"t.csv, header: got field larger"):
        header.layout_of("x" * 200_000 + "\n1\n", ",", "t.csv")


def test_names() -> None:
    layout = header.layout_of("\n\na, b\n1,2\n", ",", "t.csv")
    assert (layout.header, layout.names, layout.skip) == (["a", "b"], ["a", "b"], 3)
    assert header.check_names(["", "b"], "t.csv") == ["Unnamed: 0", "b"]
    with pytest.raises(FileError, match=r"t.csv, header: got two columns named 'a'"):
        header.check_names(["a", "b", "a"], "t.csv")


@pytest.mark.parametrize("first", ["name,2001,2002", "0,1,2"])
def test_names_may_be_whole_numbers(first: str) -> None:
    layout = header.layout_of(f"{first}\nx,1.5,2\ny,3,4\n", ",", "t.csv")
    assert layout.names == first.split(",")


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (b"", "an empty file"),
        (b" \n\n", "an empty file"),
        (b"PAR1...", "a Parquet file, .*true ending"),
        (b"PK\x03\x04", "an Excel workbook, .*true ending"),
        (b"a,b\n1,\0\n", "a binary file .a zero byte at position 6."),
        (b"x" * (header.HEAD + 1), "one line of more than 16 MiB"),
    ],
)
def test_what_is_no_text(head: bytes, message: str) -> None:
    with pytest.raises(FileError, match=message):
        header.check_head(head, "t.csv")
