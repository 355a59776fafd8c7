"""Parquet, Arrow and Feather files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet
import pytest

from chainrule.errors import DataWarning, FileError
from chainrule.tables import read_table


def write_stream(table: pa.Table, path: Path) -> None:
    with pa.ipc.new_stream(str(path), table.schema) as writer:
        writer.write_table(table)


def write_file(table: pa.Table, path: Path) -> None:
    with pa.ipc.new_file(str(path), table.schema) as writer:
        writer.write_table(table)


WRITERS: dict[str, Callable[[pa.Table, Path], Any]] = {
    "t.parquet": lambda table, path: pa.parquet.write_table(table, path),
    "t.feather": lambda table, path: pa.feather.write_feather(table, str(path)),
    "t.arrow": write_file,
    "t.ipc": write_stream,
}
TABLE = pa.table(
    {
        "n": [1, None, 3],
        "t": ["a", None, "b"],
        "c": pa.array(["x", "y", "x"]).dictionary_encode(),
        "i": pa.array([5, 6, 5]).dictionary_encode(),
        "d": [dt.date(2024, 1, 31), None, dt.date(1, 1, 1)],
        "m": [Decimal("1.50"), None, Decimal("2.25")],
        "z": pa.nulls(3),
        "b": [True, None, False],
        "u": pa.array([dt.time(1), dt.time(2), None]),
    }
)


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_and_type(tmp_path: Path, name: str) -> None:
    WRITERS[name](TABLE, tmp_path / name)
    frame = read_table(tmp_path / name)
    found = {c: [None if pd.isna(v) else v for v in frame[c]] for c in frame}
    assert found == {
        "n": [1, None, 3],
        "t": ["a", None, "b"],
        "c": ["x", "y", "x"],
        "i": [5, 6, 5],
        "d": [pd.Timestamp("2024-01-31"), None, pd.Timestamp("0001-01-01")],
        "m": [1.5, None, 2.25],
        "z": [None] * 3,
        "b": [True, None, False],
        "u": [3600, 7200, None],
    }
    assert isinstance(frame["c"].dtype, pd.CategoricalDtype)


def test_pandas_own_metadata_is_not_read(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"a": [1, 2], "p": pd.period_range("2024-01", periods=2, freq="D")}, index=[5, 7]
    )
    frame.to_parquet(tmp_path / "t.parquet")
    again = read_table(tmp_path / "t.parquet")
    assert again.index.tolist() == [0, 1]
    assert again["a"].tolist() == [1, 2]
    assert again["p"].tolist() == [19723, 19724]  # the plain integers beneath the extension type


@pytest.mark.parametrize("name", WRITERS)
def test_lists_and_bytes_are_left_out_with_a_warning(tmp_path: Path, name: str) -> None:
    table = pa.table({"l": [[1], [2]], "s": [{"a": 1}, {"a": 2}], "y": [b"a", b"b"]})
    WRITERS[name](table.append_column("n", pa.array([1, 2])), tmp_path / name)
    with pytest.warns(DataWarning) as caught:
        frame = read_table(tmp_path / name)
    assert frame.columns.tolist() == ["n"]
    assert len(caught) == 3
    assert "column 'l' holds list" in str(caught[0].message)
    WRITERS[name](table, tmp_path / name)
    with pytest.warns(DataWarning), pytest.raises(FileError, match="no column of single values"):
        read_table(tmp_path / name)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pa.table([[1], [2]], names=["a", "a"]), "two columns named 'a'"),
        (pa.table({"a": pa.array([], pa.int64())}), "without rows or columns"),
        (pa.table({" ": [1]}), "without a name"),
    ],
)
@pytest.mark.parametrize("name", WRITERS)
def test_tables_that_are_none(tmp_path: Path, name: str, table: pa.Table, message: str) -> None:
    if name == "t.feather" and "two columns" in message:
        write_file(table, tmp_path / name)  # pyarrow refuses to write it as Feather
    else:
        WRITERS[name](table, tmp_path / name)
    with pytest.raises(FileError, match=message):
        read_table(tmp_path / name)


@pytest.mark.parametrize("name", WRITERS)
def test_damaged_files(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    WRITERS[name](TABLE, path)
    whole = path.read_bytes()
    for data in (b"", whole[: len(whole) // 2], b"\xff" * 64, whole[:8], b"a,b\n1,2\n"):
        path.write_bytes(data)
        with pytest.raises(FileError, match=r"an empty file|a damaged file|without rows"):
            read_table(path)


@pytest.mark.parametrize("name", ["t.feather", "t.arrow"])
def test_turned_bytes_give_a_table_or_one_error(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    WRITERS[name](TABLE.select(["n", "t", "c"]), path)
    whole = path.read_bytes()
    for at in range(0, len(whole), 97):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            read_table(path)
        except FileError as error:
            assert "\n" not in str(error)  # noqa: PT017
