"""Dates as numbers: which parts of a date a network sees, and how they are scaled."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from chainrule.tables import columns, plain
from chainrule.tables.encoders import Block, Column, first_wrong
from chainrule.tables.scaling import scaled
from chainrule.tables.text import Bools, Floats, Times

DATE_PARTS = ("year", "month", "day", "weekday", "hour", "days")
DAY = 86_400_000_000.0
"""Microseconds in a day."""


def date_part(when: Times, part: str, origin: int) -> Floats:
    """Compute one part of every date, float64 of shape (n,), NaN where missing.

    Examples
    --------
    >>> date_part(np.array(["2024-01-31T06:30", "NaT"], dtype="datetime64[us]"), "hour", 0).tolist()
    [6.5, nan]
    """
    ticks = when.astype(np.int64)
    value: NDArray[Any]
    day, month = when.astype("datetime64[D]"), when.astype("datetime64[M]")
    if part == "days":
        value = (ticks.astype(np.float64) - float(origin)) / DAY
    elif part == "hour":
        value = (ticks % int(DAY)) / (DAY / 24.0)
    elif part == "year":
        value = when.astype("datetime64[Y]").astype(np.int64) + 1970.0
    elif part == "month":
        value = month.astype(np.int64) % 12 + 1.0
    elif part == "day":
        value = (day - month.astype("datetime64[D]")).astype(np.int64) + 1.0
    else:  # 1970-01-01 was a Thursday
        value = (day.astype(np.int64) + 3) % 7
    result: Floats = np.where(np.isnat(when), np.nan, value)
    return result


def _microseconds(value: Any, where: str) -> int:
    """Check an origin: an integer within the years 0 to 9999."""
    if type(value) is not int or abs(value) > 366 * 10_000 * int(DAY):
        raise plain.refuse(where, value, "a date in microseconds")
    return value


def _part(value: Any, where: str) -> tuple[str, float, float]:
    """Check one part of a date: [name, median, scale]."""
    if type(value) is not list or len(value) != 3 or value[0] not in DATE_PARTS:
        raise plain.refuse(where, value, "a part's name, median and scale")
    median, scale = plain.number(value[1], where), plain.number(value[2], where)
    if scale <= 0.0:
        raise plain.refuse(where, scale, "a scale > 0")
    return str(value[0]), median, scale


@dataclass(frozen=True)
class DateColumn(Column):
    """A date as year, month, day, weekday (Monday 0), hour, and days since the median; each one scaled like a number.

    Parts that did not vary in training are left out, so the hour is there only where times of day differ.
    """

    kind: ClassVar[str] = "date"
    expected: ClassVar[str] = "a date such as 2024-01-31, as in training"
    checkers: ClassVar[Mapping[str, plain.Checker]] = {
        **Column.checkers,
        "origin": lambda value, where: _microseconds(value, where),
        "parts": plain.listed(lambda value, where: _part(value, where), len(DATE_PARTS)),
        "words": plain.flag,
        "day_first": plain.flag,
    }

    origin: int
    """Median date of training, microseconds since 1970-01-01."""
    parts: tuple[tuple[str, float, float], ...]
    """(part, median, scale) in the order of `DATE_PARTS`."""
    words: bool
    """Whether words stood among the dates in training; then they count as missing later too."""
    day_first: bool = False
    """Whether 3/4/2014 is in April."""

    def value_outputs(self) -> tuple[str, ...]:
        """One column for each part that varied."""
        return tuple(f"{self.name}:{part}" for part, _, _ in self.parts)

    def encode(self, series: Any, out: Block) -> None:
        """Scale and bend each part, and mark what is missing."""
        when, bad = columns.dates(series, self.day_first)
        if not self.words and bad.any():
            raise first_wrong(self.name, series, bad, self.expected)
        for i, (part, median, scale) in enumerate(self.parts):
            out[:, i] = scaled(date_part(when, part, self.origin), median, scale)
        if self.indicator:
            out[:, -1] = np.isnat(when)

    def unusable(self, series: Any) -> Bools:
        """Words, unless there were some in training."""
        return super().unusable(series) if self.words else columns.dates(series, self.day_first)[1]

    def check(self) -> None:
        """Refuse parts out of order."""
        super().check()
        order = [DATE_PARTS.index(part) for part, _, _ in self.parts]
        if any(a >= b for a, b in itertools.pairwise(order)):
            raise plain.refuse(
                f"column {self.name[:60]!r}, parts", "another order", "each part once, in order"
            )
