"""Every source in blocks, and its errors in the words of `read_table`."""

from __future__ import annotations

import gzip
import io
import os
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from chainrule.errors import ChainruleError, FileError
from chainrule.tables import open_blocks, read_table, spool

CSV = b"cm,sex\n1.5,f\n?,m\n2,f\n"


def joined(source: Any, **kwargs: Any) -> pd.DataFrame:
    with open_blocks(source, **kwargs) as blocks:
        assert blocks.names == ("cm", "sex")
        assert blocks.n_rows == 3
        frames = list(blocks.frames(2))
        again = list(blocks.frames(2))
    assert [len(frame) for frame in frames] == [2, 1]
    pd.testing.assert_frame_equal(pd.concat(again), pd.concat(frames))
    return pd.concat(frames, ignore_index=True)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("t.csv", CSV),
        ("t.tsv", CSV.replace(b",", b"\t")),
        ("t.csv.gz", gzip.compress(CSV, mtime=0)),
        ("t.parquet", None),
        ("t.feather", None),
    ],
)
def test_files_and_streams(tmp_path: Path, name: str, data: bytes | None) -> None:
    path = tmp_path / name
    frame = pd.DataFrame({"cm": [1.5, None, 2.0], "sex": ["f", "m", "f"]})
    if data is not None:
        path.write_bytes(data)
    elif name.endswith("parquet"):
        frame.to_parquet(path)
    else:
        frame.to_feather(path)
    whole = read_table(path)
    pd.testing.assert_frame_equal(joined(path), whole)
    kind = {".parquet": "parquet", ".feather": "arrow"}.get(path.suffix, "csv")
    with path.open("rb") as stream:
        pd.testing.assert_frame_equal(joined(stream, format=kind), whole)
    pd.testing.assert_frame_equal(joined(whole), whole)


@pytest.mark.parametrize("in_memory", [1, 1 << 20])
def test_standard_input(monkeypatch: pytest.MonkeyPatch, in_memory: int) -> None:
    monkeypatch.setattr(spool, "IN_MEMORY", in_memory)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(CSV)))
    pd.testing.assert_frame_equal(joined("-"), read_table(io.BytesIO(CSV)))


def test_a_pipe_is_read_once() -> None:
    reading, writing = os.pipe()
    os.write(writing, CSV)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        assert joined(stream)["sex"].tolist() == ["f", "m", "f"]


def test_rows_that_are_looked_through_are_told() -> None:
    told: list[int] = []
    with open_blocks(io.BytesIO(CSV), told=told.append):
        assert told[-1] == 3


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("t.csv", b""),
        ("t.csv", b"a\n"),
        ("t.csv", b"a,b\n1\n"),
        ("t.csv", b"\xff\xfe"),
        ("t.csv", b'a,"b\n1,2\n'),
        ("t.csv", b"\0"),
        ("t.csv.gz", gzip.compress(CSV * 50, mtime=0)[:-9]),
        ("t.csv.gz", b"\x1f\x8bjunk"),
        ("t.parquet", b"PAR1"),
        ("t.parquet", b""),
        ("t.arrow", b"x"),
        ("t.xls", b"x"),
    ],
)
def test_errors_are_those_of_a_table_read_at_once(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(ChainruleError) as whole:
        read_table(path)
    with pytest.raises(type(whole.value)) as found, open_blocks(path):
        pass
    assert str(found.value) == str(whole.value)


def test_errors_of_the_system_while_blocks_are_given(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(CSV)
    with open_blocks(path) as blocks:
        path.unlink()
        with pytest.raises(FileError, match=r"t.csv: got an error of the system .No such file"):
            next(blocks.frames(1))


def test_errors_of_who_uses_the_blocks_pass(tmp_path: Path) -> None:
    with pytest.raises(BrokenPipeError), open_blocks(io.BytesIO(CSV)):
        raise BrokenPipeError


def test_types_pass_on() -> None:
    stream = io.BytesIO()
    pa.parquet.write_table(pa.table({"a": [None, True]}), stream)
    stream.seek(0)
    with open_blocks(stream, format="parquet") as blocks:
        assert blocks.types == {"a": pa.bool_()}
