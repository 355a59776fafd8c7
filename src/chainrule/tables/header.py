"""What the first lines of a table tell: its separator, where its rows begin, and the names of its columns.

Before the header may stand titles and comments, and below it a row of units; a header may be one name shorter than the
rows (R leaves out the name of the row names), and a separator may stand at the end of every line. All of this is
recognised, and what is left out is said.
"""

from __future__ import annotations

import contextlib
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np

from chainrule.errors import FileError
from chainrule.tables import text, written_numbers
from chainrule.tables.text import Bools

HEAD = 16 << 20
"""A line, and a row, must be shorter than this many bytes."""
SEPARATORS = (",", ";", "\t", "|")
BLANKS = " "
"""Stands for any number of blanks between two values."""
_SIGNATURES = {
    b"PAR1": ("a Parquet file", True),
    b"ARROW1": ("an Arrow file", True),
    b"FEA1": ("a Feather file", True),
    b"PK\x03\x04": ("a zip archive or an Excel workbook", True),
    b"\xd0\xcf\x11\xe0": ("an old Excel workbook", True),
    b"SQLite format 3": ("an SQLite database", False),
    b"\x89HDF": ("an HDF5 file", False),
    b"%PDF": ("a PDF document", False),
}
_LOOKED_AT = 200  # rows that tell how all are written
_SEPARATOR_LINE = re.compile(r"\A\ufeff?\"?sep=(.)\"?[ \t]*(?:\r\n|\n|\r)", re.IGNORECASE)
_COMMENTS = ("#", "//")

Row = tuple[int, list[str]]
"""The number of a row's last line, from 1, and its fields."""


class TableLayout(NamedTuple):
    """How a table begins."""

    separator: str
    skip: int
    """Lines before the first row."""
    header: list[str]
    """The header as it is written, blanks cut off."""
    names: list[str]
    """The names of all columns; empty for one that only a separator at the end of the lines makes."""
    notes: list[str]
    """What was left out or named, each a sentence without its subject."""


def check_head(head: bytes, label: str) -> None:
    """Refuse what is not lines of text."""
    if not head.strip():
        raise FileError.of(label, got="an empty file", expected="a header and at least one row")
    for signature, (what, readable) in _SIGNATURES.items():
        if head.startswith(signature):
            remedy = "name it by its true ending" if readable else "save it as CSV in UTF-8"
            raise FileError.of(label, got=what, expected="delimited text (CSV)", remedy=remedy)
    if b"\0" in head:
        at = head.index(b"\0")
        raise FileError.of(
            label,
            got=f"a binary file (a zero byte at position {at})",
            expected="delimited text (CSV)",
        )
    if len(head) > HEAD and b"\n" not in head and b"\r" not in head:
        raise FileError.of(
            label,
            got=f"one line of more than {HEAD >> 20} MiB",
            expected="one row a line",
            remedy="check that the file is a table and that its line ends were kept",
        )


def layout_of(sample: str, preferred: str, label: str) -> TableLayout:
    r"""Find out how delimited text is laid out.

    Parameters
    ----------
    sample : str
        The first lines.
    preferred : str
        The separator where the text does not tell; only where it is `BLANKS` are these one.
    label : str
        What to call the file in errors.

    Raises
    ------
    FileError
        There are no rows, or no header that can be used.

    Examples
    --------
    >>> layout_of("Report of 2014\n\na;b;\n1,5;2;\n3,5;4;\n", ",", "t.csv")[:4]
    (';', 3, ['a', 'b', ''], ['a', 'b', ''])
    """
    named = _SEPARATOR_LINE.match(sample)
    separator = named[1] if named else sniff(sample, preferred)
    start = 1 if named else 0
    rows: list[Row] = []
    try:
        rows += islice(_rows(sample, separator, start), _LOOKED_AT)
    except csv.Error as error:
        if not rows:
            expected = "names of columns"
            raise FileError.of(f"{label}, header", got=str(error), expected=expected) from error
        if len(rows) == 1:  # there is more, if only a row that is too long for a look
            names = check_names([name.strip() for name in rows[0][1]], label)
            return TableLayout(separator, rows[0][0], names, names, [])
    return laid_out(rows, separator, label)


def _rows(sample: str, separator: str, start: int = 0) -> Iterator[Row]:
    """Take lines apart, without those that are blank."""
    lines = io.StringIO(sample, newline=None)
    for _ in range(start):
        next(lines)
    blanks = separator == BLANKS
    reader = csv.reader(
        (unblanked(line) for line in lines) if blanks else lines,
        delimiter=separator,
        skipinitialspace=blanks,
    )
    for row in reader:
        if any(field.strip() for field in row):
            yield start + reader.line_num, row


def unblanked(line: str) -> str:
    """Prepare a line whose values are parted by blanks."""
    return line.strip().replace("\t", " ") + "\n"


def sniff(sample: str, preferred: str = ",") -> str:
    r"""Find the separator: the one that cuts most lines into as many fields as the header, which stands first.

    Examples
    --------
    >>> sniff("a;b\n1,5;2\n"), sniff("a\n1\n")
    (';', ',')
    """
    candidates = (*SEPARATORS, BLANKS) if preferred == BLANKS else SEPARATORS

    def fit(separator: str) -> tuple[bool, float, float, bool]:
        rows: list[Row] = []
        with contextlib.suppress(csv.Error):  # a field beyond the csv module's limit
            rows += islice(_rows(sample, separator), _LOOKED_AT)
        widths = [len(row) for _, row in rows if not _is_comment(row)]
        width = _usual(widths)
        if width < 2:
            return False, -np.inf, 0.0, separator == preferred
        share = widths.count(width) / len(widths)
        return share >= 0.8, -float(widths.index(width)), share * width, separator == preferred

    fits = {separator: fit(separator) for separator in candidates}
    best = max(candidates, key=fits.__getitem__)
    if fits[best][2] == 0.0 and _is_blank_separated(sample):
        return BLANKS
    return "," if best == BLANKS and not fits[best][0] else best


def _is_blank_separated(sample: str) -> bool:
    """Say whether blanks cut every line into as many fields, and all below the first into numbers."""
    rows: list[list[str]] = []
    with contextlib.suppress(csv.Error):
        looked_at = islice(_rows(sample, BLANKS), _LOOKED_AT)
        rows += (row for _, row in looked_at if not _is_comment(row))
    alike = len({len(row) for row in rows}) == 1 and len(rows) > 1
    # two fields may be one number with a blank for the thousands
    return alike and len(rows[0]) > 2 and all(_numbers(row).all() for row in rows[1:])


def _is_comment(row: Sequence[str]) -> bool:
    return row[0].lstrip().startswith(_COMMENTS)


def _usual(widths: list[int]) -> int:
    """Give the number of fields that most rows have."""
    return max(Counter(widths).items(), key=lambda item: (item[1], item[0]), default=(0, 0))[0]


def laid_out(rows: list[Row], separator: str, label: str) -> TableLayout:
    """Find header and first row among the first rows of a table; the parameters are those of `layout_of`."""
    told = [row for row in rows if not _is_comment(row[1])] or rows
    width = _usual([len(row) for _, row in told])
    at: int = next((i for i, (_, row) in enumerate(told) if len(row) == width), 0)
    if at > 0 and width > 1:
        before, first = told[at - 1][1], told[at][1]
        trailing = len(before) == width + 1 and not before[-1].strip()
        short = len(before) == width - 1 and _numbers(first).any() and not _numbers(before).any()
        at -= int(trailing or short)
    line, written = told[at]
    body = told[at + 1 :]
    notes = []
    left = [row for row in rows if row[0] < line]
    if left:
        shown = left[0][1][0].strip()[:40]
        lines = "line 1, above the header," if left[-1][0] == 1 else f"what is above line {line}"
        notes.append(f"{lines} is left out ({shown!r})")
    header = [name.strip().lstrip("\ufeff") for name in written]
    if not body:
        raise no_rows(label)
    names = list(header)
    if width == len(names) + 1:
        if all(not row[-1].strip() for _, row in body if len(row) == width):
            names.append("")
        else:
            names.insert(0, "")
            notes.append("the header is one name shorter than the rows: the first column has none")
    elif width == len(names) - 1 and not names[-1]:
        names.pop()
    else:
        _check_is_header(names, body, label)
    full = [row for _, row in body if len(row) == len(names) > 1]
    if not names[-1] and not any(row[-1].strip() for row in full):
        names[-1] = "\0"  # only a separator at the end of each line: no column
    names = check_names(names, label)
    if _is_units(body, written, len(names)):
        line = body[0][0]
        shown = ", ".join(body[0][1])[:40]
        notes.append(f"line {line} names units ({shown!r}) and is left out")
    return TableLayout(separator, line, header, names, notes)


def _numbers(fields: Sequence[str]) -> Bools:
    """Say which fields are numbers."""
    values = text.arrow_text(list(fields))
    return text.present(values) & ~written_numbers.numbers(values)[1]


def _is_units(body: list[Row], header: list[str], width: int) -> bool:
    """Say whether the first row holds no number where all that follow have one."""
    rows = [row for _, row in body if len(row) == width and row != header]
    if len(rows) < 4 or rows[0] is not body[0][1]:
        return False
    present = np.array([[bool(field.strip()) for field in row] for row in rows])
    numeric = np.array([_numbers(column) for column in zip(*rows, strict=True)]).T
    always = (numeric[1:] | ~present[1:]).all(axis=0) & numeric[1:].any(axis=0)
    return bool(always.any() and not numeric[0][always].any() and present[0][always].any())


def _check_is_header(names: list[str], body: list[Row], label: str) -> None:
    """Refuse a first line that holds values: numbers with a fraction, or some of them twice."""
    numeric = _numbers(names)
    columns = zip(*(row for _, row in body if len(row) == len(names)), strict=True)
    always = np.array([_numbers(column).all() for column in columns], dtype=bool)
    if len(always) != len(numeric) or not always.any() or not numeric[always].all():
        return
    found = [name for name, is_number in zip(names, numeric, strict=True) if is_number]
    if any(not name.lstrip("-").isdigit() for name in found) or len(set(found)) < len(found):
        raise FileError.of(
            f"{label}, first line",
            got=f"values ({', '.join(names[:3])}, …)"[:80],
            expected="the names of the columns",
            remedy="put a line with a name for every column above it",
        )


def no_rows(label: str) -> FileError:
    """Build the error for a table without rows."""
    return FileError.of(
        label, got="a header and no rows", expected="at least one row below the header"
    )


def check_names(names: list[str], label: str) -> list[str]:
    """Check the header; a column without a name is called after its place, as ``Unnamed: 0``."""
    named = [name or f"Unnamed: {i}" for i, name in enumerate(names)]
    return [name.strip("\0") for name in check_unique(named, label)]


def check_unique(names: list[str], label: str) -> list[str]:
    """Refuse two columns of one name."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise FileError.of(
                f"{label}, header",
                got=f"two columns named {name!r}",
                expected="each name once",
                remedy="rename one",
            )
        seen.add(name)
    return names
