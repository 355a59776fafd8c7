"""Names of columns: checked, and close ones offered where one is not found."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from chainrule.errors import InputError, InputTypeError
from chainrule.tables import plain


def column_names(frame: Any) -> list[str]:
    """Check the names of a data frame's columns and give them as text."""
    if not isinstance(frame, pd.DataFrame):
        raise InputTypeError.of("table", got=type(frame).__name__, expected="a pandas DataFrame")
    names = [str(name) for name in frame.columns]
    if len(names) > plain.MAX_COLUMNS:
        raise InputError.of(
            "table", got=f"{len(names)} columns", expected=f"at most {plain.MAX_COLUMNS}"
        )
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InputError.of(
                "table", got=f"two columns named {name!r}", expected="each name once"
            )
        seen.add(plain.text(name, "a column's name"))
    return names


def suggestion(name: str, names: Sequence[str]) -> str:
    """Offer names that come close, or the first names there are.

    Examples
    --------
    >>> suggestion("specis", ["species", "island"])
    "did you mean 'species'?"
    """
    close = difflib.get_close_matches(name, names[:1000], n=3, cutoff=0.6)
    if close:
        return f"did you mean {' or '.join(map(repr, close))}?"
    here = ", ".join(map(repr, names[:8])) + (", …" if len(names) > 8 else "")
    return f"the table has {here or 'no columns'}"


def absent_columns(absent: Sequence[str], names: Sequence[str]) -> InputError:
    """Build the error for columns that are not among ``names``."""
    some = ", ".join(map(repr, absent[:5]))
    if len(absent) > 5:
        some += f" and {len(absent) - 5} more"
    expected, remedy = "the columns of the training table", suggestion(absent[0], names)
    return InputError.of("table", got=f"no column {some}", expected=expected, remedy=remedy)


def unique_names(names: Iterable[str]) -> tuple[str, ...]:
    """Put ``#2`` and so on behind names that would otherwise come twice.

    Examples
    --------
    >>> unique_names(["a", "b", "a"])
    ('a', 'b', 'a#2')
    """
    found: dict[str, None] = {}
    for name in names:
        unique, i = name, 2
        while unique in found:
            unique, i = f"{name}#{i}", i + 1
        found[unique] = None
    return tuple(found)
