"""Rows to learn from, to stop by and to test on."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import InputError
from chainrule.estimators.splitting import split, split_by_group, split_by_time
from chainrule.report.wording import count, listed
from chainrule.tables import columns
from chainrule.tables.recognition import recognise, recognise_table

FEWEST_TO_HOLD_OUT = 20
"""With fewer rows than this none is set aside: what so few rows say about a model is chance."""


@dataclass(frozen=True)
class TablePart:
    """Some rows of a table.

    Attributes
    ----------
    X : pandas.DataFrame, shape (n, m)
    y : ndarray, shape (n,)
        Labels or quantities.
    key : ndarray, shape (n,), or None
        The group or the time of each row, where rows are set aside by it.
    """

    X: Any
    y: NDArray[Any]
    key: NDArray[Any] | None = None

    @property
    def n(self) -> int:
        """The number of rows."""
        return len(self.y)

    def take(self, rows: NDArray[np.intp]) -> TablePart:
        """Return some of the rows."""
        key = None if self.key is None else self.key[rows]
        return TablePart(self.X.iloc[rows], self.y[rows], key)


def divided(
    part: TablePart, fraction: float, seed: int, *, stratified: bool, by: str | None = None
) -> tuple[TablePart, TablePart | None]:
    """Set a share of the rows aside: of every class alike, or by the rows' keys.

    Every class keeps a row to learn from, so one with a single row is never set aside.

    Parameters
    ----------
    part : TablePart
    fraction : float
        0 for none.
    seed : int
    stratified : bool
        Whether ``y`` holds classes.
    by : {"groups", "time"}, optional
        What the keys are: whole groups are set aside, or the latest rows.

    Returns
    -------
    rest, aside : TablePart, TablePart or None
        None where ``fraction`` is 0 or there are too few rows.
    """
    if fraction == 0.0 or part.n < FEWEST_TO_HOLD_OUT:
        return part, None
    strata = None
    if stratified:
        strata = np.unique(part.y.astype(str), return_inverse=True)[1]
    try:
        if part.key is None:
            rest, aside = split(seed, part.n, fraction, strata)
        elif by == "groups":
            rest, aside = split_by_group(seed, part.key, fraction)
        else:
            rest, aside = split_by_time(part.key, fraction)
    except InputError:  # fewer than two rows could be spared
        return part, None
    return part.take(rest), part.take(aside)


def words_as_missing(training: TablePart, aside: TablePart) -> tuple[TablePart, list[str]]:
    """Take words for missing in columns that hold only numbers or dates in the training rows.

    A few words among numbers are tolerated where they are learned. One that chance has put among the rows set aside
    must not be an error either, as it would be in a table that comes later.

    Parameters
    ----------
    training, aside : TablePart
        Rows of one table.

    Returns
    -------
    aside : TablePart
    notes : list of str
        A sentence for each column that was changed.
    """
    X, notes = aside.X, []
    for name, found in zip(X.columns, recognise_table(training.X), strict=True):
        if found is None or found.kind not in ("number", "date") or found.words:
            continue
        if not columns.is_usable(X[name]) or _is_numeric(X[name]):
            continue
        if found.kind == "number":
            bad = columns.numbers(X[name], found.notation)[1]
        else:
            bad = columns.dates(X[name], found.day_first)[1]
        if bad.any():
            X = X.assign(**{name: X[name].astype(object).mask(bad)})
            wrong = listed(map(repr, columns.texts(aside.X[name][bad]).unique().to_pylist()), 3)
            notes.append(
                f"column {str(name)!r} holds {wrong} among its {found.kind}s, taken for missing"
            )
    return TablePart(X, aside.y), notes


def _is_numeric(series: Any) -> bool:
    from pandas.api.types import is_numeric_dtype

    return bool(is_numeric_dtype(series.dtype))


def groups_of(column: Any) -> NDArray[Any]:
    """Return the group of each row, (n,), from a column of any kind.

    Raises
    ------
    InputError
        A value is missing: nobody knows on which side such a row may stand.
    """
    _all_known(column, "--groups")
    return np.array(columns.texts(column).to_pylist(), dtype=object).astype(str)


def times_of(column: Any) -> NDArray[Any]:
    """Return the time of each row, (n,), from a column of dates or numbers.

    Raises
    ------
    InputError
        It holds something else, or a value is missing.
    """
    _all_known(column, "--time")
    found = recognise(str(column.name), column)
    if found.kind not in ("number", "date") or found.words:
        raise InputError.of(
            "--time",
            got=f"{str(column.name)!r}, a column of kind {found.kind}",
            expected="dates or numbers in every row",
        )
    if found.kind == "number":
        return columns.numbers(column, found.notation)[0]
    return columns.dates(column, found.day_first)[0]


def _all_known(column: Any, option: str) -> None:
    missing = columns.texts(column).null_count
    if missing:
        raise InputError.of(
            option,
            got=f"{str(column.name)!r} with {count(missing, 'missing value')}",
            expected="a value in every row",
            remedy="fill them in or leave those rows out",
        )


def require_column(frame: Any, name: str, option: str) -> None:
    """Raise InputError unless a table has a column, with the names that come close."""
    require_name([str(column) for column in frame.columns], name, option)


def require_name(names: Sequence[str], name: str, option: str) -> None:
    """Raise InputError unless a name is among those of a table's columns."""
    if name in names:
        return
    close = difflib.get_close_matches(name, names[:1000], n=3, cutoff=0.5)
    near = f"did you mean {' or '.join(map(repr, close))}?"
    raise InputError.of(
        option,
        got=repr(name),
        expected="a column of the table",
        remedy=near if close else f"it has {listed(map(repr, names))}",
    )
