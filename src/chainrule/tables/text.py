"""What written values mean: missing markers, plain numbers, codes and yes/no words, on whole Arrow arrays.

A text column means the same wherever it comes from (a CSV file, a data frame read by someone else), because this module
alone decides. All functions take a ``pyarrow.LargeStringArray`` that `clean` has made and work element by element: what
a value means never depends on its neighbours, so any subset of rows gives the same as the whole.

The rules are strict on purpose. ``12``, ``3.5``, ``.5``, ``1e3`` and ``-inf`` are plain numbers, which mean the same in
every column; ``0x1A`` is a word. What else people write for numbers and dates is read by
`chainrule.tables.written_numbers` and `chainrule.tables.written_dates`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

MISSING_WORDS: tuple[str, ...] = (
    *(
        "",
        "?",
        "#N/A",
        "#N/A N/A",
        "#NA",
        "<NA>",
        "N/A",
        "n/a",
        "NA",
        "na",
        "NaN",
        "NAN",
        "nan",
        "-NaN",
        "-nan",
    ),
    *("NULL", "Null", "null", "None", "NaT", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN", "\\N"),
    *(
        "#DIV/0!",
        "#NAME?",
        "#NULL!",
        "#NUM!",
        "#REF!",
        "#VALUE!",
        "#CALC!",
        "#SPILL!",
        "#GETTING_DATA",
    ),
    *(
        "#NV",
        "#WERT!",
        "#BEZUG!",
        "#ZAHL!",
        "#VALEUR!",
        "#NOMBRE!",
        "#NOMBRE?",
        "#VALOR!",
        "#¡VALOR!",
        "#¡REF!",
    ),
)
"""Values that count as missing, after blanks around them are cut off: pandas' list, ``?``, Excel's error words."""

TRUE_WORDS: tuple[str, ...] = ("true", "yes", "y", "t")
FALSE_WORDS: tuple[str, ...] = ("false", "no", "n", "f")

# Exactly what Arrow's own reader accepts, so that the fast and the careful path of `numbers` agree (a test compares).
_NUMBER = r"^(?i)[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|inf(?:inity)?|nan(?:\([a-z0-9_]*\))?)$"
_INTEGER = r"^-?[0-9]+$"
_PADDED = r"^0[0-9]+$"
_WHOLE = r"^\+?(-?)0*([0-9]+)(?:\.0*)?$"
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Times = NDArray[np.datetime64]


def arrow_text(values: Any, markers: Sequence[str] = MISSING_WORDS) -> Any:
    """Make one cleaned ``LargeStringArray``: blanks around values cut off, missing markers turned to null.

    Parameters
    ----------
    values : pyarrow array of text, or sequence of (str or None)
        What was written. Lone surrogates, which no file can hold, become ``?`` inside the text.
    markers : sequence of str
        What counts as missing.

    Examples
    --------
    >>> arrow_text([" red", "NA", None, "blue"]).to_pylist()
    ['red', None, None, 'blue']
    """
    if not isinstance(values, (pa.Array, pa.ChunkedArray)):
        try:
            values = pa.array(values, type=pa.large_string(), from_pandas=True)
        except UnicodeEncodeError:
            repaired = [
                v.encode("utf-8", "replace").decode() if isinstance(v, str) else None
                for v in values
            ]
            values = pa.array(repaired, type=pa.large_string())
    if isinstance(values, pa.ChunkedArray):
        values = values.cast(pa.large_string()).combine_chunks()
    if isinstance(
        values, pa.ChunkedArray
    ):  # older pyarrow keeps the wrapper when there is no chunk
        values = pa.concat_arrays(values.chunks) if values.num_chunks else pa.array([], values.type)
    trimmed = pc.utf8_trim_whitespace(values.cast(pa.large_string()))
    missing = pc.is_in(trimmed, value_set=pa.array(markers, pa.large_string()))
    return pc.if_else(missing, pa.scalar(None, pa.large_string()), trimmed)


def mask(flags: Any) -> Bools:
    """Turn an Arrow boolean array into NumPy's, null as False."""
    result: Bools = pc.fill_null(flags, False).to_numpy(zero_copy_only=False)
    return result


def present(values: Any) -> Bools:
    """Say which rows hold a value, shape (n,)."""
    return mask(pc.is_valid(values))


def numbers(values: Any) -> tuple[Floats, Bools]:
    """Read numbers; the second array marks rows that hold something else.

    Returns
    -------
    x : ndarray of float64, shape (n,)
        NaN where nothing or no number was written; infinities stay.
    bad : ndarray of bool, shape (n,)
        True where a word stands that is neither a number nor a missing marker.

    Examples
    --------
    >>> x, bad = numbers(arrow_text(["1", "NA", "3.5", "many"]))
    >>> x.tolist(), bad.tolist()
    ([1.0, nan, 3.5, nan], [False, False, False, True])
    """
    read = _cast(values, pa.float64())  # Arrow's reader rounds correctly and refuses any word
    if read is not None:
        x: Floats = read.to_numpy(zero_copy_only=False)
        return x, np.zeros(len(x), dtype=bool)
    is_number = pc.match_substring_regex(values, _NUMBER)
    kept = pc.if_else(pc.fill_null(is_number, False), values, pa.scalar(None, pa.large_string()))
    x = kept.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return x, present(values) & ~mask(is_number)


def integers(values: Any) -> Any | None:
    """Read 64-bit integers as an Arrow array, or return None when anything else is written."""
    if pc.any(pc.match_substring(values, "x", ignore_case=True)).as_py():
        return None  # Arrow reads hexadecimal words, which are codes, and wraps the long ones
    return _cast(values, pa.int64())


def _cast(values: Any, to: Any) -> Any | None:
    """Read text as another type, or return None when a value is not of it.

    Arrow needs ten times as long to fail on a million words as to read a million numbers, so the first rows go ahead.
    """
    try:
        for part in (values.slice(0, 100), values):
            read = part.cast(to)
    except pa.ArrowInvalid:
        return None
    return read


def looks_like_codes(values: Any) -> bool:
    """Say whether digits are codes rather than quantities, so that reading them as numbers would lose something.

    True when every value has digits only and all have one width with leading zeros among them (postal codes such as
    ``01069``), or when they do not fit in 64 bits.

    Examples
    --------
    >>> looks_like_codes(arrow_text(["01069", "10115"])), looks_like_codes(arrow_text(["0", "10"]))
    (True, False)
    """
    written = pc.drop_null(values)
    if len(written) == 0 or not are_digits(written):
        return False
    return integers(written) is None or (len(widths(written)) == 1 and is_padded(written))


def are_digits(written: Any) -> bool:
    """Say whether all values, none of them null, are written with digits only, a minus before them at most."""
    return bool(pc.all(pc.match_substring_regex(written, _INTEGER), min_count=0).as_py())


def is_padded(written: Any) -> bool:
    """Say whether some value has leading zeros, as codes have."""
    return bool(pc.any(pc.match_substring_regex(written, _PADDED), min_count=0).as_py())


def widths(written: Any) -> set[int]:
    """Give the smallest and the largest number of characters of some values; one number where they agree.

    Examples
    --------
    >>> sorted(widths(arrow_text(["01", "2", "345"]))), widths(arrow_text(["01", "22"]))
    ([1, 3], {2})
    """
    found = pc.min_max(pc.utf8_length(written)).as_py()
    return {found["min"], found["max"]} - {None}


def booleans(values: Any) -> tuple[NDArray[np.int8], Bools]:
    """Read yes/no words in any case, and 1 and 0; the second array marks rows that hold something else.

    Returns
    -------
    sign : ndarray of int8, shape (n,)
        1 for true, -1 for false, 0 where neither was written.
    bad : ndarray of bool, shape (n,)

    Examples
    --------
    >>> booleans(arrow_text(["Yes", "no", None, "maybe"]))[0].tolist()
    [1, -1, 0, 0]
    """
    lower = pc.utf8_lower(values)
    true = mask(pc.is_in(lower, value_set=pa.array([*TRUE_WORDS, "1", "1.0"], pa.large_string())))
    false = mask(pc.is_in(lower, value_set=pa.array([*FALSE_WORDS, "0", "0.0"], pa.large_string())))
    sign = true.astype(np.int8) - false.astype(np.int8)
    return sign, present(values) & (sign == 0)


def same_spelling(values: Any) -> Any:
    """Write alike what means the same: whole numbers however they are padded, true and false in lower case.

    Examples
    --------
    >>> same_spelling(arrow_text(["01", "1.0", "+1", "1", "-0", "1.5", "TRUE", "Red"])).to_pylist()
    ['1', '1', '1', '1', '0', '1.5', 'true', 'Red']
    """
    whole = pc.replace_substring_regex(values, _WHOLE, r"\1\2")
    whole = pc.if_else(pc.equal(whole, "-0"), "0", whole)
    lower = pc.utf8_lower(values)
    truth = pc.is_in(lower, value_set=pa.array(["true", "false"], pa.large_string()))
    return pc.if_else(truth, lower, whole)


def are_booleans(values: Any) -> bool:
    """Say whether only true/false, yes/no, y/n or t/f words are written, in any case, and at least one.

    Examples
    --------
    >>> are_booleans(arrow_text(["yes", "NO", None])), are_booleans(arrow_text(["0", "1"]))
    (True, False)
    """
    found = set(pc.unique(pc.utf8_lower(pc.drop_null(values))).to_pylist())
    pairs = ({t, f} for t, f in zip(TRUE_WORDS, FALSE_WORDS, strict=True))
    return bool(found) and any(found <= pair for pair in pairs)
