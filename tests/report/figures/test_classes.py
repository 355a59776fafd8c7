from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn import metrics

from chainrule.errors import InputError
from chainrule.report.figures import (
    ConfusionDisplay,
    PrecisionRecallDisplay,
    ReliabilityDisplay,
    RocDisplay,
)
from chainrule.report.figures.reliability import wilson


def labels(display: Any) -> list[str]:
    return [text.get_text() for text in display.ax_.get_legend().get_texts()]


def test_the_confusion_matrix_shows_counts(penguins: Any) -> None:
    display = ConfusionDisplay.from_estimator(*penguins)
    expected = metrics.confusion_matrix(penguins.y, penguins.model.predict(penguins.X))
    shown = [text.get_text() for text in display.ax_.texts]
    assert shown == [f"{n:,}" for n in expected.ravel()]
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("predicted", "true")
    assert [t.get_text() for t in display.ax_.get_yticklabels()] == [
        "Adelie",
        "Chinstrap",
        "Gentoo",
    ]
    assert f"{np.trace(expected):,} on the diagonal" in display.alt


def test_confusion_of_predictions_names_the_worst_mistake() -> None:
    display = ConfusionDisplay.from_predictions(["a", "a", "b", "b"], ["a", "b", "a", "a"])
    assert display.matrix.tolist() == [[1, 1], [2, 0]]
    assert display.alt == (
        "Confusion matrix of 4 rows: 1 on the diagonal (25.0%); most often b is taken for a (2)."
    )
    with pytest.raises(InputError, match=r"\(3, 3\), one row a class"):
        ConfusionDisplay(np.eye(2), ["a", "b", "c"])


def test_many_classes_are_shaded_without_numbers() -> None:
    n = 15
    display = ConfusionDisplay(np.eye(n, dtype=int), [f"class {i}" for i in range(n)]).plot()
    assert len(display.ax_.texts) == 0


def test_a_roc_curve_for_each_class(penguins: Any) -> None:
    display = RocDisplay.from_estimator(*penguins)
    P = penguins.model.predict_proba(penguins.X)
    for k, name in enumerate(penguins.model.classes_):
        area = metrics.roc_auc_score(penguins.y == name, P[:, k])
        assert f"{name} (AUC {area:.3f})" in labels(display)
    assert labels(display)[-1] == "chance"
    assert len(display.ax_.lines) == 4


def test_two_classes_have_one_curve(circle: Any) -> None:
    P = circle.model.predict_proba(circle.X)[:, 1]
    roc = RocDisplay.from_predictions(circle.y, P)
    assert len(roc.curves) == 1
    assert roc.curves["True"][2] == pytest.approx(metrics.roc_auc_score(circle.y, P))
    assert len(roc.ax_.lines) == 2
    precision = PrecisionRecallDisplay.from_estimator(*circle)
    mean = metrics.average_precision_score(circle.y, P)
    assert labels(precision) == [f"True (AP {mean:.3f})"]
    assert (precision.ax_.get_xlabel(), precision.ax_.get_ylabel()) == ("recall", "precision")


def test_a_class_that_does_not_occur_has_no_curve() -> None:
    P = np.array([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1]])
    display = RocDisplay.from_predictions(["a", "b"], P, classes=["a", "b", "c"])
    assert list(display.curves) == ["a", "b"]
    with pytest.raises(InputError, match="one class only"):
        RocDisplay.from_predictions(["a", "a"], P, classes=["a", "b", "c"])
    with pytest.raises(InputError, match="give classes="):
        RocDisplay.from_predictions(["a", "b"], P)


def test_reliability_of_probabilities_that_are_right() -> None:
    rng = np.random.default_rng(0)
    p = rng.uniform(size=20_000)
    display = ReliabilityDisplay.from_predictions(rng.uniform(size=20_000) < p, p)
    assert display.error < 0.02
    assert display.rows.tolist() == [2000] * 10
    np.testing.assert_allclose(display.predicted, display.observed, atol=0.04)
    (bars,) = [c for c in display.ax_.containers if len(c) == 20]
    assert max(bar.get_height() for bar in bars) == pytest.approx(0.12)


def test_reliability_of_probabilities_that_are_too_sure() -> None:
    happened = np.arange(100) % 2 == 0
    display = ReliabilityDisplay(np.full(100, 0.9), happened, name="rain").plot()
    assert display.error == pytest.approx(0.4)
    assert display.predicted.tolist() == pytest.approx([0.9])
    assert "expected calibration error 0.400" in display.alt
    assert display.ax_.get_xlabel() == "predicted probability of rain"


def test_reliability_of_more_classes_is_that_of_the_predicted_one(penguins: Any) -> None:
    display = ReliabilityDisplay.from_estimator(*penguins)
    right = penguins.model.score(penguins.X, penguins.y)
    assert (display.rows * display.observed).sum() / display.rows.sum() == pytest.approx(right)
    assert display.name == "the predicted class"


def test_wilson_is_statsmodels_interval() -> None:
    # statsmodels.stats.proportion.proportion_confint(9, 10, method="wilson"): (0.59585, 0.98212)
    low, high = wilson(np.array(9.0), np.array(10.0))
    assert (float(low), float(high)) == pytest.approx((0.59585, 0.98212), abs=1e-4)
