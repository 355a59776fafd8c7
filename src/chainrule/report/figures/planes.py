"""A plane through a table: two columns vary over a grid, the others stand still."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from chainrule.errors import InputError, InputTypeError
from chainrule.estimators.inputs import as_table

_MANY = 400


class Plane(NamedTuple):
    """Rows over a grid of two columns.

    Attributes
    ----------
    xx0, xx1 : ndarray of shape (g, g)
    rows : ndarray or data frame of shape (g * g, m)
        What a model is to be asked.
    values : tuple of two ndarray of shape (n,)
        The two columns of the table itself.
    names : tuple of two str
    rest : str
        Where the other columns stand; empty if there are none.
    """

    xx0: np.ndarray
    xx1: np.ndarray
    rows: Any
    values: tuple[np.ndarray, np.ndarray]
    names: tuple[str, str]
    rest: str


def plane(X: Any, columns: tuple[int | str, int | str], resolution: int, eps: float) -> Plane:
    """Lay a plane through a table.

    Parameters
    ----------
    X : array or data frame of shape (n, m)
    columns : tuple of two int or str
    resolution : int
        Grid points a side.
    eps : float
        How far the grid reaches beyond the rows (beyond 99 % of them, if they are many), as a share of their range.

    Raises
    ------
    InputError
        A column is not there or does not hold numbers.

    Examples
    --------
    >>> at = plane(np.array([[0.0, 1.0, 7.0], [1.0, 3.0, 9.0]]), (0, 1), 5, 0.0)
    >>> at.rows.shape, at.rows[0].tolist(), at.rest
    ((25, 3), [0.0, 1.0, 8.0], 'the other column at its median')
    """
    table = as_table(X)
    framed = hasattr(table, "iloc")
    if table.ndim != 2 or table.shape[1] < 2 or not len(table):
        raise InputError.of("X", got=f"shape {table.shape}", expected="(n, m) with m >= 2 columns")
    places = tuple(_place(table, column, framed) for column in columns)
    if len(places) != 2 or places[0] == places[1]:
        raise InputError.of("columns", got=repr(columns), expected="two different columns")
    values = [_numbers(table.iloc[:, p] if framed else table[:, p], str(p)) for p in places]
    grids = np.meshgrid(*[_steps(v, resolution, eps) for v in values])
    n = grids[0].size
    if framed:
        rows = table.iloc[np.zeros(n, dtype=np.intp)].reset_index(drop=True)
        for j, name in enumerate(table.columns):
            if j in places:
                column = grids[places.index(j)].ravel()
            else:
                column = _middle(table.iloc[:, j])
            rows[name] = column
    else:
        rows = np.tile(np.median(table, axis=0), (n, 1))
        for place, grid in zip(places, grids, strict=True):
            rows[:, place] = grid.ravel()
    names = [str(table.columns[p]) if framed else f"x{p}" for p in places]
    others = table.shape[1] - 2
    rest = ""
    if others:
        rest = (
            "the other column at its median"
            if others == 1
            else f"the {others} other columns at their medians"
        )
    return Plane(grids[0], grids[1], rows, (values[0], values[1]), (names[0], names[1]), rest)


def _place(table: Any, column: int | str, framed: bool) -> int:
    if isinstance(column, str):
        names = [str(c) for c in table.columns] if framed else []
        if column not in names:
            raise InputError.of("columns", got=repr(column), expected="a column of X")
        return names.index(column)
    if isinstance(column, bool) or not isinstance(column, int | np.integer):
        raise InputTypeError.of("columns", got=repr(column), expected="names or positions")
    if not -table.shape[1] <= column < table.shape[1]:
        raise InputError.of("columns", got=column, expected=f"below {table.shape[1]}")
    return int(column) % int(table.shape[1])


def _numbers(column: Any, name: str) -> np.ndarray:
    try:
        values = np.asarray(column, dtype=np.float64)
    except (TypeError, ValueError) as error:
        name = str(getattr(column, "name", name))
        raise InputError.of(
            f"column {name!r}", got="text or categories", expected="numbers to draw along"
        ) from error
    if not np.isfinite(values).any():
        raise InputError.of(f"column {name!r}", got="no number", expected="numbers to draw along")
    return values


def _steps(values: np.ndarray, resolution: int, eps: float) -> np.ndarray:
    # Of many rows a few far away would leave no room for the others.
    ends = (0.5, 99.5) if len(values) >= _MANY else (0.0, 100.0)
    low, high = map(float, np.nanpercentile(values, ends))
    margin = eps * ((high - low) or 1.0)
    return np.linspace(low - margin, high + margin, resolution)


def _middle(column: Any) -> Any:
    """Return the median of numbers, the most frequent value of anything else."""
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    if is_numeric_dtype(column.dtype) and not is_bool_dtype(column.dtype):
        return column.median()
    found = column.mode(dropna=True)
    return found.iloc[0] if len(found) else column.iloc[0]


def numeric_columns(X: Any) -> list[int]:
    """Return the positions of the columns that hold different numbers.

    Examples
    --------
    >>> numeric_columns(np.array([[1.0, 2.0, 3.0], [1.0, 3.0, 4.0]]))
    [1, 2]
    """
    X = as_table(X)
    if hasattr(X, "iloc"):
        from pandas.api.types import is_bool_dtype, is_numeric_dtype

        return [
            j
            for j in range(X.shape[1])
            if is_numeric_dtype(X.iloc[:, j].dtype)
            and not is_bool_dtype(X.iloc[:, j].dtype)
            and X.iloc[:, j].nunique() > 1
        ]
    if not isinstance(X, np.ndarray):
        return []
    return [j for j in range(X.shape[1]) if len(np.unique(X[:, j])) > 1]
