"""`chainrule fit` with a recipe for tables, and what the other commands make of its model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.cli.conftest import one_line_error, run, write_csv

import chainrule

FAST = ("--preset", "fast", "--engine", "reference")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, penguins_csv: Path) -> Path:
    path = tmp_path_factory.mktemp("ensemble") / "p.model"
    result = run("fit", penguins_csv, "-t", "species", "-o", path, "-q", *FAST)
    assert result.exit_code == 0, result.output
    return path


def test_it_tells_what_it_trains(penguins_csv: Path) -> None:
    result = run("fit", penguins_csv, "-t", "species", *FAST)
    said = " ".join(result.stdout.split())
    for part in (
        "275 to learn from, 69 to test on",
        "7 of 7 used",
        "the mean of 5 such nets is the prediction",
        "preset fast: 5 nets on folds",
        "temperature",
    ):
        assert part in said, part
    assert result.stderr == ""


def test_without_options_of_one_network_it_is_the_recipe(table: Callable[..., Path]) -> None:
    path = table(lambda i: "yes" if i % 2 else "no")
    told = json.loads(run("fit", path, "-t", "y", "--json", "--engine", "reference").stdout)
    assert told["scores"]["accuracy"] == 1.0
    assert isinstance(chainrule.load("table.model"), chainrule.TableClassifier)
    assert len(chainrule.load("table.model").thetas_) == 10
    said = run("fit", path, "-t", "y", "--hidden", "3", "--force", "--engine", "reference")
    assert "--hidden: one network is trained" in " ".join(said.stdout.split())
    assert isinstance(chainrule.load("table.model"), chainrule.MLPClassifier)
    run("fit", path, "-t", "y", "--preset", "mlp", "--force", "--engine", "reference")
    assert isinstance(chainrule.load("table.model"), chainrule.MLPClassifier)


def test_groups_are_whole_in_the_folds_too(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [[g, rng.normal(), rng.normal()] for g in range(20) for _ in range(8)]
    path = write_csv(tmp_path / "g.csv", [["g", "x", "y"], *rows])
    told = json.loads(run("fit", path, "-t", "y", "--groups", "g", "--json", *FAST).stdout)
    assert told["rows"]["validation"] == 0
    assert "g" not in [column["column"] for column in told["columns"]]


def test_what_is_said_of_the_columns_is_followed(table: Callable[..., Path]) -> None:
    path = table(lambda i: i % 7)
    told = json.loads(
        run("fit", path, "-t", "y", "--as", "x=category", "--missing", "a", "--json", *FAST).stdout
    )
    kinds = {column["column"]: column["kind"] for column in told["columns"]}
    assert kinds["x"] == "category"
    assert chainrule.load("table.model").preparation_.missing == ("a",)


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (("--preset", "quick"), "--preset: got 'quick', expected one of fast, default, mlp"),
        (("--preset", "fast", "--epochs", "3"), "--preset: got fast beside --epochs"),
        (("--max-time", "0"), "--max-time: got 0.0"),
    ],
)
def test_what_cannot_be_followed_is_one_line(
    penguins_csv: Path, options: tuple[str, ...], part: str
) -> None:
    assert part in one_line_error(run("fit", penguins_csv, "-t", "species", *options))


def test_predict_evaluate_inspect_and_trace_take_the_model(model: Path, penguins_csv: Path) -> None:
    frame = pd.read_csv(penguins_csv)
    assert run("predict", model, penguins_csv, "-o", "out.csv", "--proba").exit_code == 0
    told = pd.read_csv("out.csv")
    assert (told["prediction"] == frame["species"]).mean() > 0.95
    estimator = chainrule.load(model)
    p = estimator.predict_proba(frame.drop(columns="species"))
    np.testing.assert_allclose(told.iloc[:, 1:].to_numpy(), p, atol=1e-6)
    scored = json.loads(run("evaluate", model, penguins_csv, "--json").stdout)
    assert scored["scores"]["accuracy"] == pytest.approx(
        (told["prediction"] == frame["species"]).mean()
    )
    said = " ".join(run("inspect", model).stdout.split())
    assert "of each layer, the first net's" in said
    assert "the mean of 5 such nets is the prediction" in said
    assert json.loads(run("inspect", model, "--json").stdout)["members"] == 5
    assert "row 3" in run("trace", model, penguins_csv, "--row", "3").stdout
    assert "the first of 5 nets" in run("trace", model, penguins_csv, "--row", "3").stdout
    error = one_line_error(run("evaluate", model, penguins_csv, "--report", "r.html"))
    assert "--report: got a model of 5 nets" in error


def test_the_first_member_is_one_network(model: Path, penguins_csv: Path) -> None:
    estimator, frame = chainrule.load(model), pd.read_csv(penguins_csv)
    X, y = frame.drop(columns="species"), frame["species"]
    members = [estimator.member(t).predict_proba(X) for t in range(5)]
    p = np.mean(members, axis=0) ** (1 / estimator.temperature_)
    np.testing.assert_allclose(
        estimator.predict_proba(X), p / p.sum(axis=1, keepdims=True), atol=1e-6
    )
    _, Z, Y, _ = estimator.as_network(X[:3], y[:3])
    assert Z.shape == (3, estimator.network_.sizes[0])
    assert Y.sum() == 3.0
