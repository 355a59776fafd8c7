"""Scores agree with scikit-learn's metrics; the baseline is what one gets without a model."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from chainrule.report import scores


@pytest.mark.parametrize("k", [2, 3, 7])
def test_classification_scores_are_scikit_learns(rng: np.random.Generator, k: int) -> None:
    n = 200
    codes = rng.integers(0, k, n)
    p = rng.dirichlet(np.ones(k), n)
    baseline = scores.class_baseline(rng.integers(0, k, 500), list(range(k)))
    found = scores.classification(codes, np.log(p), p.argmax(axis=1), list(range(k)), baseline)
    decided = p.argmax(axis=1)
    assert found.values["accuracy"] == pytest.approx(metrics.accuracy_score(codes, decided))
    balanced = metrics.balanced_accuracy_score(codes, decided)
    assert found.values["balanced_accuracy"] == pytest.approx(balanced)
    assert found.values["log_loss"] == pytest.approx(metrics.log_loss(codes, p))
    assert found.confusion == metrics.confusion_matrix(codes, decided).tolist()
    if k == 2:
        assert found.values["roc_auc"] == pytest.approx(metrics.roc_auc_score(codes, p[:, 1]))
        assert found.baseline["roc_auc"] == 0.5
    else:
        assert "roc_auc" not in found.values


def test_the_class_baseline_is_a_model_that_ignores_the_columns(rng: np.random.Generator) -> None:
    codes = np.array([0] * 60 + [1] * 40)
    p = np.tile([0.25, 0.75], (100, 1))  # the training rows were otherwise: mostly class 1
    found = scores.classification(
        codes, np.log(p), p.argmax(axis=1), ["a", "b"], {"shares": [0.25, 0.75]}
    )
    for name in ("accuracy", "balanced_accuracy", "log_loss"):
        assert found.baseline[name] == pytest.approx(found.values[name])
    assert found.rule == "always b"
    assert found.baseline["accuracy"] == 0.4


def test_classes_that_were_never_shown_count_as_mistakes() -> None:
    p = np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]])
    codes = np.array([0, 1, -1])
    found = scores.classification(
        codes, np.log(p), p.argmax(axis=1), ["a", "b"], {"shares": [0.5, 0.5]}
    )
    assert found.values["accuracy"] == pytest.approx(2 / 3)
    assert found.values["log_loss"] == pytest.approx(-(np.log(0.9) + np.log(0.8)) / 2)
    assert "1 rows have a class that the model was never shown" in found.remarks[0]


def test_one_class_alone_has_no_roc_auc_and_is_told() -> None:
    p = np.array([[0.9, 0.1], [0.2, 0.8]])
    found = scores.classification(
        np.array([0, 0]), np.log(p), p.argmax(axis=1), ["a", "b"], {"shares": [0.5, 0.5]}
    )
    assert found.values["roc_auc"] is None
    assert found.remarks == ["no row of these is of class b"]
    assert not any("ROC" in line for line in found.lines())


@pytest.mark.parametrize("unit", [1e-200, 1.0, 1e200])
def test_regression_scores_are_scikit_learns(rng: np.random.Generator, unit: float) -> None:
    y = rng.normal(size=50)
    predicted = y + rng.normal(size=50)
    found = scores.regression(y * unit, predicted * unit, {"mean": 0.0})
    assert found.values["r2"] == pytest.approx(metrics.r2_score(y, predicted))
    mae, mse = (
        metrics.mean_absolute_error(y, predicted),
        metrics.mean_squared_error(y, predicted),
    )
    assert found.values["mae"] == pytest.approx(unit * mae)
    assert found.values["rmse"] == pytest.approx(unit * np.sqrt(mse))


def test_a_constant_quantity_has_no_r2() -> None:
    found = scores.regression(np.full(3, 2.0), np.array([1.0, 2.0, 3.0]), {"mean": 2.0})
    assert found.values["r2"] is None
    assert found.baseline["mae"] == 0.0


def test_a_model_below_the_baseline_is_told() -> None:
    y = np.array([1.0, 2.0, 3.0])
    worse = scores.regression(y, -y, {"mean": 2.0})
    assert worse.warnings()[0].startswith("the model is no better than the baseline (rmse")
    assert scores.regression(y, y, {"mean": 2.0}).warnings() == []


def test_lines_show_the_model_beside_the_baseline() -> None:
    y = np.array([1.0, 2.0, 3.0])
    lines = scores.regression(y, y, {"mean": 2.0}).lines()
    assert lines[0].split() == ["model", "baseline"]
    assert lines[1].split() == ["R²", "1.0000", "0.0000"]
