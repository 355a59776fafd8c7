"""What a column is taken for, what is said of it, and how columns settle each other's writing."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from chainrule.errors import InputError
from chainrule.tables.reading_options import Reading
from chainrule.tables.recognition import recognise, recognise_table


def test_a_few_words_among_numbers_count_as_missing_and_are_named() -> None:
    found = recognise("cm", pd.Series(["1.5"] * 38 + ["many", "few"]))
    assert (found.kind, found.words) == ("number", True)
    assert "numbers but for 2 of 40 values ('many', 'few'), which count as missing" in found.note
    assert "--as cm=category" in found.note
    found = recognise("cm", pd.Series(["1.5"] * 37 + ["many", "few", "a"]))
    assert found.kind == "category"
    assert "3 of 40" in found.note or "3 values are none" in found.note
    assert "--missing many" in found.note
    found = recognise("day", pd.Series(["2024-01-31"] * 19 + ["soon"]))
    assert (found.kind, found.words) == ("date", True)


@pytest.mark.parametrize("dash", ["-", "--", ".", "n.a.", "Unknown", "missing"])
def test_placeholders_count_as_missing_however_many_they_are(dash: str) -> None:
    found = recognise("cm", pd.Series([dash] * 10 + ["1.5", "2", "7"]))
    assert (found.kind, found.words) == ("number", True)
    assert "10 of 13" in found.note
    assert recognise("word", pd.Series([dash, "red", "blue"])).kind == "category"


def test_codes_stay_words() -> None:
    codes = recognise("zip", pd.Series(["01069", "10115"]))
    assert codes.kind == "category"
    assert "01069" in codes.note
    for words in (
        ["0x00", "0xFF"],
        ["0xFFFFFFFFFFFFFFFF"],
        ["1012 AB", "3511 XY"],
        ["10.0.0.1", "10.0.0.12"],
    ):
        assert recognise("x", pd.Series(words)).kind == "category"


def test_objects_that_are_numbers_but_not_written_as_such() -> None:
    for values in ([True, 1.5, 2], [dt.timedelta(hours=1), None], [dt.time(1, 2), None]):
        assert recognise("x", pd.Series(values, dtype=object)).kind == "number"
    found = recognise("x", pd.Series([True] + [1.5] * 30 + ["few"], dtype=object))
    assert (found.kind, found.words) == ("number", True)
    assert "1 of 32 values ('few')" in found.note


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["6.397,94", "10.405,95"], "'6.397,94' is 6397.94"),
        (["$6,397.94", "$1.00"], "'$6,397.94' is 6397.94"),
        (["(5.5)", "7"], "'(5.5)' is -5.5"),
        (["12k", "3M"], "'12k' is 12000"),
        (["12 kg", "3.5 kg"], "'12 kg' is 12"),
        (["94 %", "7 %"], "'94 %' is 0.94"),
        (["94 %", "7"], "not all have a percent sign: '7' is 7"),
        (["1,234", "5,678"], "'1,234' is 1234; --decimal , reads 1.234"),
        (["01:30", "02:00"], "'01:30' is 5400"),
    ],
)
def test_what_is_read_as_a_number_is_said_with_an_example(words: list[str], said: str) -> None:
    found = recognise("x", pd.Series(words))
    assert found.kind == "number"
    assert said in found.note


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["13.08.2016", "01.02.2016"], "'13.08.2016' is 2016-08-13"),
        (["8/13/2016", "1/2/2016"], "'8/13/2016' is 2016-08-13"),
        (["13 Mar 2016", "2016-03-10"], "'13 Mar 2016' is 2016-03-13"),
        (["3/4/2016", "1/2/2016"], "'3/4/2016' is 2016-03-04; --dates day-first reads 2016-04-03"),
    ],
)
def test_what_is_read_as_a_date_is_said_with_an_example(words: list[str], said: str) -> None:
    found = recognise("x", pd.Series(words))
    assert found.kind == "date"
    assert said in found.note


def test_plain_numbers_and_iso_dates_need_no_word() -> None:
    for words in (["1.234", "2"], ["2024-01-31"], ["yes", "no"], ["red", "blue"]):
        assert recognise("x", pd.Series(words)).note == ""


def test_columns_settle_what_others_leave_open() -> None:
    def read(frame: dict[str, Any], **reading: Any) -> list[Any]:
        found = recognise_table(pd.DataFrame(frame), Reading(**reading))
        return [r.notation.decimal if r.kind == "number" else r.day_first for r in found if r]

    open_ = {"a": ["1.234", "5.678"]}
    assert read(open_) == ["."]
    assert read({**open_, "b": ["3,5", "4"]}) == [",", ","]
    assert read({**open_, "b": ["$3.5", "4"]}) == [".", "."]
    assert read(open_, decimal=",") == [","]
    assert read({"a": ["3/4/2014"]}) == [False]
    assert read({"a": ["3/4/2014"], "b": ["30/4/2014"]}) == [True, True]
    assert read({"a": ["3/4/2014"], "b": ["3,5"]}) == [True, ","]
    assert read({"a": ["3/4/2014"]}, day_first=True) == [True]


def test_the_user_decides() -> None:
    series = pd.Series(["1", "2", "x"])
    for kind in ("number", "category", "boolean"):
        assert recognise("x", series, Reading(kinds={"x": kind})).kind == kind
    days = pd.Series([20140315, 20140316])
    assert recognise("day", days).kind == "number"
    assert recognise("day", days, Reading(kinds={"day": "date"})).kind == "date"
    assert recognise("n", pd.Series([1, 2]), Reading(kinds={"n": "category"})).kind == "category"


@pytest.mark.parametrize("given", [{"decimal": "x"}, {"kinds": {"a": "text"}}, {"decimals": "."}])
def test_a_reading_that_cannot_be_used_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Reading.of(given)


def test_no_value_at_all() -> None:
    assert recognise("x", pd.Series([None, "NA", np.nan], dtype=object)).kind == "category"
