"""`chainrule inspect`: everything in the file is shown, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.cli.conftest import one_line_error, run

import chainrule
from chainrule import MLPRegressor
from chainrule.storage import load_model

Models = dict[str, Path]


def test_people_see_all_parts(models: Models) -> None:
    result = run("inspect", models["species"])
    assert (result.exit_code, result.stderr) == (0, "")
    for part in (
        "classifier of species; float32",
        "Adelie (45 %)",
        "by chainrule",
        "7 of 7 used, as 14 inputs",
        "flipper_length_mm",
        "14 inputs",
        "a1 = relu",
        "loss multiclass_log_loss",
        "deviation",
        "solver=adamw",
        "validation loss",
        "test rows when it was fitted",
    ):
        assert part in result.stdout, part


def test_json_holds_the_plain_data_of_the_file(models: Models) -> None:
    told = json.loads(run("inspect", models["species"], "--json").stdout)
    content = load_model(models["species"])
    assert told["architecture"] == content.architecture
    assert told["classes"] == content.classes
    assert told["history"]["loss"] == content.history["loss"]
    assert told["parameters"] == len(content.vector)
    assert told["info"]["fit"]["target"] == "species"
    model = chainrule.load(models["species"])
    for layer, W in zip(told["layers"], model.coefs_, strict=True):
        assert (layer["fan_in"], layer["fan_out"]) == W.shape
        assert layer["largest"] == pytest.approx(np.abs(W).max())
        assert layer["deviation"] == pytest.approx(W.std(), rel=1e-5)


def test_layers_are_exported_as_courses_read_them(models: Models) -> None:
    result = run("inspect", models["species"], "--csv", "layers")
    assert result.exit_code == 0
    assert "layer1.csv to layer2.csv in layers" in result.stdout
    model = chainrule.load(models["species"])
    for l, (W, b) in enumerate(zip(model.coefs_, model.intercepts_, strict=True), start=1):
        values = pd.read_csv(f"layers/layer{l}.csv").to_numpy(np.float32)
        assert np.array_equal(values[:, :-1], W.T)
        assert np.array_equal(values[:, -1], b)


def test_layers_that_cannot_be_written_are_told(models: Models) -> None:
    Path("taken").write_text("a file")
    one_line_error(run("inspect", models["species"], "--csv", "taken"))


def test_a_model_from_python_is_shown_too(rng: np.random.Generator) -> None:
    X = rng.normal(size=(40, 3))
    MLPRegressor(hidden_layer_sizes=(), solver="lbfgs").fit(X, X[:, 0]).save("m.model")
    result = run("inspect", "m.model")
    assert result.exit_code == 0, result.output
    assert "3 numbers, not prepared" in result.stdout
    assert "regressor; float64" in result.stdout
    assert json.loads(run("inspect", "m.model", "--json").stdout)["columns"] == []
