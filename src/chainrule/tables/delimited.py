"""Delimited text (CSV, TSV) to a data frame: looked at before it is parsed, parsed by Arrow, typed by our own rules.

Only the first `HEAD` bytes are read before it is certain that the file is text and has lines, so a binary file or one
endless line costs no memory. Every column is read as text first; it is typed as numbers only when every value is one
and nothing is lost by it (`chainrule.tables.text`). Everything else stays as written.
"""

from __future__ import annotations

import codecs
import contextlib
import io
from collections.abc import Callable, Collection
from typing import Any, BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.csv

from chainrule.errors import FileError
from chainrule.tables import text
from chainrule.tables.header import HEAD, check_head, check_names, header, no_rows, sniff


class _Tail(io.RawIOBase):
    """A readable stream that remembers its last bytes, so that a quote left open can be told."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream
        self.last = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        data = self._stream.read(size)
        if data:
            self.last = data[-64:] if len(data) >= 64 else (self.last + data)[-64:]
        return data

    def close(self) -> None:
        self._stream.close()
        super().close()


def read_delimited(
    opened: Callable[[], BinaryIO],
    label: str,
    *,
    separator: str = ",",
    text_columns: Collection[str] = (),
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

    Raises
    ------
    FileError
        Anything that keeps the text from being a table.
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
    if len(head.strip().splitlines()) < 2:
        raise no_rows(label)
    table = _parse(opened, label, separator, written)
    if not table.num_rows:
        raise no_rows(label)
    keep = set(text_columns)
    typed = {
        name: _typed(column, name in keep)
        for name, column in zip(names, table.columns, strict=True)
    }
    return pd.DataFrame(typed)


def _read_some(stream: BinaryIO, size: int) -> bytes:
    """Read up to ``size`` bytes from a stream that may give them in pieces."""
    pieces, left = [], size
    while left and (piece := stream.read(min(left, 1 << 20))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _parse(opened: Callable[[], BinaryIO], label: str, separator: str, written: list[str]) -> Any:
    """Parse everything as text, a ``pyarrow.Table``; on failure, say where."""
    wrong: list[Any] = []

    def remember(row: Any) -> str:
        wrong.append(row)
        return "error"

    def attempt(threads: bool) -> Any:
        wrong.clear()
        with opened() as stream:
            watched = _Tail(stream)
            table = pa.csv.read_csv(
                watched,
                read_options=pa.csv.ReadOptions(block_size=HEAD, use_threads=threads),
                parse_options=pa.csv.ParseOptions(
                    delimiter=separator, newlines_in_values=True, invalid_row_handler=remember
                ),
                convert_options=pa.csv.ConvertOptions(
                    column_types=dict.fromkeys(written, pa.large_string()),
                    strings_can_be_null=False,
                ),
            )
        if table.column_names != written:
            got = f"a header that can be read in two ways ({', '.join(written)[:60]!r})"
            raise FileError.of(label, got=got, expected="one name for every column, quoted alike")
        _check_closed(table, watched.last, label)
        return table

    try:
        return attempt(threads=True)
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        if "straddling" in str(error):
            got = f"a row of more than {HEAD >> 20} MiB"
            remedy = "look for a quote that is never closed"
            raise FileError.of(label, got=got, expected="shorter rows", remedy=remedy) from error
        check_encoding(opened, label)
        if wrong:
            found = wrong[0]
            with contextlib.suppress(pa.ArrowInvalid):
                attempt(threads=False)  # slower, but it counts rows
            raise _ragged(wrong[0] if wrong else found, label) from error
        got = str(error).split("\n")[0]
        raise FileError.of(
            label, got=f"text that cannot be taken apart ({got})", expected="delimited text"
        ) from error


def _ragged(row: Any, label: str) -> FileError:
    """Build the error for a row with too few or too many fields."""
    shown = row.text if len(row.text) <= 60 else row.text[:59] + "…"
    where = label if row.number is None else f"{label}, row {row.number - 1}"
    return FileError.of(
        where,
        got=f"{row.actual_columns} field{'s' * (row.actual_columns != 1)} ({shown!r})",
        expected=f"{row.expected_columns}, as in the header",
        remedy="quote values that contain the separator, and close every quote",
    )


def _check_closed(table: Any, tail: bytes, label: str) -> None:
    """Refuse a quote that is never closed: all rows after it would vanish into one value."""
    if not table.num_rows or tail.rstrip().endswith(b'"'):
        return
    last = table.column(table.num_columns - 1)[-1].as_py() or ""
    if "\n" in last or "\r" in last:
        got, remedy = (
            f"a quote in row {table.num_rows} that is never closed",
            "close it, or double a quote inside a value",
        )
        raise FileError.of(label, got=got, expected="quotes in pairs", remedy=remedy)


def check_encoding(opened: Callable[[], BinaryIO], label: str) -> None:
    """Read a stream as UTF-8 and name the first byte that is not.

    Raises
    ------
    FileError
        Some byte is not UTF-8.
    """
    position, lines = 0, 1
    pending = b""
    with opened() as stream:
        while True:
            piece = stream.read(1 << 20)
            data = pending + piece
            try:
                used = codecs.utf_8_decode(data, "strict", not piece)[1]
            except UnicodeDecodeError as error:
                line = lines + data.count(b"\n", 0, error.start)
                raise FileError.of(
                    label,
                    got=f"byte 0x{data[error.start]:02x} at position {position + error.start} (line {line})",
                    expected="text in UTF-8",
                    remedy="convert it, for instance with: iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW",
                ) from error
            if not piece:
                return
            lines += data.count(b"\n", 0, used)
            position, pending = position + used, data[used:]


def _typed(column: Any, keep_text: bool) -> Any:
    """Type one column: whole numbers, numbers, or text as written (blanks cut off, missing markers empty)."""
    values = text.arrow_text(column)
    if keep_text or values.null_count == len(values) or text.looks_like_codes(values):
        return pd.Series(values.to_pandas())
    whole = text.integers(values)
    if whole is not None:
        return pd.Series(whole.to_pandas())
    x, bad = text.numbers(values)
    return pd.Series(values.to_pandas()) if bad.any() else pd.Series(x)
