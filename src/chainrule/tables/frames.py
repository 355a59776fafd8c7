"""Any data frame that narwhals knows (pandas, polars, pyarrow, DuckDB, Modin, ...) as a pandas frame.

A column means the same from every container: polars and the like come through Arrow, the way that Parquet files take.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw
import pandas as pd

from chainrule.errors import InputError
from chainrule.tables.columnar import single_values


def is_frame(table: object) -> bool:
    """Say whether something is a data frame of any library that narwhals knows, lazy or not.

    Examples
    --------
    >>> import pyarrow as pa
    >>> is_frame(pa.table({"cm": [1.5]})), is_frame(pd.DataFrame()), is_frame(pd.Series([1.5])), is_frame([[1.5]])
    (True, True, False, False)
    """
    if isinstance(table, pd.DataFrame):
        return True
    return isinstance(_known(table), nw.DataFrame | nw.LazyFrame)


def _known(table: object) -> Any:
    """Return a frame as narwhals knows it, and anything else as it is."""
    try:
        return nw.from_native(table, pass_through=True)
    except nw.exceptions.DuplicateError as error:
        raise InputError.of(
            "table", got="two columns of one name", expected="each name once"
        ) from error


def as_pandas(frame: Any) -> Any:
    """Return a data frame as one of pandas; that itself is not copied.

    Parameters
    ----------
    frame : data frame, shape (n, m)
        What is lazy (``polars.LazyFrame``, a DuckDB relation) is collected.

    Returns
    -------
    pandas.DataFrame, shape (n, m)

    Raises
    ------
    InputError
        Two columns have one name.

    Examples
    --------
    >>> import pyarrow as pa
    >>> as_pandas(pa.table({"cm": [1.5, None], "sex": ["f", "m"]}))
        cm sex
    0  1.5   f
    1  NaN   m
    """
    if isinstance(frame, pd.DataFrame):
        return frame
    known = _known(frame)
    if isinstance(known, nw.LazyFrame):
        known = known.collect()
    if known.implementation.is_pandas_like():
        return known.to_pandas()
    table = known.to_arrow()
    found: dict[int, Any] = {}
    for i in range(table.num_columns):
        series = single_values(table.column(i))
        # lists and structures are told of by whoever looks at the column
        found[i] = table.column(i).to_pandas() if series is None else series
    made = pd.DataFrame(found, index=range(table.num_rows))
    made.columns = pd.Index(table.column_names, dtype=object)
    return made
