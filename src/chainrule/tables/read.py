"""`read_table`: a table from a file, standard input or memory, with one clear error for everything that can be wrong.

pandas and pyarrow do the reading. Nothing is ever unpickled: pandas' metadata in Parquet and Arrow files is ignored and
extension types are taken as the plain type beneath them.
"""

from __future__ import annotations

import difflib
import io
import itertools
import os
import re
import stat
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from chainrule.errors import FileError, InputError, InputTypeError
from chainrule.tables.columnar import Named, no_demand, read_columnar
from chainrule.tables.compression import DAMAGE, decompressed, is_compressed
from chainrule.tables.delimited import read_delimited
from chainrule.tables.encodings import told_by_head
from chainrule.tables.file_formats import FORMATS, SEPARATORS, format_of
from chainrule.tables.frames import as_pandas, is_frame
from chainrule.tables.header import HEAD
from chainrule.tables.records import read_records
from chainrule.tables.sheets import read_sheet


def read_table(
    source: Any,
    *,
    format: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    text_columns: Collection[str] = (),
    labels: str | None = None,
    named: Named = no_demand,
) -> pd.DataFrame:
    r"""Read a table.

    Parameters
    ----------
    source : str, path, binary file or data frame
        A file's name; ``"-"`` for standard input; an open file; any data frame that narwhals knows.
    format : {"csv", "tsv", "txt", "parquet", "arrow", "excel", "json"}, optional
        By default told by the name's ending (`FORMATS`); CSV where there is no name. The separator is found among
        ``, ; tab |``, in ``txt`` also blanks; compressed text is recognised by its first bytes.
    encoding : str, optional
        Of text; by default UTF-8, UTF-16 by its mark, or guessed and said.
    sheet : str, optional
        Of a workbook; by default the first that holds anything.
    text_columns : collection of str
        Columns of delimited text that stay text even if they look like numbers, so that ``01`` is not read as 1; see
        `Preparation.text_columns`.
    labels : str, optional
        A column of delimited text in which, if it holds words, only empty values are missing: ``None`` may be a class.
    named : callable, optional
        Is told the names of the columns before any row is read, and may refuse them.

    Returns
    -------
    pandas.DataFrame, shape (n, m)
        Columns of delimited text are numbers where every value is one, else text as written. Blanks around values are
        cut off. Empty values, ``NA``, ``NaN``, ``null``, ``N/A``, ``?`` and the like are missing.

    Raises
    ------
    FileError
        The file cannot be opened, or does not hold a table.
    InputError
        The format is none of those.

    Examples
    --------
    >>> import io
    >>> read_table(io.BytesIO(b"cm;sex\n1.5;f\n?;m\n"))
        cm sex
    0  1.5   f
    1  NaN   m
    """
    if is_frame(source):
        return as_pandas(source)
    with errors_told(source):
        label, opened, kind = locate(source, format, _held)
        if kind in SEPARATORS:
            return read_delimited(
                decompressed(opened, label),
                label,
                separator=SEPARATORS[kind],
                encoding=encoding,
                text_columns=text_columns,
                labels=labels,
                named=named,
            )
        return read_whole(opened, label, kind, encoding=encoding, sheet=sheet, named=named)


def read_whole(
    opened: Callable[[], BinaryIO],
    label: str,
    kind: str,
    *,
    encoding: str | None = None,
    sheet: str | None = None,
    named: Named = no_demand,
    as_stored: Collection[str] = (),
) -> pd.DataFrame:
    """Read a table of a format that is read at once; the parameters are those of `read_table`."""
    if kind == "excel":
        frame = read_sheet(opened, label, sheet=sheet)
    elif kind == "json":
        frame = read_records(decompressed(opened, label), label, encoding=encoding)
    else:
        return read_columnar(opened, label, kind, named, as_stored)
    named([str(name) for name in frame.columns])
    return frame


@contextmanager
def errors_told(source: Any) -> Iterator[None]:
    """Turn what goes wrong while a source is read into one error that names it.

    Raises
    ------
    FileError
        Damaged compression, too little memory, or an error of the system.
    """
    label = _label(source)
    try:
        yield
    except DAMAGE as error:
        raise FileError.of(
            label,
            got=f"damaged or truncated compressed data ({error})",
            expected="a whole file",
            remedy="fetch it again",
        ) from error
    except MemoryError as error:
        raise FileError.of(
            label,
            got="more data than fits in memory",
            expected="a smaller table",
            remedy="take a sample of its rows",
        ) from error
    except FileError:
        raise
    except OSError as error:
        raise _cannot_open(label, error) from error


def locate(
    source: Any, format: str | None, hold: Callable[[Iterator[bytes]], Callable[[], BinaryIO]]
) -> tuple[str, Callable[[], BinaryIO], str]:
    """Find what to call a source, how to open it from its beginning, and which format it has.

    Parameters
    ----------
    source, format
        As in `read_table`.
    hold : callable
        Takes the bytes of a stream that can be read only once and returns what opens them again.

    Raises
    ------
    FileError, InputTypeError, InputError
        As in `read_table`.
    """
    if format is not None and format not in FORMATS.values():
        raise InputError.of(
            "format", got=repr(format), expected=" or ".join(dict.fromkeys(FORMATS.values()))
        )
    label = _label(source)
    if hasattr(source, "read"):
        kind = format or "csv"
        return label, hold(_pieces(source, kind)), kind
    if not isinstance(source, (str, os.PathLike)):
        expected = "a file's name, an open file or a DataFrame"
        raise InputTypeError.of("table", got=type(source).__name__, expected=expected)
    name = os.fsdecode(source)
    if name == "-":
        stream = getattr(sys.stdin, "buffer", sys.stdin)
        if stream is None:
            raise FileError.of(label, got="nothing", expected="CSV text")
        kind = format or "csv"
        return label, hold(_pieces(stream, kind)), kind
    if not name:
        raise FileError.of("table", got="an empty name", expected="a file's name")
    path = Path(name)
    regular = _check_file(path)
    kind = format or format_of(path)
    if not kind:
        expected, remedy = "one of " + " ".join(FORMATS), "rename it or give the format"
        raise FileError.of(str(path), got="an unknown ending", expected=expected, remedy=remedy)

    def opened() -> BinaryIO:
        return open(path, "rb")

    if regular:
        return label, opened, kind
    with opened() as stream:
        return label, hold(_pieces(stream, kind)), kind


def _label(source: Any) -> str:
    """Say what to call a source in errors."""
    if isinstance(source, (str, os.PathLike)):
        name = os.fsdecode(source)
        return "standard input" if name == "-" else str(Path(name))
    return str(getattr(source, "name", "table"))


def _check_file(path: Path) -> bool:
    """Refuse what is not there or not a file; say whether it is a regular file."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        if isinstance(error, FileNotFoundError):
            raise _not_found(path) from error
        raise _cannot_open(str(path), error) from error
    if stat.S_ISDIR(mode):
        raise FileError.of(str(path), got="a folder", expected="a file", remedy="name a file in it")
    return stat.S_ISREG(mode)


def _not_found(path: Path) -> FileError:
    """Build the error for a file that is not there, with the names beside it that come close."""
    try:
        beside = [entry.name for entry in itertools.islice(os.scandir(path.parent), 1000)]
    except OSError:
        return FileError.of(
            str(path), got=f"no folder {str(path.parent)!r}", expected="an existing file"
        )
    close = difflib.get_close_matches(path.name, beside, n=2, cutoff=0.6)
    remedy = (
        f"did you mean {' or '.join(map(repr, close))}?"
        if close
        else "check the name and the folder"
    )
    return FileError.of(str(path), got="no such file", expected="an existing file", remedy=remedy)


def _cannot_open(label: str, error: Exception) -> FileError:
    """Build the error for a file that the system refuses."""
    if isinstance(error, PermissionError):
        return FileError.of(
            label,
            got="no permission to read it",
            expected="a readable file",
            remedy="change its permissions",
        )
    reason = getattr(error, "strerror", None) or str(error)
    return FileError.of(label, got=f"an error of the system ({reason})", expected="a readable file")


def _pieces(stream: Any, kind: str) -> Iterator[bytes]:
    """Give the bytes of a stream that can be read only once, as far as they can be a table."""

    def some(size: int) -> bytes:
        data = stream.read(size)
        return data.encode() if isinstance(data, str) else bytes(data or b"")

    data = bytearray()
    while len(data) <= HEAD and (piece := some(HEAD + 1 - len(data))):
        data += piece
    yield bytes(data)
    is_text = kind in SEPARATORS and not is_compressed(bytes(data[:8]))
    lines = re.search(rb"[\r\n]", data) and (b"\0" not in data or told_by_head(bytes(data[:4096])))
    if len(data) <= HEAD or not is_text or lines:
        while piece := some(HEAD):
            yield piece
    # Else it is no table, as a look at its first bytes will tell; what follows may have no end.


def _held(pieces: Iterator[bytes]) -> Callable[[], BinaryIO]:
    """Hold what can be read only once in memory, so that it can be opened again."""
    data = bytearray()
    for piece in pieces:
        data += piece
    return lambda: io.BytesIO(data)
