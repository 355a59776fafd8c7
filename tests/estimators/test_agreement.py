"""Where both do the same, every number agrees with scikit-learn's: trajectories, linear models, attributes."""

from __future__ import annotations

import inspect
import itertools
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from sklearn import neural_network as theirs
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from tests.estimators.cases import classes, quantities

import chainrule as ours


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of max_iter, which the epochs compared end at
        yield


def initial(sizes: list[int]) -> list[np.ndarray]:
    rng = np.random.default_rng(3)
    parts: list[np.ndarray] = []
    for fan_in, fan_out in itertools.pairwise(sizes):
        parts += [rng.normal(size=(fan_in, fan_out)) / np.sqrt(fan_in), rng.normal(size=fan_out)]
    return parts


def started(kind: type, parts: list[np.ndarray], **settings: Any) -> Any:
    """Return scikit-learn's estimator, made to start from given weights."""
    queue = [(W.copy(), b.copy()) for W, b in zip(parts[::2], parts[1::2], strict=True)]
    model = kind(**settings)
    model._init_coef = lambda fan_in, fan_out, dtype: queue.pop(0)
    return model


SOLVERS = {
    "sgd": {"solver": "sgd", "learning_rate_init": 0.05},
    "sgd without momentum": {"solver": "sgd", "momentum": 0.0, "learning_rate_init": 0.1},
    "sgd, heavy ball": {"solver": "sgd", "nesterovs_momentum": False, "learning_rate_init": 0.05},
    "sgd, invscaling": {"solver": "sgd", "learning_rate": "invscaling", "power_t": 0.1},
    # every epoch is one without an improvement of 10, so the rate is divided by 5 every third
    "sgd, adaptive": {
        "solver": "sgd",
        "learning_rate": "adaptive",
        "tol": 10.0,
        "n_iter_no_change": 2,
    },
    "adam": {"solver": "adam", "learning_rate_init": 0.01, "epsilon": 1e-16},
    "adam, other betas": {"solver": "adam", "beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-16},
}


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("problem", ["binary", "multiclass", "multilabel", "regression", "poisson"])
def test_whole_trajectories_agree(problem: str, solver: str) -> None:
    X, y = classes(k=2 if problem == "binary" else 3)
    name, n_outputs, more, less = "MLPClassifier", {"binary": 1}.get(problem, 3), {}, {}
    if problem == "multilabel":
        y = np.stack([y == 0, y > 0, X[:, 0] > 0], axis=1).astype(int)
    if problem in ("regression", "poisson"):
        X, y = quantities(m=4)
        y = np.abs(y) if problem == "poisson" else y
        name, n_outputs = "MLPRegressor", 1
        less = {"loss": "poisson" if problem == "poisson" else "squared_error"}
        more = {"scale_target": False}
    settings: dict[str, Any] = {
        "hidden_layer_sizes": (5, 4),
        "activation": "tanh",
        "shuffle": False,
        "alpha": 0.5,
        "max_iter": 25,
        "n_iter_no_change": 30,
        **less,
        **SOLVERS[solver],
    }
    parts = initial([4, 5, 4, n_outputs])
    them = started(getattr(theirs, name), parts, **settings).fit(X, y)
    us = getattr(ours, name)(**settings, initializer=parts, **more).fit(X, y)
    offset = np.subtract(us.loss_curve_, them.loss_curve_)
    if problem == "poisson":
        offset -= offset[0]  # theirs has the terms that depend on y alone
    assert np.abs(offset).max() < 1e-6
    for a, b in zip([*us.coefs_, *us.intercepts_], [*them.coefs_, *them.intercepts_], strict=True):
        assert np.abs(a - b).max() < 1e-6
    assert np.abs(us.predict(X) - them.predict(X)).max() < 1e-5
    if name == "MLPClassifier":
        assert np.abs(us.predict_proba(X) - them.predict_proba(X)).max() < 1e-6
    for attribute in (
        "n_iter_",
        "t_",
        "n_layers_",
        "n_outputs_",
        "out_activation_",
        "n_features_in_",
    ):
        assert getattr(us, attribute) == getattr(them, attribute), attribute


@pytest.mark.parametrize("weighted", [False, True])
def test_minibatches_in_order_agree_without_a_penalty(weighted: bool) -> None:
    X, y = classes(k=3)
    settings: dict[str, Any] = {
        "hidden_layer_sizes": (5,),
        "shuffle": False,
        "alpha": 0.0,
        "batch_size": 16,
        "max_iter": 10,
        "solver": "sgd",
        "activation": "logistic",
    }
    # equal weights within each batch: otherwise theirs are normalised batch by batch
    weights = np.ones(60) if weighted else None
    parts = initial([4, 5, 3])
    them = started(theirs.MLPClassifier, parts, **settings).fit(X, y, weights)
    us = ours.MLPClassifier(**settings, initializer=parts, dtype="float64").fit(X, y, weights)
    assert np.abs(us.coefs_[0] - them.coefs_[0]).max() < 1e-6


def test_full_batches_with_weights_agree() -> None:
    X, y = classes(k=2)
    settings: dict[str, Any] = {
        "hidden_layer_sizes": (5,),
        "shuffle": False,
        "alpha": 2.0,
        "max_iter": 20,
        "activation": "tanh",
        "epsilon": 1e-16,
    }
    weights = np.random.default_rng(0).uniform(0.5, 3.0, size=60)
    parts = initial([4, 5, 1])
    them = started(theirs.MLPClassifier, parts, **settings).fit(X, y, weights)
    us = ours.MLPClassifier(**settings, initializer=parts).fit(X, y, weights)
    assert np.abs(us.coefs_[0] - them.coefs_[0]).max() < 1e-6


@pytest.mark.parametrize("alpha", [0.1, 1.0, 30.0])
@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_no_hidden_layer_is_logistic_regression(alpha: float, k: int, weighted: bool) -> None:
    X, y = classes(k=k)
    weights = np.random.default_rng(1).uniform(0.0, 3.0, size=60) if weighted else None
    us = ours.MLPClassifier(
        (), solver="lbfgs", alpha=alpha, tol=1e-8, max_iter=2000, random_state=0
    )
    them = LogisticRegression(C=1.0 / alpha, tol=1e-10, max_iter=2000)
    us.fit(X, y, weights)
    them.fit(X, y, weights)
    assert np.abs(us.coefs_[0].T - them.coef_).max() < 1e-4
    assert np.abs(us.predict_proba(X) - them.predict_proba(X)).max() < 1e-4


@pytest.mark.parametrize("alpha", [0.0, 1.0, 50.0])
@pytest.mark.parametrize("k", [1, 2])
@pytest.mark.parametrize("scale_target", [False, True])
def test_no_hidden_layer_is_linear_regression(alpha: float, k: int, scale_target: bool) -> None:
    X, y = quantities(k=k)
    weights = np.random.default_rng(1).uniform(0.0, 3.0, size=60)
    us = ours.MLPRegressor(
        hidden_layer_sizes=(),
        solver="lbfgs",
        alpha=alpha,
        tol=1e-8,
        scale_target=scale_target,
        random_state=0,
        max_iter=2000,
    ).fit(X, y, weights)
    them = Ridge(alpha=alpha).fit(X, y, weights)
    assert np.abs(us.predict(X) - them.predict(X)).max() < 1e-4


def test_no_hidden_layer_is_poisson_regression() -> None:
    X, y = quantities()
    counts = np.random.default_rng(0).poisson(np.exp(0.5 * y)).astype(float)
    us = ours.MLPRegressor(
        "poisson",
        (),
        solver="lbfgs",
        alpha=60.0 * 0.1,
        tol=1e-8,
        scale_target=False,
        random_state=0,
    ).fit(X, counts)
    them = PoissonRegressor(alpha=0.1, tol=1e-8).fit(X, counts)
    assert np.abs(us.predict(X) / them.predict(X) - 1.0).max() < 1e-4


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
def test_the_constructor_is_theirs_and_then_some(name: str) -> None:
    theirs_has = inspect.signature(getattr(theirs, name)).parameters
    ours_has = inspect.signature(getattr(ours, name)).parameters
    assert list(ours_has)[: len(theirs_has)] == list(theirs_has)
    for parameter, is_theirs in theirs_has.items():
        assert ours_has[parameter].default == is_theirs.default, parameter
        assert ours_has[parameter].kind == is_theirs.kind, parameter
    more = list(ours_has.values())[len(theirs_has) :]
    assert all(parameter.kind is parameter.KEYWORD_ONLY for parameter in more)


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_every_fitted_attribute_of_theirs_is_there(name: str, early_stopping: bool) -> None:
    X, y = classes(k=2)
    settings: dict[str, Any] = {"max_iter": 5, "early_stopping": early_stopping, "random_state": 0}
    them = getattr(theirs, name)(**settings).fit(X, y)
    us = getattr(ours, name)(**settings).fit(X, y)
    for attribute in vars(them):
        if not attribute.endswith("_") or attribute.startswith("_"):
            continue
        a, b = getattr(us, attribute), getattr(them, attribute)
        assert (a is None) == (b is None), attribute
        assert isinstance(a, type(b)) or np.isscalar(a), attribute
        if isinstance(b, list):
            assert len(a) == len(b), attribute


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
def test_every_method_of_theirs_is_there(name: str) -> None:
    public = [m for m in dir(getattr(theirs, name)) if not m.startswith("_")]
    assert [m for m in public if not hasattr(getattr(ours, name), m)] == []
