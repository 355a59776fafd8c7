"""`open_blocks`: a table of any length, a block of rows at a time, each the same as in the whole table.

`chainrule.tables.read_table` is the measure: the blocks, one below the other, are its table to the last bit and type,
and what it refuses is refused in the same words. Memory is bounded by the block for delimited text and Parquet; Arrow,
Feather, Excel and JSON files are read at once. What can be read only once, as standard input, goes through a
temporary file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd

from chainrule.tables.compression import decompressed
from chainrule.tables.delimited_blocks import DelimitedBlocks, Told, delimited_blocks
from chainrule.tables.file_formats import SEPARATORS
from chainrule.tables.parquet_blocks import ParquetBlocks, parquet_blocks
from chainrule.tables.read import errors_told, locate, read_whole
from chainrule.tables.spool import Spool


@dataclass(frozen=True)
class Blocks:
    """A table that is given out a block of rows at a time, as often as it is asked for.

    Attributes
    ----------
    names : tuple of str
        All columns of the table, also those that are not given out.
    n_rows : int
    types : dict of str to pyarrow.DataType
        Of columns that pandas may hold as objects: a block without any value would not tell.
    """

    names: tuple[str, ...]
    n_rows: int
    types: dict[str, Any]
    _source: Any
    _given: Callable[[int], Iterator[pd.DataFrame]]

    def frames(self, rows: int) -> Iterator[pd.DataFrame]:
        """Give the columns that are wanted, in the order of the file.

        Parameters
        ----------
        rows : int
            Rows of a block; the last one may have fewer.

        Raises
        ------
        FileError
            The file is damaged, or has changed since it was opened.
        """
        with errors_told(self._source):
            yield from self._given(rows)


@contextmanager
def open_blocks(
    source: Any,
    *,
    columns: Collection[str] | None = None,
    format: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    text_columns: Collection[str] = (),
    as_stored: Collection[str] = (),
    told: Told = lambda rows: None,
) -> Iterator[Blocks]:
    r"""Look through a table, so that it can be given out in blocks.

    Parameters
    ----------
    source, format, encoding, sheet, text_columns
        As for `chainrule.tables.read_table`.
    columns : collection of str, optional
        Columns that are wanted, as far as there are such; by default all.
    as_stored : collection of str
        Columns that are only carried over: in a file with types they keep their own, in text ``NA`` stays a word.
    told : callable, optional
        Is told now and then how many rows have been looked through.

    Returns
    -------
    context manager of Blocks

    Raises
    ------
    FileError, InputError, InputTypeError
        As from `read_table`. While the blocks are given out, only a file that is damaged or has changed is left.

    Examples
    --------
    >>> import io
    >>> with open_blocks(io.BytesIO(b"cm;sex\n1;f\n?;m\n2;f\n")) as blocks:
    ...     for frame in blocks.frames(2):
    ...         print(frame["cm"].tolist())
    [1.0, nan]
    [2.0]
    """
    wanted = None if columns is None else set(columns)
    with Spool() as spool:
        with errors_told(source):
            found = _found(
                source, spool, wanted, format, encoding, sheet, text_columns, as_stored, told
            )
        yield Blocks(found.names, found.n_rows, found.types, source, found.frames)


def _found(
    source: Any,
    spool: Spool,
    wanted: set[str] | None,
    format: str | None,
    encoding: str | None,
    sheet: str | None,
    text_columns: Collection[str],
    as_stored: Collection[str],
    told: Told,
) -> DelimitedBlocks | ParquetBlocks | _Whole:
    """Look through a table of any format."""
    if isinstance(source, pd.DataFrame):
        return _Whole(source, wanted)
    label, opened, kind = locate(source, format, spool.hold)
    if kind in SEPARATORS:
        return delimited_blocks(
            decompressed(opened, label),
            label,
            separator=SEPARATORS[kind],
            encoding=encoding,
            text_columns=text_columns,
            as_stored=as_stored,
            wanted=wanted,
            told=told,
        )
    if kind == "parquet":
        return parquet_blocks(opened, label, wanted=wanted, as_stored=as_stored)
    whole = read_whole(opened, label, kind, encoding=encoding, sheet=sheet, as_stored=as_stored)
    return _Whole(whole, wanted)


class _Whole:
    """A table that is in memory."""

    types: ClassVar[dict[str, Any]] = {}

    def __init__(self, frame: pd.DataFrame, wanted: Collection[str] | None) -> None:
        self.names = tuple(frame.columns)
        self.n_rows = len(frame)
        self._frame = frame[[name for name in frame if wanted is None or name in wanted]]

    def frames(self, rows: int) -> Iterator[pd.DataFrame]:
        """Cut it."""
        for start in range(0, self.n_rows, rows):
            yield self._frame.iloc[start : start + rows]
