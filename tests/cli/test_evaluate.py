"""`chainrule evaluate`: the scores of the estimator in the file, beside the baseline of its training rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics
from tests.cli.conftest import QUICK, one_line_error, run

import chainrule
from chainrule import MLPClassifier
from chainrule.cli.paths import FIT
from chainrule.estimators.saving import save_estimator
from chainrule.storage import load_model

Models = dict[str, Path]


def test_the_scores_are_scikit_learns(models: Models, penguins_csv: Path) -> None:
    told = json.loads(run("evaluate", models["species"], penguins_csv, "--json").stdout)
    model, frame = chainrule.load(models["species"]), pd.read_csv(penguins_csv)
    true, predicted = frame["species"], model.predict(frame)
    assert told["rows"] == len(frame)
    assert told["scores"]["accuracy"] == pytest.approx(metrics.accuracy_score(true, predicted))
    matrix = metrics.confusion_matrix(true, predicted, labels=model.classes_)
    assert told["confusion"] == {
        "classes": model.classes_.tolist(),
        "matrix": matrix.tolist(),
    }
    p = model.predict_proba(frame)[range(len(frame)), np.searchsorted(model.classes_, true)]
    assert told["scores"]["log_loss"] == pytest.approx(-np.log(p.astype(float)).mean(), rel=1e-4)


def test_it_is_shown_to_people(models: Models, penguins_csv: Path) -> None:
    result = run("evaluate", models["species"], penguins_csv)
    assert (result.exit_code, result.stderr) == (0, "")
    for part in ("predicts species", "344 rows", "always Adelie", "true \\ predicted", "Gentoo"):
        assert part in result.stdout


def test_quantities_have_scores_without_a_confusion_matrix(
    models: Models, penguins_csv: Path
) -> None:
    result = run("evaluate", models["mass"], penguins_csv, "--skip-missing", "--json")
    told = json.loads(result.stdout)
    frame = pd.read_csv(penguins_csv).dropna(subset=["body_mass_g"])
    predicted = chainrule.load(models["mass"]).predict(frame)
    assert told["scores"]["r2"] == pytest.approx(metrics.r2_score(frame["body_mass_g"], predicted))
    assert "confusion" not in told
    assert told["notes"][0] == "2 rows without a target left out"


def test_rows_without_a_target_are_refused_with_a_way_out(
    models: Models, penguins_csv: Path
) -> None:
    assert "--skip-missing" in one_line_error(run("evaluate", models["mass"], penguins_csv))


def test_another_column_may_hold_the_true_values(models: Models, penguins_csv: Path) -> None:
    frame = pd.read_csv(penguins_csv).rename(columns={"species": "kind"})
    frame.to_csv("t.csv", index=False)
    told = json.loads(run("evaluate", models["species"], "t.csv", "-t", "kind", "--json").stdout)
    assert told["target"] == "kind"
    said = one_line_error(run("evaluate", models["species"], "t.csv", "-t", "kin"))
    assert "'kind'" in said


def test_classes_that_were_never_shown_are_told(models: Models, penguins_csv: Path) -> None:
    frame = pd.read_csv(penguins_csv)
    frame.loc[:9, "species"] = "Emperor"
    frame.to_csv("t.csv", index=False)
    told = json.loads(run("evaluate", models["species"], "t.csv", "--json").stdout)
    assert "10 rows have a class that the model was never shown" in told["notes"][0]
    assert sum(map(sum, told["confusion"]["matrix"])) == len(frame) - 10


@pytest.mark.parametrize(
    ("labels", "written"),
    [
        ((True, False), ("TRUE", "no")),
        ((3, 4), ("3", "4.0")),
        (("1", "2"), ("1", "2")),
    ],
)
def test_labels_are_recognised_however_they_are_written(
    labels: tuple[object, object], written: tuple[str, str]
) -> None:
    frame = pd.DataFrame({"x": [(i * 7 % 11) / 3 for i in range(40)]})
    y = pd.Series([labels[i % 2] for i in range(40)])
    model = MLPClassifier((), solver="lbfgs", preparation=True, random_state=0)
    y = y.to_numpy(object) if isinstance(labels[0], str) else y.to_numpy()
    model.fit(frame, y)
    model.save("m.model")
    frame.assign(y=[written[i % 2] for i in range(40)]).to_csv("t.csv", index=False)
    told = json.loads(run("evaluate", "m.model", "t.csv", "-t", "y", "--json").stdout)
    assert not any("never shown" in note for note in told["notes"])
    assert told["rows"] == sum(map(sum, told["confusion"]["matrix"])) == 40
    assert told["scores"]["accuracy"] == pytest.approx(model.score(frame, y))


def test_a_model_that_tells_no_target_needs_one(table: Callable[..., Path]) -> None:
    path = table(lambda i: "uv"[i % 2])
    frame = pd.read_csv(path)
    model = MLPClassifier((), solver="lbfgs", preparation=True, random_state=0)
    model.fit(frame[["x"]], frame["y"])
    model.save("m.model")
    assert "--target" in one_line_error(run("evaluate", "m.model", path))
    assert run("evaluate", "m.model", path, "-t", "y").exit_code == 0


@pytest.mark.parametrize(
    "fit",
    [
        "text",
        {"target": 3},
        {"target": "species", "baseline_of_training": {"shares": [2.0, "x", None]}},
        {"target": "species", "baseline_of_training": {"shares": {"a": 1}}},
        {"target": "species", "scores": {"accuracy": "good"}, "rows": {"test": "all"}},
    ],
)
def test_what_a_strangers_file_says_of_its_fit_is_not_trusted(
    models: Models, penguins_csv: Path, fit: object
) -> None:
    save_estimator(chainrule.load(models["species"]), "m.model", {FIT: fit})
    assert load_model("m.model").info[FIT] == fit
    result = run("evaluate", "m.model", penguins_csv, "-t", "species", "--json")
    assert json.loads(result.stdout)["baseline"]["accuracy"] == pytest.approx(152 / 344)
    assert run("inspect", "m.model").exit_code == 0


def test_one_row_is_enough(models: Models, penguins_csv: Path) -> None:
    pd.read_csv(penguins_csv).head(1).to_csv("t.csv", index=False)
    for model in ("species", "mass"):
        assert run("evaluate", models[model], "t.csv").exit_code == 0


def test_evaluating_what_was_just_fitted_needs_no_options(penguins_csv: Path) -> None:
    assert run("fit", penguins_csv, "-t", "species", "-q", *QUICK).exit_code == 0
    assert run("evaluate", "penguins.model", penguins_csv).exit_code == 0


def test_a_table_none_of_whose_labels_is_known_is_refused(
    models: Models, penguins_csv: Path
) -> None:
    strange = pd.read_csv(penguins_csv).assign(species="Emperor")
    strange.to_csv("strange.csv", index=False)
    said = one_line_error(run("evaluate", models["species"], "strange.csv"))
    assert "no label that the model knows, but 'Emperor'" in said
    shouted = pd.read_csv(penguins_csv)
    shouted["species"] = shouted["species"].str.upper()
    shouted.to_csv("shouted.csv", index=False)
    assert run("evaluate", models["species"], "shouted.csv").exit_code == 0
