"""What the first bytes of delimited text tell: whether it is text, its separator, and the names of its columns."""

from __future__ import annotations

import csv
import io

from chainrule.errors import FileError

HEAD = 16 << 20
"""A line, and a row, must be shorter than this many bytes."""
SEPARATORS = (",", ";", "\t", "|")
_SIGNATURES = {
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"FEA1": "a Feather file",
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"SQLite format 3": "an SQLite database",
    b"\x89HDF": "an HDF5 file",
    b"%PDF": "a PDF document",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}
_READABLE = ("a Parquet file", "an Arrow file", "a Feather file")


def check_head(head: bytes, label: str) -> None:
    """Refuse what is not lines of text."""
    if not head.strip():
        raise FileError.of(label, got="an empty file", expected="a header and at least one row")
    for signature, what in _SIGNATURES.items():
        if head.startswith(signature):
            remedy = (
                "name it by its true ending" if what in _READABLE else "save it as CSV in UTF-8"
            )
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


def sniff(sample: str, preferred: str = ",") -> str:
    r"""Find the separator: the one that splits most of the first 100 rows into as many fields as the header.

    Examples
    --------
    >>> sniff("a;b\n1,5;2\n"), sniff("a\n1\n")
    (';', ',')
    """

    def fit(separator: str) -> tuple[float, bool]:
        rows = []
        try:
            for row in csv.reader(io.StringIO(sample, newline=None), delimiter=separator):
                rows.append(len(row))
                if len(rows) > 100:
                    break
        except csv.Error:  # a field beyond the csv module's limit; judge by the rows before it
            pass
        rows = [n for n in rows if n]
        if not rows or rows[0] == 1:
            return 0.0, separator == preferred
        return sum(n == rows[0] for n in rows) / len(rows) * rows[0], separator == preferred

    return max(SEPARATORS, key=fit)


def header(sample: str, separator: str, label: str) -> list[str]:
    """Take the header apart, as written."""
    try:
        return next(
            (
                row
                for row in csv.reader(io.StringIO(sample, newline=None), delimiter=separator)
                if row
            ),
            [],
        )
    except csv.Error as error:
        raise FileError.of(
            f"{label}, header", got=str(error), expected="names of columns"
        ) from error


def no_rows(label: str) -> FileError:
    """Build the error for a table without rows."""
    return FileError.of(
        label, got="a header and no rows", expected="at least one row below the header"
    )


def check_names(names: list[str], label: str) -> list[str]:
    """Check the header; an unnamed first column, as R and pandas write row names, is called ``Unnamed: 0``."""
    names = [name.strip() for name in names]
    if names and not names[0] and len(names) > 1:
        names[0] = "Unnamed: 0"
    for i, name in enumerate(names):
        if not name:
            raise FileError.of(
                f"{label}, header",
                got=f"no name for column {i + 1} of {len(names)}",
                expected="a name for every column",
                remedy="name it in the first line, or remove a separator too many",
            )
    return check_unique(names, label)


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
