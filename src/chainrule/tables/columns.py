"""A data frame's column, whatever its dtype, as numbers, dates, booleans or text.

Each conversion works value by value: the answer for a row never depends on the other rows. Text follows the rules of
`chainrule.tables.text`, and a value that is not text is written the way a person would write it (``1`` for 1.0 and for
``Decimal("1")``), so a column of categories means the same after pandas has guessed another dtype for it.
"""

from __future__ import annotations

import datetime
import decimal
import math
import numbers as abstract
from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from chainrule.tables import text, written_dates, written_numbers
from chainrule.tables.text import Bools, Floats, Times
from chainrule.tables.written_numbers import PLAIN, Notation

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
    if not is_object(dtype):
        return not pd.api.types.is_complex_dtype(dtype)
    kinds = set(map(type, series.array))
    return all(issubclass(kind, _SINGLE) and not issubclass(kind, _NOT_SINGLE) for kind in kinds)


def is_object(dtype: Any) -> bool:
    """Say whether a column holds Python's objects."""
    return isinstance(dtype, np.dtype) and dtype.kind == "O"


def plain_dtype(series: Any) -> Any:
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
    series = plain_dtype(series)
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        names = texts(dtype.categories.to_series())
        codes = series.cat.codes.to_numpy()
        return names.take(pa.array(codes.astype(np.int64), mask=codes < 0))
    if pd.api.types.is_integer_dtype(dtype) and isinstance(dtype, np.dtype):
        return pa.array(series.to_numpy()).cast(pa.large_string())
    if pd.api.types.is_string_dtype(dtype) and not is_object(dtype):
        return text.arrow_text(pa.array(series, from_pandas=True))
    if is_object(dtype) and pd.api.types.infer_dtype(series, skipna=True) == "string":
        return text.arrow_text(series.to_numpy())
    if pd.api.types.is_float_dtype(dtype) and isinstance(dtype, np.dtype):
        known, position = np.unique(series.to_numpy(dtype=np.float64), return_inverse=True)
        return text.arrow_text([written(v) for v in known]).take(pa.array(position))
    return text.arrow_text([written(v) for v in series.array])


def numbers(series: Any, notation: Notation = PLAIN) -> tuple[Floats, Bools]:
    """Convert any usable column to float64, shape (n,), NaN where missing; mark the rows that hold something else.

    The notation says how text is read; what is a number already needs none.
    """
    series = plain_dtype(series)
    dtype = series.dtype
    good = np.zeros(len(series), dtype=bool)
    if isinstance(dtype, pd.CategoricalDtype):
        x, bad = numbers(dtype.categories.to_series(), notation)
        codes = series.cat.codes.to_numpy()  # -1, missing, picks the NaN or False put at the end
        return np.append(x, np.nan)[codes], np.append(bad, False)[codes]
    if pd.api.types.is_timedelta64_dtype(dtype):
        return series.dt.total_seconds().to_numpy(dtype=np.float64), good
    if pd.api.types.is_numeric_dtype(dtype):  # booleans too
        return series.to_numpy(dtype=np.float64, na_value=np.nan), good
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return np.full(len(series), np.nan), series.notna().to_numpy()
    if is_object(dtype) and pd.api.types.infer_dtype(series, skipna=True) != "string":
        return _mixed(series, notation)
    return written_numbers.numbers(texts(series), notation)


def _mixed(series: Any, notation: Notation) -> tuple[Floats, Bools]:
    """Read objects of several types: text by the notation, numbers as they are."""
    is_text = np.array([isinstance(value, str) for value in series.array], dtype=bool)
    words = [None if is_text[i] else _number_written(v) for i, v in enumerate(series.array)]
    x, bad = written_numbers.numbers(text.arrow_text(words))
    if is_text.any():
        written = text.arrow_text([v for v in series.array if isinstance(v, str)])
        x[is_text], bad[is_text] = written_numbers.numbers(written, notation)
    return x, bad


def _number_written(value: object) -> str | None:
    """Write one value of an object column so that it can be read as a number, exactly."""
    if isinstance(value, (bool, np.bool_)):
        return str(int(value))
    if isinstance(value, datetime.timedelta) and value is not pd.NaT:
        return repr(value.total_seconds())
    return written(value)


def dates(series: Any, day_first: bool = False) -> tuple[Times, Bools]:
    """Convert any usable column to datetime64[us], shape (n,), NaT where missing; mark rows that hold something else.

    Dates with a time zone give the wall clock of that zone.
    """
    series = plain_dtype(series)
    if isinstance(series.dtype, pd.CategoricalDtype):
        known, bad = dates(series.dtype.categories.to_series(), day_first)
        codes = series.cat.codes.to_numpy()  # -1, missing, picks the NaT or False put at the end
        return np.append(known, np.datetime64("NaT", "us"))[codes], np.append(bad, False)[codes]
    if pd.api.types.is_datetime64_any_dtype(series.dtype):
        if getattr(series.dtype, "tz", None) is not None:
            series = series.dt.tz_localize(None)
        when: Times = series.to_numpy().astype("datetime64[us]")
        return when, np.zeros(len(when), dtype=bool)
    return written_dates.dates(texts(series), day_first)


def words_as_missing(frame: Any, words: Collection[str]) -> Any:
    """Take some words for missing in the columns of a frame that are not numbers."""
    if not words:
        return frame
    replaced = {}
    for i, name in enumerate(frame.columns):
        series = frame.iloc[:, i]
        if not pd.api.types.is_numeric_dtype(series.dtype) and is_usable(series):
            found = pc.is_in(texts(series), value_set=pa.array(list(words), pa.large_string()))
            if pc.any(found).as_py():
                replaced[name] = series.astype(object).mask(found.to_numpy(zero_copy_only=False))
    return frame.assign(**replaced) if replaced else frame


def booleans(series: Any) -> tuple[NDArray[np.int8], Bools]:
    """Convert any usable column to 1 (true), -1 (false) or 0 (neither), shape (n,); mark the rows that are missing."""
    values = texts(series)
    return text.booleans(values)[0], ~text.present(values)
