"""Plain text: what is shown is what was meant, whatever a stranger's file says."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from chainrule.report import wording


@given(st.text())
def test_printable_text_is_one_line_that_a_terminal_only_shows(written: str) -> None:
    line = wording.printable(written)
    assert line.isprintable()
    assert "\x1b" not in line


def test_printable_text_keeps_what_is_harmless() -> None:
    assert wording.printable("Größe in cm, 37 °C") == "Größe in cm, 37 °C"
    assert wording.printable("right\u202eleft") == "right\\u202eleft"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.12345678, "0.1235"),
        (-2.0, "-2"),
        (9999.4, "9999"),
        (123456.0, "123,456"),
        (1e15, "1e+15"),
        (1e-9, "1e-09"),
        (float("inf"), "inf"),
    ],
)
def test_numbers_are_as_long_as_they_must_be(value: float, shown: str) -> None:
    assert wording.number(value) == shown


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=200))
def test_a_sparkline_is_never_wider_than_asked(values: list[float]) -> None:
    line = wording.sparkline(values, 17)
    assert len(line) <= 17
    assert set(line) <= set(wording.BARS)


def test_a_sparkline_shows_highest_and_lowest() -> None:
    line = wording.sparkline([5.0, None, 1.0, 3.0])
    assert (line[0], line[1]) == (wording.BARS[-1], wording.BARS[0])
    assert len(wording.sparkline(list(range(1000)), 40)) == 40


def test_a_table_is_aligned_for_wide_characters_too() -> None:
    lines = wording.table([["名前", "1"], ["name", "22"]], right=(1,))
    assert lines == ["名前   1", "name  22"]


def test_rows_of_different_lengths_are_filled() -> None:
    assert wording.table([["a"], ["b", "c"]]) == ["a", "b  c"]
    assert wording.table([]) == []


@pytest.mark.parametrize("width", [40, 80])
def test_a_confusion_matrix_that_is_too_wide_becomes_a_list_of_mistakes(width: int) -> None:
    k = 30
    matrix = [[10 if i == j else (3 if j == i + 1 else 0) for j in range(k)] for i in range(k)]
    lines = wording.confusion(matrix, [f"class {i}" for i in range(k)], width)
    assert max(map(cell_len, lines)) <= width
    assert lines[0].split() == ["true", "predicted", "rows"]
    assert lines[-1] == "and 14 more kinds of mistake"


def test_a_confusion_matrix_without_mistakes_that_is_too_wide_says_so() -> None:
    matrix = [[int(i == j) for j in range(30)] for i in range(30)]
    assert wording.confusion(matrix, list(range(30)), 40) == ["no row is mistaken"]


def test_rich_prints_these_lines_as_they_are() -> None:
    file = io.StringIO()
    console = Console(file=file, markup=False, highlight=False, width=200)
    for line in wording.confusion([[1, 2], [3, 4]], ["[red]", "[/red]"]):
        console.print(line)
    assert "[red]" in file.getvalue()


def test_durations_and_sizes_roll_over() -> None:
    assert wording.duration(59.96) == "60.0 s"
    assert wording.duration(3599.9) == "1 h 0 min"
    assert wording.size(999) == "999 bytes"
    assert wording.size(1) == "1 byte"
