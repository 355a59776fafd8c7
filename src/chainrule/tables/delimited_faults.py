"""What can be wrong with delimited text below its header, each mistake told with its place."""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable
from typing import Any, BinaryIO

from chainrule.errors import FileError
from chainrule.tables.header import HEAD


class Tail(io.RawIOBase):
    """A readable stream that remembers its last bytes, so that a quote left open can be told."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream
        self.last = b""

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Read, and keep the last bytes."""
        data = self._stream.read(size)
        if data:
            self.last = data[-64:] if len(data) >= 64 else (self.last + data)[-64:]
        return data

    def close(self) -> None:
        """Close the stream beneath too."""
        self._stream.close()
        super().close()


def check_width(error: Exception, label: str) -> None:
    """Refuse a row that is longer than a block: Arrow's error says that it stands across two of them."""
    if "straddling" in str(error):
        got = f"a row of more than {HEAD >> 20} MiB"
        remedy = "look for a quote that is never closed"
        raise FileError.of(label, got=got, expected="shorter rows", remedy=remedy) from error


def unreadable(error: Exception, label: str) -> FileError:
    """Build the error for text of which Arrow alone knows what is wrong with it."""
    first = str(error).split("\n")[0]
    got = f"text that cannot be taken apart ({first})"
    return FileError.of(label, got=got, expected="delimited text")


def ragged(row: Any, label: str) -> FileError:
    """Build the error for a row with too few or too many fields."""
    shown = row.text if len(row.text) <= 60 else row.text[:59] + "…"
    where = label if row.number is None else f"{label}, row {row.number - 1}"
    return FileError.of(
        where,
        got=f"{row.actual_columns} field{'s' * (row.actual_columns != 1)} ({shown!r})",
        expected=f"{row.expected_columns}, as in the header",
        remedy="quote values that contain the separator, and close every quote",
    )


def check_closed(last: str | None, rows: int, tail: bytes, label: str) -> None:
    """Refuse a quote that is never closed: all rows after it would vanish into one value.

    Parameters
    ----------
    last : str, optional
        The value of the last column in the last row.
    rows : int
        How many there are.
    tail : bytes
        The last bytes of the stream.
    label : str
        What to call the file in errors.
    """
    if tail.rstrip().endswith(b'"') or not any(end in (last or "") for end in "\n\r"):
        return
    raise FileError.of(
        label,
        got=f"a quote in row {rows} that is never closed",
        expected="quotes in pairs",
        remedy="close it, or double a quote inside a value",
    )


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
