"""Parquet a block of rows at a time, each block with the pandas types of the whole.

Arrow's types stand in the file, but pandas' do not follow from them alone: whole numbers become float64 and booleans
objects where a row of the column has no value, and text that is stored with its different values knows only those of
its block. So the columns of which this is true are gone through once before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from chainrule.tables import columns
from chainrule.tables.columnar import (
    checked_names,
    damage_told,
    in_own_type,
    keeps_its_type,
    leave_out,
    no_single_values,
    single_values,
    storage,
    stored_type,
)
from chainrule.tables.delimited_blocks import changed, cut

_READ = 1 << 16  # rows that Arrow reads at a time
_OBJECTS = np.dtype(object)
_BUFFER = 1 << 20  # bytes of a column that it reads at a time, instead of a row group's


class _Kind(NamedTuple):
    """What a column is in a table that is read at once."""

    dtype: Any
    """Of pandas."""
    arrow: Any | None
    """Arrow's type where pandas has objects and some of them are there."""


@dataclass(frozen=True)
class ParquetBlocks:
    """A Parquet file of which the types are known.

    Attributes
    ----------
    opened : callable
        Opens the stream from its beginning.
    label : str
        What to call the file in errors.
    names : tuple of str
        All columns that can be used.
    kinds : dict of str to _Kind
        For each column that is wanted, in the order of the file.
    n_rows : int
    """

    opened: Callable[[], BinaryIO]
    label: str
    names: tuple[str, ...]
    kinds: dict[str, _Kind]
    n_rows: int

    @property
    def types(self) -> dict[str, Any]:
        """The Arrow types of columns that pandas holds as objects, by which their type cannot be told."""
        return {name: kind.arrow for name, kind in self.kinds.items() if kind.arrow is not None}

    def frames(self, rows: int) -> Iterator[pd.DataFrame]:
        """Give the wanted columns, ``rows`` rows at a time.

        Raises
        ------
        FileError
            The file is damaged.
        """
        found = 0
        with self.opened() as stream, damage_told(stream, self.label, "parquet"):
            file = pa.parquet.ParquetFile(stream, buffer_size=_BUFFER, pre_buffer=False)
            batches = file.iter_batches(batch_size=_READ, columns=list(self.kinds))
            for table in cut(batches, rows):
                found += table.num_rows
                yield pd.DataFrame(
                    {
                        name: _as_whole(table.column(name), kind.dtype)
                        for name, kind in self.kinds.items()
                    }
                )
        if found != self.n_rows:
            raise changed(self.label)


def parquet_blocks(
    opened: Callable[[], BinaryIO],
    label: str,
    *,
    wanted: Collection[str] | None = None,
    as_stored: Collection[str] = (),
) -> ParquetBlocks:
    """Find out what the columns of a Parquet file are.

    Parameters
    ----------
    opened : callable
        Opens the stream from its beginning.
    label : str
        What to call the file in errors.
    wanted : collection of str, optional
        Columns to give out, as far as there are such; by default all.
    as_stored : collection of str
        Columns to give out in the file's own types: whole numbers beyond 2^53 stay what they are beside a gap.

    Warns
    -----
    DataWarning
        A column of lists, structures or bytes is left out.

    Raises
    ------
    FileError
        As from `chainrule.tables.columnar.read_columnar`.
    """
    with opened() as stream, damage_told(stream, label, "parquet"):
        file = pa.parquet.ParquetFile(stream, buffer_size=_BUFFER, pre_buffer=False)
        schema, n_rows = file.schema_arrow, file.metadata.num_rows
        names = checked_names(schema.names, n_rows, label)
        usable, kinds = [], {}
        for name in names:
            if not _is_usable(file, name, schema.field(name).type):
                leave_out(name, schema.field(name).type, label)
                continue
            usable.append(name)
            if wanted is None or name in wanted:
                type_ = schema.field(name).type
                kinds[name] = (
                    _Kind(pd.ArrowDtype(stored_type(type_)), None)
                    if name in as_stored and keeps_its_type(type_)
                    else _kind(file, name, type_)
                )
    if not usable:
        raise no_single_values(label)
    return ParquetBlocks(opened, label, tuple(usable), kinds, n_rows)


def _chunks(file: Any, name: str) -> Iterator[Any]:
    """Give a column in pieces."""
    for batch in file.iter_batches(batch_size=_READ, columns=[name]):
        yield pa.chunked_array([batch.column(batch.schema.get_field_index(name))])


def _is_usable(file: Any, name: str, type_: Any) -> bool:
    """Say whether a column holds single values; of lists and bytes all may be missing, and then it does."""
    if single_values(pa.chunked_array([], type_)) is None:
        return False
    plain = storage(pa.chunked_array([], type_)).type
    if not (pa.types.is_nested(plain) or any(is_binary(plain) for is_binary in _BINARY)):
        return True
    present = (chunk for chunk in _chunks(file, name) if chunk.null_count < len(chunk))
    first = next(present, None)
    return first is None or single_values(first) is not None


_BINARY = (
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_fixed_size_binary,
    pa.types.is_binary_view,
)


def _kind(file: Any, name: str, type_: Any) -> _Kind:
    """Find out what a usable column is in a table that is read at once."""
    plain = storage(pa.chunked_array([], type_)).type
    if pa.types.is_dictionary(plain):
        return _Kind(_categories(_chunks(file, name), plain), None)
    whole, gaps = (columns.from_arrow(pa.nulls(n, plain)).dtype for n in (0, 1))
    if whole == gaps != _OBJECTS:
        return _Kind(whole, None)
    missing = known = False
    for chunk in _chunks(file, name):
        missing |= chunk.null_count > 0
        known |= chunk.null_count < len(chunk)
        if (missing or whole == gaps) and (known or gaps != _OBJECTS):
            break  # nothing that is asked for can change any more
    dtype = gaps if missing else whole
    arrow = pa.bool_() if pa.types.is_boolean(plain) else pa.string()
    return _Kind(dtype, arrow if known and dtype == _OBJECTS else None)


def _categories(chunks: Iterator[Any], plain: Any) -> Any:
    """Let pandas say which categories a column has, from the different values of each piece and none of its rows."""
    no_rows = pa.array([], plain.index_type)
    seen: list[Any] = []
    for chunk in chunks:
        for piece in storage(chunk).chunks:
            if not seen or not seen[-1].dictionary.equals(piece.dictionary):
                seen.append(
                    pa.DictionaryArray.from_arrays(no_rows, piece.dictionary, ordered=plain.ordered)
                )
    return columns.from_arrow(pa.chunked_array(seen, plain)).dtype


def _as_whole(column: Any, dtype: Any) -> Any:
    """Turn some rows of a column into what they are in a table that is read at once."""
    if isinstance(dtype, pd.ArrowDtype):
        return in_own_type(column)
    series = columns.from_arrow(storage(column))
    return series if series.dtype == dtype else series.astype(dtype)
