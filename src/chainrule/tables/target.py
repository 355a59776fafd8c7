"""The target column: taken out of a table, checked, and recognised as classes or as a quantity."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from chainrule.errors import InputError
from chainrule.tables import columns, labels, plain, recognition, suspicion, text
from chainrule.tables.labels import label_texts
from chainrule.tables.names import column_names, suggestion

Task = Literal["classification", "regression"]
MOST_CLASSES = 20
"""Integers with more different values than this are taken as a quantity."""


class Choice(NamedTuple):
    """What `recognise_task` decided."""

    task: Task
    reason: str
    """One sentence for the user."""


def separate(frame: Any, target: str) -> tuple[Any, Any]:
    """Split a table into inputs and target.

    Parameters
    ----------
    frame : pandas.DataFrame, shape (n, m)
    target : str
        Name of the target column; blanks around it and its case matter.

    Returns
    -------
    X : pandas.DataFrame, shape (n, m - 1)
    y : pandas.Series, shape (n,)

    Raises
    ------
    InputError
        There is no such column.
    """
    names = column_names(frame)
    if target not in names:
        raise InputError.of(
            "target",
            got=repr(target),
            expected="a column of the table",
            remedy=suggestion(target, names),
        )
    at = names.index(target)
    return frame.iloc[:, [i for i in range(len(names)) if i != at]], frame.iloc[:, at]


def recognise_task(
    y: Any, task: str | None = None, words: Collection[str] = labels.NAMES
) -> Choice:
    """Decide between classification and regression.

    Text, booleans and categories are classes. Numbers with fractions are a quantity. Whole numbers are classes when
    there are two of them, or at most 20 none of which is rare (under 5 % of an equal share); else a quantity.

    Parameters
    ----------
    y : pandas.Series, shape (n,)
    task : {"classification", "regression"}, optional
        Given by the user; decides.
    words : collection of str
        As for `labels.label_texts`.

    Raises
    ------
    InputError
        ``task`` is neither, or y holds dates, lists or nothing.

    Examples
    --------
    >>> import pandas as pd
    >>> recognise_task(pd.Series(["Adelie", "Gentoo"])).task
    'classification'
    >>> print(recognise_task(pd.Series([0.5, 1.25, 3.0])).reason)
    target 'target' holds numbers with fractions, so this is a regression
    """
    if task is not None:
        if task not in ("classification", "regression"):
            raise InputError.of("task", got=repr(task), expected="classification or regression")
        return Choice(
            "classification" if task == "classification" else "regression", "the task was given"
        )
    name = _name(y)
    _check_usable(y)
    found = recognition.recognise(name, y)
    if found.kind == "date":
        raise InputError.of(f"target {name!r}", got="dates", expected="classes or numbers")
    if found.kind != "number" or found.words:
        return Choice(
            "classification",
            f"target {name!r} holds {_listed(y, words)}, so this is a classification",
        )
    x = columns.numbers(y, found.notation)[0]
    x = x[np.isfinite(x)]
    if (x != np.floor(x)).any():
        return Choice(
            "regression", f"target {name!r} holds numbers with fractions, so this is a regression"
        )
    distinct, often = np.unique(x, return_counts=True)
    d = len(distinct)
    if d <= 2 or (d <= MOST_CLASSES and often.min() >= max(2.0, 0.05 * len(x) / d)):
        values = ", ".join(f"{v:.0f}" for v in distinct[:4]) + (", …" if d > 4 else "")
        return Choice(
            "classification",
            f"target {name!r} holds {d} whole number{'s' * (d != 1)} ({values}), taken as classes: a classification",
        )
    return Choice(
        "regression", f"target {name!r} holds {d} different whole numbers, so this is a regression"
    )


def target_values(y: Any, task: str, words: Collection[str] = labels.NAMES) -> NDArray[Any]:
    """Check a target and give its values.

    Parameters
    ----------
    y : pandas.Series, shape (n,)
    task : {"classification", "regression"}
    words : collection of str
        As for `labels.label_texts`.

    Returns
    -------
    y : ndarray, shape (n,)
        float64 for regression. For classification the labels as they stand: bool, int64, or text (object).

    Raises
    ------
    InputError
        A row has no target, words or infinities stand among numbers, there is only one class or value, or nearly every
        row has a class of its own.
    """
    name = f"target {_name(y)!r}"
    _check_usable(y)
    written = label_texts(y, words) if task == "classification" else columns.texts(y)
    missing = ~text.present(written)
    if missing.any():
        rows = int(missing.sum())
        first = int(np.argmax(missing)) + 1
        raise InputError.of(
            name,
            got=f"no value in {rows} of {len(y)} rows (first in row {first})",
            expected="a value in every row",
            remedy="remove those rows or fill them in",
        )
    found = recognition.recognise(name, y)
    x, bad = columns.numbers(y, found.notation)
    if task == "regression":
        return _quantity(name, y, x, bad)
    mixed = 0 < bad.sum() < 0.5 * len(bad) and len(pd.unique(x)) > MOST_CLASSES
    if found.words or mixed:
        raise _word_among_numbers(name, y, bad)
    found_labels = _labels(y, x, bad, written)
    distinct = len(pd.unique(found_labels))
    if distinct < 2:
        only = (
            f"only {plain.shown(columns.written(found_labels[0]))} in all {len(y)} rows"
            if len(y)
            else "no rows"
        )
        raise InputError.of(
            name, got=only, expected="at least two classes", remedy="choose another target"
        )
    if len(y) >= suspicion.FEWEST_ROWS and distinct > 0.5 * len(y):
        raise InputError.of(
            name,
            got=f"{distinct} different classes in {len(y)} rows",
            expected="a few classes with several rows each",
            remedy="choose another target, or regression if it is a quantity",
        )
    return found_labels


def _quantity(
    name: str, y: Any, x: NDArray[np.float64], bad: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Check the target of a regression."""
    if bad.any():
        raise _word_among_numbers(name, y, bad)
    infinite = ~np.isfinite(x)
    if infinite.any():
        got = f"an infinite value in row {int(np.argmax(infinite)) + 1}"
        raise InputError.of(
            name, got=got, expected="finite numbers", remedy="remove or correct those rows"
        )
    if len(pd.unique(x)) < 2:
        only = f"only {columns.written(x[0])} in all {len(x)} rows" if len(x) else "no rows"
        raise InputError.of(
            name, got=only, expected="a quantity that varies", remedy="choose another target"
        )
    return x


def _labels(y: Any, x: NDArray[np.float64], bad: NDArray[np.bool_], written: Any) -> NDArray[Any]:
    """Give class labels in the simplest type that keeps them as they stand."""
    if pd.api.types.is_bool_dtype(y.dtype) or pd.api.types.infer_dtype(y, skipna=True) == "boolean":
        return np.asarray(y.to_numpy(dtype=bool))
    if pd.api.types.is_numeric_dtype(y.dtype) and not bad.any():
        whole = (x == np.floor(x)).all() and np.abs(x).max(initial=0.0) < 2.0**53
        return x.astype(np.int64) if whole else x
    return np.array(written.to_pylist(), dtype=object)


def _word_among_numbers(name: str, y: Any, bad: NDArray[np.bool_]) -> InputError:
    row = int(np.argmax(bad))
    return InputError.of(
        f"{name}, row {row + 1}",
        got=plain.shown(columns.written(y.iloc[row])),
        expected="a number, as in the other rows",
        remedy=f"correct or remove the {int(bad.sum())} such rows",
    )


def _check_usable(y: Any) -> None:
    if not columns.is_usable(y):
        raise InputError.of(
            f"target {_name(y)!r}", got=f"values of type {y.dtype}", expected="classes or numbers"
        )


def _name(y: Any) -> str:
    return "target" if y.name is None else str(y.name)


def _listed(y: Any, words: Collection[str]) -> str:
    """Describe the classes of text in a few words."""
    values = label_texts(y, words)
    found = sorted(v for v in set(values.unique().to_pylist()) if v is not None)
    quoted = ", ".join(v if len(v) <= 30 else v[:29] + "…" for v in found[:4])
    return f"{len(found)} different words ({quoted}{', …' if len(found) > 4 else ''})"
