"""What written values mean, against Python's own readers."""

from __future__ import annotations

import math
import string

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.tables import text


@pytest.mark.parametrize(
    "word", ["", "  ", "NA", " n/a", "NaN", "null", "NULL", "?", "None", "#N/A"]
)
def test_missing_markers_become_null(word: str) -> None:
    assert text.arrow_text([word, "x"]).to_pylist() == [None, "x"]


@pytest.mark.parametrize("word", ["-", "nada", "N A", "0", "none of these", "??"])
def test_other_words_stay(word: str) -> None:
    assert text.arrow_text([word]).to_pylist() == [word]


def test_arrays_without_chunks_and_surrogates() -> None:
    assert len(text.arrow_text(pa.chunked_array([], pa.string()))) == 0
    assert text.arrow_text(pa.chunked_array([["a "], ["b"]])).to_pylist() == ["a", "b"]
    assert text.arrow_text(["a\ud800", None]).to_pylist() == ["a?", None]


@given(st.lists(st.floats(allow_nan=False) | st.integers(-(2**53), 2**53)))
def test_numbers_are_read_exactly_as_python_reads_them(values: list[float]) -> None:
    x, bad = text.numbers(text.arrow_text([repr(v) for v in values]))
    assert x.tolist() == [float(v) for v in values]
    assert not bad.any()


@given(st.text("+-.eE105infNa_()xIF ,", max_size=7))
def test_the_fast_and_the_careful_path_agree(word: str) -> None:
    alone = text.arrow_text([word])
    beside = text.arrow_text([word, "word"])
    x, bad = text.numbers(alone)
    y, also = text.numbers(beside)
    np.testing.assert_array_equal(x, y[:1])
    assert bad[0] == also[0]
    assert also[1]


@pytest.mark.parametrize(
    "word", ["1,234", "3,5", "$5", "0x1A", "1_000", "5%", "1 2", "٣", "e5", "."]
)
def test_strict_about_numbers(word: str) -> None:
    x, bad = text.numbers(text.arrow_text([word]))
    assert math.isnan(x[0])
    assert bad[0]


def test_codes() -> None:
    assert text.looks_like_codes(text.arrow_text(["01069", "10115", None]))
    assert text.looks_like_codes(text.arrow_text(["12345678901234567890", "1"]))
    assert not text.looks_like_codes(text.arrow_text(["0", "1"]))
    assert not text.looks_like_codes(text.arrow_text(["01", "1"]))
    assert not text.looks_like_codes(text.arrow_text(["01", "x1"]))
    assert not text.looks_like_codes(text.arrow_text([None]))


def test_booleans() -> None:
    sign, bad = text.booleans(text.arrow_text(["TRUE", "n", "1", "0.0", "maybe", None]))
    assert sign.tolist() == [1, -1, 1, -1, 0, 0]
    assert bad.tolist() == [False] * 4 + [True, False]
    assert text.are_booleans(text.arrow_text(["True", "false", None]))
    assert not text.are_booleans(text.arrow_text(["yes", "false"]))
    assert not text.are_booleans(text.arrow_text([None]))


@given(st.lists(st.text(string.printable, max_size=4) | st.none(), max_size=5))
def test_cleaning_twice_changes_nothing(words: list[str | None]) -> None:
    once = text.arrow_text(words)
    assert pc.equal(once, text.arrow_text(once)).to_pylist() == [
        None if v is None else True for v in once.to_pylist()
    ]
