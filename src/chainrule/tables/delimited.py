"""Delimited text (CSV, TSV) to a data frame: looked at before it is parsed, parsed by Arrow, typed by our own rules.

Only the first `HEAD` bytes are read before it is certain that the file is text and has lines, so a binary file or one
endless line costs no memory. Every column is read as text first; it is typed as numbers only when every value is a
plain one and nothing is lost by it (`chainrule.tables.text`). Everything else stays as written.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv

from chainrule.errors import DataWarning
from chainrule.tables import text, written_numbers
from chainrule.tables.columnar import Named, no_demand
from chainrule.tables.delimited_faults import (
    MOST,
    Met,
    check_closed,
    check_width,
    judge,
    ragged,
    unreadable,
)
from chainrule.tables.delimited_source import Delimited, Opener, look_at
from chainrule.tables.header import HEAD, no_rows
from chainrule.tables.profile import ColumnProfile


def gone_through(
    opened: Opener,
    label: str,
    separator: str,
    encoding: str | None,
    block_size: int,
    begin: Callable[[Delimited], Callable[[Any], None]],
) -> tuple[Delimited, int, int]:
    """Go through all rows once, and tell what was left out or guessed.

    Parameters
    ----------
    opened, label, separator, encoding
        As for `read_delimited`.
    block_size : int
        Bytes that are taken apart at a time; where a row is longer, `HEAD`.
    begin : callable
        Is given the text, and returns what is given each batch of rows; called again where a first try fails.

    Returns
    -------
    source : Delimited
    n_rows, block_size : int

    Raises
    ------
    FileError
        Whatever keeps the text from being a table.
    """
    source, is_utf8 = look_at(opened, label, separator, encoding), True
    sizes = sorted({min(block_size, HEAD), HEAD})
    while True:
        met, n, last = Met(), 0, None
        try:
            see = begin(source)
            for batch in source.batches(met, sizes[0]):
                see(batch)
                n += batch.num_rows
                if batch.num_rows:
                    last = batch.column(batch.num_columns - 1)[-1].as_py()
            break
        except (pa.ArrowInvalid, UnicodeDecodeError) as error:
            if len(met.wrong) >= MOST:
                raise ragged(met.wrong[0], source.opened, label) from error
            if encoding is None and is_utf8 and _is_about_encoding(error):
                is_utf8 = False
                source = look_at(opened, label, separator, None, is_utf8=False)
            elif len(sizes) > 1:  # a row may only be longer than a block
                del sizes[0]
            else:
                check_width(error, label)
                raise unreadable(error, label) from error
    notes = judge(met, source.opened, label)
    if not n:
        raise no_rows(label)
    check_closed(last, n, met.last, label)
    for note in (*source.layout.notes, *notes):
        warnings.warn(f"{label}: {note}", DataWarning, stacklevel=4)
    return source, n, sizes[0]


def _is_about_encoding(error: Exception) -> bool:
    return isinstance(error, UnicodeDecodeError) or "UTF8" in str(error)


def read_delimited(
    opened: Opener,
    label: str,
    *,
    separator: str = ",",
    encoding: str | None = None,
    text_columns: Collection[str] = (),
    labels: str | None = None,
    named: Named = no_demand,
) -> pd.DataFrame:
    """Read a stream of delimited text.

    Parameters
    ----------
    opened : callable
        Opens the stream from its beginning; called again to find the place of a mistake.
    label : str
        What to call the file in errors.
    separator : str
        Preferred among ``, ; tab |`` where the text does not tell; a blank stands for any number of blanks.
    encoding : str, optional
        By default UTF-8 or, where it is none, guessed and said.
    text_columns : collection of str
        Columns to leave as text even if they look like numbers.
    labels, named
        As for `chainrule.tables.read_table`.

    Raises
    ------
    FileError
        Anything that keeps the text from being a table.
    """
    held: list[Any] = []

    def begin(source: Delimited) -> Callable[[Any], None]:
        named(list(source.names))
        held.clear()
        return held.append

    source, _, _ = gone_through(opened, label, separator, encoding, HEAD, begin)
    table = pa.Table.from_batches(held)
    values = {name: text.arrow_text(table.column(name)) for name in source.names}
    keep = set(text_columns)
    profiles = {}
    for name, column in values.items():
        profiles[name] = ColumnProfile(name in keep)
        profiles[name].add(column)
    open_ = [name for name, profile in profiles.items() if profile.kind == "number"]
    words = {name: values[name] for name, profile in profiles.items() if profile.kind == "text"}
    for name in written_numbers.with_groups(words, {name: values[name] for name in open_}):
        profiles[name] = ColumnProfile(keep_text=True)
        profiles[name].add(values[name])
    if labels in words:
        values[labels] = text.arrow_text(table.column(labels), markers=("",))
    return pd.DataFrame({name: profiles[name].convert(values[name]) for name in source.names})
