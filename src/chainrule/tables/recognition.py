"""What a column holds, told from all of its values, and how its numbers and dates are written.

What the values of one column leave open, whether 1.234 is a thousand and whether 3/4/2014 is in March, is settled by
the other columns of the table, else by the custom of English, and said; a `Reading` holds what the user has said.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from chainrule.tables import columns, text, written_dates, written_numbers
from chainrule.tables.reading_options import Kind, Reading
from chainrule.tables.text import Bools
from chainrule.tables.written_numbers import PLAIN, Notation

TOLERATED = 0.05
"""Share of words that a column of numbers or dates may hold while it is learned; each word then counts as missing."""

_PLACEHOLDERS = (
    *(
        "-",
        "--",
        "---",
        "–",
        "—",
        ".",
        "..",
        "...",
        "*",
        "**",
        "n.a.",
        "n/a.",
        "n.d.",
        "nd",
        "n.v.",
        "k.a.",
    ),
    *(
        "missing",
        "unknown",
        "not available",
        "not applicable",
        "unbekannt",
        "nil",
        "none",
        "null",
        "na",
        "nan",
    ),
)
"""Words that stand for a missing value among numbers and dates, however many there are; elsewhere they are words."""


class Recognition(NamedTuple):
    """What a column was taken for while it was learned."""

    kind: Kind
    words: bool = False
    """True when some values are words in a column of numbers or dates, each of which counts as missing."""
    note: str = ""
    """One sentence for the user, empty when there is nothing to say."""
    notation: Notation = PLAIN
    day_first: bool = False
    proves: str | bool | None = None
    """The decimal mark, or whether the day stands first, where the values tell; else None."""
    ambiguous: bool = False
    """Whether the values would mean something else with the other decimal mark, or the month first."""


def recognise_table(frame: Any, reading: Reading | None = None) -> list[Recognition | None]:
    """Recognise all columns, each in the light of the others; None for those that hold no single values.

    Examples
    --------
    >>> frame = pd.DataFrame({"a": ["1.234", "5.678"], "b": ["3,5", "4"]})
    >>> [recognition.notation.decimal for recognition in recognise_table(frame)]
    [',', ',']
    """
    reading = reading or Reading()
    series = [frame.iloc[:, i] for i in range(frame.shape[1])]
    found = [recognise(str(s.name), s, reading) if columns.is_usable(s) else None for s in series]
    proofs = {recognition.proves for recognition in found if recognition is not None}
    mark = "," if "," in proofs and "." not in proofs else None
    first = True if True in proofs and False not in proofs else None
    if first is None and mark and False not in proofs:
        first = True  # where commas are decimal, no month stands first
    if mark is None and first is None:
        return found
    for i, recognition in enumerate(found):
        if recognition is not None and recognition.ambiguous:
            found[i] = recognise(str(series[i].name), series[i], reading, others=(mark, first))
    return found


def recognise(
    name: str,
    series: Any,
    reading: Reading | None = None,
    others: tuple[str | None, bool | None] = (None, None),
) -> Recognition:
    """Decide whether a usable column holds numbers, booleans, dates or categories.

    Numeric dtypes are numbers (0/1 too), text is looked at: numbers, yes/no words and dates are recognised when
    every written value is one, numbers and dates also when at most 5 % are something else. Digits that are codes (all
    of one width with leading zeros) stay categories, and so does everything declared categorical.

    Parameters
    ----------
    name : str
    series : pandas.Series, shape (n,)
    reading : Reading, optional
    others : (decimal mark, whether the day stands first)
        What other columns of the table prove.

    Examples
    --------
    >>> [recognise("x", pd.Series(v)).kind for v in (["1", "2.5"], ["yes", "no"], ["2024-01-31"], ["red"])]
    ['number', 'boolean', 'date', 'category']
    """
    reading = reading or Reading()
    forced = reading.kinds.get(name)
    plain = columns.plain_dtype(series)
    dtype = plain.dtype
    typed = _typed(dtype)
    if typed is not None and forced in (None, typed, "boolean", "category"):
        return Recognition(forced or typed)  # type: ignore[arg-type]
    rows = columns.texts(plain)
    encoded = rows.dictionary_encode()
    values = encoded.dictionary  # different values only: a table repeats a few of them very often
    often = np.bincount(pc.drop_null(encoded.indices).to_numpy(), minlength=len(values))
    if forced in ("boolean", "category"):
        return Recognition(forced)  # type: ignore[arg-type]
    if forced is None and text.are_booleans(values):
        return Recognition("boolean")
    if forced is None and text.looks_like_codes(values):
        note = f"column {name!r} holds codes ({examples(values)}), kept as categories and not read as numbers"
        return Recognition("category", note=note)
    numbers = _numbers(name, values, reading, others[0])
    if columns.is_object(dtype) and numbers.bad.any():  # True and durations are numbers too
        bad = columns.numbers(plain, numbers.value.notation)[1]
        still = pc.is_in(values, value_set=rows.filter(pa.array(bad)))
        numbers = numbers._replace(bad=still.to_numpy(zero_copy_only=False))
    dates = _dates(name, values, reading, others[1])
    known = int(often.sum())
    nearest = None
    for candidate in (numbers, dates):
        if not known or forced not in (None, candidate.value.kind):
            continue
        wrong = int(often[candidate.bad].sum())
        if wrong == 0:
            return candidate.value
        rest = values.filter(pa.array(candidate.bad))
        dashes = pc.all(pc.is_in(pc.utf8_lower(rest), value_set=_PLACEHOLDER_SET)).as_py()
        kind, few = candidate.value.kind, wrong <= TOLERATED * known
        if few or forced or (dashes and int((~candidate.bad).sum()) >= 3):
            note = f"column {name!r} holds {kind}s but for {wrong} of {known} values ({examples(rest)}), "
            note += "which count as missing"
            if not dashes and not forced:
                note += f"; --as {option(name, 'category')} takes all as categories"
            if candidate.value.note:
                note += f"; {candidate.value.note.removeprefix(f'column {name!r} ')}"
            return candidate.value._replace(words=True, note=note)
        if wrong <= 0.5 * known and nearest is None:
            nearest = (
                f"column {name!r} holds {kind}s, but {wrong} of {known} values are none ({examples(rest)}), so all are "
                f"taken as categories; --missing {_quoted(rest[0].as_py())} takes such a word for missing, "
                f"--as {option(name, kind)} all of them"
            )
    return Recognition("category", note=nearest or "")


_PLACEHOLDER_SET = pa.array(_PLACEHOLDERS, pa.large_string())


def _typed(dtype: Any) -> Kind | None:
    """Tell the kind by the dtype; None for text and objects."""
    if isinstance(dtype, pd.CategoricalDtype):
        return "category"
    if pd.api.types.is_bool_dtype(dtype):
        return "boolean"
    if pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_timedelta64_dtype(dtype):
        return "number"
    return "date" if pd.api.types.is_datetime64_any_dtype(dtype) else None


class _Candidate(NamedTuple):
    """What a column would be as numbers or as dates."""

    value: Recognition
    bad: Bools
    """Which of the different values are none, shape (k,)."""


def _numbers(name: str, values: Any, reading: Reading, mark: str | None) -> _Candidate:
    """See a column as numbers."""
    found = written_numbers.recognise(values, reading.decimal)
    notation = found.notation
    ambiguous = reading.decimal is None and not found.proves
    if ambiguous and mark is not None:
        notation = notation._replace(decimal=mark)
    x, bad = written_numbers.numbers(values, notation)
    other = notation._replace(decimal="," if notation.decimal == "." else ".")
    y = written_numbers.numbers(values, other)[0] if ambiguous else x
    differs = np.flatnonzero(~bad & np.isfinite(x) & (x != y))
    ambiguous = ambiguous and len(differs) > 0
    unusual = np.flatnonzero(text.numbers(values)[1] & ~bad)
    note = ""
    if ambiguous and (mark is not None or pc.any(pc.match_substring(values, ",")).as_py()):
        word, value = values[int(differs[0])].as_py(), x[differs[0]]
        note = f"column {name!r} is read as numbers: {word!r} is {_short(value)}; --decimal {other.decimal} "
        note += f"reads {_short(y[differs[0]])}"
    elif len(unusual):
        word, value = values[int(unusual[0])].as_py(), x[unusual[0]]
        note = f"column {name!r} is read as numbers: {word!r} is {_short(value)}"
    shares = text.mask(pc.ends_with(values, pattern="%"))
    if shares.any() and (~shares & ~bad & (x != 0.0)).any():
        word = values[int(np.argmax(~shares & ~bad & (x != 0.0)))].as_py()
        note += f"; not all have a percent sign: {word!r} is {word}"
    proves = found.proves if len(unusual) or notation.decimal == "," else None
    value = Recognition("number", False, note, notation, False, proves or None, ambiguous)
    return _Candidate(value, bad)


def _dates(name: str, values: Any, reading: Reading, day_first: bool | None) -> _Candidate:
    """See a column as dates."""
    preferred = day_first if reading.day_first is None else reading.day_first
    found = written_dates.recognise(values, preferred)
    chosen = found.day_first if reading.day_first is None else reading.day_first
    when, bad = written_dates.dates(values, chosen)
    note = ""
    iso = text.mask(pc.match_substring_regex(values, r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"))
    unusual = np.flatnonzero(~bad & ~iso)
    if len(unusual):
        turned = written_dates.dates(values, not chosen)[0]
        differs = np.flatnonzero(~bad & (when != turned) & ~np.isnat(turned))
        row = int(differs[0]) if found.ambiguous and len(differs) else int(unusual[0])
        note = f"column {name!r} is read as dates: {values[row].as_py()!r} is {_day(when[row])}"
        if found.ambiguous and reading.day_first is None:
            order = "month" if chosen else "day"
            note += f"; --dates {order}-first reads {_day(turned[row])}"
    proves = found.day_first if found.proved else None
    value = Recognition("date", False, note, PLAIN, chosen, proves, found.ambiguous)
    return _Candidate(value, bad)


def _day(when: Any) -> str:
    return str(when.astype("datetime64[D]"))


def _short(x: float) -> str:
    return f"{x:.10g}"


def option(name: str, kind: str) -> str:
    """Write the value of ``--as`` for a column.

    Examples
    --------
    >>> option("age", "number"), option("my age", "number")
    ('age=number', "'my age=number'")
    """
    return _quoted(f"{name}={kind}")


def _quoted(word: str) -> str:
    plain = all(c.isalnum() or c in "_.=+-/" for c in word)
    return word if plain else repr(word)


def examples(values: Any) -> str:
    """Quote the first three values, shortened."""
    found = values.slice(0, 3).to_pylist()
    return ", ".join(repr(v if len(v) <= 30 else v[:29] + "…") for v in found)
