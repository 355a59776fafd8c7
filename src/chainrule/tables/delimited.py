"""Delimited text (CSV, TSV) to a data frame: looked at before it is parsed, parsed by Arrow, typed by our own rules.

Only the first `HEAD` bytes are read before it is certain that the file is text and has lines, so a binary file or one
endless line costs no memory. Every column is read as text first; it is typed as numbers only when every value is one
and nothing is lost by it (`chainrule.tables.text`). Everything else stays as written.
"""

from __future__ import annotations

import codecs
import contextlib
import re
from collections.abc import Callable, Collection
from typing import Any, BinaryIO, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.csv

from chainrule.errors import FileError
from chainrule.tables import text
from chainrule.tables.columnar import Named, no_demand
from chainrule.tables.delimited_faults import (
    Tail,
    check_closed,
    check_encoding,
    check_width,
    ragged,
    unreadable,
)
from chainrule.tables.header import HEAD, check_head, check_names, header, no_rows, sniff
from chainrule.tables.profile import ColumnProfile


class FileHead(NamedTuple):
    """What the head of a file says about it."""

    label: str
    """What to call the file in errors."""
    separator: str
    written: list[str]
    """The header as it is written."""
    names: list[str]
    """The names of the columns."""


def read_delimited(
    opened: Callable[[], BinaryIO],
    label: str,
    *,
    separator: str = ",",
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
        Preferred among ``, ; tab |`` where the text does not tell.
    text_columns : collection of str
        Columns to leave as text even if they look like numbers.
    labels, named
        As for `chainrule.tables.read_table`.

    Raises
    ------
    FileError
        Anything that keeps the text from being a table.
    """
    layout = layout_of(opened, label, separator)
    named(layout.names)
    table = _parse(opened, layout)
    if not table.num_rows:
        raise no_rows(label)
    keep = set(text_columns)
    typed = {
        name: _typed(column, name in keep, name == labels)
        for name, column in zip(layout.names, table.columns, strict=True)
    }
    return pd.DataFrame(typed)


def layout_of(opened: Callable[[], BinaryIO], label: str, separator: str) -> FileHead:
    """Look at the head of a stream; the parameters are those of `read_delimited`.

    Raises
    ------
    FileError
        It is no text, has a header that cannot be used, or no rows.
    """
    with opened() as stream:
        head = _read_some(stream, HEAD + 1)
    check_head(head, label)
    start = 3 if head.startswith(codecs.BOM_UTF8) else 0
    stop = max(1 << 20, head.find(b"\n") + 1)  # the header whole, however many columns it names
    sample = head[start:stop].decode("utf-8", "replace")
    separator = sniff(sample, separator)
    written = header(sample, separator, label)
    names = check_names(written, label)
    if not re.search(rb"[\r\n]", head.strip()):
        raise no_rows(label)
    return FileHead(label, separator, written, names)


def _read_some(stream: BinaryIO, size: int) -> bytes:
    """Read up to ``size`` bytes from a stream that may give them in pieces."""
    pieces, left = [], size
    while left and (piece := stream.read(min(left, 1 << 20))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def parsing(
    layout: FileHead,
    wrong: list[Any],
    *,
    threads: bool,
    block_size: int,
    columns: Collection[str] = (),
) -> dict[str, Any]:
    """Give the options of Arrow's readers: every column as text.

    Parameters
    ----------
    layout : FileHead
    wrong : list
        Gets the rows with too few or too many fields.
    threads : bool
        Faster where all is read at once, but rows that are wrong come without their numbers.
    block_size : int
        Bytes that are taken apart at a time.
    columns : collection of str
        Of those in the header as written, the ones to give; by default all.
    """

    def remember(row: Any) -> str:
        wrong.append(row)
        return "error"

    return {
        "read_options": pa.csv.ReadOptions(block_size=block_size, use_threads=threads),
        "parse_options": pa.csv.ParseOptions(
            delimiter=layout.separator, newlines_in_values=True, invalid_row_handler=remember
        ),
        "convert_options": pa.csv.ConvertOptions(
            column_types=dict.fromkeys(layout.written, pa.large_string()),
            strings_can_be_null=False,
            include_columns=list(columns),
        ),
    }


def _parse(opened: Callable[[], BinaryIO], layout: FileHead) -> Any:
    """Parse everything as text, a ``pyarrow.Table``; on failure, say where."""
    wrong: list[Any] = []

    def attempt(threads: bool) -> Any:
        wrong.clear()
        with opened() as stream:
            watched = Tail(stream)
            options = parsing(layout, wrong, threads=threads, block_size=HEAD)
            table = pa.csv.read_csv(watched, **options)
        check_header(table.column_names, layout)
        if table.num_rows:
            last = table.column(table.num_columns - 1)[-1].as_py()
            check_closed(last, table.num_rows, watched.last, layout.label)
        return table

    try:
        return attempt(threads=True)
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        check_width(error, layout.label)
        check_encoding(opened, layout.label)
        if wrong:
            found = wrong[0]
            with contextlib.suppress(pa.ArrowInvalid):
                attempt(threads=False)  # slower, but it counts rows
            raise ragged(wrong[0] if wrong else found, layout.label) from error
        raise unreadable(error, layout.label) from error


def check_header(names: list[str], layout: FileHead) -> None:
    """Refuse a header that Arrow takes apart otherwise than Python does."""
    if names != layout.written:
        got = f"a header that can be read in two ways ({', '.join(layout.written)[:60]!r})"
        expected = "one name for every column, quoted alike"
        raise FileError.of(layout.label, got=got, expected=expected)


def _typed(column: Any, keep_text: bool, labels: bool) -> Any:
    """Type one column: whole numbers, numbers, or text as written (blanks cut off, missing markers empty)."""
    values = text.arrow_text(column)
    profile = ColumnProfile(keep_text)
    profile.add(values)
    if labels and profile.kind == "text":
        values = text.arrow_text(column, markers=("",))
    return profile.convert(values)
