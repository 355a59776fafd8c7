"""Validation by group and by time, through the estimators."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score

from chainrule import MLPClassifier, MLPRegressor
from chainrule.errors import InputError
from chainrule.estimators.held_out import HeldOut
from chainrule.estimators.inputs import Rows

SHORT: dict[str, Any] = {
    "hidden_layer_sizes": (4,),
    "max_iter": 5,
    "early_stopping": True,
    "validation_fraction": 0.25,
    "random_state": 0,
    "engine": "reference",
}


def some_rows(n: int = 80) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    X = random.normal(size=(n, 3))
    return X, (X[:, 0] > 0).astype(int), np.repeat(np.arange(n // 4), 4)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_fit_by_group_is_the_fit_with_those_rows_given() -> None:
    X, y, groups = some_rows()
    model = MLPClassifier(**SHORT).fit(X, y, groups=groups)
    train, held_out = HeldOut(groups=groups).rows(model._seed, 0.25, Rows(X, y, None, groups), None)
    assert len(held_out) == 20
    assert not set(groups[train]) & set(groups[held_out])
    other = MLPClassifier(**SHORT).set_params(early_stopping=False)
    other.fit(X[train], y[train], X_val=X[held_out], y_val=y[held_out])
    np.testing.assert_array_equal(model.coefs_[0], other.coefs_[0])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("kind", ["numbers", "dates", "series", "text"])
def test_a_fit_by_time_validates_on_the_latest_rows(kind: str) -> None:
    X, y, _ = some_rows()
    days = np.random.default_rng(1).permutation(len(y))
    times: Any = {
        "numbers": days,
        "dates": np.datetime64("2024-01-01") + days,
        "series": pd.Series(pd.Timestamp("2024-01-01") + pd.to_timedelta(days, "D")),
        "text": [f"{day:03d}" for day in days],
    }[kind]
    model = MLPRegressor(**SHORT).fit(X, X[:, 0], times=times)
    late = days >= 60
    other = MLPRegressor(**SHORT).set_params(early_stopping=False)
    other.fit(X[~late], X[~late, 0], X_val=X[late], y_val=X[late, 0])
    np.testing.assert_array_equal(model.coefs_[0], other.coefs_[0])
    assert y.shape == (80,)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_rows_of_weight_0_belong_to_no_group() -> None:
    X, y, groups = some_rows()
    weight = np.ones(80)
    weight[::5] = 0
    there = weight > 0
    model = MLPClassifier(**SHORT).fit(X, y, weight, groups=groups)
    other = clone(model).fit(X[there], y[there], groups=groups[there])
    np.testing.assert_array_equal(model.coefs_[0], other.coefs_[0])


@pytest.mark.parametrize(
    ("given", "settings", "message"),
    [
        ({"groups": [1] * 79}, {}, "inconsistent numbers of samples"),
        ({"groups": [None] + [1] * 79}, {}, "groups: got 1 missing"),
        ({"times": [np.nan, np.nan] + [1.0] * 78}, {}, "times: got 2 missing"),
        ({"times": ["a", *range(79)]}, {}, "times: got values that cannot be compared"),
        ({"times": list(range(80)), "groups": list(range(80))}, {}, "groups: got groups and times"),
        ({"groups": list(range(80))}, {"early_stopping": False}, "early_stopping=False"),
        ({"groups": [7] * 80}, {}, "groups: got 1 group in 80 rows"),
    ],
)
def test_what_cannot_be_groups_or_times_is_told(
    given: dict[str, Any], settings: dict[str, Any], message: str
) -> None:
    X, y, _ = some_rows()
    given = {
        name: np.array(values, dtype=object) if None in values or "a" in values else values
        for name, values in given.items()
    }
    with pytest.raises(ValueError, match=message):
        MLPClassifier(**{**SHORT, **settings}).fit(X, y, **given)


def test_groups_and_own_validation_rows_contradict_each_other() -> None:
    X, y, groups = some_rows()
    with pytest.raises(InputError, match="groups: got values, and X_val"):
        MLPClassifier(**SHORT).fit(X, y, groups=groups, X_val=X, y_val=y)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_groups_of_a_search_are_passed_on_as_for_any_estimator() -> None:
    X, y, groups = some_rows()
    ours, theirs = (
        cross_val_score(model, X, y, groups=groups, cv=GroupKFold(4), params={"groups": groups})
        if isinstance(model, MLPClassifier)
        else cross_val_score(model, X, y, groups=groups, cv=GroupKFold(4))
        for model in (MLPClassifier(**SHORT), LogisticRegression())
    )
    assert ours.shape == theirs.shape == (4,)
