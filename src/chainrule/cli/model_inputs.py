"""From a table to what a model takes, also where the model has no preparation of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from chainrule.cli.console import Page
from chainrule.cli.paths import Opened
from chainrule.errors import InputError
from chainrule.report.wording import count, listed, printable
from chainrule.tables import columns, unusable

_MOST_NOTES = 8


def model_inputs(opened: Opened, frame: Any) -> Any:
    """Return the columns that a model predicts from.

    With a preparation the whole table goes to the model, which picks its columns and checks them. A model that was
    trained on plain numbers gets the columns of the names it was trained on; if it knows no names, the table must have
    as many columns as it takes, all of them numbers.

    Raises
    ------
    InputError
        Columns are missing, or hold something that is not a number.
    """
    estimator = opened.estimator
    if estimator.preparation_ is not None:
        return frame
    import pandas as pd

    names = _number_columns(opened, frame.columns)
    numbers = {name: _numbers(frame[name]) for name in names}
    X = pd.DataFrame(numbers)
    return X if hasattr(estimator, "feature_names_in_") else X.to_numpy()


def wanted_columns(opened: Opened) -> tuple[str, ...] | None:
    """Return the columns that a model predicts from, as far as it knows them; None if any may be one."""
    estimator = opened.estimator
    if estimator.preparation_ is not None:
        return tuple(estimator.preparation_.input_columns)
    names = getattr(estimator, "feature_names_in_", None)
    return None if names is None else tuple(names)


def check_columns(opened: Opened, frame: Any) -> None:
    """Refuse a table by the names of its columns; it may be without rows.

    Raises
    ------
    InputError
        Columns are missing, or there are too many.
    """
    if opened.estimator.preparation_ is None:
        _number_columns(opened, frame.columns)
    else:
        opened.estimator.preparation_.transform(frame)


def tell_drift(page: Page, notes: list[str], strict: bool) -> None:
    """Note in what a table differs from the rows of training.

    Raises
    ------
    InputError
        If that is asked for.
    """
    if notes and strict:
        more = f" (and {len(notes) - 1} more)" if len(notes) > 1 else ""
        raise InputError.of(
            "table",
            got=f"{notes[0]}{more}",
            expected="rows like those of training",
            remedy="without --strict it is a note",
        )
    for note in notes[:_MOST_NOTES]:
        page.note(note)
    if len(notes) > _MOST_NOTES:
        page.note(f"{len(notes) - _MOST_NOTES} more columns differ from training")


def first_unusable(opened: Opened, frames: Iterable[Any]) -> InputError | None:
    """Build the error for a table that is given in blocks, as it would be if the table was given at once.

    Parameters
    ----------
    opened : Opened
    frames : iterable of pandas.DataFrame
        All blocks of the table.

    Returns
    -------
    InputError or None
        None where all values can be used.
    """
    preparation = opened.estimator.preparation_
    if preparation is not None:
        return unusable.first_unusable(preparation, frames)
    errors: dict[str, InputError] = {}
    names: Sequence[str] = ()
    start = 0
    for frame in frames:
        names = _number_columns(opened, frame.columns)
        for name in names:
            if name not in errors:
                try:
                    _numbers(frame[name], start)
                except InputError as error:
                    errors[name] = error
        start += len(frame)
    return next((errors[name] for name in names if name in errors), None)


def _number_columns(opened: Opened, given: Sequence[str]) -> Sequence[str]:
    """Return the columns of a model that was trained on plain numbers."""
    estimator = opened.estimator
    names: Sequence[str] | None = getattr(estimator, "feature_names_in_", None)
    if names is None:
        names = [name for name in given if str(name) != opened.target]
        if len(names) != estimator.n_features_in_:
            raise InputError.of(
                "table",
                got=count(len(names), "column"),
                expected=f"{estimator.n_features_in_}, as the model was trained on",
            )
    absent = [name for name in names if name not in given]
    if absent:
        raise InputError.of(
            "table", got=f"no column {listed(map(repr, absent))}", expected="those of the training"
        )
    return names


def _numbers(series: Any, first_row: int = 0) -> np.ndarray:
    x, bad = columns.numbers(series)
    wrong = bad | ~np.isfinite(x)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError.of(
            f"column {str(series.name)!r}, row {first_row + row + 1}",
            got=printable(series.iloc[row], most=40),
            expected="a finite number, because the model was trained without a preparation",
        )
    return x
