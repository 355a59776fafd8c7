"""Parquet, Arrow and Feather files to a data frame, through pyarrow.

No pandas metadata is read and extension types are taken as the plain type beneath them, so that nothing in a file can
call for code.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any, BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet

from chainrule.errors import DataWarning, FileError
from chainrule.tables import columns
from chainrule.tables.header import check_unique

_PANDAS_INDEX = re.compile(r"__index_level_\d+__")


def read_columnar(opened: Callable[[], BinaryIO], label: str, kind: str) -> pd.DataFrame:
    """Read a Parquet, Arrow or Feather file.

    Parameters
    ----------
    opened : callable
        Opens the file from its beginning.
    label : str
        What to call the file in errors.
    kind : {"parquet", "arrow"}

    Warns
    -----
    DataWarning
        A column of lists, structures or bytes is left out.

    Raises
    ------
    FileError
        The file is damaged, of another kind, or holds no table.
    """
    expected = "a whole Parquet file" if kind == "parquet" else "a whole Arrow or Feather file"
    with opened() as stream:
        if not stream.read(1):
            raise FileError.of(label, got="an empty file", expected=expected)
        stream.seek(0)
        try:
            if kind == "parquet":
                table = pa.parquet.ParquetFile(stream).read()
            else:
                table = _read_arrow(stream)
                table.validate(
                    full=True
                )  # offsets in these files are taken as they stand; see that they are sane
        except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
            if isinstance(error, MemoryError) or getattr(error, "errno", None):
                raise
            got = f"a damaged file, or one of another kind ({str(error).splitlines()[0][:100] if str(error) else ''})"
            raise FileError.of(
                label, got=got, expected=expected, remedy="write it again"
            ) from error
    names = [name for name in table.column_names if not _PANDAS_INDEX.fullmatch(name)]
    check_unique(names, label)
    if not table.num_rows or not names:
        raise FileError.of(
            label, got="a table without rows or columns", expected="at least one of each"
        )
    found = {}
    for name in names:
        if not name.strip():
            raise FileError.of(
                label, got="a column without a name", expected="a name for every column"
            )
        try:
            series = columns.from_arrow(_storage(table.column(name)))
            usable = columns.is_usable(series)
        except (pa.ArrowException, ValueError, TypeError):
            usable = False
        if usable:
            found[name] = series
        else:
            warnings.warn(
                f"{label}: column {name!r} holds {table.schema.field(name).type}, which is no single value; left out",
                DataWarning,
                stacklevel=3,
            )
    if not found:
        raise FileError.of(
            label, got="no column of single values", expected="numbers, text or dates"
        )
    return pd.DataFrame(found)


def _read_arrow(stream: BinaryIO) -> Any:
    """Read an Arrow file, an Arrow stream or a Feather file of version 1, told by the first bytes."""
    start = stream.read(6)
    stream.seek(0)
    if start.startswith(b"FEA1"):
        return pa.feather.read_table(stream)
    if start == b"ARROW1":
        return pa.ipc.open_file(stream).read_all()
    return pa.ipc.open_stream(stream).read_all()


def _storage(column: Any) -> Any:
    """Take an extension type as the plain type beneath it, and a dictionary of anything but text as its values."""
    if isinstance(column.type, pa.BaseExtensionType):
        column = pa.chunked_array(
            [chunk.storage for chunk in column.chunks], column.type.storage_type
        )
    if pa.types.is_dictionary(column.type) and not pa.types.is_string(column.type.value_type):
        column = column.cast(column.type.value_type)
    return column
