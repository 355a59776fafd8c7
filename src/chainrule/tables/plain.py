"""Strict reading of plain data that came from a file: every field checked for name, type, size and finiteness.

What is read may be damaged or hostile, so each checker either returns a value of exactly the type it promises or raises
`InputError`; nothing is converted, guessed or ignored.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from chainrule.errors import InputError

MAX_TEXT = 10_000
"""Longest text (a column name, a category, a sentence) that a preparation holds."""
MAX_COLUMNS = 100_000
MAX_OUTPUTS = 1_000_000
MAX_COUNT = 1 << 62

Checker = Callable[[Any, str], Any]


def shown(value: object) -> str:
    """Show a value of unknown size in an error, safely and shortly."""
    if isinstance(value, str):
        return repr(value[:60])
    if isinstance(value, (bool, float, type(None))) or (
        isinstance(value, int) and abs(value) < MAX_COUNT
    ):
        return repr(value)
    return f"a value of type {type(value).__name__}"


def refuse(where: str, value: object, expected: str) -> InputError:
    """Build the error for a field that cannot be used."""
    return InputError.of(
        f"preparation, {where}",
        got=shown(value),
        expected=expected,
        remedy="the file is damaged or not chainrule's",
    )


def text(value: Any, where: str) -> str:
    """Check text of at most `MAX_TEXT` characters that can be written as UTF-8."""
    if type(value) is not str or len(value) > MAX_TEXT:
        raise refuse(where, value, f"text of at most {MAX_TEXT} characters")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise refuse(
            where, value.encode("utf-8", "replace").decode(), "text without lone surrogates"
        ) from error
    return value


def flag(value: Any, where: str) -> bool:
    """Check true or false."""
    if type(value) is not bool:
        raise refuse(where, value, "true or false")
    return value


def count(value: Any, where: str) -> int:
    """Check an integer from 0 to `MAX_COUNT`."""
    if type(value) is not int or not 0 <= value <= MAX_COUNT:
        raise refuse(where, value, "an integer >= 0")
    return value


def number(value: Any, where: str) -> float:
    """Check a finite float; an integer is not one."""
    if type(value) is not float or not math.isfinite(value):
        raise refuse(where, value, "a finite number with a decimal point")
    return value


def listed(item: Checker, most: int) -> Checker:
    """Make a checker for a list of at most ``most`` items, returned as a tuple."""

    def check(value: Any, where: str) -> tuple[Any, ...]:
        if type(value) is not list or len(value) > most:
            raise refuse(where, value, f"a list of at most {most} items")
        return tuple(item(v, f"{where}[{i}]") for i, v in enumerate(value))

    return check


def fields(data: Any, where: str, checkers: Mapping[str, Checker]) -> dict[str, Any]:
    """Check an object that must have exactly the named fields.

    Raises
    ------
    InputError
        A field is unknown, absent, of another type, too large or not finite.

    Examples
    --------
    >>> fields({"median": 0.5}, "column 'x'", {"median": number})
    {'median': 0.5}
    """
    if type(data) is not dict:
        raise refuse(where, data, "an object with the fields " + ", ".join(checkers))
    if unknown := [key for key in data if key not in checkers]:
        raise refuse(where, unknown[0], "no fields but " + ", ".join(checkers))
    if absent := [key for key in checkers if key not in data]:
        raise refuse(where, "no " + absent[0], "the fields " + ", ".join(checkers))
    return {key: check(data[key], f"{where}, {key}") for key, check in checkers.items()}
