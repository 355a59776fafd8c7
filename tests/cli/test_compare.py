from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from tests.cli.conftest import run

QUICK = ("--hidden", "4", "--hidden", "8,4", "--epochs", "4", "--seeds", "2", "--threads", "2")


@pytest.fixture(autouse=True)
def _uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small networks: NumPy alone is as good."""
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")


def test_it_prints_a_ranking_tests_the_best_and_writes_a_folder(penguins_csv: Path) -> None:
    result = run("compare", penguins_csv, "-t", "species", *QUICK)
    assert result.exit_code == 0, result.output
    text = result.output
    assert "2 candidates, 4 trainings of at most 4 epochs" in text
    for architecture in ("14→4→3", "14→8→4→3"):
        assert architecture in text
    assert "beside the best" in text
    assert "on 69 test rows held out; the baseline says always Adelie" in text
    folder = Path("penguins.comparison")
    found = {path.name for path in folder.iterdir()}
    figures = {"losses.png", "scores.png", "boundaries.png"}
    assert found == {"comparison.csv", "trials.csv", "comparison.json", *figures}
    best = pd.read_csv(folder / "comparison.csv")["candidate"][0].replace("-", ",")
    command = text[text.index("fit it") :].split("chainrule", 1)[1].split()
    assert command[:2] == ["fit", str(penguins_csv)]
    assert command[command.index("--hidden") + 1] == best
    assert command[command.index("--epochs") + 1] == "4"


def test_json_for_programs(penguins_csv: Path) -> None:
    arguments = ("--activation", "relu", "--activation", "tanh", "--solver", "adam", "--folds", "2")
    result = run(
        "compare", penguins_csv, "-t", "body_mass_g", "--skip-missing", "--json", "-o", "none",
        "--hidden", "4", "--epochs", "3", "--seeds", "1", *arguments,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout)
    assert {c["activation"] for c in data["candidates"]} == {"relu", "tanh"}
    assert data["score"] == "R²"
    assert data["folds"] == 2
    assert len(data["trials"]) == 4
    assert data["best"] == data["candidates"][0]["candidate"]
    assert set(data["test"]["scores"]) == {"r2", "mae", "rmse"}
    assert list(Path().iterdir()) == []


def test_quiet_says_nothing_and_both_kinds_of_figures(penguins_csv: Path) -> None:
    result = run(
        "compare", penguins_csv, "-t", "species", *QUICK, "-q", "-o", "here", "--figures", "svg,png"
    )
    assert (result.exit_code, result.output) == (0, "")
    assert Path("here/losses.svg").exists()
    assert Path("here/losses.png").exists()
    again = run("compare", penguins_csv, "-t", "species", *QUICK, "-q", "-o", "here")
    assert again.exit_code == 0  # a folder of an earlier comparison may be written again


def refused(*arguments: object) -> str:
    result = run("compare", *arguments)
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("chainrule: ")
    assert result.stderr.count("\n") == 1
    return result.stderr


def test_folders_that_would_be_harmed_are_refused_before_any_work(penguins_csv: Path) -> None:
    Path("full").mkdir()
    Path("full/thesis.tex").write_text("years of work")
    Path("file").write_text("")
    given = (penguins_csv, "-t", "species", *QUICK)
    assert "a folder with other files in it" in refused(*given, "-o", "full")
    assert "got a file, expected a folder" in refused(*given, "-o", "file")
    assert "no folder" in refused(*given, "-o", "nowhere/at/all")
    assert run("compare", *given, "-q", "-o", "full", "--force").exit_code == 0
    assert Path("full/thesis.tex").read_text() == "years of work"


def test_what_cannot_be_compared(penguins_csv: Path, table: Callable[..., Path]) -> None:
    given = (penguins_csv, "-t", "species", "-o", "none")
    assert "--hidden: got 'x'" in refused(*given, "--hidden", "x")
    assert "4 twice" in refused(*given, "--hidden", "4", "--hidden", "4")
    assert "--figures: got 'gif'" in refused(*given, "--figures", "gif")
    assert "--target" in refused(penguins_csv, "-t", "specie", "-o", "none")
    assert "folds" in refused(*given, "--folds", "1000")
    assert "--validation-fraction" in refused(*given, "--validation-fraction", "0")
    assert "relu" in refused(*given, "--activation", "rulu", "--epochs", "1")
