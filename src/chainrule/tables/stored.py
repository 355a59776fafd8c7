"""Columns from the plain data of a model file that nobody vouches for."""

from __future__ import annotations

from typing import Any

from chainrule.tables import plain
from chainrule.tables.encoders import Column
from chainrule.tables.learn import KINDS
from chainrule.tables.written_numbers import PLAIN

_ADDED: dict[str, dict[str, Any]] = {
    "number": {"notation": list(PLAIN), "edges": [], "span": []},
    "date": {"day_first": False},
}


def of_version_1(data: dict[str, Any], version: int) -> dict[str, Any]:
    """Add what there was not in the first version, when all numbers were plain and all dates ISO."""
    columns = data.get("columns")
    if type(columns) is list:
        columns = [
            {**_ADDED.get(str(c.get("kind")), {}), **c} if type(c) is dict else c for c in columns
        ]
    return {**data, "version": version, "columns": columns, "missing": []}


def stored_column(data: Any, where: str) -> Column:
    """Read one column of `Preparation.from_dict`."""
    kind = data.get("kind") if type(data) is dict else None
    if type(kind) is not str or kind not in KINDS:
        raise plain.refuse(f"{where}, kind", kind, "one of " + ", ".join(KINDS))
    made = KINDS[kind]
    column = made(
        **plain.fields({k: v for k, v in data.items() if k != "kind"}, where, made.checkers)
    )
    column.check()
    return column
