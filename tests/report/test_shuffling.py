"""Importances: those that scikit-learn finds by shuffling the columns themselves."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.inspection import permutation_importance

from chainrule import MLPClassifier, MLPRegressor
from chainrule.report import shuffling
from chainrule.report.judging import baseline_of, judge
from chainrule.report.shuffling import importances


def test_a_prepared_table_agrees_with_scikit_learn(penguins_csv: Path) -> None:
    frame = pd.read_csv(penguins_csv)
    y = frame.pop("species").to_numpy(object)
    model = MLPClassifier(hidden_layer_sizes=(8,), engine="reference", max_iter=60, random_state=0)
    with warnings.catch_warnings(action="ignore"):
        model.fit(frame, y)
        theirs = permutation_importance(model, frame, y, n_repeats=5, random_state=0)
    judged = judge(model, frame, y, baseline_of(model.classes_.tolist(), y))
    found = importances(model, frame, judged)
    assert found.names == list(frame.columns)
    assert (found.score, found.rows, found.left_out) == ("accuracy", 344, 0)
    # other shuffles: the means agree within a few of their standard errors
    spread = np.sqrt((found.losses.var(axis=1) + theirs.importances.var(axis=1)) / 5) + 0.004
    assert (np.abs(found.losses.mean(axis=1) - theirs.importances_mean) < 4 * spread).all()


def test_only_the_column_that_matters_does(rng: np.random.Generator) -> None:
    X = rng.normal(size=(120, 3))
    model = MLPRegressor(hidden_layer_sizes=(), solver="lbfgs", engine="reference").fit(X, X[:, 1])
    found = importances(model, X, judge(model, X, X[:, 1], {"mean": 0.0}))
    means = dict(zip(found.names, found.losses.mean(axis=1), strict=True))
    assert found.score == "R²"
    assert means["x1"] == pytest.approx(
        2.0, abs=0.5
    )  # a shuffled column explains less than the mean
    assert abs(means["x0"]) < 1e-3 > abs(means["x2"])


def test_of_many_columns_those_with_the_largest_weights_are_shuffled(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shuffling, "MOST_COLUMNS", 2)
    monkeypatch.setattr(shuffling, "MOST_ROWS", 50)
    X = rng.normal(size=(90, 5))
    y = np.where(X[:, 3] + 0.5 * X[:, 1] > 0.0, "yes", "no")
    model = MLPClassifier(hidden_layer_sizes=(), solver="lbfgs", engine="reference").fit(X, y)
    found = importances(model, X, judge(model, X, y, baseline_of(["no", "yes"], y)))
    assert (found.names, found.left_out, found.rows) == (["x1", "x3"], 3, 50)
    assert (found.score, found.losses.shape) == ("ROC AUC", (2, 2))
