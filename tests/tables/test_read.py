"""Where tables come from, and one clear error for each place that holds none."""

from __future__ import annotations

import gzip
import io
import os
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from chainrule.errors import ChainruleError, FileError, InputError, InputTypeError
from chainrule.tables import header, read_table

CSV = b"cm,sex\n1.5,f\n?,m\n"


def check(frame: pd.DataFrame) -> None:
    assert frame["cm"].isna().tolist() == [False, True]
    assert frame["sex"].tolist() == ["f", "m"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("t.csv", CSV),
        ("t.CSV", CSV),
        ("t.v1.csv", CSV),
        ("t.tsv", CSV.replace(b",", b"\t")),
        ("t.tab", CSV.replace(b",", b"\t")),
        ("t.csv.gz", gzip.compress(CSV, mtime=0)),
        ("t.tsv.gz", gzip.compress(CSV.replace(b",", b"\t"), mtime=0)),
        ("gzip by its bytes.csv", gzip.compress(CSV, mtime=0)),
    ],
)
def test_files(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    check(read_table(path))
    check(read_table(str(path)))


def test_the_format_can_be_given(tmp_path: Path) -> None:
    path = tmp_path / "t.table"
    path.write_bytes(CSV)
    check(read_table(path, format="csv"))
    with pytest.raises(
        FileError, match=r"an unknown ending, expected one of .csv .tsv .*; rename it"
    ):
        read_table(path)
    with pytest.raises(
        InputError, match=r"format: got .xls., expected csv or tsv or txt or parquet"
    ):
        read_table(path, format="xls")


def test_a_data_frame_passes_through() -> None:
    frame = pd.DataFrame({"a": [1]})
    assert read_table(frame) is frame


def test_open_files_and_pipes(tmp_path: Path) -> None:
    check(read_table(io.BytesIO(CSV)))
    check(read_table(io.StringIO(CSV.decode())))
    check(read_table(io.BytesIO(gzip.compress(CSV, mtime=0))))
    pd.DataFrame({"cm": [1.5, None], "sex": ["f", "m"]}).to_parquet(tmp_path / "t.parquet")
    check(read_table(io.BytesIO((tmp_path / "t.parquet").read_bytes()), format="parquet"))
    reading, writing = os.pipe()
    os.write(writing, CSV)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        check(read_table(stream))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_named_pipe_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    os.mkfifo(path)
    writer = os.open(path, os.O_RDWR)  # both ends, so that nothing waits
    os.write(writer, CSV)
    opened = io.open

    def open_and_close_writer(*args: Any, **kwargs: Any) -> Any:
        stream = opened(*args, **kwargs)
        os.close(writer)
        return stream

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("builtins.open", open_and_close_writer)
        check(read_table(path))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_standard_input(monkeypatch: pytest.MonkeyPatch, separator: str) -> None:
    data = CSV.replace(b",", separator.encode())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    check(read_table("-"))


@pytest.mark.parametrize("data", [b"", b"\0" * 100])
def test_standard_input_without_a_table(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    with pytest.raises(FileError, match=r"standard input: got (an empty|a binary) file"):
        read_table("-")


def test_no_standard_input_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(FileError, match="standard input: got nothing"):
        read_table("-")


class Endless(io.RawIOBase):
    """Bytes without an end; counts how many were asked for."""

    def __init__(self, byte: bytes) -> None:
        super().__init__()
        self.byte, self.asked = byte, 0

    def read(self, size: int = -1, /) -> bytes:
        assert size > 0
        self.asked += size
        assert self.asked <= 2 * header.HEAD
        return self.byte * size


@pytest.mark.parametrize("byte", [b"x", b"\0"])
def test_an_endless_line_is_not_read_to_its_end(byte: bytes) -> None:
    with pytest.raises(FileError, match=r"one line of more than 16 MiB|a binary file"):
        read_table(Endless(byte))


def test_a_large_file_of_one_line_costs_little(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    with path.open("wb") as file:
        file.write(b"x" * (header.HEAD + 1))
        file.seek(10 << 30)  # sparse: ten gigabytes that take no space
        file.write(b"x")
    with pytest.raises(FileError, match=r"a binary file|one line"):
        read_table(path)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "table: got an empty name"),
        ("folder", "folder: got a folder, expected a file; name a file in it"),
        ("penguin.csv", r"penguin.csv: got no such file, .*did you mean 'penguins.csv'"),
        ("zzzzzzzzz", "got no such file, expected an existing file; check the name"),
        ("nowhere/t.csv", "got no folder 'nowhere'"),
        ("penguins.csv/t.csv", "penguins.csv/t.csv: got (an error of the system|no folder)"),
        ("a\0b.csv", "an error of the system .embedded null byte"),
        ("x" * 5000 + ".csv", "got an error of the system .File name too long"),
    ],
)
def test_names_that_lead_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("penguins.csv").write_bytes(CSV)
    with pytest.raises(FileError, match=message):
        read_table(source)


def test_what_is_no_source() -> None:
    with pytest.raises(InputTypeError, match="table: got int, expected a file's name"):
        read_table(5)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            PermissionError(13, "Permission denied"),
            "no permission to read it, expected a readable file",
        ),
        (OSError(5, "Input/output error"), "an error of the system .Input/output error"),
        (MemoryError(), "more data than fits in memory"),
    ],
)
@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_errors_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, error: Exception, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(CSV)

    def refuse(*_: Any) -> Any:
        raise error

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(FileError, match=message):
        read_table(path)


def test_damaged_gzip(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.gz"
    whole = gzip.compress(b"a,b\n" + b"".join(b"%d,%d\n" % (i, i * i) for i in range(100_000)))
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 0xFF
    for data in (whole[:-4], whole[: len(whole) // 2], b"\x1f\x8bjunk" * 9, bytes(damaged)):
        path.write_bytes(data)
        with pytest.raises(FileError) as caught:
            read_table(path)
        assert "\n" not in str(caught.value)


def test_every_error_is_one_line_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    for data in (
        b"",
        b"a\n",
        b"a,b\n1\n",
        b"\xff\xfe",
        b'"a\nb",c\n1\n',
        b'a,"b\n1,2\n',
        b"\0",
    ):
        path.write_bytes(data)
        with pytest.raises(ChainruleError) as caught:
            read_table(path)
        assert "\n" not in str(caught.value)
