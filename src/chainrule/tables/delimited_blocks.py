"""Delimited text a block of rows at a time: gone through twice, so that a block has the types of the whole.

The first time every column is taken apart as text, so every mistake is found before a row is given out, and profiles
are taken of the columns that are wanted. The second time the rows are converted by these profiles and given out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.csv

from chainrule.errors import FileError
from chainrule.tables import text
from chainrule.tables.delimited import FileHead, check_header, layout_of, parsing
from chainrule.tables.delimited_faults import (
    Tail,
    check_closed,
    check_encoding,
    check_width,
    ragged,
    unreadable,
)
from chainrule.tables.header import HEAD, no_rows
from chainrule.tables.profile import ColumnProfile

_BLOCK = 1 << 20  # some blocks are in memory at a time, because Arrow reads ahead

Told = Callable[[int], None]
"""Is told how many rows have been gone through."""


@dataclass(frozen=True)
class DelimitedBlocks:
    """Delimited text that has been gone through once.

    Attributes
    ----------
    opened : callable
        Opens the stream from its beginning.
    layout : FileHead
    profiles : dict of str to ColumnProfile
        For each column that is wanted, in the order of the file.
    n_rows : int
    block_size : int
        Bytes that are taken apart at a time.
    """

    opened: Callable[[], BinaryIO]
    layout: FileHead
    profiles: dict[str, ColumnProfile]
    n_rows: int
    block_size: int

    @property
    def names(self) -> tuple[str, ...]:
        """All columns."""
        return tuple(self.layout.names)

    @property
    def types(self) -> dict[str, Any]:
        """The Arrow types of columns that pandas may hold as objects, by which their type cannot be told."""
        profiles = self.profiles.items()
        return {name: pa.string() for name, one in profiles if one.kind == "text" and one.known}

    def frames(self, rows: int) -> Iterator[pd.DataFrame]:
        """Give the wanted columns, ``rows`` rows at a time.

        Raises
        ------
        FileError
            The file is no longer what it was.
        """
        written = dict(zip(self.layout.names, self.layout.written, strict=True))
        columns = [written[name] for name in self.profiles]
        options = parsing(
            self.layout, [], threads=False, block_size=self.block_size, columns=columns
        )
        found = 0
        try:
            with self.opened() as stream, pa.csv.open_csv(stream, **options) as reader:
                for table in cut(reader, rows):
                    found += table.num_rows
                    if found > self.n_rows:
                        break
                    yield pd.DataFrame(
                        {
                            name: profile.convert(text.arrow_text(column, profile.markers))
                            for (name, profile), column in zip(
                                self.profiles.items(), table.columns, strict=True
                            )
                        }
                    )
        except (pa.ArrowException, UnicodeDecodeError, KeyError, ValueError) as error:
            raise changed(self.layout.label) from error
        if found != self.n_rows:
            raise changed(self.layout.label)


def delimited_blocks(
    opened: Callable[[], BinaryIO],
    label: str,
    *,
    separator: str = ",",
    text_columns: Collection[str] = (),
    as_stored: Collection[str] = (),
    wanted: Collection[str] | None = None,
    told: Told = lambda rows: None,
    block_size: int = _BLOCK,
) -> DelimitedBlocks:
    """Go through delimited text once.

    Parameters
    ----------
    opened, label, separator, text_columns, as_stored
        As in `chainrule.tables.delimited.read_delimited`.
    wanted : collection of str, optional
        Columns to give out, as far as there are such; by default all.
    told : callable
        Is told how many rows have been gone through, now and then.
    block_size : int
        Bytes that are taken apart at a time; where a row is longer, `HEAD`.

    Raises
    ------
    FileError
        Whatever keeps the text from being a table, as from `read_delimited`.
    """
    layout = layout_of(opened, label, separator)
    as_text = set(text_columns)
    chosen = [name for name in layout.names if wanted is None or name in wanted]
    for size in sorted({min(block_size, HEAD), HEAD}):
        profiles = {name: ColumnProfile(name in as_text, name in as_stored) for name in chosen}
        wrong: list[Any] = []
        try:
            rows = _go_through(opened, layout, profiles, wrong, told, size)
        except (pa.ArrowInvalid, UnicodeDecodeError) as error:
            if size < HEAD and not wrong:  # a row may only be longer than a block
                continue
            check_width(error, label)
            check_encoding(opened, label)
            raise (ragged(wrong[0], label) if wrong else unreadable(error, label)) from error
        if not rows:
            raise no_rows(label)
        return DelimitedBlocks(opened, layout, profiles, rows, size)
    raise AssertionError("the largest size gives blocks or an error")


def _go_through(
    opened: Callable[[], BinaryIO],
    layout: FileHead,
    profiles: dict[str, ColumnProfile],
    wrong: list[Any],
    told: Told,
    block_size: int,
) -> int:
    """See all rows, and return how many there are."""
    options = parsing(layout, wrong, threads=False, block_size=block_size)
    position = {name: i for i, name in enumerate(layout.names)}
    n, last = 0, None
    with opened() as stream:
        watched = Tail(stream)
        with pa.csv.open_csv(watched, **options) as reader:
            check_header(reader.schema.names, layout)
            for batch in reader:
                for name, profile in profiles.items():
                    if not (profile.settled and profile.known):
                        profile.add(text.arrow_text(batch.column(position[name]), profile.markers))
                n += batch.num_rows
                if batch.num_rows:
                    last = batch.column(batch.num_columns - 1)[-1].as_py()
                told(n)
    if n:
        check_closed(last, n, watched.last, layout.label)
    return n


def cut(batches: Iterator[Any], rows: int) -> Iterator[Any]:
    """Cut Arrow's batches anew, into tables of ``rows`` rows; the last one may have fewer.

    Examples
    --------
    >>> batches = [pa.record_batch({"a": list(range(n))}) for n in (3, 0, 4)]
    >>> [table.num_rows for table in cut(iter(batches), 2)]
    [2, 2, 2, 1]
    """
    held: list[Any] = []
    missing = rows
    for batch in batches:
        start = 0
        while start < batch.num_rows:
            piece = batch.slice(start, missing)
            held.append(piece)
            start += piece.num_rows
            missing -= piece.num_rows
            if not missing:
                yield pa.Table.from_batches(held)
                held, missing = [], rows
    if held:
        yield pa.Table.from_batches(held)


def changed(label: str) -> FileError:
    """Build the error for a file that somebody has written to between the first reading and the second."""
    return FileError.of(
        label,
        got="other rows the second time it was read",
        expected="a file that stays as it is while it is read",
        remedy="wait until it is written, and try again",
    )
