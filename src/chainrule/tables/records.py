"""JSON: a list of records, one record a line, or an object of columns."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, BinaryIO

import pandas as pd

from chainrule.errors import FileError
from chainrule.tables import columns, encodings
from chainrule.tables.columnar import leave_out, no_single_values

_EXPECTED = "a list of records, one record a line, or an object of columns"


def read_records(
    opened: Callable[[], BinaryIO], label: str, *, encoding: str | None = None
) -> pd.DataFrame:
    """Read JSON.

    Parameters
    ----------
    opened : callable
        Opens the stream.
    label : str
        What to call the file in errors.
    encoding : str, optional
        By default UTF-8, or what a mark at the beginning says.

    Warns
    -----
    DataWarning
        A column of lists or objects is left out.

    Raises
    ------
    FileError
        It is no JSON, or holds no table.
    """
    with opened() as stream:
        data = stream.read()
    if encoding is not None:
        encodings.check_encoding(encoding)
    try:
        text = data.decode(encoding or encodings.told_by_head(data) or "utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError.of(
            label,
            got=f"bytes that are no text ({error.reason})",
            expected="JSON in UTF-8",
            remedy="name its encoding with --encoding",
        ) from error
    records = _parsed(text, label)
    if isinstance(records, dict):
        records = _columns(records)
    if (
        not isinstance(records, list)
        or not records
        or not all(isinstance(r, dict) for r in records)
    ):
        raise FileError.of(label, got="JSON of another form", expected=_EXPECTED)
    names = list(dict.fromkeys(name for record in records for name in record))
    found = {}
    for name in names:
        series = pd.Series([record.get(name) for record in records], dtype=object).infer_objects()
        if columns.is_usable(series):
            found[name] = series
        else:
            leave_out(name, "lists or objects", label)
    if not found:
        raise no_single_values(label)
    return pd.DataFrame(found)


def _parsed(text: str, label: str) -> Any:
    """Parse one JSON value, or one on every line."""
    lines = [(i, line) for i, line in enumerate(text.splitlines(), 1) if line.strip()]
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if error.msg != "Extra data" or len(lines) < 2:
            raise _no_json(error, label, error.lineno) from error
    except RecursionError as error:
        raise FileError.of(label, got="JSON nested too deeply", expected=_EXPECTED) from error
    records = []
    for number, line in lines:
        try:
            records.append(json.loads(line))
        except json.JSONDecodeError as error:
            raise _no_json(error, label, number) from error
    return records


def _no_json(error: json.JSONDecodeError, label: str, line: int) -> FileError:
    where = f"{label}, line {line}"
    return FileError.of(where, got=f"no JSON ({error.msg})", expected=_EXPECTED)


def _columns(data: dict[str, Any]) -> Any:
    """Make records of an object: pandas' forms ``columns``, ``split`` and ``table``, or one that holds the records."""
    if set(data) >= {"columns", "data"} and isinstance(data["data"], list):
        return [dict(zip(data["columns"], row, strict=False)) for row in data["data"]]
    values = list(data.values())
    lists = [value for value in values if isinstance(value, list)]
    if len(lists) == 1 and lists[0] and isinstance(lists[0][0], dict):
        return lists[0]
    if values and all(isinstance(value, dict) for value in values):
        rows = dict.fromkeys(row for value in values for row in value)
        return [{name: column.get(row) for name, column in data.items()} for row in rows]
    if values and len(lists) == len(values) and len({len(value) for value in lists}) == 1:
        return [dict(zip(data, row, strict=True)) for row in zip(*values, strict=True)]
    return None
