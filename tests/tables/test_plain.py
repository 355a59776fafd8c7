"""Strict checkers: each accepts what it promises and refuses everything else with one InputError."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.errors import InputError
from chainrule.tables import plain

VALUES = [
    0,
    1,
    -1,
    1.5,
    1.0,
    float("nan"),
    float("inf"),
    True,
    None,
    "a",
    "\ud800",
    [],
    [1],
    {},
    {"a": 1},
]
VALUES += ["x" * (plain.MAX_TEXT + 1), 10**5000, plain.MAX_COUNT + 1, (), b"a", 1j]


@pytest.mark.parametrize(
    ("checker", "accepted"),
    [
        (plain.text, ["a"]),
        (plain.flag, [True]),
        (plain.count, [0, 1]),
        (plain.number, [1.5, 1.0]),
        (plain.listed(plain.count, 3), [[], [1]]),
    ],
)
def test_each_checker_accepts_its_own_type_only(
    checker: plain.Checker, accepted: list[Any]
) -> None:
    found, messages = [], []
    for value in VALUES:
        try:
            checker(value, "x")
        except InputError as error:
            messages.append(str(error))
        else:
            found.append(value)
    assert [repr(v) for v in found] == [repr(v) for v in accepted]
    assert all("preparation, x" in text and len(text) < 300 for text in messages)


def test_fields_must_be_exactly_those() -> None:
    checkers = {"a": plain.count, "b": plain.flag}
    assert plain.fields({"b": True, "a": 1}, "x", checkers) == {"a": 1, "b": True}
    for data in ({"a": 1}, {"a": 1, "b": True, "c": 2}, {"a": 1, "b": 0}, [], None, {1: 2}):
        with pytest.raises(InputError):
            plain.fields(data, "x", checkers)


@given(st.lists(st.integers(0, 9)))
def test_long_lists_are_refused(values: list[int]) -> None:
    check = plain.listed(plain.count, 4)
    if len(values) <= 4:
        assert check(values, "x") == tuple(values)
    else:
        with pytest.raises(InputError, match="at most 4 items"):
            check(values, "x")
