"""A trained estimator as a bare network: the same predictions, the same objective, traced and checked."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from chainrule import MLPClassifier, MLPRegressor
from chainrule.gradients.check import check_gradients
from chainrule.gradients.trace import trace


def fitted(estimator: object, X: object, y: object, **options: object) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(X, y, **options)


@pytest.fixture
def frame(rng: np.random.Generator) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "x": rng.standard_normal(60),
            "c": np.where(rng.random(60) < 0.5, "a", "b"),
            "label": np.resize(["red", "green", "blue"], 60),
            "y": rng.standard_normal(60) * 50 + 200,
        }
    )


QUICK = {"max_iter": 5, "random_state": 0, "engine": "reference"}


def test_a_classifier_of_a_mixed_table(frame: pd.DataFrame) -> None:
    X, y = frame[["x", "c"]], frame["label"]
    model = fitted(MLPClassifier((5, 4), alpha=0.1, class_weight="balanced", **QUICK), X, y)
    network, _, Y, weights = model.as_network(X, y)
    assert network.parameters.vector.dtype == model.theta_.dtype
    assert Y.sum() == 60
    assert weights is not None
    seen = trace(model, X, y)
    np.testing.assert_allclose(seen["p"], model.predict_proba(X), atol=1e-5)
    assert seen.features == list(model.preparation_.feature_names)
    assert check_gradients(model, X, y).ok
    one = trace(model, X.iloc[[3]], y.iloc[[3]])
    assert one.n == 1
    np.testing.assert_allclose(one["z[1]"], seen["z[1]"][[3]], rtol=1e-12)


def test_a_regressor_with_weights_and_a_scaled_target(
    frame: pd.DataFrame, rng: np.random.Generator
) -> None:
    X, y = frame[["x"]], frame["y"]
    w = rng.uniform(0.5, 2.0, 60)
    model = fitted(
        MLPRegressor(hidden_layer_sizes=(4,), scale_target=True, **QUICK), X, y, sample_weight=w
    )
    report = check_gradients(model, X, y, w)
    assert report.ok
    assert trace(model, X, y, w).features == ["x"]


def test_sparse_rows(rng: np.random.Generator) -> None:
    X = scipy.sparse.random_array((40, 6), density=0.3, rng=rng, format="csr")
    y = np.resize([0, 1], 40)
    model = fitted(MLPClassifier((3,), **QUICK), X, y)
    np.testing.assert_allclose(trace(model, X, y)["X"], X.toarray(), rtol=1e-6)


def test_only_trained_estimators_have_a_network() -> None:
    with pytest.raises(NotFittedError):
        trace(MLPClassifier(), [[1.0]], [0])
