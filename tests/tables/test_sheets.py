"""Workbooks, made here cell by cell, against the same table as text."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from chainrule.errors import DataWarning, FileError, InputError
from chainrule.tables import Preparation, read_table

pytest.importorskip("python_calamine")

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def cell(value: Any) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, str):
        kind = "e" if value.startswith("#") else "inlineStr"
        inside = f"<v>{value}</v>" if kind == "e" else f"<is><t>{value}</t></is>"
        return f'<c t="{kind}">{inside}</c>'
    if isinstance(value, pd.Timestamp):  # a style that shows a number as a date
        return f'<c s="1"><v>{(value - pd.Timestamp("1899-12-30")).days}</v></c>'
    return f"<c><v>{float(value)!r}</v></c>"


def workbook(**sheets: list[list[Any]]) -> bytes:
    """Write the least that is an Excel workbook."""
    names = list(sheets)
    relations = "".join(
        f'<Relationship Id="r{i}" Type="{_DOCUMENT}/worksheet" Target="worksheets/s{i}.xml"/>'
        for i in range(len(names))
    )
    relations += f'<Relationship Id="s" Type="{_DOCUMENT}/styles" Target="styles.xml"/>'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="{_TYPES}.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="w" '
        f'Type="{_DOCUMENT}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}</Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}"><sheets>'
        + "".join(f'<sheet name="{n}" sheetId="{i + 1}" r:id="r{i}"/>' for i, n in enumerate(names))
        + "</sheets></workbook>",
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><cellXfs>'
        '<xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
    }  # fmt: skip
    for i, rows in enumerate(sheets.values()):
        data = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
        parts[f"xl/worksheets/s{i}.xml"] = (
            f'<worksheet xmlns="{_MAIN}"><sheetData>{data}</sheetData></worksheet>'
        )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + part)
    return out.getvalue()


HEADER = ["n", "price", "town", "day"]
DAYS = list(pd.date_range("2014-03-15", periods=4))
ROWS = [[i, 1.5 * i, town, day] for i, (town, day) in enumerate(zip("xyzx", DAYS, strict=True))]


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def made(name: str = "t.xlsx", **sheets: list[list[Any]]) -> Path:
        (tmp_path / name).write_bytes(workbook(**sheets))
        return tmp_path / name

    return made


def test_a_sheet_is_the_table_that_text_is(write: Any) -> None:
    frame = read_table(write(one=[HEADER, *ROWS]))
    assert frame.to_dict("list") == dict(zip(HEADER, zip(*ROWS, strict=True), strict=True)) | {
        name: [row[i] for row in ROWS] for i, name in enumerate(HEADER)
    }
    csv = read_table(io.BytesIO(frame.to_csv(index=False).encode()))
    first = Preparation.fit(frame)
    np.testing.assert_array_equal(first.transform(frame), Preparation.fit(csv).transform(csv))
    np.testing.assert_array_equal(first.transform(csv), first.transform(frame))


def test_what_stands_around_it_is_left_out_and_said(write: Any) -> None:
    path = write(one=[["Report"], [], HEADER, ["-", "EUR", "-", "-"], *ROWS[:2], HEADER, *ROWS[2:]])
    with pytest.warns(DataWarning) as caught:
        frame = read_table(path)
    assert len(frame) == 4
    said = " ".join(str(one.message) for one in caught)
    assert "above row 3" in said
    assert "units" in said
    assert "1 rows repeat the header" in said


def test_the_first_sheet_that_holds_anything_or_the_one_that_is_named(write: Any) -> None:
    path = write(empty=[], one=[HEADER, *ROWS], two=[["a"], [1.0], [2.0]])
    with pytest.warns(
        DataWarning, match=r"sheet 'one' is read; --sheet names another of 'empty', 'two'"
    ):
        assert list(read_table(path)) == HEADER
    assert read_table(path, sheet="two")["a"].tolist() == [1, 2]
    with pytest.raises(
        InputError, match="sheet: got 'three', expected one of 'empty', 'one', 'two'"
    ):
        read_table(path, sheet="three")


def test_words_of_errors_and_empty_cells_are_missing(write: Any) -> None:
    frame = read_table(write(one=[["a", "b"], [1, "x"], ["#DIV/0!", "y"], [3, None], [4, "NA"]]))
    preparation = Preparation.fit(frame)
    assert [(c.kind, c.missing) for c in preparation.columns] == [("number", 1), ("category", 2)]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04junk", "a damaged workbook"),
        (b"a,b\n1,2\n", "a damaged workbook, or a file of another kind"),
        (workbook(one=[]), "a sheet without rows"),
        (workbook(one=[HEADER]), "a sheet without rows"),
    ],
)
def test_what_is_no_workbook(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "t.xlsx"
    path.write_bytes(data)
    with pytest.raises(FileError, match=message):
        read_table(path)


def test_a_workbook_by_another_name(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(workbook(one=[HEADER, *ROWS]))
    with pytest.raises(FileError, match=r"an Excel workbook, .*name it by its true ending"):
        read_table(path)
