"""What is handed over as y becomes labels or quantities: checked once; errors name the row and the remedy."""

from __future__ import annotations

import datetime
import warnings
from collections.abc import Sequence
from decimal import Decimal
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse
from sklearn.exceptions import DataConversionWarning

from chainrule.errors import DataWarning, InputError
from chainrule.estimators.class_target import shown

_BOOLEANS = (bool, np.bool_)
_NUMBERS = (Real, Decimal, np.number)
_DATES = (datetime.date, np.datetime64)
_TIMES = {
    "M": ("dates", "give the days since a date: (y - y.min()) / pd.Timedelta(days=1)"),
    "m": ("durations", "give their seconds: y.dt.total_seconds()"),
}


def read_target(y: Any, n: int, quantities: bool, estimator: str = "The estimator") -> np.ndarray:
    """Return y as an array of one simple kind, (n,) or (n, k).

    Parameters
    ----------
    y : array-like, sparse matrix, or column or frame of any library
    n : int
        The rows of X.
    quantities : bool
        Whether y is quantities; else labels.
    estimator : str
        What requires y, for the message.

    Returns
    -------
    ndarray of shape (n,) or (n, k)
        float32 or float64 for quantities; for labels bool, whole numbers, floats or text.

    Raises
    ------
    InputError
        A value is missing, infinite or of another kind than the rest; or y is not one value for each row.

    Examples
    --------
    >>> from decimal import Decimal
    >>> read_target([Decimal("1.5"), 2, True], 3, quantities=True).tolist()
    [1.5, 2.0, 1.0]
    >>> read_target(["a", None, "b"], 3, quantities=False)
    Traceback (most recent call last):
        ...
    chainrule.errors.InputError: y: got None in row 2 (1 such in all), expected a label in every row; ...
    """
    if y is None:
        raise InputError(f"{estimator} requires y to be passed, but the target y is None")
    values = _as_array(y)
    if values.ndim == 2 and values.shape[1] == 1:
        warnings.warn(
            "A column-vector y was passed when a 1d array was expected; it is taken as one.",
            DataConversionWarning,
            stacklevel=2,
        )
        values = values[:, 0]
    if values.ndim not in (1, 2):
        raise InputError.of("y", got=f"shape {values.shape}", expected="(n,) or (n, k)")
    if len(values) != n:
        raise InputError.of(
            "y", got=f"{len(values)} values", expected=f"{n}, one for each row of X"
        )
    wanted = "a number" if quantities else "a label"
    if values.dtype.kind == "O" and len(values):
        values = _of_objects(values, quantities, wanted)
    if values.dtype.kind in "mM":
        raise _times(values.dtype.kind, quantities, wanted)
    if values.dtype.kind in "cSV":
        raise InputError.of("y", got=f"values of dtype {values.dtype}", expected=f"{wanted}s")
    if values.dtype.kind == "U" and quantities:
        values = _numbers(values)
    if values.dtype.kind == "f":
        _refuse(~np.isfinite(values), values, f"{wanted} in every row", "drop those rows")
    if quantities and values.dtype not in (np.float32, np.float64):
        values = values.astype(np.float64)
    return values


def _as_array(y: Any) -> np.ndarray:
    if scipy.sparse.issparse(y):
        return np.asarray(y.toarray())
    try:
        return np.asarray(y)
    except ValueError as error:  # rows of different length
        raise InputError.of("y", got=str(error), expected="one value for each row") from error


def _of_objects(values: np.ndarray, quantities: bool, wanted: str) -> np.ndarray:
    """Return objects as the one simple kind that all of them are."""
    from pandas import (
        isna,  # it knows every kind of missing value; chainrule is imported without it
    )

    missing = isna(values)
    _refuse(missing, values, f"{wanted} in every row", "drop those rows, or give them a label")
    flat = values.ravel()
    kinds = list(dict.fromkeys(map(type, flat)))
    if all(issubclass(kind, _BOOLEANS) for kind in kinds):
        return values.astype(bool)
    if all(issubclass(kind, _NUMBERS) for kind in kinds):
        whole = all(issubclass(kind, Integral) for kind in kinds)
        return values.astype(np.int64 if whole and not quantities else np.float64)
    for code, times in (("M", _DATES), ("m", datetime.timedelta)):
        if all(issubclass(kind, times) for kind in kinds):
            raise _times(code, quantities, wanted)
    if quantities:
        return _numbers(values)
    if all(issubclass(kind, str) for kind in kinds):
        return values
    usual = max(kinds, key=lambda kind: sum(type(value) is kind for value in flat))
    other = np.array([type(value) is not usual for value in flat]).reshape(values.shape)
    other = other if other.any() else ~other
    kind = usual.__name__ if other.sum() < other.size else "text or numbers"
    _refuse(other, values, f"labels of one kind, {kind}", "y.astype(str) makes text of all")
    return values


def _times(code: str, quantities: bool, wanted: str) -> InputError:
    """Build the error for dates and durations."""
    kind, number = _TIMES[code]
    remedy = number if quantities else "write them as text: y.astype(str)"
    return InputError.of("y", got=kind, expected=f"{wanted} in every row", remedy=remedy)


def _numbers(values: np.ndarray) -> np.ndarray:
    """Return written numbers as float64; InputError for the first value that is none."""
    try:
        return values.astype(np.float64)
    except (TypeError, ValueError):
        pass

    def is_none(value: Any) -> bool:
        try:
            float(value)
        except (TypeError, ValueError):
            return True
        return False

    wrong = np.array([is_none(value) for value in values.ravel()]).reshape(values.shape)
    _refuse(wrong, values, "a number in every row", "for classes take MLPClassifier")
    return values


def _refuse(wrong: np.ndarray, values: np.ndarray, expected: str, remedy: str) -> None:
    """Raise for the first value that is wrong, if there is one."""
    if not wrong.any():
        return
    place = np.argwhere(wrong)[0]
    value = values[tuple(place)]
    shown = f"{value:g}" if isinstance(value, np.floating) else f"{str(value)!r:.60}"
    shown = str(value) if value is None or type(value).__name__ in ("NAType", "NaTType") else shown
    where = f"row {place[0] + 1}" + (f", column {place[1] + 1}" if len(place) == 2 else "")
    shown = "NaN" if shown in ("nan", "'nan'") else shown
    raise InputError.of(
        "y",
        got=f"{shown} in {where} ({int(wrong.sum())} such in all)",
        expected=expected,
        remedy=remedy,
    )


class GivenClasses(NamedTuple):
    """What ``partial_fit`` was told of the classes, perhaps nothing."""

    labels: Any


def learn_classes(
    y: np.ndarray, given: GivenClasses | None
) -> tuple[str, list[np.ndarray], np.ndarray | None]:
    """Return what kind of labels ``y`` holds, the labels of each column, and their codes if they are found by the way.

    Parameters
    ----------
    y : ndarray of shape (n,) or (n, k)
        As `read_target` gives it.
    given : GivenClasses, optional
        In ``partial_fit``.

    Raises
    ------
    InputError
        y holds quantities, or the classes that are given do not go with it.

    Examples
    --------
    >>> learn_classes(np.array(["b", "a", "b"]), None)
    ('single', [array(['a', 'b'], dtype='<U1')], array([[1], [0], [1]]))
    """
    columns = y.reshape(len(y), -1)
    if y.dtype.kind == "f" and (y != np.floor(y)).any():
        raise InputError.of(
            "y",
            got=f"{y[y != np.floor(y)][0]} (Unknown label type: continuous)",
            expected="labels of classes",
            remedy="learn quantities with MLPRegressor, or write labels as text: y.astype(str)",
        )
    labels = None if given is None else given.labels
    nested = isinstance(labels, list | tuple) and np.ndim(labels[0]) == 1
    # scikit-learn calls any two whole numbers an indicator; only 0 and 1 say which is the label's absence.
    if y.ndim == 2 and not nested and y.dtype.kind in "biuf" and ((y == 0) | (y == 1)).all():
        return "multilabel", [np.array([0, 1])] * y.shape[1], None
    kind = "single" if y.ndim == 1 else "multioutput"
    if given is None:
        found = [np.unique(column, return_inverse=True) for column in columns.T]
        listed = [different for different, _ in found]
        for different in listed:
            _warn_of_alike(different)
        return kind, listed, np.column_stack([codes.reshape(-1) for _, codes in found])
    if labels is None:
        raise InputError("classes must be passed on the first call to partial_fit.")
    listed = [np.unique(part) for part in (labels if nested else [labels])]
    if len(listed) != columns.shape[1]:
        raise InputError.of(
            "classes",
            got=f"labels for {len(listed)} columns",
            expected=f"those of {columns.shape[1]} columns of y, a list of lists",
        )
    return kind, listed, None


def check_known(labels: np.ndarray, classes: Sequence[np.ndarray]) -> None:
    """Refuse labels, (n, k), none of which is a class of its column: then no row could ever be right."""
    for column, known in zip(labels.T, classes, strict=False):
        if not set(column.tolist()).isdisjoint(known.tolist()):
            return
    raise InputError.of(
        "y",
        got=f"no label that was learned, but {shown(np.unique(labels.astype(str)))}",
        expected=f"some of {shown(classes[0])}",
        remedy="write the labels as in fit",
    )


def check_same(y: np.ndarray, given: GivenClasses | None, known: Sequence[np.ndarray]) -> None:
    """Refuse classes, those told to ``partial_fit`` or those of y, that are not the ones that training goes on with."""
    _, classes, _ = learn_classes(y, given)
    if len(classes) == len(known) and all(map(np.array_equal, classes, known)):
        return
    different = next(
        (c for c, k in zip(classes, known, strict=False) if not np.array_equal(c, k)), classes[0]
    )
    before = "partial_fit" if given is not None else "fit, which warm_start goes on from"
    raise InputError.of(
        "y" if given is None else "classes",
        got=shown(different),
        expected=f"{shown(known[0])}, as in the last call of {before}",
        remedy="train a new estimator for other classes",
    )


def _warn_of_alike(classes: np.ndarray) -> None:
    """Tell of labels that differ only in case or in blanks; they are different classes."""
    if classes.dtype.kind not in "OU":
        return
    groups: dict[str, list[str]] = {}
    for label in classes.tolist():
        if isinstance(label, str):
            groups.setdefault(" ".join(label.split()).casefold(), []).append(label)
    for alike in groups.values():
        if len(alike) > 1:
            named = " and ".join(map(repr, alike[:3]))
            warnings.warn(
                f"the labels {named} differ only in case or blanks and are taken as different classes; "
                "if they are one, join them: y.str.strip().str.lower()",
                DataWarning,
                stacklevel=6,
            )
