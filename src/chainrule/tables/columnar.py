"""Parquet, Arrow and Feather files to a data frame, through pyarrow.

No pandas metadata is read and extension types are taken as the plain type beneath them, so that nothing in a file can
call for code.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet

from chainrule.errors import DataWarning, FileError
from chainrule.tables import columns
from chainrule.tables.header import check_unique

Named = Callable[[list[str]], None]
"""Is told the names of a table's columns."""


def no_demand(names: list[str]) -> None:
    """Take any names."""


_PANDAS_INDEX = re.compile(r"__index_level_\d+__")


def read_columnar(
    opened: Callable[[], BinaryIO],
    label: str,
    kind: str,
    named: Named = no_demand,
    as_stored: Collection[str] = (),
) -> pd.DataFrame:
    """Read a Parquet, Arrow or Feather file.

    Parameters
    ----------
    opened : callable
        Opens the file from its beginning.
    label : str
        What to call the file in errors.
    kind : {"parquet", "arrow"}
    named : callable, optional
        Is told the names of the columns before the rows of a Parquet file are read, and may refuse them.
    as_stored : collection of str
        Columns to give in the file's own types.

    Warns
    -----
    DataWarning
        A column of lists, structures or bytes is left out.

    Raises
    ------
    FileError
        The file is damaged, of another kind, or holds no table.
    """
    with opened() as stream, damage_told(stream, label, kind):
        if kind == "parquet":
            file = pa.parquet.ParquetFile(stream)
            named(file.schema_arrow.names)
            table = file.read()
        else:
            table = _read_arrow(stream)
            # offsets in these files are taken as they stand; see that they are sane
            table.validate(full=True)
    names = checked_names(table.column_names, table.num_rows, label)
    found = {}
    for name in names:
        series = single_values(table.column(name))
        if series is None:
            leave_out(name, table.schema.field(name).type, label)
        else:
            own = name in as_stored and keeps_its_type(table.schema.field(name).type)
            found[name] = in_own_type(table.column(name)) if own else series
    if not found:
        raise no_single_values(label)
    return pd.DataFrame(found)


@contextmanager
def damage_told(stream: BinaryIO, label: str, kind: str) -> Iterator[None]:
    """Turn what goes wrong while a stream is read into one error; the parameters are those of `read_columnar`.

    Raises
    ------
    FileError
        The file is empty, damaged or of another kind.
    """
    expected = "a whole Parquet file" if kind == "parquet" else "a whole Arrow or Feather file"
    if not stream.read(1):
        raise FileError.of(label, got="an empty file", expected=expected)
    stream.seek(0)
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, MemoryError) or getattr(error, "errno", None):
            raise
        first = str(error).splitlines()[0][:100] if str(error) else ""
        got = f"a damaged file, or one of another kind ({first})"
        raise FileError.of(label, got=got, expected=expected, remedy="write it again") from error


def checked_names(names: list[str], n_rows: int, label: str) -> list[str]:
    """Leave out the index that pandas may have written, and refuse names that cannot be used.

    Raises
    ------
    FileError
        No rows, no columns, two of one name, or one without a name.
    """
    names = check_unique([name for name in names if not _PANDAS_INDEX.fullmatch(name)], label)
    if not n_rows or not names:
        raise FileError.of(
            label, got="a table without rows or columns", expected="at least one of each"
        )
    if not all(name.strip() for name in names):
        raise FileError.of(label, got="a column without a name", expected="a name for every column")
    return names


def single_values(column: Any) -> Any | None:
    """Turn a chunked Arrow column into a pandas column; None where it holds no single values."""
    try:
        series = columns.from_arrow(storage(column))
        return series if columns.is_usable(series) else None
    except (pa.ArrowException, ValueError, TypeError):
        return None


def in_own_type(column: Any) -> Any:
    """Turn a chunked Arrow column into a pandas column that keeps its type: no whole number is rounded beside a gap."""
    column = storage(column)
    return pd.Series(pd.arrays.ArrowExtensionArray(column.cast(stored_type(column.type))))


def keeps_its_type(type_: Any) -> bool:
    """Say whether a column must be given ``in_own_type`` to come out as it was: floats do so anyway, and in short."""
    return not pa.types.is_floating(stored_type(type_))


def stored_type(type_: Any) -> Any:
    """Return the type of values in ``in_own_type``; that of a dictionary is its values'."""
    plain = storage(pa.chunked_array([], type_)).type
    return plain.value_type if pa.types.is_dictionary(plain) else plain


def leave_out(name: str, kind: Any, label: str) -> None:
    """Warn of a column that cannot be used."""
    warnings.warn(
        f"{label}: column {name!r} holds {kind}, which is no single value; left out",
        DataWarning,
        stacklevel=4,
    )


def no_single_values(label: str) -> FileError:
    """Build the error for a table of which no column can be used."""
    return FileError.of(label, got="no column of single values", expected="numbers, text or dates")


def _read_arrow(stream: BinaryIO) -> Any:
    """Read an Arrow file, an Arrow stream or a Feather file of version 1, told by the first bytes."""
    start = stream.read(6)
    stream.seek(0)
    if start.startswith(b"FEA1"):
        return pa.feather.read_table(stream)
    if start == b"ARROW1":
        return pa.ipc.open_file(stream).read_all()
    return pa.ipc.open_stream(stream).read_all()


def storage(column: Any) -> Any:
    """Take an extension type as the plain type beneath it, and a dictionary of anything but text as its values."""
    if isinstance(column.type, pa.BaseExtensionType):
        column = pa.chunked_array(
            [chunk.storage for chunk in column.chunks], column.type.storage_type
        )
    if pa.types.is_dictionary(column.type) and not _is_text(column.type.value_type):
        column = column.cast(column.type.value_type)
    return column


def _is_text(kind: Any) -> bool:
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(test(kind) for test in tests)
