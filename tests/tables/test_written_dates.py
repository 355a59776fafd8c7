"""Dates as people write them, against Python's own calendar."""

from __future__ import annotations

import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.tables import text, written_dates

DAY = datetime.datetime(2014, 3, 15)
MOMENTS = st.datetimes(datetime.datetime(1, 1, 1), datetime.datetime(9999, 12, 31))


@given(MOMENTS, st.sampled_from(["T", " "]), st.sampled_from(["", "Z", "+01:00", "-0930"]))
def test_iso_dates_are_read_as_python_reads_them(
    when: datetime.datetime, between: str, offset: str
) -> None:
    words = text.arrow_text([when.isoformat(between) + offset, "soon", None])
    found, bad = written_dates.dates(words)
    assert found[0] == np.datetime64(when, "us")
    assert np.isnat(found[1:]).all()
    assert bad.tolist() == [False, True, False]


FORMS = (
    "%d.%m.%Y",
    "%Y/%m/%d",
    "%d %b %Y",
    "%d-%b-%Y",
    "%B %d, %Y",
    "%d%b%Y",
    "%a, %d %b %Y",
    "%Y-%b-%d",
)
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S%p", "T%H:%M:%S.%f")


@given(
    MOMENTS.filter(lambda when: when.year > 999), st.sampled_from(FORMS), st.sampled_from(CLOCKS)
)
def test_dates_are_read_as_python_writes_them(
    when: datetime.datetime, form: str, clock: str
) -> None:
    written = when.strftime(form + clock)
    found, bad = written_dates.dates(text.arrow_text([written]))
    assert found[0] == np.datetime64(datetime.datetime.strptime(written, form + clock), "us")
    assert not bad[0]


@given(st.dates(datetime.date(1000, 1, 1)), st.sampled_from(["/", "-", " / "]), st.booleans())
def test_the_column_says_whether_the_day_stands_first(
    day: datetime.date, between: str, day_first: bool
) -> None:
    first, second = (day.day, day.month) if day_first else (day.month, day.day)
    words = text.arrow_text([f"{first}{between}{second}{between}{day.year:04}"])
    found, bad = written_dates.dates(words, day_first)
    assert found[0] == np.datetime64(day)
    assert not bad[0]
    if day.day > 12:
        assert written_dates.recognise(words).day_first == day_first


@pytest.mark.parametrize(
    ("word", "day"),
    [
        ("15. März 2014", DAY),
        ("15 de marzo de 2014", DAY),
        ("15 mars 2014", DAY),
        ("15MAR2014:00:00:00", DAY),
        ("Sat Mar 15 00:00:00 2014", DAY),
        ("Sat Mar 15 00:00:00 +0000 2014", DAY),
        ("March 15th, 2014", DAY),
        ("15/3/14", DAY),
        ("15.3.69", datetime.datetime(1969, 3, 15)),
        ("2014-03", datetime.datetime(2014, 3, 1)),
        ("03/2014", datetime.datetime(2014, 3, 1)),
        ("Mar-14", datetime.datetime(2014, 3, 1)),
        ("Sept 2014", datetime.datetime(2014, 9, 1)),
        ("2014Q2", datetime.datetime(2014, 4, 1)),
        ("Q4 2014", datetime.datetime(2014, 10, 1)),
        ("20140315", DAY),
    ],
)
def test_other_writings(word: str, day: datetime.datetime) -> None:
    assert written_dates.dates(text.arrow_text([word]), True)[0][0] == np.datetime64(day, "us")


def test_a_date_does_not_depend_on_its_neighbours() -> None:
    words = [
        "9999-01-01",
        "0001-01-01",
        "2024-01-31T08:00:00.123456789",
        "2024-01-31 08:00",
        "31.1.24",
    ]
    together = written_dates.dates(text.arrow_text(words))[0]
    alone = [written_dates.dates(text.arrow_text([word]))[0][0] for word in words]
    assert together.tolist() == np.array(alone).tolist()
    assert not np.isnat(together).any()


@pytest.mark.parametrize(
    "word",
    [
        "2024-02-30",
        "31.02.2024",
        "2024-01-31T25:00",
        "32 Mar 2014",
        "Marble 3, 2014",
        "2024-13",
        "1.2.3",
        "Jui 2014",
    ],
)
def test_what_is_no_date(word: str) -> None:
    assert written_dates.dates(text.arrow_text([word]))[1].tolist() == [True]
