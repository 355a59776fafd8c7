"""The true values of a target: rows that have one, as labels of the kind that a model knows or as quantities."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import InputError
from chainrule.report.wording import count, listed, printable
from chainrule.tables import columns, labels, text
from chainrule.tables.recognition import recognise


def labels_as_written(y: Any, words: Collection[str] = labels.NAMES) -> NDArray[Any]:
    """Return a target column as text, the way a person writes it, shape (n,)."""
    return np.array(labels.label_texts(y, words).to_pylist(), dtype=object)


def true_labels(y: Any, classes: list[Any]) -> NDArray[Any]:
    """Return a target column as labels of the kind that a model has learned.

    Parameters
    ----------
    y : pandas.Series, shape (n,)
        As it was read; the same labels may have come as text this time.
    classes : list
        The model's, all of one type.
    """
    kind = type(classes[0])
    if kind is str:
        return labels.as_known(labels_as_written(y, [*labels.NAMES, *classes]), classes)
    if kind is bool:
        # text.booleans gives 1, -1 and 0: what is neither becomes a label that no model knows
        signs = text.booleans(columns.texts(y))[0]
        return np.array([None if s == 0 else bool(s > 0) for s in signs.tolist()], dtype=object)
    x = columns.numbers(y)[0]
    if kind is int:
        whole = [int(v) if np.isfinite(v) and v == np.floor(v) else None for v in x.tolist()]
        return np.array(whole, dtype=object)
    return x


def true_numbers(y: Any) -> NDArray[np.float64]:
    """Return a target column as quantities.

    Raises
    ------
    InputError
        A row holds a word or infinity.
    """
    x, bad = columns.numbers(y, recognise(str(y.name), y).notation)
    wrong = bad | ~np.isfinite(x)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError.of(
            f"target {str(y.name)!r}, row {row + 1}",
            got=printable(y.iloc[row], most=40),
            expected="a finite number",
            remedy=f"correct or remove the {count(int(wrong.sum()), 'such row')}",
        )
    return x


def check_known(name: str, true: NDArray[Any], classes: list[Any]) -> None:
    """Refuse true labels none of which a model knows: nothing could be right.

    Raises
    ------
    InputError
    """
    found = sorted(map(str, set(true.tolist())))
    if set(classes).isdisjoint(true.tolist()):
        raise InputError.of(
            f"target {name!r}",
            got=f"no label that the model knows, but {listed(map(repr, found))}",
            expected=f"some of {listed(map(repr, classes))}",
            remedy="choose the column with --target, or write its labels as in training",
        )


def with_target(
    X: Any, y: Any, *, skip_missing: bool, words: Collection[str] = labels.NAMES
) -> tuple[Any, Any, int]:
    """Return the rows whose target has a value, and how many have none.

    Parameters
    ----------
    X : pandas.DataFrame, shape (n, m)
    y : pandas.Series, shape (n,)
    skip_missing : bool
        Leave rows without a value out instead of refusing them.
    words : collection of str
        As for `chainrule.tables.labels.label_texts`.

    Raises
    ------
    InputError
        The column does not hold single values, or a value is missing.
    """
    name = f"target {str(y.name)!r}"
    if not columns.is_usable(y):
        raise InputError.of(name, got=f"values of type {y.dtype}", expected="classes or numbers")
    missing = ~text.present(labels.label_texts(y, words))
    n = int(missing.sum())
    if n == 0:
        return X, y, 0
    if not skip_missing:
        raise InputError.of(
            name,
            got=f"no value in {n} of {len(y)} rows (first in row {int(missing.argmax()) + 1})",
            expected="a value in every row",
            remedy=_what_to_do(y[missing]),
        )
    return X[~missing], y[~missing], n


def _what_to_do(missing: Any) -> str:
    """Say what helps against rows without a target; some may hold a word that can be a label."""
    found = {v.strip() for v in missing.array if isinstance(v, str)} & set(labels.ALL)
    remedy = "--skip-missing leaves those rows out"
    if not found:
        return remedy
    return f"{remedy}, --labels-as-written makes {listed(map(repr, sorted(found)))} a class"
