"""`--report`: checked before any work, written beside the model, told of, and with commands that can be typed."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import QUICK, one_line_error, run

from chainrule.cli.evaluate import evaluate
from chainrule.cli.fit_options import FitOptions
from chainrule.cli.reporting import command
from chainrule.report.reproduction import shell_word

Models = dict[str, Path]


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the pictures out, which take most of the time."""
    monkeypatch.setattr("chainrule.report.embedded._drawn", lambda display, mode: "data:,")


def test_fit_writes_the_page_beside_the_model_and_says_so(penguins_csv: Path) -> None:
    result = run("fit", penguins_csv, "-t", "species", "--report", "report.html", *QUICK)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "report      report.html (" in result.stdout
    assert sorted(p.name for p in Path.cwd().iterdir()) == ["penguins.model", "report.html"]
    page = Path("report.html").read_text(encoding="utf-8")
    line = "chainrule fit penguins.csv --target species --epochs 12 --engine reference --report report.html --hidden 16"
    assert line in page
    assert str(penguins_csv.parent) not in page


@pytest.mark.usefixtures("undrawn")
def test_evaluate_writes_the_page_and_knows_how_the_model_was_trained(
    models: Models, penguins_csv: Path
) -> None:
    arguments = (models["mass"], penguins_csv, "--skip-missing", "--report", "mass.html")
    result = run("evaluate", *arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    page = Path("mass.html").read_text(encoding="utf-8")
    assert "chainrule evaluate mass.model penguins.csv --report mass.html --skip-missing" in page
    assert "chainrule fit penguins.csv --target body_mass_g" in page
    assert "2 rows without a target left out" in page


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        ("nowhere/report.html", "no folder nowhere"),
        (".", "got a folder"),
        ("notes.txt", "is not a chainrule report"),
        ("out.model", "got the model's file"),
        ("", "--report: got nothing"),
    ],
)
def test_a_page_that_could_not_be_written_is_refused_before_the_training(
    report: str, expected: str, penguins_csv: Path
) -> None:
    Path("notes.txt").write_text("mine", encoding="utf-8")
    result = run("fit", penguins_csv, "-t", "species", "-o", "out.model", "--report", report)
    assert expected in one_line_error(result)
    assert [p.name for p in Path.cwd().iterdir()] == ["notes.txt"]
    assert Path("notes.txt").read_text(encoding="utf-8") == "mine"


def test_neither_the_table_nor_the_model_is_overwritten(
    models: Models, table: Callable[..., Path]
) -> None:
    path = table(lambda i: i % 2)
    before = path.read_bytes()
    result = run("fit", path, "-t", "y", "--report", path.name, "--force")
    assert "the file that is read" in one_line_error(result)
    assert path.read_bytes() == before
    model = models["species"]
    result = run("evaluate", model, path, "--report", model, "--force")
    assert "the file that is read" in one_line_error(result)


@pytest.mark.usefixtures("undrawn")
def test_force_replaces_what_is_no_report(models: Models, penguins_csv: Path) -> None:
    Path("page.html").write_text("<p>mine", encoding="utf-8")
    arguments = ("evaluate", models["species"], penguins_csv, "--report", "page.html")
    assert "is not a chainrule report" in one_line_error(run(*arguments))
    assert run(*arguments, "--force").exit_code == 0
    again = run(*arguments, "--json")  # a report may be replaced
    assert json.loads(again.stdout)["report"] == "page.html"


def test_ctrl_c_while_the_page_is_made_keeps_the_model(
    penguins_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("chainrule.report.page.write_report", interrupted)
    result = run("fit", penguins_csv, "-t", "species", "--report", "report.html", *QUICK)
    assert result.exit_code == 130
    assert "it was not written, but the model penguins.model was" in result.stderr
    assert [p.name for p in Path.cwd().iterdir()] == ["penguins.model"]


@pytest.mark.usefixtures("undrawn")
def test_without_test_rows_the_page_says_which_rows_judge(table: Callable[..., Path]) -> None:
    path = table(lambda i: i % 2)
    options = ("--test-fraction", "0", "--validation-fraction", "0", "--report", "r.html")
    assert run("fit", path, "-t", "y", *options, *QUICK).exit_code == 0
    page = Path("r.html").read_text(encoding="utf-8")
    assert "that its training has seen" in page
    assert "they say how well it remembers" in page


def test_a_command_can_be_typed_again() -> None:
    given = {
        "target": "it's; rm -rf $HOME",
        "drop": ["a b", "<c>"],
        "test": "/secret/place/test.csv",
        "skip_missing": True,
        "force": False,
        "max_iter": 100,
        "random_state": 7,
        "unknown": 1,
    }
    line = command("fit", FitOptions, ["/home/ada/-odd table.csv"], given)
    assert shlex.split(line) == [
        *("chainrule", "fit", "./-odd table.csv", "--target", "it's; rm -rf $HOME"),
        *("--drop", "a b", "--drop", "<c>", "--test", "test.csv", "--skip-missing", "--seed", "7"),
    ]
    assert command("evaluate", evaluate, ["m.model", "-"], {"target": None}) == (
        "chainrule evaluate m.model -"
    )
    assert shell_word("a\u202eb\n") == r"$'a\u202eb\n'"
