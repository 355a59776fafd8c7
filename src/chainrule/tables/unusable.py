"""Where in a table that comes in blocks the value stands that a preparation refuses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from chainrule.errors import InputError
from chainrule.tables.encoders import Column, wrong_value
from chainrule.tables.prepare import Preparation


def first_unusable(preparation: Preparation, frames: Iterable[Any]) -> InputError | None:
    """Build the error of `Preparation.transform` with the row counted in the whole table.

    Parameters
    ----------
    preparation : Preparation
    frames : iterable of pandas.DataFrame
        All blocks of the table, each with the columns that the preparation takes.

    Returns
    -------
    InputError or None
        For the first block with a value that is refused; it says how many such values the whole column holds. None
        where all can be used.

    Examples
    --------
    >>> import pandas as pd
    >>> preparation = Preparation.fit(pd.DataFrame({"cm": [1.0, 2.0, 4.0]}))
    >>> print(first_unusable(preparation, [pd.DataFrame({"cm": v}) for v in (["1", "2"], ["3", "x"])]))
    column 'cm', row 4: got 'x', expected a number, as in training; correct it or leave it empty (1 such ...)
    """
    used = [column for column in preparation.columns if column.name in preparation.input_columns]
    place: tuple[Column, int, Any] | None = None
    start = n = 0
    for frame in frames:
        for column in used:
            series = frame[column.name]
            bad = column.unusable(series)
            if place is None and bad.any():
                row = int(np.argmax(bad))
                place, used = (column, start + row, series.iloc[row]), [column]
            if place is not None:
                n += int(bad.sum())
                break
        start += len(frame)
    if place is None:
        return None
    column, row, value = place
    return wrong_value(column.name, row, value, n, column.awaited())
