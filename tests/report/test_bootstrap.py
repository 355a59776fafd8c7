"""Intervals: against a plain loop over resamples with scikit-learn's scores, and where resampling says nothing."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn import metrics

from chainrule.report import bootstrap
from chainrule.report.bootstrap import intervals
from chainrule.report.judging import JudgedClasses, JudgedNumbers
from chainrule.report.scores import class_baseline, classification, regression

RESAMPLES = 150  # enough to compare, and quick


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "RESAMPLES", RESAMPLES)
    monkeypatch.setattr(bootstrap, "FEWEST", RESAMPLES)


def classes(n: int, k: int, rng: np.random.Generator, *, right: bool = False) -> JudgedClasses:
    codes = rng.integers(0, k, n)
    P = rng.dirichlet(np.ones(k), n) + (20.0 if right else 0.3) * np.eye(k)[codes]
    P = np.round(P / P.sum(axis=1, keepdims=True), 2).clip(0.01)  # with ties, for the ROC curve
    decided = P.argmax(axis=1)
    names = [f"class {c}" for c in range(k)]
    found = classification(codes, np.log(P), decided, names, class_baseline(codes, names))
    return JudgedClasses(found, codes, np.log(P), decided)


def resampled(judged: JudgedClasses | JudgedNumbers, name: str) -> tuple[float, float]:
    """Return the interval by definition: draw rows, score them, take quantiles."""
    draw, n = np.random.default_rng(0), judged.scores.rows
    values = []
    for _ in range(RESAMPLES):
        rows = draw.integers(0, n, n)
        if isinstance(judged, JudgedClasses):
            true, said, log_p = (
                judged.codes[rows],
                judged.decided[rows],
                judged.log_probabilities[rows],
            )
            value = {
                "accuracy": lambda t, d, p: metrics.accuracy_score(t, d),
                "balanced_accuracy": lambda t, d, p: metrics.balanced_accuracy_score(t, d),
                "log_loss": lambda t, d, p: -p[np.arange(n), t].mean(),
                "roc_auc": lambda t, d, p: metrics.roc_auc_score(t, p[:, 1] - p[:, 0]),
            }[name](true, said, log_p)
        else:
            y, p = judged.y[rows], judged.predicted[rows]
            value = {
                "r2": metrics.r2_score,
                "mae": metrics.mean_absolute_error,
                "rmse": metrics.root_mean_squared_error,
            }[name](y, p)
        values.append(value)
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


@pytest.mark.parametrize("k", [2, 3])
def test_classification_agrees_with_scores_of_resampled_rows(
    k: int, rng: np.random.Generator
) -> None:
    judged = classes(80, k, rng)
    found = intervals(judged)
    assert set(found) == set(judged.scores.values)
    for name, interval in found.items():
        # the same generator draws the same rows in the same order
        assert interval[:2] == pytest.approx(resampled(judged, name), rel=1e-9), name
        assert not interval.exact


def test_regression_agrees_with_scores_of_resampled_rows(rng: np.random.Generator) -> None:
    y = rng.normal(1e6, 1e3, 70)
    predicted = y + rng.normal(0.0, 400.0, 70)
    judged = JudgedNumbers(regression(y, predicted, {"mean": 1e6}), y, predicted)
    for name, interval in intervals(judged).items():
        assert interval[:2] == pytest.approx(resampled(judged, name), rel=1e-6), name


def test_where_every_row_is_right_accuracy_has_wilsons_interval(rng: np.random.Generator) -> None:
    found = intervals(classes(50, 3, rng, right=True))
    assert found["accuracy"].exact
    assert found["accuracy"][:2] == pytest.approx((0.9286, 1.0), abs=1e-4)
    assert "balanced_accuracy" not in found


def test_equal_seeds_give_equal_intervals(rng: np.random.Generator) -> None:
    judged = classes(40, 2, rng)
    assert intervals(judged, seed=3) == intervals(judged, seed=3) != intervals(judged, seed=4)


def test_rows_of_unknown_classes_and_a_single_row_are_no_error(rng: np.random.Generator) -> None:
    judged = classes(30, 2, rng)
    codes = np.where(np.arange(30) < 5, -1, judged.codes)
    found = classification(
        codes, judged.log_probabilities, judged.decided, ["a", "b"], {"shares": [0.5, 0.5]}
    )
    made = JudgedClasses(found, codes, judged.log_probabilities, judged.decided)
    with warnings.catch_warnings(action="error"):
        assert all(np.isfinite(interval[:2]).all() for interval in intervals(made).values())
        one = JudgedNumbers(
            regression(np.ones(1), np.ones(1), {"mean": 1.0}), np.ones(1), np.ones(1)
        )
        assert intervals(one) == {}
