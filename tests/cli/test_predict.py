"""`chainrule predict`: the estimator's predictions, row by row, in every format and direction."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.cli.conftest import QUICK, one_line_error, run

import chainrule
from chainrule import MLPClassifier, MLPRegressor

Models = dict[str, Path]


def table_of(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text))


def test_predictions_are_the_estimators_in_the_same_order(
    models: Models, penguins_csv: Path
) -> None:
    result = run("predict", models["species"], penguins_csv)
    assert (result.exit_code, result.stderr) == (0, "")
    model = chainrule.load(models["species"])
    expected = model.predict(pd.read_csv(penguins_csv))
    found = table_of(result.stdout)
    assert list(found.columns) == ["prediction"]
    assert found["prediction"].tolist() == expected.tolist()


def test_probabilities_and_carried_columns(models: Models, penguins_csv: Path) -> None:
    options = ("--proba", "--id", "year", "--id", "sex")
    found = table_of(run("predict", models["species"], penguins_csv, *options).stdout)
    model, frame = chainrule.load(models["species"]), pd.read_csv(penguins_csv)
    names = [f"probability_{label}" for label in model.classes_]
    assert list(found.columns) == ["year", "sex", "prediction", *names]
    assert found["year"].tolist() == frame["year"].tolist()
    p = model.predict_proba(frame)
    assert np.array_equal(found[names].to_numpy(np.float32), p)


def test_quantities_come_back_to_the_last_digit(models: Models, penguins_csv: Path) -> None:
    found = table_of(run("predict", models["mass"], penguins_csv).stdout)
    expected = chainrule.load(models["mass"]).predict(pd.read_csv(penguins_csv))
    assert found["prediction"].tolist() == expected.tolist()


def test_standard_input_is_the_table_by_default(models: Models, penguins_csv: Path) -> None:
    direct = run("predict", models["species"], penguins_csv).stdout
    for arguments in ((), ("-",)):
        piped = run("predict", models["species"], *arguments, stdin=penguins_csv.read_bytes())
        assert piped.stdout == direct


@pytest.mark.parametrize("name", ["out.csv", "out.tsv", "out.parquet"])
def test_every_format_of_output_holds_the_same(
    models: Models, penguins_csv: Path, name: str
) -> None:
    direct = table_of(run("predict", models["species"], penguins_csv, "--proba").stdout)
    result = run("predict", models["species"], penguins_csv, "--proba", "-o", name)
    assert (result.exit_code, result.stdout) == (0, "")
    if name.endswith("parquet"):
        found = pd.read_parquet(name)
    else:
        found = pd.read_csv(name, sep="\t" if name.endswith("tsv") else ",")
    assert found.columns.tolist() == direct.columns.tolist()
    assert found["prediction"].tolist() == direct["prediction"].tolist()
    assert np.allclose(found.iloc[:, 1:], direct.iloc[:, 1:], rtol=1e-6, atol=0.0)
    assert [path.name for path in Path.cwd().iterdir()] == [name]


def test_rows_are_predicted_in_blocks_with_the_same_result(
    models: Models, penguins_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run("predict", models["species"], penguins_csv, "--proba").stdout
    monkeypatch.setattr("chainrule.report.judging.BLOCK", 100)
    blocks = run("predict", models["species"], penguins_csv, "--proba").stdout
    left, right = table_of(whole), table_of(blocks)
    assert left["prediction"].tolist() == right["prediction"].tolist()
    assert np.allclose(left.iloc[:, 1:], right.iloc[:, 1:], rtol=1e-4, atol=1e-7)


def test_labels_keep_their_type(table: Callable[..., Path]) -> None:
    path = table(lambda i: f"0{i % 2}")  # codes, which a careless reader makes numbers of
    assert run("fit", path, "-t", "y", "-q", "-o", "m.model", *QUICK).exit_code == 0
    lines = run("predict", "m.model", path, "--id", "y").stdout.splitlines()
    carried, predicted = zip(*(line.split(",") for line in lines[1:]), strict=True)
    assert set(carried) == {"00", "01"}
    assert set(predicted) <= {"00", "01"}


def test_quantiles_have_a_column_each(penguins_csv: Path) -> None:
    options = ("-t", "body_mass_g", "--skip-missing", "--loss", "quantile(0.1, 0.9)")
    assert run("fit", penguins_csv, *options, "-q", "-o", "q.model", *QUICK).exit_code == 0
    found = table_of(run("predict", "q.model", penguins_csv).stdout)
    assert list(found.columns) == ["prediction_q0.1", "prediction_q0.9"]


def test_models_from_python_without_preparation(rng: np.random.Generator, tmp_path: Path) -> None:
    X = rng.normal(size=(60, 3))
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    settings = {"solver": "lbfgs", "hidden_layer_sizes": (), "random_state": 0}
    frame.to_csv("t.csv", index=False)
    named = MLPRegressor(**settings).fit(frame, X[:, 0])
    nameless = MLPRegressor(**settings).fit(X, X[:, 0])
    for name, model in (("named.model", named), ("nameless.model", nameless)):
        model.save(name)
        result = run("predict", name, "t.csv")
        assert result.exit_code == 0, result.output
        given = frame if name == "named.model" else X
        assert table_of(result.stdout)["prediction"].tolist() == model.predict(given).tolist()
    frame.iloc[:, :2].to_csv("few.csv", index=False)
    assert "'c'" in one_line_error(run("predict", "named.model", "few.csv"))
    assert "3" in one_line_error(run("predict", "nameless.model", "few.csv"))
    frame.assign(b="x").to_csv("words.csv", index=False)
    assert "row 1" in one_line_error(run("predict", "named.model", "words.csv"))


def test_models_of_several_columns(rng: np.random.Generator) -> None:
    X = pd.DataFrame(rng.normal(size=(60, 3)), columns=["a", "b", "c"])
    X.to_csv("t.csv", index=False)
    multilabel = (X.to_numpy()[:, :2] > 0.0).astype(int)
    words = np.array([["u", "v", "w"][i % 3] for i in range(60)], dtype=object)
    several = np.column_stack([words, words[::-1]])
    for y, n_proba in ((multilabel, 2), (several, 6)):
        model = MLPClassifier((), solver="lbfgs", max_iter=5000, random_state=0, alpha=0.1)
        model.fit(X, y)
        model.save("m.model")
        found = table_of(run("predict", "m.model", "t.csv", "--proba").stdout)
        assert found.shape == (60, 2 + n_proba)
        predicted = found[["prediction_1", "prediction_2"]].to_numpy()
        assert (predicted == model.predict(X)).all()
        assert "several" not in one_line_error(run("evaluate", "m.model", "t.csv", "-t", "a"))


def test_what_cannot_be_carried_or_written_is_told(models: Models, penguins_csv: Path) -> None:
    model = models["species"]
    said = one_line_error(run("predict", model, penguins_csv, "--id", "yaer"))
    assert said.startswith("chainrule: --id:")
    assert "'year'" in said
    assert ".csv" in one_line_error(run("predict", model, penguins_csv, "-o", "out.xlsx"))
    one_line_error(run("predict", model, penguins_csv, "-o", "no/such/out.csv"))
    one_line_error(run("predict", models["mass"], penguins_csv, "--proba"))
    frame = pd.read_csv(penguins_csv).rename(columns={"year": "prediction"}).assign(year=2007)
    frame.to_csv("t.csv", index=False)
    said = one_line_error(run("predict", model, "t.csv", "--id", "prediction"))
    assert "named like a prediction" in said
    assert "read" in one_line_error(run("predict", model, "t.csv", "-o", "t.csv"))


def test_prediction_needs_neither_compiler_nor_figures(models: Models, penguins_csv: Path) -> None:
    import subprocess

    code = (
        "import sys; sys.modules['numba'] = sys.modules['matplotlib'] = None\n"
        f"sys.argv = ['chainrule', 'predict', {str(models['species'])!r}, {str(penguins_csv)!r}]\n"
        "from chainrule.cli import main; main()"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout == run("predict", models["species"], penguins_csv).stdout
