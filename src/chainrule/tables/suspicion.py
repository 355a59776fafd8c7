"""Columns that deserve a look: identifiers, and columns that give the target away.

An identifier says which row it is, not what the row is like: a network learns it by heart and fails on new rows. A
column that alone determines the target was often written down after it (a diagnosis code beside the diagnosis).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc
from numpy.typing import NDArray

from chainrule.errors import InputError
from chainrule.tables import columns
from chainrule.tables.text import Bools, Floats

FEWEST_ROWS = 20
"""With fewer rows than this, being all different or all alike proves nothing."""
Codes = NDArray[np.int64]

_ID_NAME = re.compile(
    r"(?i:unnamed: ?\d+|row[ _.]?(names?|id|number|num|no|nr)?|index|idx|id|.*[ _.-]id|id[ _.-].*)|.*[a-z](ID|Id)"
)


def named_like_identifier(name: str) -> bool:
    """Say whether a column's name is that of an identifier.

    Examples
    --------
    >>> [named_like_identifier(n) for n in ("id", "PassengerId", "Unnamed: 0", "customer_id", "paid")]
    [True, True, True, True, False]
    """
    return _ID_NAME.fullmatch(name) is not None


def identifier_reason(name: str, x: Floats) -> str:
    """Say why a column of numbers is an identifier, or return an empty text.

    Row numbers are recognised among training rows drawn from a larger table too: different non-negative integers that
    start near 0 and fill at least half of their range.

    Examples
    --------
    >>> identifier_reason("n", np.arange(1.0, 101.0))
    'it counts the rows'
    >>> identifier_reason("n", np.array([3.0, 1.0, 4.0, 1.0, 5.0] * 20))
    ''
    """
    n = len(x)
    if (
        n < FEWEST_ROWS
        or not np.isfinite(x).all()
        or (x != np.floor(x)).any()
        or len(pd.unique(x)) < n
    ):
        return ""
    if 0.0 <= x.min() <= 10.0 and x.max() < 2.0 * n:
        return "it counts the rows"
    return (
        "it is named like an identifier and differs in every row"
        if named_like_identifier(name)
        else ""
    )


def identifier_remark(name: str, x: Floats) -> str:
    """Say that a column of numbers that is kept may be an identifier, or return an empty text."""
    if len(x) < FEWEST_ROWS or not np.isfinite(x).all():
        return ""
    if (np.diff(x) == 1.0).all():
        return f"column {name!r} goes up by 1 from row to row; leave it out if it only counts rows"
    if (
        named_like_identifier(name)
        and (x == np.floor(x)).all()
        and len(pd.unique(x)) > 0.5 * len(x)
    ):
        return f"column {name!r} is named like an identifier; leave it out if it is one"
    return ""


def text_reason(values: Any, distinct: int) -> str:
    """Say why a column of text cannot be used as categories, or return an empty text.

    Parameters
    ----------
    values : pyarrow.LargeStringArray
        Cleaned text.
    distinct : int
        How many different values it holds.
    """
    n = len(values) - values.null_count
    if n < FEWEST_ROWS or distinct <= 0.5 * n:
        return ""
    if pc.mean(pc.utf8_length(values)).as_py() > 30.0:
        return f"it is free text ({distinct} different values in {n} rows)"
    if distinct >= 0.95 * n:
        return f"it is an identifier ({distinct} different values in {n} rows)"
    return f"it has too many different values ({distinct} in {n} rows)"


@dataclass(frozen=True)
class Target:
    """One target column, for comparing."""

    codes: Codes
    """Which value each row has, -1 where missing, shape (n,)."""
    distinct: int
    numeric: Floats | None
    """The values when they are numbers, shape (n,)."""


def targets(y: Any, n_rows: int) -> list[Target]:
    """Take apart the target or targets that go with ``n_rows`` rows.

    Raises
    ------
    InputError
        The number of rows differs.
    """
    if y is None:
        return []
    frame = y.reset_index(drop=True) if isinstance(y, (pd.Series, pd.DataFrame)) else y
    frame = pd.DataFrame(frame)
    if len(frame) != n_rows:
        raise InputError.of(
            "y", got=f"{len(frame)} rows", expected=f"{n_rows}, as many as the table has"
        )
    found = []
    for i in range(frame.shape[1]):
        series = frame.iloc[:, i]
        if not columns.is_usable(series):
            continue
        x, bad = columns.numbers(series)
        is_number = not bad.any() and not pd.api.types.is_bool_dtype(series.dtype)
        codes = coded(x) if is_number else coded_text(columns.texts(series))
        found.append(Target(codes, int(codes.max(initial=-1)) + 1, x if is_number else None))
    return found


def coded(x: Any) -> Codes:
    """Number the different values of an array from 0 by first appearance, -1 where missing, shape (n,)."""
    codes: Codes = pd.factorize(x)[0].astype(np.int64)
    return codes


def coded_text(values: Any) -> Codes:
    """Number the different values of Arrow text from 0 by first appearance, -1 where missing, shape (n,)."""
    indices = values.dictionary_encode().indices
    codes: Codes = pc.fill_null(indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    return codes


def leak_remark(name: str, codes: Codes, x: Floats | None, against: Sequence[Target]) -> str:
    """Say that a column gives the target away, or return an empty text.

    That is: a number follows the target on a line (correlation beyond 0.9999 or -0.9999), or every
    one of a few values (each in five rows or more on average) goes with one value of the target only.
    """
    for y in against:
        both = (codes >= 0) & (y.codes >= 0)
        n = int(both.sum())
        if n < max(FEWEST_ROWS, len(codes) / 2) or y.distinct < 2:
            continue
        if (
            x is not None
            and y.numeric is not None
            and abs(_correlation(x, y.numeric, both)) > 0.9999
        ):
            return f"column {name!r} follows the target exactly; leave it out if it is known only after the target"
        of_column, of_target = codes[both], y.codes[both]
        distinct = len(pd.unique(of_column))
        if (
            2 <= distinct <= n / 5
            and len(pd.unique(of_column * y.distinct + of_target)) == distinct
        ):
            return f"column {name!r} alone determines the target; leave it out if it is known only after the target"
    return ""


def _correlation(x: Floats, y: Floats, rows: Bools) -> float:
    """Compute Pearson's correlation over some rows, 0 where it is not defined."""
    rows = rows & np.isfinite(x) & np.isfinite(y)
    centred = []
    for column in (x[rows], y[rows]):
        largest = np.abs(column).max(initial=0.0)
        unit = column / largest if largest > 0.0 else column  # squares must not overflow
        unit = unit - unit.mean() if len(unit) else unit
        centred.append(unit)
    a, b = centred
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / size if size > 0.0 else 0.0
