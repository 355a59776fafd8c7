"""What can be wrong with delimited text below its header, each mistake told with its line."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

from chainrule.errors import FileError
from chainrule.tables.header import HEAD

_LAST = 1 << 12  # bytes at the end that are remembered
MOST = 1000
"""Rows with a wrong number of fields that are looked at; with more, the first is told."""

_PATIENCE = 0.5  # seconds: a thread that has read far enough ahead does not ask again


class Tail(io.RawIOBase):
    """A readable stream that remembers its last bytes, so that what stands at its end can be told.

    Arrow reads ahead, in a thread of its own that goes on after an error; it must not meet an interpreter that takes
    itself apart. So whoever is done calls ``finish``.
    """

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream
        self.last = b""
        self._over, self._ended = threading.Event(), threading.Event()

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Read, and keep the last bytes."""
        data = b"" if self._over.is_set() else self._stream.read(size)
        if data:
            self.last = data[-_LAST:] if len(data) >= _LAST else (self.last + data)[-_LAST:]
        else:
            self._ended.set()
        return data

    def finish(self) -> None:
        """Give nothing more, and wait until the thread that reads ahead knows, if it reads at all."""
        self._over.set()
        self._ended.wait(_PATIENCE)

    def close(self) -> None:
        """Close the stream beneath too."""
        self._stream.close()
        super().close()


class Wrong(NamedTuple):
    """A row with too few or too many fields."""

    found: int
    expected: int
    text: str


@dataclass
class Met:
    """What was met on the way through the rows."""

    wrong: list[Wrong] = field(default_factory=list)
    repeated: int = 0
    """Rows that repeat the header."""
    tail: Tail | None = None
    """The stream."""

    @property
    def last(self) -> bytes:
        """The last bytes that were read."""
        return b"" if self.tail is None else self.tail.last


def judge(met: Met, opened: Callable[[], BinaryIO], label: str) -> list[str]:
    """Tell which rows of another width may be left out: comments, and lines below the table.

    Returns
    -------
    notes : list of str

    Raises
    ------
    FileError
        For the first of the others.
    """
    comments = [row for row in met.wrong if row.text.lstrip().startswith(("#", "//"))]
    rest = [row for row in met.wrong if row not in comments]
    ends = [
        line.strip() for line in met.last.decode("utf-8", "replace").splitlines() if line.strip()
    ]
    below = 0
    while below < min(len(rest), len(ends)) and _is_remark(rest[-1 - below], ends[-1 - below]):
        below += 1
    if len(rest) > below:
        raise ragged(rest[0], opened, label)
    notes = [f"{len(comments)} lines of comments are left out"] if comments else []
    if met.repeated:
        notes.append(f"{met.repeated} rows repeat the header and are left out")
    if below:
        shown = rest[0].text.strip()[:40]
        notes.append(f"{below} lines below the table ({shown!r}) are left out")
    return notes


def _is_remark(row: Wrong, line: str) -> bool:
    """Say whether a line stands alone, as words do and a row that was cut off does not."""
    return row.found == 1 and row.text.strip() == line and " " in line and row.expected > 1


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


def ragged(row: Wrong, opened: Callable[[], BinaryIO], label: str) -> FileError:
    """Build the error for a row with too few or too many fields."""
    shown = row.text if len(row.text) <= 60 else row.text[:59] + "…"
    line = _line_of(row.text, opened)
    where = f"{label}, line {line}" if line else label
    if row.text.count('"') % 2:
        remedy = "close every quote"
    elif row.found < row.expected:
        remedy = "add what is missing at its end, or remove the line if it is no row"
    else:
        remedy = "quote values that contain the separator"
    return FileError.of(
        where,
        got=f"{row.found} field{'s' * (row.found != 1)} ({shown!r})",
        expected=f"{row.expected}, as in the header",
        remedy=remedy,
    )


def _line_of(row: str, opened: Callable[[], BinaryIO]) -> int:
    """Find the line in which a row begins, counted from 1; 0 if it cannot be found."""
    first = row.splitlines()[0].encode() if row.strip() else b""
    with io.TextIOWrapper(opened(), "utf-8", "replace", newline=None) as lines:
        for number, line in enumerate(lines, 1):
            if line.rstrip("\n").encode() == first:
                return number
    return 0


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


def tabbed(line: str) -> bytes:
    r"""Put tabs between values that are parted by blanks.

    Examples
    --------
    >>> tabbed('18.0  8 "chevrolet malibu"\n')
    b'18.0\t8\tchevrolet malibu\r\n'
    """
    fields = next(csv.reader([line], delimiter=" ", skipinitialspace=True), [])
    out = io.StringIO()
    csv.writer(out, delimiter="\t").writerow(fields)
    return out.getvalue().encode()
