"""Excel workbooks and OpenDocument sheets, by pandas and python-calamine, an extra that is installed for them.

A sheet is laid out as text is: titles above the header, a row of units, columns without a name are dealt with by the
same rules (`chainrule.tables.header`). Numbers, dates and times are what the sheet holds, not what it shows.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import BinaryIO

import pandas as pd

from chainrule.errors import DataWarning, FileError, InputError
from chainrule.tables import columns
from chainrule.tables.header import laid_out

_HEAD = 200  # rows that tell how the sheet is laid out


def read_sheet(
    opened: Callable[[], BinaryIO], label: str, *, sheet: str | None = None
) -> pd.DataFrame:
    """Read a sheet of a workbook.

    Parameters
    ----------
    opened : callable
        Opens the workbook.
    label : str
        What to call the file in errors.
    sheet : str, optional
        Its name; by default the first that holds anything.

    Warns
    -----
    DataWarning
        Of other sheets, and of what stands around the table.

    Raises
    ------
    FileError
        The reader is not installed, the file is damaged, or the sheet holds no table.
    InputError
        There is no such sheet.
    """
    try:
        import python_calamine
    except ImportError as error:
        raise FileError.of(
            label,
            got="a workbook",
            expected="the reader for it, python-calamine",
            remedy="install chainrule[excel], or save the sheet as CSV",
        ) from error
    try:
        with opened() as stream, pd.ExcelFile(stream, engine="calamine") as book:
            names = [str(name) for name in book.sheet_names]
            if sheet is not None and sheet not in names:
                raise InputError.of(
                    "sheet", got=repr(sheet), expected=f"one of {', '.join(map(repr, names))}"
                )
            cells = pd.DataFrame()
            for name in names if sheet is None else [sheet]:
                cells = pd.read_excel(
                    book, sheet_name=name, header=None, dtype=object, na_filter=False
                )
                if cells.shape[0] > 1 and cells.shape[1] > 0:
                    break
    except (python_calamine.CalamineError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        got = f"a damaged workbook, or a file of another kind ({str(error).splitlines()[0][:80]})"
        raise FileError.of(label, got=got, expected="an Excel or OpenDocument file") from error
    frame, notes = _table(cells, label)
    if len(names) > 1 and sheet is None:
        others = ", ".join(repr(other) for other in names if other != name)
        notes.append(f"sheet {name!r} is read; --sheet names another of {others}")
    for note in notes:
        warnings.warn(f"{label}: {note}", DataWarning, stacklevel=3)
    return frame


def _table(cells: pd.DataFrame, label: str) -> tuple[pd.DataFrame, list[str]]:
    """Find the table in the cells of a sheet."""
    cells = cells.map(lambda value: None if isinstance(value, str) and not value.strip() else value)
    cells = cells.dropna(axis="columns", how="all")
    head = [
        (i + 1, [columns.written(value) or "" for value in row])
        for i, row in enumerate(cells.head(_HEAD).itertuples(index=False, name=None))
    ]
    while (
        head and head[0][1] and sum(map(bool, head[0][1])) == 1 < len(head[0][1]) and len(head) > 2
    ):
        head.pop(0)  # a title: one cell of the first row
    full = [row for row in head if any(row[1])]
    if len(full) < 2:
        raise FileError.of(label, got="a sheet without rows", expected="a header and rows below it")
    layout = laid_out(full, "", label)
    body = cells.iloc[layout.skip :].dropna(how="all")
    header = layout.header
    repeated = body.apply(lambda row: [columns.written(v) or "" for v in row] == header, axis=1)
    body = body[~repeated.to_numpy(dtype=bool)].reset_index(drop=True)
    body.columns = pd.Index(layout.names)
    body = body[[name for name in layout.names if name]]
    notes = list(layout.notes)
    if full[0][0] > 1:
        notes.append(f"what is above row {full[0][0]} is left out")
    if repeated.any():
        notes.append(f"{int(repeated.sum())} rows repeat the header and are left out")
    return body.apply(lambda column: column.infer_objects()), notes
