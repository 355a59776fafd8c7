"""`chainrule trace`: one row, its whole pass, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import ConvergenceWarning
from tests.cli.conftest import one_line_error, run, write_csv

import chainrule
from chainrule.gradients.trace import trace

Models = dict[str, Path]


def test_people_see_every_step(models: Models, penguins_csv: Path) -> None:
    result = run("trace", models["species"], penguins_csv, "--row", 3)
    assert (result.exit_code, result.stderr) == (0, "")
    for part in (
        "Trace of 1 sample through 14-16-3",
        "z[1] = X @ W[1] + b[1]",
        "p = softmax(a[2])",
        "delta[2] = 1/n * multiclass_log_loss'(a[2], Y)",
        "dW[1] = X.T @ delta[1]",
        "relu'(0) = 0",
    ):
        assert part in result.stdout, part


def test_the_numbers_are_those_of_the_model(models: Models, penguins_csv: Path) -> None:
    told = json.loads(run("trace", models["species"], penguins_csv, "--row", 3, "--json").stdout)
    model = chainrule.load(models["species"])
    frame = pd.read_csv(penguins_csv).iloc[[2]]
    expected = trace(model, frame.drop(columns="species"), frame["species"])
    assert told["row"] == 3
    assert told["J"] == pytest.approx(expected.J)
    steps = {step["symbol"]: step for step in told["steps"]}
    np.testing.assert_allclose(steps["dW[1]"]["value"], expected["dW[1]"])
    np.testing.assert_allclose(
        steps["p"]["value"], model.predict_proba(frame.drop(columns="species")), atol=1e-5
    )
    assert told["features"] == list(model.preparation_.feature_names)


def test_one_layer_and_one_unit(models: Models, penguins_csv: Path) -> None:
    result = run("trace", models["mass"], penguins_csv, "--row", 1, "--layer", 1)
    assert "z[1] = " in result.stdout
    assert "z[2] = " not in result.stdout
    result = run("trace", models["mass"], penguins_csv, "--layer", 1, "--unit", 5)
    assert "Layer 1, unit 5" in result.stdout
    assert "flipper_length_mm" in result.stdout
    assert "z[1][0, 5] = X[0, 0] W[1][0, 5]" in result.stdout


def test_other_conventions(models: Models, penguins_csv: Path) -> None:
    result = run("trace", models["mass"], penguins_csv, "--columns", "--delta", "h")
    assert "z[1] = W[1] @ X + b[1]" in result.stdout
    assert "delta = dJ/dh" in result.stdout


def test_a_page(models: Models, penguins_csv: Path, tmp_path: Path) -> None:
    result = run("trace", models["species"], penguins_csv, "--html", "page.html")
    assert (result.exit_code, result.stdout.split()) == (0, ["written", "page.html"])
    assert "<math" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_model_of_plain_numbers(tmp_path: Path) -> None:
    table = write_csv(tmp_path / "n.csv", [["a", "b", "y"], *([i, -i, 2 * i] for i in range(9))])
    x = np.arange(9.0)[:, None]
    settings = {"solver": "lbfgs", "max_iter": 3, "random_state": 0}
    model = chainrule.MLPRegressor(hidden_layer_sizes=(3,), **settings)
    with pytest.warns(ConvergenceWarning):
        model.fit(x * [[1.0, -1.0]], 2 * x[:, 0])
    model.save(tmp_path / "n.model")
    result = run("trace", tmp_path / "n.model", table, "--row", 5, "-t", "y")
    assert result.exit_code == 0, result.output
    assert "[[ 4. -4.]]" in str(trace(model, [[4.0, -4.0]], [8.0])["X"])
    assert "2-3-1" in result.stdout
    assert "--target" in one_line_error(run("trace", tmp_path / "n.model", table))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--row", 400), "--row: got 400, expected 1 to 344"),
        (("--row", 0), "--row: got 0"),
        (("--row", 1, "--unit", 2), "--unit: got 2, expected --layer beside it"),
        (("--layer", 1, "--html", "page.html"), "--layer: got 1 beside --html"),
        (("--layer", 1, "--json"), "--layer: got 1 beside --json"),
        (("--layer", 9), "layer: got 9, expected 1 to 2"),
        (("--layer", 1, "--unit", 99), "unit: got 99"),
        (("--delta", "w"), "delta: got 'w'"),
        (("--html", "page.pdf"), "page.pdf: got another ending"),
        (("--target", "specis"), "did you mean 'species'"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    models: Models, penguins_csv: Path, options: tuple, message: str
) -> None:
    result = run("trace", models["species"], penguins_csv, *options)
    assert message in one_line_error(result)


def test_a_row_without_its_true_value(models: Models, penguins_csv: Path) -> None:
    assert "body_mass_g" in one_line_error(run("trace", models["mass"], penguins_csv, "--row", 4))


def test_several_rows_are_one_batch(models: Models, penguins_csv: Path) -> None:
    told = json.loads(
        run("trace", models["species"], penguins_csv, "--row", "3,5-6", "--json").stdout
    )
    model = chainrule.load(models["species"])
    frame = pd.read_csv(penguins_csv).iloc[[2, 4, 5]]
    expected = trace(model, frame.drop(columns="species"), frame["species"])
    assert told["rows"] == [3, 5, 6]
    assert told["J"] == pytest.approx(expected.J)
    dW = next(step["value"] for step in told["steps"] if step["symbol"] == "dW[1]")
    np.testing.assert_allclose(dW, expected["dW[1]"])
    assert (
        "Trace of 3 samples"
        in run("trace", models["species"], penguins_csv, "--row", "3,5-6").stdout
    )


@pytest.mark.parametrize("rows", ["0", "3-1", "2,x", "", "1-5000", "999"])
def test_rows_that_are_none_are_refused(models: Models, penguins_csv: Path, rows: str) -> None:
    assert "--row" in one_line_error(run("trace", models["species"], penguins_csv, "--row", rows))
