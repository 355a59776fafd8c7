"""A data frame's column, whatever its dtype, as numbers, dates, booleans or text; and which of these it should be.

Each conversion works value by value: the answer for a row never depends on the other rows. Text follows the rules of
`chainrule.tables.text`, and a value that is not text is written the way a person would write it (``1`` for 1.0 and for
``Decimal("1")``), so a column of categories means the same after pandas has guessed another dtype for it.
"""

from __future__ import annotations

import datetime
import decimal
import math
import numbers as abstract
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from chainrule.tables import text
from chainrule.tables.text import Bools, Floats, Times

Kind = Literal["number", "boolean", "category", "date"]
TOLERATED = 0.05
"""Share of words that a column of numbers or dates may hold while it is learned; each word then counts as missing."""

_SINGLE: tuple[type, ...] = (
    str,
    abstract.Real,
    decimal.Decimal,
    np.generic,
    datetime.date,
    datetime.time,
)
_SINGLE += (datetime.timedelta, pd.Period, type(None), type(pd.NA), type(pd.NaT))
_NOT_SINGLE: tuple[type, ...] = (bytes, np.bytes_, np.void, np.complexfloating)


def written(value: object) -> str | None:
    """Write one value of an object column as text; None when it is missing.

    Examples
    --------
    >>> [written(v) for v in (1.0, 0.5, True, " red ", None, float("nan"))]
    ['1', '0.5', 'True', ' red ', None, None]
    """
    if isinstance(value, str):
        return value
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, (float, np.floating)):
        number = float(value)
        if math.isnan(number):
            return None
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    if isinstance(value, decimal.Decimal) and value.is_nan():
        return None
    if isinstance(value, int) and abs(value) >= 1 << 64:  # Python refuses to write very long ones
        return "inf" if value > 0 else "-inf"
    return str(value)


def is_usable(series: Any) -> bool:
    """Say whether a column holds single values; lists, structures, bytes and complex numbers cannot be used."""
    dtype = series.dtype
    if isinstance(dtype, pd.ArrowDtype):
        kind = dtype.pyarrow_dtype
        return not (
            pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
        )
    if isinstance(dtype, pd.CategoricalDtype):
        return is_usable(dtype.categories.to_series())
    if not _is_object(dtype):
        return not pd.api.types.is_complex_dtype(dtype)
    kinds = set(map(type, series.array))
    return all(issubclass(kind, _SINGLE) and not issubclass(kind, _NOT_SINGLE) for kind in kinds)


def _is_object(dtype: Any) -> bool:
    return isinstance(dtype, np.dtype) and dtype.kind == "O"


def _plain(series: Any) -> Any:
    """Replace dtypes that need a word of their own (sparse, period, Arrow-backed) by ordinary ones."""
    dtype = series.dtype
    if isinstance(dtype, pd.SparseDtype):
        return series.sparse.to_dense()
    if isinstance(dtype, pd.PeriodDtype):
        return series.dt.to_timestamp()
    if isinstance(dtype, pd.IntervalDtype):
        return series.astype(object).map(str, na_action="ignore")
    if isinstance(dtype, pd.ArrowDtype):
        return from_arrow(series.array.__arrow_array__())
    return series


def from_arrow(column: Any) -> Any:
    """Turn an Arrow column of single values into an ordinary pandas column, without reading any pandas metadata."""
    kind = column.type
    if pa.types.is_decimal(kind):
        column = column.cast(pa.float64())
    elif pa.types.is_time(kind):
        column = pc.divide(column.cast(pa.time64("ns")).cast(pa.int64()).cast(pa.float64()), 1e9)
    elif pa.types.is_float16(kind):
        column = column.cast(pa.float32())
    elif pa.types.is_null(kind):
        column = column.cast(pa.float64())
    return column.to_pandas(date_as_object=False)


def texts(series: Any) -> Any:
    """Convert any usable column to cleaned text, a ``LargeStringArray`` of shape (n,), null where missing."""
    series = _plain(series)
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        names = texts(dtype.categories.to_series())
        codes = series.cat.codes.to_numpy()
        return names.take(pa.array(codes.astype(np.int64), mask=codes < 0))
    if pd.api.types.is_integer_dtype(dtype) and isinstance(dtype, np.dtype):
        return pa.array(series.to_numpy()).cast(pa.large_string())
    if pd.api.types.is_string_dtype(dtype) and not _is_object(dtype):
        return text.arrow_text(pa.array(series, from_pandas=True))
    if _is_object(dtype) and pd.api.types.infer_dtype(series, skipna=True) == "string":
        return text.arrow_text(series.to_numpy())
    if pd.api.types.is_float_dtype(dtype) and isinstance(dtype, np.dtype):
        known, position = np.unique(series.to_numpy(dtype=np.float64), return_inverse=True)
        return text.arrow_text([written(v) for v in known]).take(pa.array(position))
    return text.arrow_text([written(v) for v in series.array])


def numbers(series: Any) -> tuple[Floats, Bools]:
    """Convert any usable column to float64, shape (n,), NaN where missing; mark the rows that hold something else."""
    series = _plain(series)
    dtype = series.dtype
    good = np.zeros(len(series), dtype=bool)
    if isinstance(dtype, pd.CategoricalDtype):
        x, bad = numbers(dtype.categories.to_series())
        codes = series.cat.codes.to_numpy()  # -1, missing, picks the NaN or False put at the end
        return np.append(x, np.nan)[codes], np.append(bad, False)[codes]
    if pd.api.types.is_timedelta64_dtype(dtype):
        return series.dt.total_seconds().to_numpy(dtype=np.float64), good
    if pd.api.types.is_numeric_dtype(dtype):  # booleans too
        return series.to_numpy(dtype=np.float64, na_value=np.nan), good
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return np.full(len(series), np.nan), series.notna().to_numpy()
    if _is_object(dtype) and pd.api.types.infer_dtype(series, skipna=True) != "string":
        return text.numbers(text.arrow_text([_number_written(v) for v in series.array]))
    return text.numbers(texts(series))


def _number_written(value: object) -> str | None:
    """Write one value of an object column so that it can be read as a number, exactly."""
    if isinstance(value, (bool, np.bool_)):
        return str(int(value))
    if isinstance(value, datetime.timedelta) and value is not pd.NaT:
        return repr(value.total_seconds())
    return written(value)


def dates(series: Any) -> tuple[Times, Bools]:
    """Convert any usable column to datetime64[us], shape (n,), NaT where missing; mark rows that hold something else.

    Dates with a time zone give the wall clock of that zone.
    """
    series = _plain(series)
    if isinstance(series.dtype, pd.CategoricalDtype):
        known, bad = dates(series.dtype.categories.to_series())
        codes = series.cat.codes.to_numpy()  # -1, missing, picks the NaT or False put at the end
        return np.append(known, np.datetime64("NaT", "us"))[codes], np.append(bad, False)[codes]
    if pd.api.types.is_datetime64_any_dtype(series.dtype):
        if getattr(series.dtype, "tz", None) is not None:
            series = series.dt.tz_localize(None)
        when: Times = series.to_numpy().astype("datetime64[us]")
        return when, np.zeros(len(when), dtype=bool)
    return text.dates(texts(series))


def booleans(series: Any) -> tuple[NDArray[np.int8], Bools]:
    """Convert any usable column to 1 (true), -1 (false) or 0 (neither), shape (n,); mark the rows that are missing."""
    values = texts(series)
    return text.booleans(values)[0], ~text.present(values)


class Recognition(NamedTuple):
    """What a column was taken for while it was learned."""

    kind: Kind
    words: bool
    """True when some values are words in a column of numbers or dates, each of which counts as missing."""
    note: str
    """One sentence for the user, empty when there is nothing to say."""


def recognise(name: str, series: Any) -> Recognition:
    """Decide whether a usable column holds numbers, booleans, dates or categories.

    Numeric dtypes are numbers (0/1 too), text is looked at: numbers, yes/no words and ISO dates are recognised when
    every written value is one, numbers and dates also when at most 5 % are something else. Digits that are codes (all
    of one width with leading zeros) stay categories, and so does everything declared categorical.

    Examples
    --------
    >>> import pandas as pd
    >>> [recognise("x", pd.Series(v)).kind for v in (["1", "2.5"], ["yes", "no"], ["2024-01-31"], ["red"])]
    ['number', 'boolean', 'date', 'category']
    """
    plain = _plain(series)
    dtype = plain.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return Recognition("category", False, "")
    if pd.api.types.is_bool_dtype(dtype):
        return Recognition("boolean", False, "")
    if pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_timedelta64_dtype(dtype):
        return Recognition("number", False, "")
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return Recognition("date", False, "")
    rows = texts(plain)
    encoded = rows.dictionary_encode()
    values = encoded.dictionary  # different values only: a table repeats a few of them very often
    often = np.bincount(pc.drop_null(encoded.indices).to_numpy(), minlength=len(values))
    if text.are_booleans(values):
        return Recognition("boolean", False, "")
    if text.looks_like_codes(values):
        note = f"column {name!r} holds codes ({_examples(values)}), kept as categories and not read as numbers"
        return Recognition("category", False, note)
    known = int(often.sum())
    no_number, no_date = text.numbers(values)[1], text.dates(values)[1]
    if (
        _is_object(dtype) and no_number.any()
    ):  # True and durations are numbers that are written as words
        bad = numbers(plain)[1]
        no_number = pc.is_in(values, value_set=rows.filter(pa.array(bad))).to_numpy(
            zero_copy_only=False
        )
    candidates: tuple[tuple[Kind, Bools], ...] = (("number", no_number), ("date", no_date))
    for kind, wrong_value in candidates:
        wrong = int(often[wrong_value].sum())
        if wrong == 0 and known:
            return Recognition(kind, False, "")
        if known and wrong <= TOLERATED * known:
            rest = _examples(values.filter(pa.array(wrong_value)))
            note = f"column {name!r} holds {kind}s but for {wrong} of {known} values ({rest}), which count as missing"
            return Recognition(kind, True, note)
    if text.looks_like_decimal_commas(values):
        note = f"column {name!r} looks like numbers with a decimal comma ({_examples(values)}) and was taken as text"
        return Recognition("category", False, f"{note}; write them with a point")
    return Recognition("category", False, "")


def _examples(values: Any) -> str:
    """Quote the first three values, shortened."""
    found = values.slice(0, 3).to_pylist()
    return ", ".join(repr(v if len(v) <= 30 else v[:29] + "…") for v in found)
