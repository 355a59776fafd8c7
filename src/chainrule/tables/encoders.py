"""How each kind of column becomes numbers for a network: learned once, kept as plain data, applied to any rows.

A number is scaled and bent (`chainrule.tables.scaling`); a missing one is 0, the median, and sets an indicator column
to 1 if some were missing in training. A category is one-hot over its known values; one with two values, and a boolean,
is a single column of -1 and +1; missing and unknown values are 0 throughout. Dates are in `chainrule.tables.dates`.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from chainrule.errors import InputError
from chainrule.tables import columns, plain, text
from chainrule.tables.piecewise import piecewise
from chainrule.tables.scaling import scaled
from chainrule.tables.text import Bools
from chainrule.tables.written_numbers import MAX_UNIT, PLAIN, Notation

Block = NDArray[np.float32]


def first_wrong(name: str, series: Any, bad: Bools, expected: str) -> InputError:
    """Build the error for the first row whose value cannot be used."""
    row = int(np.argmax(bad))
    return wrong_value(name, row, series.iloc[row], int(bad.sum()), expected)


def wrong_value(name: str, row: int, value: object, n: int, expected: str) -> InputError:
    """Build the error for a value that cannot be used, the first of n in its column; ``row`` is counted from 0."""
    remedy = f"correct it or leave it empty ({n} such values in this column)"
    return InputError.of(
        f"column {name!r}, row {row + 1}",
        got=plain.shown(columns.written(value) or ""),
        expected=expected,
        remedy=remedy,
    )


@dataclass(frozen=True)
class Column:
    """One input column and what was learned of it; base of the kinds."""

    kind: ClassVar[str]
    checkers: ClassVar[Mapping[str, plain.Checker]] = {
        "name": plain.text,
        "missing": plain.count,
        "distinct": plain.count,
        "indicator": plain.flag,
    }

    expected: ClassVar[str] = ""

    name: str
    missing: int
    """Rows without a value in training."""
    distinct: int
    """Different values in training."""
    indicator: bool
    """Whether an output column says which rows are missing."""

    def awaited(self) -> str:
        """Say what stands in an error as expected."""
        return self.expected

    def outputs(self) -> tuple[str, ...]:
        """Name the output columns, the indicator last."""
        return (*self.value_outputs(), *([f"{self.name}:missing"] if self.indicator else []))

    def value_outputs(self) -> tuple[str, ...]:
        """Name the output columns other than the indicator."""
        raise NotImplementedError

    def encode(self, series: Any, out: Block) -> None:
        """Write the output columns of every row into ``out``, shape (n, len(outputs())), which holds zeros."""
        raise NotImplementedError

    def unusable(self, series: Any) -> Bools:
        """Mark the rows, shape (n,), whose values `encode` refuses."""
        return np.zeros(len(series), dtype=bool)

    def check(self) -> None:
        """Raise `InputError` where fields contradict each other; called for columns that come from a file."""
        if not self.outputs():
            raise plain.refuse(
                f"column {self.name[:60]!r}", "no output", "at least one output column"
            )

    def to_dict(self) -> dict[str, Any]:
        """Give the fields as JSON-able data, with the kind."""
        data: dict[str, Any] = {"kind": self.kind}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, tuple):
                value = [list(v) if isinstance(v, tuple) else v for v in value]
            data[field.name] = value
        return data


def _notation(value: Any, where: str) -> Notation:
    """Check a notation: [decimal mark, whether there are multiples, unit]."""
    if type(value) is not list or len(value) != 3 or value[0] not in (".", ","):
        raise plain.refuse(where, value, "a decimal mark, true or false, and a unit")
    unit = plain.text(value[2], where)
    if len(unit) > MAX_UNIT:
        raise plain.refuse(where, unit, f"a unit of at most {MAX_UNIT} characters")
    return Notation(value[0], plain.flag(value[1], where), unit)


@dataclass(frozen=True)
class NumberColumn(Column):
    """A number: robust scale and smooth clip, and with ``edges`` a piecewise-linear encoding beside it."""

    kind: ClassVar[str] = "number"
    checkers: ClassVar[Mapping[str, plain.Checker]] = {
        **Column.checkers,
        "median": plain.number,
        "scale": plain.number,
        "words": plain.flag,
        "notation": lambda value, where: _notation(value, where),
        "edges": plain.listed(plain.number, plain.MAX_OUTPUTS),
        "span": plain.listed(plain.number, 2),
    }

    median: float
    scale: float
    """0 when all known values are equal: then only the indicator is put out."""
    words: bool
    """Whether words stood among the numbers in training; then they count as missing later too."""
    notation: Notation = PLAIN
    """How they are written where they come as text."""
    edges: tuple[float, ...] = ()
    """Of the bins of the piecewise-linear encoding; empty for none."""
    span: tuple[float, ...] = ()
    """The least and the greatest in training; empty where they are not known."""

    def awaited(self) -> str:
        """Say how the numbers were written."""
        comma = " with a decimal comma" if self.notation.decimal == "," else ""
        unit = f" in {self.notation.unit}" if self.notation.unit else ""
        return f"a number{comma}{unit}, as in training"

    def value_outputs(self) -> tuple[str, ...]:
        """The scaled number and its bins, unless it did not vary."""
        bins = (f"{self.name}:bin {t}" for t in range(1, len(self.edges)))
        return (self.name, *bins) if self.scale > 0.0 else ()

    def encode(self, series: Any, out: Block) -> None:
        """Scale, bend, and mark what is missing."""
        x, bad = columns.numbers(series, self.notation)
        if not self.words and bad.any():
            raise first_wrong(self.name, series, bad, self.awaited())
        if self.scale > 0.0:
            out[:, 0] = scaled(x, self.median, self.scale)
            if self.edges:
                out[:, 1 : len(self.edges)] = piecewise(x, self.edges)
        if self.indicator:
            out[:, -1] = ~np.isfinite(x)

    def unusable(self, series: Any) -> Bools:
        """Words, unless there were some in training."""
        return super().unusable(series) if self.words else columns.numbers(series, self.notation)[1]

    def check(self) -> None:
        """Refuse a negative scale, and edges of no bins or out of order."""
        super().check()
        if self.scale < 0.0:
            raise plain.refuse(f"column {self.name[:60]!r}, scale", self.scale, "a number >= 0")
        if len(self.edges) == 1 or any(a >= b for a, b in itertools.pairwise(self.edges)):
            raise plain.refuse(f"column {self.name[:60]!r}, edges", "others", "rising edges")
        if len(self.span) == 1 or (self.span and self.span[0] > self.span[1]):
            raise plain.refuse(f"column {self.name[:60]!r}, span", "others", "two ends in order")


@dataclass(frozen=True)
class BooleanColumn(Column):
    """True and false as +1 and -1."""

    kind: ClassVar[str] = "boolean"

    def value_outputs(self) -> tuple[str, ...]:
        """One column, unless only one of the two was seen."""
        return (self.name,) if self.distinct == 2 else ()

    def encode(self, series: Any, out: Block) -> None:
        """Write -1, 0 or 1, and mark what is missing."""
        sign, missing = columns.booleans(series)
        if self.distinct == 2:
            out[:, 0] = sign
        if self.indicator:
            out[:, -1] = missing


@dataclass(frozen=True)
class CategoryColumn(Column):
    """One of a few values, one-hot; a single column of -1 and +1 when there are two."""

    kind: ClassVar[str] = "category"
    checkers: ClassVar[Mapping[str, plain.Checker]] = {
        **Column.checkers,
        "values": plain.listed(plain.text, plain.MAX_OUTPUTS),
        "other": plain.flag,
    }

    values: tuple[str, ...]
    """Known values, sorted by code point."""
    other: bool
    """Whether rare values are pooled in a last column; values never seen belong there too, as they are rare."""

    def value_outputs(self) -> tuple[str, ...]:
        """One column for each value, one for two values, none for one."""
        if self.other:
            return (*(f"{self.name}={value}" for value in self.values), f"{self.name}:other")
        if len(self.values) == 2:
            return (f"{self.name}={self.values[1]}",)
        return (
            tuple(f"{self.name}={value}" for value in self.values) if len(self.values) > 1 else ()
        )

    def _codes(self, values: Any) -> NDArray[np.int64]:
        """Find the values by their spelling, and those of another spelling by what is the same: 1, 1.0 and 01."""
        codes = pc.index_in(values, value_set=pa.array(self.values, pa.large_string()))
        if codes.null_count > values.null_count:
            same = text.same_spelling(pa.array(self.values, pa.large_string()))
            once = pc.value_counts(same).to_pylist()
            unclear = [found["values"] for found in once if found["counts"] > 1]
            same = pc.if_else(pc.is_in(same, value_set=pa.array(unclear, same.type)), None, same)
            codes = pc.coalesce(
                codes, pc.index_in(text.same_spelling(values), value_set=same, skip_nulls=True)
            )
        found: NDArray[np.int64] = (
            pc.fill_null(codes, -1).to_numpy(zero_copy_only=False).astype(np.int64)
        )
        return found

    def encode(self, series: Any, out: Block) -> None:
        """Write a 1 in the column of the value, and mark what is missing."""
        values = columns.texts(series)
        code = self._codes(values)
        present = text.present(values)
        if self.indicator:
            out[:, -1] = ~present
        if self.other:
            code = np.where((code < 0) & present, len(self.values), code)
        elif len(self.values) == 2:
            out[:, 0] = np.array([-1.0, 1.0, 0.0], dtype=np.float32)[code]
            return
        elif len(self.values) < 2:
            return
        rows = np.flatnonzero(code >= 0)
        out[rows, code[rows]] = 1.0

    def check(self) -> None:
        """Refuse values out of order."""
        super().check()
        if any(a >= b for a, b in itertools.pairwise(self.values)):
            raise plain.refuse(
                f"column {self.name[:60]!r}, values", "another order", "sorted values, each once"
            )
