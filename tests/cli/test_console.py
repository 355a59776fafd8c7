"""The page: notes instead of warnings, one line instead of control characters."""

from __future__ import annotations

import json
import warnings

import pytest
from sklearn.exceptions import ConvergenceWarning

from chainrule.cli.console import Page, print_json
from chainrule.errors import DataWarning, HealthWarning


def test_our_warnings_become_notes_and_those_of_libraries_are_dropped(
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = Page()
    with warnings.catch_warnings():
        warnings.simplefilter("default")  # as Python is started by people, not as in these tests
        with page.collecting():
            for category in (HealthWarning, DataWarning, ConvergenceWarning, RuntimeWarning):
                for _ in range(2):
                    warnings.warn(f"a {category.__name__}\nof two lines", category, stacklevel=1)
    assert page.notes == [
        f"a {name} of two lines" for name in ("HealthWarning", "DataWarning", "ConvergenceWarning")
    ]
    page.print_notes()
    page.print_notes()
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == "note        a HealthWarning of two lines"
    assert len(out.splitlines()) == 3
    assert err == ""


def test_afterwards_warnings_are_as_before() -> None:
    before = warnings.showwarning
    with pytest.raises(ZeroDivisionError), Page().collecting():
        raise ZeroDivisionError
    assert warnings.showwarning is before


def test_a_silent_page_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    page = Page(silent=True)
    page.field("label", "text")
    page.block(["line"])
    page.note("note")
    page.print_notes()
    assert capsys.readouterr().out == ""
    assert page.notes == ["note"]


def test_a_held_page_prints_when_it_is_released(capsys: pytest.CaptureFixture[str]) -> None:
    page = Page(held=True)
    page.field("label", "first")
    assert capsys.readouterr().out == ""
    page.release()
    page.field("label", "second")
    assert capsys.readouterr().out.split() == ["label", "first", "label", "second"]


def test_long_text_is_wrapped_beside_its_label(capsys: pytest.CaptureFixture[str]) -> None:
    Page().field("label", "word " * 60)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 1
    assert all(len(line) <= 100 for line in lines)
    assert all(line.startswith(" " * 12) for line in lines[1:])


def test_markup_and_escapes_are_text(capsys: pytest.CaptureFixture[str]) -> None:
    page = Page()
    page.field("label", "[bold]x[/bold] :smile: \x1b[31m")
    page.block(["\x1b]0;title\x07"])
    out = capsys.readouterr().out
    assert "[bold]x[/bold] :smile: \\x1b[31m" in out
    assert "\x1b" not in out


def test_json_has_no_nan(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": float("nan"), "b": [1.5, float("inf")], 3: ("é",)})
    assert json.loads(capsys.readouterr().out) == {"a": None, "b": [1.5, None], "3": ["é"]}
