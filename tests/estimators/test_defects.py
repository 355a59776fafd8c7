"""What scikit-learn's MLP gets wrong: each defect is shown to be there, and not to be here."""

from __future__ import annotations

import pickle
import tracemalloc
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from sklearn import neural_network as theirs
from tests.estimators.cases import QUIET, classes, classifier, quantities, regressor

import chainrule as ours
from chainrule.errors import TrainingError


@pytest.fixture
def quiet() -> Iterator[None]:
    """Let scikit-learn's own fits warn of what it likes."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def squared_step_over_decrease(model: Any) -> float:
    """Return |step|² / (rate * decrease of the loss) of one small step of descent: 1 for the loss's own gradient."""
    X, Y = quantities(20, k=3)
    rate = 1e-5
    settings = {"hidden_layer_sizes": (3,), "activation": "tanh", "solver": "sgd", "momentum": 0.0}
    model.set_params(**settings, alpha=0.0, batch_size=20, random_state=0, max_iter=1)
    start = [
        part.copy() for part in weights_of(model.set_params(learning_rate_init=1e-14).fit(X, Y))
    ]
    end = weights_of(model.set_params(learning_rate_init=rate).fit(X, Y))
    squared = sum(float(((a - b) ** 2).sum()) for a, b in zip(start, end, strict=True))
    before, after = model.set_params(max_iter=2).fit(X, Y).loss_curve_
    return squared / (rate * (before - after))


def weights_of(model: Any) -> list[np.ndarray]:
    return [*model.coefs_, *model.intercepts_]


def test_gradient_and_loss_of_several_outputs_are_on_one_scale() -> None:
    assert squared_step_over_decrease(regressor(dtype="float64")) == pytest.approx(1.0, rel=1e-3)


def test_theirs_has_a_gradient_k_times_that_of_its_loss(quiet: None) -> None:
    assert squared_step_over_decrease(theirs.MLPRegressor()) == pytest.approx(3.0, rel=1e-3)


@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_diverged_run_stops_names_epoch_and_layer_and_keeps_finite_weights(
    early_stopping: bool,
) -> None:
    X, y = quantities(60)
    model = regressor(
        solver="sgd",
        learning_rate_init=50.0,
        max_iter=500,
        early_stopping=early_stopping,
        batch_size=20,
    )
    with pytest.raises(TrainingError, match=r"epoch \d+, batch \d+.*layer"):
        model.fit(1e3 * X, y)
    assert model.n_iter_ < 500
    assert model.stop_reason_ == "diverged"
    assert np.isfinite(model.theta_).all()
    assert np.isfinite(model.predict(X)).all()


def test_theirs_runs_all_epochs_and_keeps_nan(quiet: None) -> None:
    X, y = quantities(60)
    model = theirs.MLPRegressor(
        solver="sgd", learning_rate_init=50.0, max_iter=30, early_stopping=True, random_state=0
    )
    with pytest.raises(ValueError, match="non-finite"):
        model.set_params(early_stopping=False).fit(1e3 * X, y)
    assert model.n_iter_ == 30


def test_a_batch_of_zero_weights_is_fine() -> None:
    X, y = classes(20)
    weights = np.r_[np.zeros(10), np.ones(10)]
    model = classifier(batch_size=10, shuffle=False, class_weight={0: 0.0})
    only_class_0 = np.zeros(20, dtype=int)
    only_class_0[10:] = 1 + np.arange(10) % 2
    model.fit(X, only_class_0)  # the first batch has class 0 only, whose weight is 0
    assert np.isfinite(model.theta_).all()
    classifier(batch_size=10, shuffle=False).fit(X, y, sample_weight=weights)


def test_theirs_divides_by_zero(quiet: None) -> None:
    X, y = classes(20)
    weights = np.r_[np.zeros(10), np.ones(10)]
    with pytest.raises(ZeroDivisionError):
        theirs.MLPClassifier((3,), batch_size=10, shuffle=False, max_iter=1).fit(X, y, weights)


def step_by(model: Any, X: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    start = model.set_params(learning_rate_init=1e-12).fit(X, y, weights).coefs_[0].copy()
    return np.asarray(
        model.set_params(learning_rate_init=1e-3).fit(X, y, weights).coefs_[0] - start
    )


def test_sample_weights_do_not_cancel_within_a_batch() -> None:
    X, y = quantities(20)
    weights = np.r_[np.full(10, 100.0), np.full(10, 1.0)]
    model = regressor(
        solver="sgd",
        momentum=0.0,
        batch_size=10,
        shuffle=False,
        max_iter=1,
        alpha=0.0,
        dtype="float64",
        scale_target=False,
    )
    moved = step_by(model, X, y, weights)
    first = step_by(model, X[:10], y[:10], np.ones(10))
    second = step_by(model, X[10:], y[10:], np.ones(10))
    # To first order in the rate the steps add up, each with its share of the weight.
    expected = (100.0 * first + second) / 50.5
    assert np.abs(moved - expected).max() < 0.05 * np.abs(expected).max()


def test_theirs_gives_both_batches_the_same_weight(quiet: None) -> None:
    X, y = quantities(20)
    weights = np.r_[np.full(10, 100.0), np.full(10, 1.0)]
    model = theirs.MLPRegressor(
        hidden_layer_sizes=(6,),
        solver="sgd",
        momentum=0.0,
        batch_size=10,
        shuffle=False,
        max_iter=1,
        alpha=0.0,
        random_state=0,
    )
    assert np.allclose(step_by(model, X, y, weights), step_by(model, X, y, np.ones(20)))


def shrinkage(model: Any, X: np.ndarray, y: np.ndarray, batch_size: int) -> float:
    """Return how much of the last layer one epoch of a strong penalty leaves."""
    model.set_params(batch_size=batch_size, learning_rate_init=1e-12).fit(X, y)
    before = float(np.abs(model.coefs_[0]).sum())
    return (
        float(np.abs(model.set_params(learning_rate_init=0.01).fit(X, y).coefs_[0]).sum()) / before
    )


def test_the_penalty_does_not_depend_on_the_batch_size() -> None:
    X, y = np.zeros((40, 2)), np.zeros(40)  # no gradient reaches the first layer but the penalty's
    model = regressor(
        solver="sgd", momentum=0.0, max_iter=1, alpha=40.0, activation="tanh", dtype="float64"
    )
    one, four = shrinkage(model, X, y, 40), shrinkage(model, X, y, 10)
    assert one == pytest.approx(0.99)
    assert four == pytest.approx(one**4)  # four steps instead of one, each of the same strength


def test_theirs_has_a_penalty_that_grows_as_batches_shrink(quiet: None) -> None:
    X, y = np.zeros((40, 2)), np.zeros(40)
    model = theirs.MLPRegressor(
        hidden_layer_sizes=(6,), solver="sgd", momentum=0.0, max_iter=1, alpha=40.0, random_state=0
    )
    one, four = shrinkage(model, X, y, 40), shrinkage(model, X, y, 10)
    assert four < one**15


def test_lbfgs_has_no_partial_fit() -> None:
    model = regressor(solver="lbfgs")
    assert not hasattr(model, "partial_fit")
    with pytest.raises(AttributeError, match="partial_fit"):
        _ = model.partial_fit
    assert hasattr(regressor(solver="adam"), "partial_fit")
    assert hasattr(theirs.MLPRegressor(solver="lbfgs"), "partial_fit")


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e3, 1e5, 1e12])
def test_the_unit_of_y_does_not_matter(scale: float) -> None:
    X, y = quantities(150)
    model = ours.MLPRegressor(
        hidden_layer_sizes=(20,), **{k: v for k, v in QUIET.items() if k != "hidden_layer_sizes"}
    )
    model.set_params(max_iter=60)
    reference = model.fit(X, y).predict(X)
    assert model.score(X, y) > 0.9
    scaled = model.fit(X, scale * y).predict(X)
    assert np.allclose(scaled / scale, reference, rtol=1e-4, atol=1e-4)


def test_theirs_learns_nothing_of_a_large_y(quiet: None) -> None:
    X, y = quantities(150)
    model = theirs.MLPRegressor(
        hidden_layer_sizes=(20,), max_iter=60, learning_rate_init=0.01, random_state=0
    )
    assert model.fit(X, y).score(X, y) > 0.9
    assert model.fit(X, 1e5 * y).score(X, 1e5 * y) < 0.1


def test_float32_stays_float32_with_lbfgs_which_has_a_loss_curve() -> None:
    X, y = quantities(40)
    model = regressor(solver="lbfgs", alpha=1.0, max_iter=200)
    model.fit(X.astype(np.float32), y.astype(np.float32))
    assert {part.dtype for part in [*model.coefs_, *model.intercepts_]} == {np.dtype("float32")}
    assert model.predict(X.astype(np.float32)).dtype == np.float32
    assert len(model.loss_curve_) == model.n_iter_ > 1
    assert model.loss_curve_[-1] < model.loss_curve_[0]


def test_theirs_turns_float32_into_float64_without_a_loss_curve(quiet: None) -> None:
    X, y = quantities(40)
    model = theirs.MLPRegressor(hidden_layer_sizes=(3,), solver="lbfgs", max_iter=10)
    model.fit(X.astype(np.float32), y.astype(np.float32))
    assert model.coefs_[0].dtype == np.float64
    assert not hasattr(model, "loss_curve_")


@pytest.mark.parametrize("k", [2, 3])
def test_log_probabilities_are_finite(k: int) -> None:
    X, y = classes(k=k)
    model = classifier(max_iter=20).fit(X, y)
    log_p = model.predict_log_proba(1e6 * X)
    assert np.isfinite(log_p).all()
    assert log_p.min() < -1000.0
    assert np.allclose(model.predict_log_proba(X), np.log(model.predict_proba(X)), atol=1e-5)


def test_theirs_are_not(quiet: None) -> None:
    X, y = classes(k=2)
    model = theirs.MLPClassifier((6,), max_iter=20, random_state=0).fit(X, y)
    assert np.isinf(model.predict_log_proba(1e6 * X)).any()


@pytest.mark.parametrize("solver", ["sgd", "adam", "adamw", "rmsprop"])
def test_two_warm_starts_equal_one_long_training_bit_for_bit(solver: str) -> None:
    X, y = classes()
    settings = {"solver": solver, "batch_size": 16, "dropout": 0.2, "learning_rate": "constant"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of max_iter
        whole = classifier(max_iter=20, **settings).fit(X, y)
        halves = classifier(max_iter=10, warm_start=True, **settings).fit(X, y).fit(X, y)
    assert np.array_equal(whole.theta_, halves.theta_)
    assert whole.loss_curve_ == halves.loss_curve_
    assert (halves.n_iter_, halves.t_) == (10, whole.t_)


def test_theirs_are_not_the_same(quiet: None) -> None:
    X, y = classes()
    settings: dict[str, Any] = {
        "hidden_layer_sizes": (6,),
        "random_state": 0,
        "shuffle": False,
        "tol": 0.0,
    }
    whole = theirs.MLPClassifier(max_iter=20, **settings).fit(X, y)
    halves = theirs.MLPClassifier(max_iter=10, warm_start=True, **settings).fit(X, y).fit(X, y)
    assert not np.allclose(whole.coefs_[0], halves.coefs_[0], rtol=1e-3)


def test_a_pickle_holds_the_weights_once() -> None:
    X, y = classes()
    model = classifier(hidden_layer_sizes=(300, 300), early_stopping=True, max_iter=2).fit(X, y)
    size = len(pickle.dumps(model))
    assert size < 1.1 * model.theta_.nbytes
    assert len(pickle.dumps(model.set_params(warm_start=True))) > 3 * model.theta_.nbytes


def test_theirs_holds_them_four_times(quiet: None) -> None:
    X, y = classes()
    model = theirs.MLPClassifier((300, 300), max_iter=2).fit(X, y)
    assert len(pickle.dumps(model)) > 3.9 * sum(W.nbytes for W in model.coefs_)


def test_prediction_takes_bounded_memory(quiet: None) -> None:
    X = np.zeros((20_000, 5), dtype=np.float32)
    y = np.arange(20_000) % 2
    extra = {}
    for module in (ours, theirs):
        model = module.MLPClassifier((256, 256), max_iter=1, random_state=0)
        model.fit(X[:100], y[:100])
        tracemalloc.start()
        model.predict(X)
        extra[module.__name__] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert extra["chainrule"] < 8e6
    assert extra["sklearn.neural_network"] > 20e6
