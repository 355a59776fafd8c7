"""`Preparation`: everything between a table as people keep it and the matrix that a network takes.

It is learned on training rows only, is plain data from end to end (JSON holds it exactly, so a model file can), and
does the same to any rows later: unseen categories, missing numbers and columns in another order are no reason to fail.
skrub's fitted transformers were considered; they can be stored only by pickling, which no file of ours may contain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import InputError
from chainrule.tables import plain, suspicion
from chainrule.tables.columns import is_usable, words_as_missing
from chainrule.tables.encoders import Column
from chainrule.tables.learn import DroppedColumn, learn, nothing_to_learn_from
from chainrule.tables.names import absent_columns, column_names, unique_names
from chainrule.tables.reading_options import Reading
from chainrule.tables.recognition import recognise_table
from chainrule.tables.stored import of_version_1, stored_column
from chainrule.tables.written_numbers import PLAIN

MAX_CATEGORIES = 64
"""Most one-hot columns for one input column; rarer values are pooled."""

_VERSION = 2


class ColumnSummary(NamedTuple):
    """One row of `Preparation.summary`."""

    column: str
    kind: str
    """number, boolean, category or date, with "(dropped)" after it where the column is not used."""
    missing: int
    distinct: int
    outputs: tuple[str, ...]
    """Names of the columns that the network sees."""


@dataclass(frozen=True)
class Preparation:
    """What was learned about the columns of a table.

    Attributes
    ----------
    columns : tuple of Column
        One record for each input column, in the table's order, dropped ones too.
    n_rows : int
        Training rows.
    remarks : tuple of str
        Sentences on columns that are used.
    missing : tuple of str
        Words that count as missing beside those that always do.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"cm": [1.0, None, 3.0, 4.0], "sex": ["f", "m", "m", "f"], "of": "x"})
    >>> preparation = Preparation.fit(frame)
    >>> preparation.feature_names
    ('cm', 'cm:missing', 'sex=m')
    >>> preparation.transform(pd.DataFrame({"sex": ["m", "?"], "cm": [3, 1]})).tolist()
    [[0.0, 0.0, 1.0], [...]]
    >>> preparation.notes
    ["column 'of' is dropped: it has the same value in every row"]
    """

    columns: tuple[Column, ...]
    n_rows: int
    remarks: tuple[str, ...]
    missing: tuple[str, ...] = ()

    @classmethod
    def fit(
        cls,
        frame: Any,
        *,
        target: str | list[str] | None = None,
        y: Any = None,
        max_categories: int = MAX_CATEGORIES,
        bins: int = 0,
        reading: Reading | None = None,
    ) -> Self:
        """Learn a preparation from training rows.

        Parameters
        ----------
        frame : pandas.DataFrame, shape (n, m)
            Training rows.
        target : str or list of str, optional
            Columns of ``frame`` that are not inputs.
        y : array-like, shape (n,) or (n, k), optional
            The target, used only to warn of columns that give it away.
        max_categories : int
            Most one-hot columns for one input column.
        bins : int
            The most bins of a piecewise-linear encoding of each number, beside it; 0 for none.
        reading : Reading, optional
            What the user says about how columns are written and what they hold.

        Raises
        ------
        InputError
            No rows, two columns of one name, or no column that can be used.
        InputTypeError
            ``frame`` is not a data frame.
        """
        names = column_names(frame)
        if not len(frame):
            raise InputError.of("table", got="no rows", expected="at least one training row")
        if not 2 <= max_categories <= plain.MAX_TEXT:
            raise InputError.of(
                "max_categories", got=max_categories, expected=f"from 2 to {plain.MAX_TEXT}"
            )
        left_out = {target} if isinstance(target, str) else set(target or ())
        against = suspicion.targets(y, len(frame))
        inputs = [i for i, name in enumerate(names) if name not in left_out]
        reading = reading or Reading()
        for name in reading.kinds:
            if name not in names:
                raise absent_columns([name], names)
        table = words_as_missing(frame.iloc[:, inputs], reading.missing)
        recognised = recognise_table(table, reading)
        for keep in (False, True):  # a lone row number is better than nothing
            learned = [
                learn(
                    names[i],
                    table.iloc[:, at],
                    against=against,
                    max_categories=max_categories,
                    recognition=recognised[at],
                    bins=bins,
                    keep=keep or names[i] in reading.kinds,
                )
                for at, i in enumerate(inputs)
            ]
            if not all(isinstance(column, DroppedColumn) for column, _ in learned):
                break
        else:
            raise nothing_to_learn_from([column for column, _ in learned])
        preparation = cls(
            tuple(column for column, _ in learned),
            len(frame),
            tuple(n for _, notes in learned for n in notes),
            tuple(reading.missing),
        )
        _check_width(preparation)
        return preparation

    @cached_property
    def used(self) -> tuple[Column, ...]:
        """The columns that are not dropped."""
        return tuple(column for column in self.columns if not isinstance(column, DroppedColumn))

    @property
    def widths(self) -> tuple[int, ...]:
        """How many output columns, side by side, each of `input_columns` became."""
        return tuple(len(column.outputs()) for column in self.used)

    def without(self, reasons: Mapping[str, str]) -> Self:
        """Leave out input columns that were learned; each reason is the rest of a sentence that begins with "it"."""
        remarks = (f"column {name!r} is left out: {reason}" for name, reason in reasons.items())
        kept = tuple(column for column in self.columns if column.name not in reasons)
        return replace(self, columns=kept, remarks=(*self.remarks, *remarks))

    @property
    def input_columns(self) -> tuple[str, ...]:
        """Columns that a table must have for `transform`."""
        return tuple(column.name for column in self.used)

    @property
    def text_columns(self) -> tuple[str, ...]:
        """Input columns whose text is for the preparation to read; `read_table` takes them so that ``01`` is not 1."""
        return tuple(
            column.name
            for column in self.used
            if column.kind in ("category", "date") or getattr(column, "notation", PLAIN) != PLAIN
        )

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the output columns; ``#2`` is put behind a name that would otherwise come twice."""
        return unique_names(name for column in self.used for name in column.outputs())

    @property
    def notes(self) -> list[str]:
        """One plain sentence for every column that was dropped or deserves a look."""
        dropped = [c for c in self.columns if isinstance(c, DroppedColumn)]
        return [*(column.note for column in dropped), *self.remarks]

    def transform(self, frame: Any) -> NDArray[np.float32]:
        """Prepare rows.

        Parameters
        ----------
        frame : pandas.DataFrame
            Any rows with at least `input_columns`, in any order; others are ignored.

        Returns
        -------
        X : ndarray of float32, shape (n, len(feature_names)), C-contiguous
            Finite throughout; each row depends on that row alone.

        Raises
        ------
        InputError
            A column is absent, or holds words where numbers or dates were learned. Words are accepted, and count as
            missing, only in columns that already held some while they were learned.
        """
        names = column_names(frame)
        position = {name: i for i, name in enumerate(names)}
        if absent := [name for name in self.input_columns if name not in position]:
            raise absent_columns(absent, names)
        frame = words_as_missing(frame, self.missing)
        X = np.zeros((len(frame), len(self.feature_names)), dtype=np.float32)
        start = 0
        for column in self.used:
            series = frame.iloc[:, position[column.name]]
            stop = start + len(column.outputs())
            if not is_usable(series):
                raise InputError.of(
                    f"column {column.name!r}",
                    got=f"values of type {series.dtype}",
                    expected=f"a {column.kind}",
                )
            if len(series):
                column.encode(series, X[:, start:stop])
            start = stop
        return X

    def summary(self) -> list[ColumnSummary]:
        """Describe every input column in the table's order: kind, missing rows, different values, output columns."""
        rows = []
        names = iter(self.feature_names)
        for c in self.columns:
            kind = f"{c.was} (dropped)" if isinstance(c, DroppedColumn) else c.kind
            outputs = tuple(next(names) for _ in c.outputs())
            rows.append(ColumnSummary(c.name, kind, c.missing, c.distinct, outputs))
        return rows

    def to_dict(self) -> dict[str, Any]:
        """Give everything as JSON-able data; `from_dict` makes an equal preparation of it."""
        return {
            "version": _VERSION,
            "n_rows": self.n_rows,
            "columns": [column.to_dict() for column in self.columns],
            "remarks": list(self.remarks),
            "missing": list(self.missing),
        }

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """Make a preparation of plain data from a file that nobody vouches for.

        Raises
        ------
        InputError
            Anything that `to_dict` would not have written: unknown or absent fields, other types, sizes beyond reason,
            numbers that are not finite, fields that contradict each other.
        """
        checkers = {
            "version": plain.count,
            "n_rows": plain.count,
            "columns": plain.listed(stored_column, plain.MAX_COLUMNS),
            "remarks": plain.listed(plain.text, 10 * plain.MAX_COLUMNS),
            "missing": plain.listed(plain.text, plain.MAX_COLUMNS),
        }
        if type(data) is dict and data.get("version") == 1:
            data = of_version_1(data, _VERSION)
        read = plain.fields(data, "top", checkers)
        version = read.pop("version")
        if version != _VERSION:
            known = f"1 to {_VERSION}"
            if version < _VERSION:
                raise plain.refuse("version", version, known)
            remedy = "a newer chainrule wrote it"
            raise InputError.of("preparation, version", got=version, expected=known, remedy=remedy)
        preparation = cls(**read)
        names = [column.name for column in preparation.columns]
        if len(set(names)) < len(names):
            raise plain.refuse("columns", "a name twice", "each name once")
        if not preparation.input_columns:
            raise plain.refuse("columns", "none that is used", "at least one")
        _check_width(preparation)
        return preparation


def _check_width(preparation: Preparation) -> None:
    width = sum(len(column.outputs()) for column in preparation.columns)
    if width > plain.MAX_OUTPUTS:
        raise InputError.of(
            "preparation", got=f"{width} output columns", expected=f"at most {plain.MAX_OUTPUTS}"
        )
