"""Numbers as people write them, against Python's own formatting."""

from __future__ import annotations

import datetime
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.tables import text
from chainrule.tables.written_numbers import Notation, numbers, recognise

COMMA = Notation(decimal=",")


def read(word: str, notation: Notation | None = None) -> float:
    x, bad = numbers(text.arrow_text([word]), notation or Notation())
    assert bad[0] == math.isnan(x[0])
    return float(x[0])


AMOUNTS = st.decimals(-(10**12), 10**12, places=2)


@given(AMOUNTS, st.sampled_from(["{}", "${}", "€ {}", "{} EUR", "CHF {}", "{} zł"]))
def test_grouped_amounts(amount: object, form: str) -> None:
    english = f"{amount:,}"
    assert read(form.format(english)) == float(amount)  # type: ignore[arg-type]
    german = english.translate(str.maketrans(",.", ".,"))
    assert read(form.format(german), COMMA) == float(amount)  # type: ignore[arg-type]
    for group in ("'", "\u2019", "\u00a0", "\u202f", " "):
        assert read(form.format(german.replace(".", group)), COMMA) == float(amount)  # type: ignore[arg-type]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_plain_numbers_with_a_decimal_comma(x: float) -> None:
    assert read(repr(x).replace(".", ","), COMMA) == x


@pytest.mark.parametrize(
    ("word", "x"),
    [
        ("+5", 5.0),
        ("\u22125", -5.0),
        ("(1,234.5)", -1234.5),
        ("($5)", -5.0),
        ("-$5", -5.0),
        ("$-5", -5.0),
        ("5-", -5.0),
        ("CHF 5.-", 5.0),
        ("14.3%", 0.143),
        ("94,5 %", math.nan),
        ("5‰", 0.005),
        ("12,34,567", 1234567.0),
        ("1:02:03", 3723.0),
        ("2 days 03:00:00", 183600.0),
        ("-1 days +23:00:00", -3600.0),
        ("3:07 PM", 54420.0),
        ("12:00 am", 0.0),
        ("PT1H30M", 5400.0),
        ("2h 50m", 10200.0),
        ("TRUE", 1.0),
        ("false", 0.0),
        ("inf", math.inf),
    ],
)
def test_what_means_the_same_in_every_column(word: str, x: float) -> None:
    assert read(word) == x or (math.isnan(x) and math.isnan(read(word)))


@given(st.timedeltas(datetime.timedelta(0), datetime.timedelta(days=999)))
def test_durations_as_python_writes_them(span: datetime.timedelta) -> None:
    assert read(str(span)) == pytest.approx(span.total_seconds(), abs=1e-6)


@pytest.mark.parametrize(
    "word",
    [
        "3,5",
        "1,23",
        "0,942",
        "012,345",
        "1,2345",
        "0x1A",
        "0xFF",
        "1_000",
        "٣",
        "e5",
        ".",
        "(5",
        "5)",
        "--5",
        "+-5",
        "1e5%",
        "12k",
        "5 kg",
        "1 2",
        "1.2.3",
        "10:60",
        "5 %%",
        "$",
        "%",
        "-",
        "(-5)",
    ],
)
def test_strict_about_numbers(word: str) -> None:
    assert math.isnan(read(word))


def test_a_comma_column_takes_no_decimal_point() -> None:
    assert read("1.234", COMMA) == 1234.0
    assert math.isnan(read("1.5", COMMA))
    assert read("1234", COMMA) == 1234.0


def test_only_the_whole_column_makes_multiples_and_units() -> None:
    def notation(*words: str) -> Notation:
        return recognise(text.arrow_text(list(words))).notation

    assert notation("12k", "3M", "7", "€1.5bn").multiples
    assert not notation("12k", "many", "7").multiples
    assert notation("12 kg", "3.5kg").unit == "kg"
    assert notation("12 kg", "3.5 lb").unit == ""
    assert notation("1248 CC", "998 CC").unit == "CC"
    assert read("110.5M", Notation(multiples=True)) == 110.5e6
    assert read("5 kg", Notation(unit="kg")) == 5.0
    assert math.isnan(read("5 lb", Notation(unit="kg")))


def test_the_mark_is_decided_by_the_column() -> None:
    def proves(*words: str) -> str:
        return recognise(text.arrow_text(list(words))).proves

    assert proves("3,5", "1.000") == ","
    assert proves("3.5", "1,000") == "."
    assert proves("1,234", "5,678") == ""
    assert proves("12", "7") == ""
