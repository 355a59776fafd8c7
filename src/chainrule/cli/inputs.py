"""From a table to what a model takes, also where the model has no preparation of its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.cli.files import Opened
from chainrule.errors import InputError
from chainrule.report.text import count, listed, printable
from chainrule.tables import columns


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

    names = getattr(estimator, "feature_names_in_", None)
    if names is None:
        names = [name for name in frame.columns if str(name) != opened.target]
        if len(names) != estimator.n_features_in_:
            raise InputError.of(
                "table",
                got=count(len(names), "column"),
                expected=f"{estimator.n_features_in_}, as the model was trained on",
            )
    absent = [name for name in names if name not in frame.columns]
    if absent:
        raise InputError.of(
            "table", got=f"no column {listed(map(repr, absent))}", expected="those of the training"
        )
    numbers = {name: _numbers(frame[name]) for name in names}
    X = pd.DataFrame(numbers)
    return X if hasattr(estimator, "feature_names_in_") else _Nameless(X)


def _numbers(series: Any) -> np.ndarray:
    x, bad = columns.numbers(series)
    wrong = bad | ~np.isfinite(x)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError.of(
            f"column {str(series.name)!r}, row {row + 1}",
            got=printable(series.iloc[row], most=40),
            expected="a finite number, because the model was trained without a preparation",
        )
    return x


class _Nameless:
    """Rows without names: as a data frame is cut by ``iloc``, but giving arrays."""

    def __init__(self, frame: Any) -> None:
        self._values = frame.to_numpy()

    def __len__(self) -> int:
        return len(self._values)

    @property
    def iloc(self) -> Any:
        """The rows."""
        return self._values
