"""Tables, models, and a way to run the command inside this process."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from chainrule.cli import app

#: Small and without compilation: these tests are about the command, not about the engines.
QUICK = ("--engine", "reference", "--epochs", "12", "--hidden", "16")
Run = Callable[..., Result]


def run(*arguments: object, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments], input=stdin)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run every test in a folder of its own, which is where the command writes."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory, penguins_csv: Path) -> dict[str, Path]:
    """A classifier and a regressor of the penguins, fitted by the command."""
    folder = tmp_path_factory.mktemp("models")
    found = {}
    for name, target in (("species", "species"), ("mass", "body_mass_g")):
        found[name] = folder / f"{name}.model"
        options = ("-t", target, "-o", found[name], "--skip-missing", "-q")
        result = run("fit", penguins_csv, *options, *QUICK)
        assert result.exit_code == 0, result.output
    return found


def write_csv(path: Path, rows: Sequence[Sequence[Any]]) -> Path:
    with open(path, "w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows(rows)
    return path


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., Path]:
    """Write a table of 60 rows: a number x, a category c, a target y given row by row."""

    def make(target: Callable[[int], Any], name: str = "table.csv") -> Path:
        draw = random.Random(0)
        rows = [[draw.random(), "ab"[i % 2], target(i)] for i in range(60)]
        return write_csv(tmp_path / name, [["x", "c", "y"], *rows])

    return make


def one_line_error(result: Result) -> str:
    """Check that a command failed as it should, and return what it said."""
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("chainrule: ")
    return lines[0]
