"""Dates as numbers, against Python's datetime."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.errors import InputError
from chainrule.tables.dates import DATE_PARTS, DateColumn, date_part


@given(st.lists(st.datetimes(), min_size=1, max_size=5))
def test_parts_are_those_of_python(values: list[dt.datetime]) -> None:
    when = np.array([*values, None], dtype="datetime64[us]")
    start = dt.datetime(2000, 1, 1)
    origin = int(np.datetime64(start, "us").astype(int))
    found = {part: date_part(when, part, origin) for part in DATE_PARTS}
    for i, value in enumerate(values):
        for part in ("year", "month", "day"):
            assert found[part][i] == getattr(value, part)
        assert found["weekday"][i] == value.weekday()
        clock = dt.timedelta(
            hours=value.hour,
            minutes=value.minute,
            seconds=value.second,
            microseconds=value.microsecond,
        )
        assert found["hour"][i] == pytest.approx(clock.total_seconds() / 3600, abs=1e-12)
        assert found["days"][i] == pytest.approx(
            (value - start).total_seconds() / 86400, rel=1e-12, abs=1e-9
        )
    assert all(np.isnan(column[-1]) for column in found.values())


def test_only_parts_that_varied_are_put_out() -> None:
    column = DateColumn("day", 1, 9, True, 0, (("month", 6.0, 0.5), ("days", 0.0, 0.25)), False)
    assert column.outputs() == ("day:month", "day:days", "day:missing")
    out = np.zeros((3, 3), dtype=np.float32)
    column.encode(pd.Series(["1970-06-01", "NA", "1970-01-01"]), out)
    assert out[0, 0] == 0.0
    assert out[1].tolist() == [0.0, 0.0, 1.0]
    assert out[2, 1] == 0.0


def test_what_is_no_date_is_refused_unless_words_were_learned() -> None:
    strict = DateColumn("day", 0, 9, False, 0, (("month", 6.0, 0.5),), False)
    out = np.zeros((2, 1), dtype=np.float32)
    with pytest.raises(InputError, match="column 'day', row 2: got 'soon', expected a date"):
        strict.encode(pd.Series(["2024-01-31", "soon"]), out)
    with pytest.raises(InputError, match="row 1: got '7', expected a date"):
        strict.encode(pd.Series([7, 8]), out)
    lenient = DateColumn("day", 0, 9, False, 0, (("month", 6.0, 0.5),), True)
    lenient.encode(pd.Series(["2024-06-30", "soon"]), out)
    assert out.tolist() == [[0.0], [0.0]]
