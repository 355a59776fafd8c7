"""The text of an option as numbers and names."""

from __future__ import annotations

import pytest

from chainrule.cli import options
from chainrule.errors import InputError


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a,b", ["a", "b"]),
        ("f(1,2),g", ["f(1,2)", "g"]),
        ("", []),
        (" a ", ["a"]),
        ("a,", ["a", ""]),
        ("f((1,2),3)", ["f((1,2),3)"]),
    ],
)
def test_text_is_cut_at_commas_outside_brackets(text: str, parts: list[str]) -> None:
    assert options.items(text) == parts


@pytest.mark.parametrize("text", ["64,", "1.5", "-3", "64;32", "٣", "0,3", "none,3"])
def test_only_whole_numbers_are_units(text: str) -> None:
    with pytest.raises(InputError, match="--hidden"):
        options.hidden_sizes(text)


@pytest.mark.parametrize("text", ["", "none", "None", "0", " none "])
def test_no_hidden_layer_has_a_name(text: str) -> None:
    assert options.hidden_sizes(text) == ()


@pytest.mark.parametrize("text", ["", "a", "0.1,", "0.1;0.2"])
def test_only_numbers_are_rates(text: str) -> None:
    with pytest.raises(InputError, match="--dropout"):
        options.rates(text)


@pytest.mark.parametrize("text", ["0", "-1", "1e3", "", "many"])
def test_only_whole_numbers_are_a_batch(text: str) -> None:
    with pytest.raises(InputError, match="--batch-size"):
        options.batch_size(text)


def test_a_batch_is_rows_or_auto() -> None:
    assert options.batch_size("auto") == "auto"
    assert options.batch_size("64") == 64
