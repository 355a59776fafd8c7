"""The same value means the same from delimited text, Parquet and a frame, in fit, in predict and crosswise."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from chainrule.tables import Preparation, read_table

US = pa.timestamp("us")
DAYS = [dt.datetime(2014, 3, day) for day in range(1, 31)]
CLOCK = [dt.time(hour, 30) for hour in range(24)]
SPANS = [dt.timedelta(hours=i * i) for i in range(1, 25)]
OLD = [dt.datetime(year, 6, 15) for year in range(1000, 9999, 300)]

#: Of each kind of value: how it is written in text, in several ways, and as which types it comes.
PAIRS: dict[str, tuple[list[list[str]], list[Any]]] = {
    "whole numbers": (
        [[str(i) for i in range(5)], [f"{i}.0" for i in range(5)], [f"+{i}" for i in range(5)]],
        [pa.array(range(5)), pa.array(map(float, range(5))), pa.array(range(5), pa.uint8())],
    ),
    "numbers": (
        [["1234.5", "-2.25", "0.5"], ["1,234.5", "-2.25", "0.5"], ["$1,234.50", "($2.25)", "$.5"],
         ["1.234,5", "-2,25", "0,5"], ["123450%", "-225 %", "50%"]],
        [pa.array([1234.5, -2.25, 0.5]), pa.array(map(Decimal, ["1234.5", "-2.25", "0.5"]))],
    ),
    "booleans": (
        [["True", "false"], ["TRUE", "FALSE"], ["yes", "No"], ["Y", "n"], ["t", "f"]],
        [pa.array([True, False])],
    ),
    "dates": (
        [[str(d.date()) for d in DAYS], [d.strftime("%d.%m.%Y") for d in DAYS]]
        + [[d.strftime(form) for d in DAYS] for form in ("%m/%d/%Y", "%d/%m/%y", "%d %b %Y", "%Y/%m/%d")],
        [pa.array(DAYS, US), pa.array([d.date() for d in DAYS]), pa.array(DAYS, pa.timestamp("ns"))],
    ),
    "dates beyond nanoseconds": ([[str(d.date()) for d in OLD]], [pa.array(OLD, US)]),
    "times of day": (
        [[str(t) for t in CLOCK], [t.strftime("%I:%M %p") for t in CLOCK]],
        [pa.array(CLOCK, pa.time64("us")), pa.array(CLOCK, pa.time32("s"))],
    ),
    "durations": (
        [[str(s) for s in SPANS], [str(pd.Timedelta(s)) for s in SPANS]],
        [pa.array(SPANS, pa.duration("us")), pa.array(SPANS, pa.duration("ns"))],
    ),
    "hexadecimal": ([["0x1A", "0xFFFFFFFFFFFFFFFF"]], [pa.array(["0x1A", "0xFFFFFFFFFFFFFFFF"])]),
    "categories": ([["red", "blue"], [" red", "blue "]], [pa.array(["red", "blue"]).dictionary_encode()]),
}  # fmt: skip


def sources(name: str) -> list[pd.DataFrame]:
    """The same values read from every kind of text, from Parquet, and as frames of several makes."""
    texts, arrays = PAIRS[name]
    found = []
    for words in texts:
        csv = pd.DataFrame({"v": words, "w": range(len(words))}).to_csv(index=False, sep=";")
        found.append(read_table(io.BytesIO(csv.encode())))
        arrays = [*arrays, pa.array(words)]
    for array in arrays:
        table = pa.table({"v": array, "w": range(len(array))})
        buffer = io.BytesIO()
        pa.parquet.write_table(table, buffer)
        buffer.seek(0)
        found.append(read_table(buffer, format="parquet"))
        found.append(table.to_pandas())
        found.append(table.to_pandas(types_mapper=pd.ArrowDtype))
    return found


@pytest.mark.parametrize("name", PAIRS)
def test_the_same_values_give_the_same_inputs(name: str) -> None:
    frames = sources(name)
    first = Preparation.fit(frames[0]).transform(frames[0])
    assert len(np.unique(first, axis=0)) == len(first)
    for frame in frames:
        np.testing.assert_array_equal(Preparation.fit(frame).transform(frame), first)


@pytest.mark.parametrize("name", PAIRS)
def test_what_was_learned_from_one_reads_the_other(name: str) -> None:
    frames = sources(name)
    plain = [frame for frame in frames if not _needs_its_notation(frame)]
    for learned in frames:
        preparation = Preparation.fit(learned)
        first = preparation.transform(learned)
        typed = [frame for frame in plain if not isinstance(frame["v"].iloc[0], str)]
        for frame in typed if _needs_its_notation(learned) else plain:
            np.testing.assert_array_equal(preparation.transform(frame), first)


def _needs_its_notation(frame: pd.DataFrame) -> bool:
    """Say whether values cannot be read but by what their own column says of a decimal mark or the order of a date."""
    word = str(frame["v"].iloc[0])
    return "," in word or "/" in word[:3]


@pytest.mark.parametrize(
    ("learned", "later"),
    [
        (["1", "2", "3"], [1, 2, 3]),
        (["1", "2", "3"], [1.0, 2.0, 3.0]),
        (["01", "02", "03"], [1, 2, 3]),
        (["01", "02", "03"], ["1", "2.0", "3"]),
        ([1.0, 2.0, 3.0], ["01", "02", "+3"]),
        ([True, False, True], ["true", "FALSE", "True"]),
        (["01", "1", "2"], ["01", "1", "2.0"]),  # here 01 and 1 are two codes
    ],
)
def test_categories_are_the_same_however_they_are_written(
    learned: list[Any], later: list[Any]
) -> None:
    preparation = Preparation.fit(pd.DataFrame({"v": pd.Categorical(learned)}))
    first = preparation.transform(pd.DataFrame({"v": learned}))
    assert first.any(axis=1).all()
    np.testing.assert_array_equal(preparation.transform(pd.DataFrame({"v": later})), first)
    np.testing.assert_array_equal(
        preparation.transform(pd.DataFrame({"v": pd.Series(later, dtype=object)})), first
    )
