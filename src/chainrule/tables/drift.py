"""How a table differs from the rows of training: numbers beyond their range, categories never seen, values missing.

A network extrapolates without a word. Kilograms for grams are finite numbers, so nothing else would tell of them.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from chainrule.tables import columns, text
from chainrule.tables.encoders import CategoryColumn, Column, NumberColumn
from chainrule.tables.prepare import Preparation

_MARGIN = 0.1
"""Of the range seen in training; what lies less beyond it is chance."""
_SHARE = 0.01
"""Of the rows of a table: fewer beyond the range are outliers."""


class Drift:
    """What was seen so far of a table that comes in blocks.

    Parameters
    ----------
    preparation : Preparation
        Learned on the rows of training.

    Examples
    --------
    >>> import pandas as pd
    >>> preparation = Preparation.fit(pd.DataFrame({"grams": [3000.0, 4000.0, 5000.0], "sex": ["f", "m", "f"]}))
    >>> drift = Drift(preparation)
    >>> drift.see(pd.DataFrame({"grams": [3.0, 4.0, None], "sex": ["f", "m", "x"]}))
    >>> for note in drift.notes():
    ...     print(note)
    column 'grams' lies beyond what was seen in training, 3000 to 5000, in 2 of 3 rows (from 3 to 4)
    column 'grams' has no value in 1 of 3 rows, and had one in every row of training
    column 'sex' holds values never seen in training in 1 of 3 rows ('x')
    """

    def __init__(self, preparation: Preparation) -> None:
        self._columns = preparation.used
        self._rows = 0
        self._missing: Counter[str] = Counter()
        self._beyond: Counter[str] = Counter()
        self._ends: dict[str, tuple[float, float]] = {}
        self._unseen: dict[str, Counter[str]] = {column.name: Counter() for column in self._columns}

    def see(self, frame: Any) -> None:
        """Look at some more rows, a pandas frame that the preparation takes."""
        self._rows += len(frame)
        for column in self._columns:
            series = frame[column.name]
            if isinstance(column, NumberColumn):
                self._see_numbers(column, columns.numbers(series, column.notation)[0])
            else:
                self._see_words(column, columns.texts(series))

    def _see_numbers(self, column: NumberColumn, x: text.Floats) -> None:
        known = x[np.isfinite(x)]
        self._missing[column.name] += len(x) - len(known)
        if not column.span:
            return
        low, high = column.span
        margin = _MARGIN * (high - low)
        beyond = known[(known < low - margin) | (known > high + margin)]
        if len(beyond):
            first, last = self._ends.get(column.name, (np.inf, -np.inf))
            self._beyond[column.name] += len(beyond)
            self._ends[column.name] = min(first, beyond.min()), max(last, beyond.max())

    def _see_words(self, column: Column, values: Any) -> None:
        self._missing[column.name] += values.null_count
        if isinstance(column, CategoryColumn) and not column.other:
            for found in values.value_counts().to_pylist():
                if found["values"] is not None and found["values"] not in column.values:
                    self._unseen[column.name][found["values"]] += found["counts"]

    def notes(self) -> list[str]:
        """Return a sentence for each column that is otherwise than in training."""
        found, of = [], f"of {self._rows:,} rows"
        for column in self._columns:
            name, beyond = f"column {column.name!r}", self._beyond[column.name]
            if isinstance(column, NumberColumn) and beyond > _SHARE * self._rows:
                (low, high), (first, last) = column.span, self._ends[column.name]
                found.append(
                    f"{name} lies beyond what was seen in training, {low:g} to {high:g}, in {beyond:,} {of} "
                    f"(from {first:g} to {last:g})"
                )
            if (missing := self._missing[column.name]) and not column.missing:
                found.append(
                    f"{name} has no value in {missing:,} {of}, and had one in every row of training"
                )
            unseen = self._unseen[column.name]
            if unseen.total():
                some = ", ".join(repr(word[:30]) for word, _ in unseen.most_common(3))
                more = ", …" if len(unseen) > 3 else ""
                found.append(
                    f"{name} holds values never seen in training in {unseen.total():,} {of} ({some}{more})"
                )
        return found


def drift_notes(preparation: Preparation | None, frame: Any) -> list[str]:
    """Return the notes of a whole table; none where nothing was learned about columns."""
    if preparation is None or not hasattr(frame, "columns"):
        return []
    drift = Drift(preparation)
    drift.see(frame)
    return drift.notes()
