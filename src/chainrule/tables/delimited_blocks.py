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
from chainrule.tables.delimited import gone_through
from chainrule.tables.delimited_faults import Met
from chainrule.tables.delimited_source import Delimited
from chainrule.tables.profile import ColumnProfile

_BLOCK = 1 << 20  # some blocks are in memory at a time, because Arrow reads ahead

Told = Callable[[int], None]
"""Is told how many rows have been gone through."""


@dataclass(frozen=True)
class DelimitedBlocks:
    """Delimited text that has been gone through once.

    Attributes
    ----------
    source : Delimited
    profiles : dict of str to ColumnProfile
        For each column that is wanted, in the order of the file.
    n_rows : int
    block_size : int
        Bytes that are taken apart at a time.
    """

    source: Delimited
    profiles: dict[str, ColumnProfile]
    n_rows: int
    block_size: int

    @property
    def names(self) -> tuple[str, ...]:
        """All columns."""
        return self.source.names

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
        found = 0
        batches = self.source.batches(Met(), self.block_size, list(self.profiles))
        try:
            for table in cut(batches, rows):
                found += table.num_rows
                if found > self.n_rows:
                    break
                yield pd.DataFrame(
                    {
                        name: profile.convert(text.arrow_text(table.column(name), profile.markers))
                        for name, profile in self.profiles.items()
                    }
                )
        except (pa.ArrowException, UnicodeDecodeError, KeyError, ValueError) as error:
            raise changed(self.source.label) from error
        if found != self.n_rows:
            raise changed(self.source.label)


def delimited_blocks(
    opened: Callable[[], BinaryIO],
    label: str,
    *,
    separator: str = ",",
    encoding: str | None = None,
    text_columns: Collection[str] = (),
    as_stored: Collection[str] = (),
    wanted: Collection[str] | None = None,
    told: Told = lambda rows: None,
    block_size: int = _BLOCK,
) -> DelimitedBlocks:
    """Go through delimited text once.

    Parameters
    ----------
    opened, label, separator, encoding, text_columns, as_stored
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
    as_text = set(text_columns)
    profiles: dict[str, ColumnProfile] = {}

    def begin(source: Delimited) -> Callable[[Any], None]:
        profiles.clear()
        for name in source.names:
            if wanted is None or name in wanted:
                profiles[name] = ColumnProfile(name in as_text, name in as_stored)
        seen = 0

        def see(batch: Any) -> None:
            nonlocal seen
            for name, profile in profiles.items():
                if not (profile.settled and profile.known):
                    profile.add(text.arrow_text(batch.column(name), profile.markers))
            seen += batch.num_rows
            told(seen)

        return see

    source, n, size = gone_through(opened, label, separator, encoding, block_size, begin)
    return DelimitedBlocks(source, profiles, n, size)


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
