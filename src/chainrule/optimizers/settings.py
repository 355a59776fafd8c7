"""Limits of the numbers that optimizers and schedules take, checked once when a record is made.

The limits are data, so that the same line serves the check, the documentation and the tests that
walk the boundary.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Integral, Real
from typing import NamedTuple

from chainrule.errors import InputError, InputTypeError


class Limits(NamedTuple):
    """An interval of accepted numbers.

    Attributes
    ----------
    low, high : float
        The ends.
    low_included, high_included : bool
        Whether an end itself is accepted; infinity is accepted where it is an included end.
    whole : bool
        Only whole numbers (and an included infinity) are accepted.

    Examples
    --------
    >>> FRACTION.text
    'a number, 0 <= number < 1'
    >>> FRACTION.accepts(1.0), POSITIVE.accepts(1e-8), COUNT.accepts(2.5)
    (False, True, False)
    """

    low: float
    high: float
    low_included: bool = False
    high_included: bool = False
    whole: bool = False

    @property
    def text(self) -> str:
        """The limits in words, for an error or a help text."""
        kind = "whole number" if self.whole else "number"
        below = f"{self.low:g} {'<=' if self.low_included else '<'} "
        if self.high == math.inf:
            above = "" if self.high_included else " and finite"
        else:
            above = f" {'<=' if self.high_included else '<'} {self.high:g}"
        return f"a {kind}, {below}number{above}"

    def accepts(self, value: float) -> bool:
        """Return whether ``value`` lies within; a NaN never does."""
        if self.whole and math.isfinite(value) and value != math.floor(value):
            return False
        above = value >= self.low if self.low_included else value > self.low
        below = value <= self.high if self.high_included else value < self.high
        return above and below


POSITIVE = Limits(0.0, math.inf)
NOT_NEGATIVE = Limits(0.0, math.inf, low_included=True)
FRACTION = Limits(0.0, 1.0, low_included=True)
PROPORTION = Limits(0.0, 1.0, low_included=True, high_included=True)
POSITIVE_PROPORTION = Limits(0.0, 1.0, high_included=True)
AT_LEAST_ONE = Limits(1.0, math.inf, low_included=True)
COUNT = Limits(1.0, math.inf, low_included=True, whole=True)
COUNT_OR_INFINITE = Limits(1.0, math.inf, low_included=True, high_included=True, whole=True)


def check(record: object, limits: Mapping[str, Limits]) -> None:
    """Check the fields of a frozen dataclass and turn them into plain ``float`` or ``int``.

    Plain numbers cannot raise the precision of a float32 array (NEP 50) and can be written as JSON;
    NumPy scalars can do neither.

    Raises
    ------
    InputTypeError
        If a field is not a real number (a bool is not).
    InputError
        If a number lies outside its limits.
    """
    for name, limit in limits.items():
        value = getattr(record, name)
        if isinstance(value, bool) or not isinstance(value, Real):
            raise InputTypeError.of(name, got=repr(value), expected=limit.text)
        number = int(value) if isinstance(value, Integral) else float(value)
        if not limit.accepts(number):
            raise InputError.of(name, got=number, expected=limit.text)
        whole = limit.whole and math.isfinite(number)
        object.__setattr__(record, name, int(number) if whole else float(number))
