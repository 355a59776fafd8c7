"""Numbers as people write them: grouped, with a decimal comma, a currency, a percent sign, a unit; times of day too.

What a value means depends on its column in three things only, a `Notation`: which mark is the decimal one, whether
``12k`` stands for 12,000, and which unit stands behind every number. A column's notation is learned once, from all of
it, and kept with the model; with it each value is read by itself. All else means the same wherever it stands: ``+5``,
``$1,234.50``, ``12 %`` (0.12), ``(3.2)`` (-3.2), ``1'000``, ``01:30:00`` (5400 seconds).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chainrule.tables import text
from chainrule.tables.text import Bools, Floats


class Notation(NamedTuple):
    """How the numbers of a column are written."""

    decimal: str = "."
    """The decimal mark, a point or a comma; the other one may part thousands."""
    multiples: bool = False
    """Whether ``12k``, ``3M`` and ``1.5bn`` are numbers."""
    unit: str = ""
    """What may stand behind a number, such as kg."""


PLAIN = Notation()
MAX_UNIT = 20
"""Most characters of a unit."""

_LOOK_ALIKES = {r"[\x{2212}\x{2010}-\x{2013}\x{FF0D}\x{FE63}]": "-", r"[\x{2019}`]": "'"}
_LOOK_ALIKES |= {r"[\x{A0}\x{202F}\x{2009}\x{2007}]": " "}
_CURRENCY = (
    r"(?:(?:US|C|CA|A|AU|NZ|HK|S|R)?\$|[€£¥₹₽₩₺₫₴₪฿₦₱₡₲₵₸₼₾]|(?i:usd|eur|gbp|chf|jpy|cny|rmb|inr|rub|brl|cad|aud"
    r"|nzd|mxn|krw|try|zar|sek|nok|dkk|pln|czk|huf|ron|sgd|hkd|euros?|kr\.?|zł|kč|ft|fr\.|rs\.?|lei))"
)
_MULTIPLES = {"k": "e3", "m": "e6", "mio": "e6", "mn": "e6", "b": "e9", "bn": "e9", "mrd": "e9"}
_SHARES = {"%": "e-2", "‰": "e-3", "": ""}
_EXPONENT = r"(?:[eE][+-]?[0-9]+)?"


def _pattern(notation: Notation) -> str:
    """Write the regular expression of a number, with named parts."""
    mark, other = (r"\.", ",") if notation.decimal == "." else (",", r"\.")
    grouped = "|".join(rf"[1-9][0-9]{{0,2}}(?:{part}[0-9]{{3}})+" for part in (other, "'", " "))
    grouped += r"|[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}" if other == "," else ""  # as in India
    body = rf"(?:{grouped})(?:{mark}[0-9]*)?|(?:[0-9]+{mark}?[0-9]*|{mark}[0-9]+){_EXPONENT}"
    behind = "%|‰"
    if notation.multiples:
        behind += "|(?i:" + "|".join(sorted(_MULTIPLES, reverse=True)) + r")\.?"
    unit = rf"(?:\s?{_quoted(notation.unit)})?" if notation.unit else ""
    return (
        rf"^(?P<open>\()?\s?(?P<sign>[+-]?)\s?(?:{_CURRENCY})?\s?(?P<inner>[+-]?)(?P<body>{body})"
        rf"\s?(?P<behind>{behind})?{unit}\s?(?:{_CURRENCY})?(?P<after>-?)(?P<close>\))?$"
    )


def _quoted(unit: str) -> str:
    return "".join(c if c.isalnum() else rf"\x{{{ord(c):X}}}" for c in unit)


def numbers(values: Any, notation: Notation = PLAIN) -> tuple[Floats, Bools]:
    """Read numbers; the second array marks rows that hold something else.

    Parameters
    ----------
    values : LargeStringArray, shape (n,)
        As `text.arrow_text` makes it.
    notation : Notation

    Returns
    -------
    x : ndarray of float64, shape (n,)
        NaN where nothing or no number was written; infinities stay.
    bad : ndarray of bool, shape (n,)

    Examples
    --------
    >>> words = text.arrow_text(["$1,234.50", "(3)", "12 %", "+5", "0:30", "many"])
    >>> x, bad = numbers(words)
    >>> x.tolist(), bad.tolist()
    ([1234.5, -3.0, 0.12, 5.0, 1800.0, nan], [False, False, False, False, False, True])
    >>> numbers(text.arrow_text(["1.234,5"]), Notation(decimal=","))[0].tolist()
    [1234.5]
    """
    # A mark that parts thousands in this column is never a decimal one: 1.234 is not what Arrow would read.
    x, bad = text.numbers(values if notation.decimal == "." else _without_points(values))
    if notation.decimal != ".":
        bad |= text.present(values) & np.isnan(x)
    if not bad.any():
        return x, bad
    rows = np.flatnonzero(bad)
    rest = values.take(pa.array(rows))
    for alike, plain in _LOOK_ALIKES.items():
        rest = pc.replace_substring_regex(rest, alike, plain)
    for found in (_amounts(rest, notation), _clock(rest), _truth(rest)):
        x[rows] = np.where(np.isnan(x[rows]), found, x[rows])
    bad[rows] = np.isnan(x[rows])
    return x, bad


def _without_points(values: Any) -> Any:
    pointed = pc.match_substring(values, ".")
    return pc.if_else(pointed, pa.scalar(None, pa.large_string()), values)


def _amounts(values: Any, notation: Notation) -> Floats:
    """Read what the pattern describes; NaN for the rest."""
    found = pc.extract_regex(values, _pattern(notation))
    parts = {name: found.field(name) for name in ("open", "close", "sign", "inner", "after")}
    body, behind = found.field("body"), pc.utf8_lower(found.field("behind"))
    body = pc.replace_substring_regex(body, r"[ ',]" if notation.decimal == "." else r"[ '.]", "")
    body = pc.replace_substring(body, ",", ".")
    exponents = _SHARES | (_MULTIPLES if notation.multiples else {})
    behind = pc.replace_substring(behind, ".", "")
    exponent = pc.fill_null(_looked_up(behind, exponents), "")
    both = pc.and_(pc.not_equal(exponent, ""), pc.match_substring_regex(body, "[eE]"))
    written = pc.binary_join_element_wise(body, exponent, pa.scalar("", pa.large_string()))
    written = pc.if_else(pc.or_(pc.is_null(found), pc.fill_null(both, False)), None, written)
    x: Floats = written.cast(pa.float64()).to_numpy(zero_copy_only=False).copy()
    opened, closed = (text.mask(pc.equal(parts[name], mark)) for name, mark in _BRACKETS)
    whole = pc.ends_with(found.field("body"), pattern=notation.decimal)  # 5.- is no -5 but 5.00
    parts["after"] = pc.if_else(whole, "", parts["after"])
    minus = [text.mask(pc.equal(parts[name], "-")) for name in ("sign", "inner", "after")]
    plus = [text.mask(pc.equal(parts[name], "+")) for name in ("sign", "inner")]
    signs = np.sum([*minus, *plus, opened], axis=0)
    x[(opened != closed) | (signs > 1)] = np.nan
    return np.where(np.any([*minus, opened], axis=0), -x, x)


_BRACKETS = (("open", "("), ("close", ")"))


def _looked_up(words: Any, meanings: dict[str, str]) -> Any:
    """Replace words by what they stand for."""
    keys = pa.array(meanings.keys(), pa.large_string())
    values = pa.array(meanings.values(), pa.large_string())
    return values.take(pc.index_in(words, value_set=keys))


_DAYS = r"(?:(?P<days>[0-9]+)\s?(?:days?|d|Tage?),?\s)?"
_CLOCKS = (
    rf"^(?P<sign>[+-]?)\s?{_DAYS}(?P<from>\+?)(?P<hours>[0-9]{{1,4}}):(?P<minutes>[0-5][0-9])"
    r"(?::(?P<seconds>[0-5][0-9](?:\.[0-9]+)?))?\s?(?P<half>(?i:[ap]\.?m\.?)?)$",
    r"^(?P<sign>-?)P(?:(?P<days>[0-9]+)D)?(?:T(?:(?P<hours>[0-9]+)H)?(?:(?P<minutes>[0-9]+)M)?"
    r"(?:(?P<seconds>[0-9.]+)S)?)?(?P<half>)(?P<from>)$",
    r"(?i)^(?P<sign>-?)(?:(?P<days>[0-9]+)\s?d(?:ays?)?\s?)?(?:(?P<hours>[0-9]+)\s?h(?:ours?|rs?|\b)\s?)"
    r"(?:(?P<minutes>[0-9]+)\s?m(?:in(?:utes?)?)?)?(?P<seconds>)(?P<half>)(?P<from>)$",
)


def _clock(values: Any) -> Floats:
    """Read times of day and durations as seconds; NaN for the rest."""
    x: Floats = np.full(len(values), np.nan)
    for pattern in _CLOCKS:
        found = pc.extract_regex(values, pattern)
        rows = np.flatnonzero(text.present(found))
        if not len(rows):
            continue
        found = found.take(pa.array(rows))
        part = {name: _part(found.field(name)) for name in ("days", "hours", "minutes", "seconds")}
        hours = part["hours"]
        half = pc.utf8_slice_codeunits(pc.utf8_lower(found.field("half")), 0, 1)
        morning, evening = (text.mask(pc.equal(half, letter)) for letter in "ap")
        hours = np.where(morning | evening, hours % 12.0 + 12.0 * evening, hours)
        days, seconds = 86400.0 * part["days"], 3600.0 * hours + 60.0 * part["minutes"]
        seconds += part["seconds"]
        sign = np.where(text.mask(pc.equal(found.field("sign"), "-")), -1.0, 1.0)
        upward = text.mask(pc.equal(found.field("from"), "+"))  # pandas: -1 days +23:00:00 is -1 h
        x[rows] = sign * days + np.where(upward, seconds, sign * seconds)
    return x


def _truth(values: Any) -> Floats:
    """Read true as 1 and false as 0, as a number that comes as a boolean is; NaN for the rest."""
    lower = pc.utf8_lower(values)
    true, false = (text.mask(pc.equal(lower, word)) for word in ("true", "false"))
    return np.where(true, 1.0, np.where(false, 0.0, np.nan))


def _part(digits: Any) -> Floats:
    digits = pc.if_else(pc.equal(digits, ""), None, digits).cast(pa.float64())
    result: Floats = pc.fill_null(digits, 0.0).to_numpy(zero_copy_only=False)
    return result


class FoundNumbers(NamedTuple):
    """How a column's numbers seem to be written."""

    notation: Notation
    bad: Bools
    """Which of its values are no numbers then."""
    proves: str
    """The decimal mark that these values prove; empty where they could have either."""


def recognise(values: Any, decimal: str | None = None) -> FoundNumbers:
    """Find the notation under which most of a column's values are numbers.

    Parameters
    ----------
    values : LargeStringArray, shape (n,)
        The different values of the column, none of them null.
    decimal : {".", ","}, optional
        The mark that is used, if that is known.

    Examples
    --------
    >>> recognise(text.arrow_text(["3,5", "1.000"])).notation.decimal
    ','
    >>> recognise(text.arrow_text(["12k", "3M", "7"])).notation.multiples
    True
    >>> recognise(text.arrow_text(["12 kg", "7 kg"])).notation.unit
    'kg'
    """
    best: FoundNumbers | None = None
    for notation in _notations(values, decimal):
        found = FoundNumbers(notation, numbers(values, notation)[1], "")
        # what is beyond a plain number must explain all there is
        if notation[1:] != PLAIN[1:] and found.bad.any():
            continue
        if best is None or found.bad.sum() < best.bad.sum():
            best = found
    assert best is not None
    other = best.notation._replace(decimal="," if best.notation.decimal == "." else ".")
    proved = best.bad.sum() < numbers(values, other)[1].sum()
    return best._replace(proves=best.notation.decimal if proved else "")


_UNIT = r"[0-9]\)?\s?(?P<unit>[A-Za-zµ°²³/Ωäöü]{1,12}(?:[ /][A-Za-z²³]{1,6})?\.?)$"


def _notations(values: Any, decimal: str | None) -> Iterator[Notation]:
    marks = [decimal] if decimal else [".", ","]
    for mark in marks:
        yield Notation(mark)
    for mark in marks:
        yield Notation(mark, multiples=True)
    units = pc.unique(pc.drop_null(pc.struct_field(pc.extract_regex(values, _UNIT), "unit")))
    if len(units) == 1:
        for mark in marks:
            yield Notation(mark, unit=units[0].as_py())


def with_groups(words: Mapping[str, Any], plain: Mapping[str, Any]) -> list[str]:
    """Name the columns of plain numbers that are none, because others of the table prove a decimal comma.

    Parameters
    ----------
    words, plain : mapping of str to LargeStringArray
        Columns of text, and columns in which every value is a number if a point is decimal.

    Examples
    --------
    >>> with_groups({"a": text.arrow_text(["3,5"])}, {"b": text.arrow_text(["1.234"]), "c": text.arrow_text(["0.5"])})
    ['b']
    """
    proofs = set()
    for values in words.values():
        if pc.any(pc.match_substring_regex(values, r"[0-9],[0-9]")).as_py():
            found = recognise(pc.unique(pc.drop_null(values)))
            few = found.bad.sum() <= 0.5 * len(found.bad)
            proofs.add(found.proves if few else "")
    if "," not in proofs or "." in proofs:
        return []
    comma = PLAIN._replace(decimal=",")
    return [name for name, v in plain.items() if not numbers(v, comma)[1].any()]
