"""Dates as people write them: ISO 8601, ``15.03.2014``, ``3/15/2014``, ``15 Mar 2014``, ``2014-03``, ``2014Q1``.

One thing is for the whole column to say: whether ``3/4/2014`` is in March or in April. It is learned once and kept with
the model; with it each value is read by itself. Dates are kept to the microsecond, from the year 1 to 9999.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from chainrule.tables import text
from chainrule.tables.text import Bools, Times

_MONTHS = (
    "january januar janvier enero gennaio janeiro januari ene gen jan",
    "february februar février fevrier febrero febbraio fevereiro februari",
    "march märz maerz mars marzo março marco maart mrz mrt",
    "april avril abril aprile avr abr",
    "may mai mayo maggio maio mei mag",
    "june juni juin junio giugno junho giu",
    "july juli juillet julio luglio julho lug",
    "august août aout agosto augustus ago",
    "september septembre septiembre settembre setembro set sept",
    "october oktober octobre octubre ottobre outubro okt ott out",
    "november novembre noviembre novembro",
    "december dezember décembre decembre diciembre dicembre dezembro dez dic",
)

_TIME = (
    r"(?:(?:[T:,]|,?\s)\s?(?P<H>[0-9]{1,2}):(?P<M>[0-9]{2})(?::(?P<S>[0-9]{2})(?:[.,](?P<f>[0-9]{1,9}))?)?"
    r"\s?(?P<p>(?:[APap]\.?[Mm]\.?)?)\s?(?:Z|UTC|GMT|CET|CEST|EST|EDT|PST|PDT|[+-][0-9]{2}:?(?:[0-9]{2})?)?)?$"
)
_WEEKDAY = r"^(?:[A-Za-zäéèçáíû]{2,10}\.?,?\s)?"
_NAME = r"(?P<n>[A-Za-zäéûçÄÉ]{3,10})\.?"
_PATTERNS = (
    r"^(?P<y>[0-9]{4})[-/.](?P<m>[0-9]{1,2})[-/.](?P<d>[0-9]{1,2})" + _TIME,
    r"^(?P<a>[0-9]{1,2})\s?[-/.]\s?(?P<b>[0-9]{1,2})\s?[-/.]\s?(?P<y>[0-9]{4}|[0-9]{2})" + _TIME,
    _WEEKDAY
    + r"(?P<d>[0-9]{1,2})(?:st|nd|rd|th|\.|º)?[-\s/]?\s?(?:de\s)?"
    + _NAME
    + r"[-\s/.,]?\s?(?:de\s|del\s)?(?:'|\x{2019})?(?P<y>[0-9]{4}|[0-9]{2})"
    + _TIME,
    _WEEKDAY + _NAME + r"[-\s]?(?P<d>[0-9]{1,2})(?:st|nd|rd|th)?,?[-\s]\s?(?P<y>[0-9]{4})" + _TIME,
    r"^(?P<y>[0-9]{4})[-\s/]?" + _NAME + r"[-\s/]?(?P<d>[0-9]{1,2})" + _TIME,
    _WEEKDAY
    + _NAME
    + r"\s+(?P<d>[0-9]{1,2}) (?P<H>[0-9]{2}):(?P<M>[0-9]{2}):(?P<S>[0-9]{2})(?: [A-Z+0-9]{3,5})? (?P<y>[0-9]{4})$",
    r"^(?P<y>1[5-9][0-9]{2}|20[0-9]{2})[-/](?P<m>[0-9]{1,2})$",
    r"^(?P<m>[0-9]{1,2})[-/](?P<y>1[5-9][0-9]{2}|20[0-9]{2})$",
    "^" + _NAME + r"[-\s.,/]*(?:'|\x{2019})?(?P<y>[0-9]{4}|[0-9]{2})$",
    r"^(?P<y>1[5-9][0-9]{2}|20[0-9]{2})[-\s:/]?[Qq](?P<q>[1-4])$",
    r"^[Qq](?P<q>[1-4])[-\s/]?(?P<y>1[5-9][0-9]{2}|20[0-9]{2})$",
    r"^(?P<y>19[0-9]{2}|20[0-9]{2})(?P<m>[0-9]{2})(?P<d>[0-9]{2})$",
)
_TWO_DIGITS = 69
"""Two digits from here on are a year of the twentieth century."""

Ints = NDArray[np.int64]


def dates(values: Any, day_first: bool = False) -> tuple[Times, Bools]:
    """Read dates; the second array marks rows that hold something else.

    An offset from UTC is cut off, so that hour and weekday are those of the clock on the wall where it was written.

    Parameters
    ----------
    values : LargeStringArray, shape (n,)
        As `text.arrow_text` makes it.
    day_first : bool
        Whether ``3/4/2014`` and ``3-4-2014`` are in April; with points, they always are.

    Returns
    -------
    when : ndarray of datetime64[us], shape (n,)
        NaT where nothing or no date was written.
    bad : ndarray of bool, shape (n,)

    Examples
    --------
    >>> when, bad = dates(text.arrow_text(["2024-01-31 8:30", "31.1.24", "Jan 31, 2024", "2024-02-30"]))
    >>> when.astype("datetime64[m]").astype(str).tolist()
    ['2024-01-31T08:30', '2024-01-31T00:00', '2024-01-31T00:00', 'NaT']
    >>> bad.tolist()
    [False, False, False, True]
    """
    when = np.full(len(values), np.datetime64("NaT", "us"))
    left = np.flatnonzero(text.present(values))
    for pattern in _PATTERNS:
        if not len(left):
            break
        written = values.take(pa.array(left))
        found = pc.extract_regex(written, pattern)
        rows = np.flatnonzero(text.present(found))
        if len(rows):
            pointed = text.mask(pc.match_substring_regex(written, r"^[0-9]{1,2}\s?\."))[rows]
            when[left[rows]] = _made(found.take(pa.array(rows)), day_first | pointed)
            left = np.delete(left, rows)
    return when, text.present(values) & np.isnat(when)


def _made(found: Any, day_first: Bools) -> Times:
    """Make dates of the parts of a pattern; NaT where there is no such day."""
    n = len(found)
    names = [field.name for field in found.type]

    def part(name: str, default: int) -> Ints:
        if name not in names:
            return np.full(n, default)
        digits = found.field(name)
        digits = pc.if_else(pc.equal(digits, ""), None, digits).cast(pa.int64())
        whole: Ints = pc.fill_null(digits, default).to_numpy(zero_copy_only=False)
        return whole

    year, day = part("y", 1), part("d", 1)
    short = text.mask(pc.equal(pc.utf8_length(found.field("y")), 2))
    year = np.where(short, year + np.where(year < _TWO_DIGITS, 2000, 1900), year)
    month = 3 * part("q", 1) - 2 if "q" in names else part("m", 1)
    if "n" in names:
        month = _named(found.field("n"))
    if "a" in names:
        a, b = part("a", 1), part("b", 1)
        month, day = np.where(day_first, b, a), np.where(day_first, a, b)
    hour, minute, second = part("H", 0), part("M", 0), part("S", 0)
    if "p" in names:
        half = pc.utf8_lower(found.field("p"))
        late, early = (text.mask(pc.starts_with(half, pattern=letter)) for letter in "pa")
        hour = np.where(late | early, np.where(hour > 12, 99, hour % 12 + 12 * late), hour)
    fraction = np.zeros(n, dtype=np.int64)
    if "f" in names:
        digits = pc.utf8_slice_codeunits(pc.utf8_rpad(found.field("f"), 6, "0"), 0, 6)
        fraction = pc.fill_null(digits.cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
    known = (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1)
    known &= (hour < 24) & (minute < 60) & (second < 60)
    months = np.where(known, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (day - 1)
    known &= days.astype("datetime64[M]") == months
    clock = ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction
    when: Times = np.where(known, days.astype("datetime64[us]") + clock, np.datetime64("NaT", "us"))
    return when


def _named(names: Any) -> Ints:
    """Give the months of names, whole or shortened, in some languages of Europe; 0 for other words."""
    encoded = pc.utf8_lower(names).dictionary_encode()
    numbers = [_month(name) for name in encoded.dictionary.to_pylist()]
    months: Ints = np.array(numbers, dtype=np.int64)[encoded.indices.to_numpy()]
    return months


def _month(name: str) -> int:
    fitting = {
        number
        for number, words in enumerate(_MONTHS, 1)
        if any(word.startswith(name) for word in words.split())
    }
    return fitting.pop() if len(fitting) == 1 else 0


class FoundDates(NamedTuple):
    """How a column's dates seem to be written."""

    day_first: bool
    bad: Bools
    """Which of its values are no dates then."""
    proved: bool
    """Whether its values tell."""
    ambiguous: bool
    """Whether they would be other dates, the day and the month exchanged."""


def recognise(values: Any, day_first: bool | None = None) -> FoundDates:
    """Find out whether the day stands first in a column.

    Parameters
    ----------
    values : LargeStringArray, shape (n,)
        The different values of the column, none of them null.
    day_first : bool, optional
        Decides where the values do not tell.

    Examples
    --------
    >>> recognise(text.arrow_text(["3/4/2014", "15/4/2014"])).day_first
    True
    """
    (first, no_first), (second, no_second) = dates(values, True), dates(values, False)
    either, other = int(no_first.sum()), int(no_second.sum())
    if either != other:
        return FoundDates(either < other, min(no_first, no_second, key=np.sum), True, False)
    ambiguous = bool((first != second)[~np.isnat(first)].any())
    chosen = bool(day_first)
    return FoundDates(chosen, no_first if chosen else no_second, False, ambiguous)
