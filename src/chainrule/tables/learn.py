"""Learning one column from the training rows: its kind, what is kept of it, or why it is dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from chainrule.errors import InputError
from chainrule.tables import columns, plain, suspicion, text
from chainrule.tables.dates import DATE_PARTS, DateColumn, date_part
from chainrule.tables.encoders import Block, BooleanColumn, CategoryColumn, Column, NumberColumn
from chainrule.tables.piecewise import quantile_edges
from chainrule.tables.recognition import Recognition, examples, option
from chainrule.tables.scaling import robust_scale


@dataclass(frozen=True)
class DroppedColumn(Column):
    """A column that is not used; it need not be there when predicting."""

    kind: ClassVar[str] = "dropped"
    checkers: ClassVar[dict[str, plain.Checker]] = {
        **Column.checkers,
        "was": plain.text,
        "reason": plain.text,
    }

    was: str
    """The kind that was recognised."""
    reason: str
    """Why, as the rest of a sentence that begins with "it"."""

    @property
    def note(self) -> str:
        """Say why it is dropped and, where it could be used, how it is kept."""
        kept = f"; --as {option(self.name, self.was)} keeps it" if self.distinct > 1 else ""
        return f"column {self.name!r} is dropped: {self.reason}{kept}"

    def value_outputs(self) -> tuple[str, ...]:
        """None."""
        return ()

    def encode(self, series: Any, out: Block) -> None:
        """Fail: nobody asks this of a dropped column."""
        raise AssertionError("a dropped column has no output")

    def check(self) -> None:
        """Refuse an indicator."""
        if self.indicator:
            raise plain.refuse(
                f"column {self.name[:60]!r}, indicator", True, "false for a dropped column"
            )


def learn(
    name: str,
    series: Any,
    *,
    against: Sequence[suspicion.Target],
    max_categories: int,
    recognition: Recognition | None,
    bins: int = 0,
    keep: bool = False,
) -> tuple[Column, list[str]]:
    """Learn one column.

    Parameters
    ----------
    name : str
    series : pandas.Series, shape (n,)
    against : sequence of suspicion.Target
        The targets, to look for leaks.
    bins : int
        Of the piecewise-linear encoding of a number; 0 for none.
    max_categories : int
        Most one-hot columns; rarer values are pooled in the last one.
    recognition : Recognition, optional
        What the column was taken for; None if it holds no single values.
    keep : bool
        Keep it even if it seems to say only which row it is.

    Returns
    -------
    column : Column
    notes : list of str
        Sentences for the user, without the reason for which a column is dropped.
    """
    if recognition is None:
        return DroppedColumn(
            name, 0, 0, False, "other", "it does not hold single values such as numbers or text"
        ), []
    notes = [recognition.note] if recognition.note else []
    x = None
    if recognition.kind == "number":
        x, codes, column = _number(name, series, recognition, bins, notes, keep)
    elif recognition.kind == "date":
        codes, column = _date(name, series, recognition)
    elif recognition.kind == "boolean":
        codes, column = _boolean(name, series)
    else:
        codes, column = _category(name, series, max_categories, notes, keep)
    if isinstance(column, DroppedColumn):
        return column, notes
    if column.distinct == 1:
        notes.append(
            f"column {name!r} has one value besides missing ones; only whether it is missing is used"
        )
    if leak := suspicion.leak_remark(name, codes, x, against):
        notes.append(leak)
    return column, notes


def nothing_to_learn_from(learned: Sequence[Column]) -> InputError:
    """Return the error for a table none of whose columns can be used."""
    reasons = "; ".join(
        f"{c.name!r}: {c.reason}" for c in learned[:5] if isinstance(c, DroppedColumn)
    )
    return InputError.of(
        "table",
        got=f"no column to learn from ({reasons or 'there is none beside the target'})",
        expected="at least one column of numbers, categories, booleans or dates that varies",
    )


def _empty_or_constant(name: str, kind: str, missing: int, distinct: int) -> DroppedColumn | None:
    if distinct == 0:
        return DroppedColumn(name, missing, 0, False, kind, "it has no value in any row")
    if distinct == 1 and missing == 0:
        return DroppedColumn(name, 0, 1, False, kind, "it has the same value in every row")
    return None


def _number(
    name: str, series: Any, recognition: Recognition, bins: int, notes: list[str], keep: bool
) -> tuple[text.Floats, suspicion.Codes, Column]:
    x = columns.numbers(series, recognition.notation)[0]
    infinite = int(np.isinf(x).sum())
    if infinite:
        notes.append(
            f"column {name!r} is infinite in {infinite} row{'s' * (infinite > 1)}, which count as missing"
        )
        x = np.where(np.isinf(x), np.nan, x)
    codes = suspicion.coded(x)
    missing, distinct = int((codes < 0).sum()), int(codes.max(initial=-1)) + 1
    if dropped := _empty_or_constant(name, "number", missing, distinct):
        return x, codes, dropped
    if not keep and (reason := suspicion.identifier_reason(name, x)):
        return x, codes, DroppedColumn(name, missing, distinct, False, "number", reason)
    if remark := suspicion.identifier_remark(name, x):
        notes.append(remark)
    median, scale = robust_scale(x)
    if scale == 0.0 and not missing:
        reason = "its values differ by less than a computer's arithmetic can tell apart"
        return x, codes, DroppedColumn(name, missing, distinct, False, "number", reason)
    words, notation = recognition.words, recognition.notation
    edges = quantile_edges(x, bins) if bins else ()
    about = (name, missing, distinct, missing > 0)
    span = (float(np.nanmin(x)), float(np.nanmax(x)))
    column = NumberColumn(*about, median, scale, words, notation, edges, span)
    return x, codes, column


def _date(name: str, series: Any, recognition: Recognition) -> tuple[suspicion.Codes, Column]:
    when = columns.dates(series, recognition.day_first)[0]
    codes = suspicion.coded(when)
    missing, distinct = int((codes < 0).sum()), int(codes.max(initial=-1)) + 1
    if dropped := _empty_or_constant(name, "date", missing, distinct):
        return codes, dropped
    ticks = np.sort(when[~np.isnat(when)].astype(np.int64))
    origin = int(ticks[(len(ticks) - 1) // 2])
    learned = ((part, *robust_scale(date_part(when, part, origin))) for part in DATE_PARTS)
    parts = tuple((part, median, scale) for part, median, scale in learned if scale > 0.0)
    words, day_first = recognition.words, recognition.day_first
    return codes, DateColumn(name, missing, distinct, missing > 0, origin, parts, words, day_first)


def _boolean(name: str, series: Any) -> tuple[suspicion.Codes, Column]:
    sign, absent = columns.booleans(series)
    codes = np.where(absent, -1, (sign > 0).astype(np.int64))
    missing, distinct = int(absent.sum()), len(pd.unique(codes[codes >= 0]))
    dropped = _empty_or_constant(name, "boolean", missing, distinct)
    return codes, dropped or BooleanColumn(name, missing, distinct, missing > 0)


def _category(
    name: str, series: Any, max_categories: int, notes: list[str], keep: bool
) -> tuple[suspicion.Codes, Column]:
    values = columns.texts(series)
    codes = suspicion.coded_text(values)
    missing, distinct = int(values.null_count), int(codes.max(initial=-1)) + 1
    if dropped := _empty_or_constant(name, "category", missing, distinct):
        return codes, dropped
    if pc.max(pc.utf8_length(values)).as_py() > plain.MAX_TEXT:
        reason = f"it holds text of more than {plain.MAX_TEXT} characters"
        return codes, DroppedColumn(name, missing, distinct, False, "category", reason)
    if not keep and (reason := suspicion.text_reason(values, distinct)):
        reason += f", such as {examples(pc.drop_null(values).slice(0, 1))}"
        return codes, DroppedColumn(name, missing, distinct, False, "category", reason)
    known = pc.unique(pc.drop_null(values)).to_pylist()  # in the order of the codes
    other = distinct > max_categories
    if other:
        often = np.bincount(codes[codes >= 0], minlength=distinct)
        by_frequency = sorted(zip((-often).tolist(), known, strict=True))
        known = [value for _, value in by_frequency[: max_categories - 1]]
        pooled = distinct - len(known)
        notes.append(
            f"column {name!r} has {distinct} different values; the {pooled} rarest are pooled as 'other'"
        )
    return codes, CategoryColumn(name, missing, distinct, missing > 0, tuple(sorted(known)), other)


KINDS: dict[str, type[Column]] = {
    kind.kind: kind
    for kind in (NumberColumn, BooleanColumn, CategoryColumn, DateColumn, DroppedColumn)
}
"""The record of each kind, by the name it has in plain data."""
