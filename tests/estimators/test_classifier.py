"""Labels of any type, in one column or several."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from tests.estimators.cases import classes, classifier

from chainrule import MLPClassifier
from chainrule.errors import InputError

X, Y = classes()
GOOD: dict[str, Any] = {"max_iter": 60, "learning_rate_init": 0.05, "hidden_layer_sizes": (12,)}
LABELS = {
    "int": np.array([10, -3, 7]),
    "str": np.array(["zwei", "eins", "drei"]),
    "object": np.array(["b", "a", "c"], dtype=object),
    "float": np.array([0.0, 2.0, 5.0]),
    "uint8": np.array([3, 2, 200], dtype=np.uint8),
}


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_labels_of_any_type_come_back(labels: np.ndarray) -> None:
    y = labels[Y]
    model = classifier(**GOOD).fit(X, y)
    predicted = model.predict(X)
    assert predicted.dtype == y.dtype
    assert (predicted == y).mean() > 0.9
    assert np.array_equal(model.classes_, np.unique(y))
    assert model.score(X, y) == (predicted == y).mean()
    assert np.array_equal(model.classes_[model.predict_proba(X).argmax(axis=1)], predicted)


@pytest.mark.parametrize(
    "y",
    [
        pd.Series(Y).map({0: "a", 1: "b", 2: "c"}),
        pd.Series(Y).map({0: "a", 1: "b", 2: "c"}).astype("category"),
        pd.Series(Y, dtype="Int64"),
        list(Y),
    ],
)
def test_labels_may_come_from_pandas(y: Any) -> None:
    model = classifier(**GOOD).fit(X, y)
    assert (model.predict(X) == np.asarray(y)).mean() > 0.9


def test_two_labels() -> None:
    model = classifier(**GOOD).fit(X, Y > 0)
    assert model.classes_.tolist() == [False, True]
    assert (model.n_outputs_, model.out_activation_) == (1, "logistic")
    assert model.decision_function(X).shape == (60,)
    assert np.array_equal(model.decision_function(X) > 0, model.predict(X))
    assert model.predict(X).dtype == bool


@pytest.mark.parametrize("make", [np.asarray, scipy.sparse.csr_array, pd.DataFrame])
def test_an_indicator_matrix(make: Any) -> None:
    y = np.c_[Y == 0, Y > 0, X[:, 0] > 0].astype(int)
    model = classifier(**GOOD).fit(X, make(y))
    assert model.predict(X).shape == y.shape
    assert model.score(X, y) > 0.8
    assert model.classes_.tolist() == [0, 1, 2]
    assert np.array_equal(model.predict_proba(X) > 0.5, model.predict(X))


def test_several_columns_of_labels() -> None:
    y = np.c_[np.array(["a", "b", "c"])[Y], np.where(X[:, 0] > 0, "up", "down")]
    model = classifier(**GOOD, class_weight=[{"a": 2.0}, None]).fit(X, y)
    assert [part.tolist() for part in model.classes_] == [["a", "b", "c"], ["down", "up"]]
    assert model.n_outputs_ == 4
    assert model.predict(X).shape == y.shape
    assert model.score(X, y) == (model.predict(X) == y).all(axis=1).mean() > 0.8
    assert [p.shape for p in model.predict_proba(X)] == [(60, 3), (60, 2)]
    assert [np.isfinite(p).all() for p in model.predict_log_proba(X)] == [True, True]
    early = classifier(**GOOD, early_stopping=True).fit(X, y)
    assert early.validation_scores_


def test_whole_numbers_in_several_columns_are_labels_and_not_an_indicator() -> None:
    y = np.c_[1 + (Y > 0), 1 + (Y > 1)]
    model = classifier(**GOOD).fit(X, y)
    assert set(model.predict(X).ravel()) == {1, 2}


def test_one_label_is_learned_as_always_so() -> None:
    model = classifier().fit(X, np.full(60, "only"))
    assert set(model.predict(X)) == {"only"}
    assert model.predict_proba(X).shape == (60, 1)


def test_class_weights_shift_the_balance() -> None:
    few = np.r_[np.zeros(54), np.ones(6)]
    noise = np.random.default_rng(0).normal(size=(60, 4))
    assert classifier(max_iter=20).fit(noise, few).predict(noise).sum() <= 3
    assert classifier(max_iter=20, class_weight="balanced").fit(noise, few).predict(noise).sum() > 5
    given = {0: 1.0, 1: 100.0}
    assert classifier(max_iter=20, class_weight=given).fit(noise, few).predict(noise).sum() > 20


def test_partial_fit_needs_to_know_all_labels() -> None:
    with pytest.raises(ValueError, match="classes must be passed"):
        classifier().partial_fit(X, Y)
    model = classifier().partial_fit(X[:3], Y[:3] % 2, classes=["c", "a", "b"] and [2, 0, 1])
    assert model.classes_.tolist() == [0, 1, 2]
    model.partial_fit(X, Y)
    with pytest.raises(InputError, match="labels 9"):
        model.partial_fit(X, np.where(Y == 0, 9, Y))
    with pytest.raises(InputError, match=r"class_weight.*dict for partial_fit"):
        classifier(class_weight="balanced").partial_fit(X, Y, classes=[0, 1, 2])
    with pytest.raises(InputError, match="labels 2"):
        classifier().partial_fit(X, Y, classes=[0, 1])


def test_partial_fit_with_several_columns() -> None:
    indicator = np.c_[Y == 0, Y > 0].astype(int)
    assert classifier().partial_fit(X, indicator).predict(X).shape == (60, 2)
    columns = np.c_[Y, Y % 2]
    model = classifier().partial_fit(X, columns, classes=[[0, 1, 2], [0, 1]])
    assert model.partial_fit(X, columns).n_outputs_ == 4
    with pytest.raises(InputError, match="classes"):
        classifier().partial_fit(X, columns, classes=[0, 1, 2])


def test_label_smoothing_keeps_probabilities_from_the_ends() -> None:
    sharp = classifier(**GOOD).fit(X, Y).predict_proba(X).max()
    soft = classifier(**GOOD, loss="log_loss(0.3)").fit(X, Y).predict_proba(X).max()
    assert soft < 0.95 < sharp


@pytest.mark.parametrize("y", [np.linspace(0.0, 1.0, 60), np.full(60, np.nan)])
def test_quantities_are_no_labels(y: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"continuous|NaN"):
        MLPClassifier().fit(X, y)


def test_a_threshold_of_ones_own_and_the_tie() -> None:
    X = np.linspace(-1.0, 1.0, 40).reshape(-1, 1)
    y = np.where(X[:, 0] > 0.1, "yes", "no")
    model = classifier(hidden_layer_sizes=(4,), max_iter=30, random_state=0).fit(X, y)
    p = model.predict_proba(X)[:, 1]
    for threshold in (0.2, 0.5, 0.9):
        expected = np.where(p > threshold, "yes", "no")
        assert np.array_equal(model.predict(X, threshold=threshold), expected)
    tie = float(p[7])
    assert model.predict(X[7:8], threshold=tie)[0] == "no"  # above it, not at it
    with pytest.raises(InputError, match="threshold"):
        model.predict(X, threshold=1.5)
    three = classifier(hidden_layer_sizes=(4,)).fit(X, np.arange(40) % 3)
    with pytest.raises(InputError, match="two classes"):
        three.predict(X, threshold=0.3)
