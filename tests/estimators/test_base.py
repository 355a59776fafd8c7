"""Validation rows, weights and prediction: what both estimators share."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from sklearn.exceptions import NotFittedError
from sklearn.metrics import accuracy_score, f1_score, log_loss, make_scorer, r2_score
from tests.estimators.cases import classes, classifier, quantities, regressor

from chainrule import MLPClassifier, MLPRegressor
from chainrule.errors import InputError, InputTypeError

X, Y = classes(90)
XQ, YQ = quantities(90)
LEARN, HOLD = slice(0, 60), slice(60, 90)


# ---- validation ----------------------------------------------------------------------------------------


def test_own_validation_rows_choose_the_weights_by_their_loss() -> None:
    model = classifier(learning_rate_init=0.3, max_iter=40, dtype="float64")
    model.fit(X[LEARN], Y[LEARN], X_val=X[HOLD], y_val=Y[HOLD])
    losses = model.history_["validation_loss"]
    assert len(losses) == model.n_iter_ == 40
    assert model.best_epoch_ == 1 + int(np.argmin(losses)) < 40  # type: ignore[arg-type]
    penalty = 0.5 * model.network_.l2 * sum(float((W**2).sum()) for W in model.coefs_)
    measured = log_loss(Y[HOLD], model.predict_proba(X[HOLD])) + penalty
    assert measured == pytest.approx(min(losses))  # type: ignore[type-var]
    assert model.best_loss_ is None
    scores = model.validation_scores_
    assert scores is not None
    assert scores[model.best_epoch_ - 1] == pytest.approx(model.score(X[HOLD], Y[HOLD]))


def test_patience_follows_the_loss_on_validation_rows() -> None:
    model = classifier(learning_rate_init=0.3, max_iter=200, n_iter_no_change=5)
    model.fit(
        X[LEARN], Y[LEARN], X_val=X[HOLD], y_val=1 + Y[HOLD] % 2
    )  # wrong labels: it only gets worse
    assert model.stop_reason_ == "no_improvement"
    assert model.n_iter_ < 50


@pytest.mark.parametrize("estimator", [classifier(), regressor()])
def test_early_stopping_sets_rows_aside_and_follows_their_loss(estimator: Any) -> None:
    data = (X, Y) if isinstance(estimator, MLPClassifier) else (XQ, YQ)
    estimator.set_params(
        early_stopping=True, max_iter=60, n_iter_no_change=4, learning_rate_init=0.1
    )
    estimator.fit(*data)
    scores = estimator.validation_scores_
    assert scores is not None
    assert len(scores) == estimator.n_iter_
    assert estimator.best_validation_score_ == max(scores)
    losses = estimator.history_["validation_loss"]
    assert estimator.best_epoch_ == 1 + int(np.argmin(losses)) < estimator.n_iter_ < 60
    assert estimator.stop_reason_ == "no_improvement"
    assert estimator.t_ == 81 * estimator.n_iter_  # 9 rows are set aside


def test_the_default_score_is_that_of_the_estimator() -> None:
    weights = np.linspace(0.0, 1.0, 30)
    seen: list[float] = []
    for model, x, y in ((classifier(), X, Y), (regressor(), XQ, YQ)):
        model.fit(x[LEARN], y[LEARN], X_val=x[HOLD], y_val=y[HOLD], sample_weight_val=weights)
        seen.append(model.validation_scores_[model.best_epoch_ - 1])
        assert seen[-1] == pytest.approx(model.score(x[HOLD], y[HOLD], weights), abs=1e-6)


SCORERS: list[tuple[Any, Any]] = [
    ("f1_macro", lambda model: f1_score(Y[HOLD], model.predict(X[HOLD]), average="macro")),
    ("neg_log_loss", lambda model: -log_loss(Y[HOLD], model.predict_proba(X[HOLD]))),
    (make_scorer(accuracy_score), lambda model: model.score(X[HOLD], Y[HOLD])),
    (
        lambda model, X, y: -float(model.predict(X).mean()),
        lambda model: -model.predict(X[HOLD]).mean(),
    ),
    # a scorer may look at other rows than those it is given
    (
        lambda model, X, y: model.score(X[:7], y[:7]),
        lambda model: model.score(X[HOLD][:7], Y[HOLD][:7]),
    ),
]


@pytest.mark.parametrize(("scoring", "expected"), SCORERS)
def test_any_scorer_chooses_the_weights(scoring: Any, expected: Any) -> None:
    model = classifier(scoring=scoring, learning_rate_init=0.2, max_iter=10)
    model.fit(X[LEARN], Y[LEARN], X_val=X[HOLD], y_val=Y[HOLD])
    scores = model.validation_scores_
    assert scores is not None
    assert len(set(scores)) > 1
    assert model.best_validation_score_ == max(scores) == scores[model.best_epoch_ - 1]  # type: ignore[type-var]
    assert expected(model) == pytest.approx(model.best_validation_score_, rel=1e-5)


def test_a_scorer_gets_the_weights_if_it_takes_them() -> None:
    weights = np.r_[np.ones(10), np.full(20, 5.0)]
    model = classifier(scoring="accuracy", max_iter=2)
    model.fit(X[LEARN], Y[LEARN], X_val=X[HOLD], y_val=Y[HOLD], sample_weight_val=weights)
    expected = model.score(X[HOLD], Y[HOLD], weights)
    assert model.best_validation_score_ == pytest.approx(expected)
    regressor(scoring="r2").fit(XQ, YQ, X_val=XQ, y_val=YQ, sample_weight_val=np.ones(90))


def test_a_scorer_must_return_a_number() -> None:
    with pytest.raises(InputTypeError, match=r"scoring.*one number"):
        classifier(scoring=lambda model, X, y: "good").fit(X, Y, X_val=X, y_val=Y)


def test_early_stopping_with_own_rows_sets_none_aside() -> None:
    model = classifier(early_stopping=True, max_iter=8).fit(X, Y, X_val=X[HOLD], y_val=Y[HOLD])
    assert model.t_ == 90 * 8
    assert model.best_validation_score_ is not None


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"X_val": X}, "y_val"),
        ({"y_val": Y}, "X_val"),
        ({"X_val": X[:, :2], "y_val": Y}, "2 features"),
    ],
)
def test_validation_rows_that_do_not_fit(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        classifier().fit(X, Y, **given)


def test_partial_fit_does_not_stop_early() -> None:
    with pytest.raises(InputError, match="early_stopping"):
        classifier(early_stopping=True).partial_fit(X, Y, classes=[0, 1, 2])


def test_lbfgs_has_validation_and_curves_too() -> None:
    model = classifier(solver="lbfgs", max_iter=15, tol=1e-12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X[LEARN], Y[LEARN], X_val=X[HOLD], y_val=Y[HOLD])
    losses = model.history_["validation_loss"]
    assert len(losses) == model.n_iter_ == len(model.loss_curve_)
    assert model.best_epoch_ == 1 + int(np.argmin(losses))  # type: ignore[arg-type]


# ---- weights -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("loss", ["squared_error", "huber", "poisson"])
def test_weights_equal_repetition(solver: str, loss: str) -> None:
    counts = np.random.default_rng(1).integers(0, 4, size=40)
    settings = {"solver": solver, "alpha": 1.0, "l1": 0.1, "max_iter": 8}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of max_iter
        y = np.abs(YQ[:40])
        weighted = regressor(loss=loss, **settings).fit(XQ[:40], y, counts)
        repeated = regressor(loss=loss, **settings).fit(XQ[:40].repeat(counts, 0), y.repeat(counts))
        assert np.allclose(weighted.predict(XQ), repeated.predict(XQ), rtol=1e-8)
        weighted_c = classifier(**settings).fit(X[:40], Y[:40], counts)
        repeated_c = classifier(**settings).fit(X[:40].repeat(counts, 0), Y[:40].repeat(counts))
        assert np.allclose(weighted_c.predict_proba(X), repeated_c.predict_proba(X), rtol=1e-8)


def test_class_weights_equal_repetition() -> None:
    counts = np.array([1, 3, 2])[Y]
    weighted = classifier(class_weight={0: 1, 1: 3, 2: 2}, alpha=1.0).fit(X[:60], Y[:60])
    repeated = classifier(alpha=1.0).fit(X[:60].repeat(counts[:60], 0), Y[:60].repeat(counts[:60]))
    assert np.allclose(weighted.predict_proba(X), repeated.predict_proba(X), rtol=1e-8)


@pytest.mark.parametrize("batch_size", ["auto", 7])
def test_a_row_of_weight_0_is_as_good_as_absent(batch_size: Any) -> None:
    rows = np.arange(90) % 4 > 0
    for model, x, y in ((classifier(), X, Y), (regressor(), XQ, YQ)):
        model.set_params(batch_size=batch_size, early_stopping=True)
        present = model.fit(x[rows], y[rows]).theta_
        strange = np.where(rows, y, 99)  # neither a class nor a value of absent rows is learned
        assert np.array_equal(
            model.fit(x, strange, sample_weight=rows.astype(float)).theta_, present
        )


def test_only_the_ratio_of_weights_matters_without_a_penalty() -> None:
    w = np.linspace(0.5, 2.0, 90)
    model = classifier(alpha=0.0, dtype="float64")
    assert np.allclose(model.fit(X, Y, w).theta_, model.fit(X, Y, 1e6 * w).theta_)


# ---- prediction ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make", [scipy.sparse.csr_array, scipy.sparse.csr_matrix, scipy.sparse.csc_array]
)
def test_sparse_rows_are_learned_as_dense_ones(make: Any) -> None:
    thin = np.where(np.abs(X) > 1.0, X, 0.0)
    dense, sparse = (
        classifier(dtype="float64", batch_size=20),
        classifier(dtype="float64", batch_size=20),
    )
    dense.fit(thin, Y)
    sparse.fit(make(thin), Y)
    assert np.allclose(dense.theta_, sparse.theta_, rtol=1e-9)
    assert np.allclose(sparse.predict_proba(make(thin)), dense.predict_proba(thin), rtol=1e-9)
    early = classifier(early_stopping=True).fit(make(thin), Y)
    assert early.n_features_in_ == 4


def test_nothing_that_is_given_is_written_to() -> None:
    x, y, w = X.copy(), Y.copy(), np.ones(90)
    for part in (x, y, w):
        part.setflags(write=False)
    classifier(dtype="float64").fit(x, y, w).predict(x)
    assert np.array_equal(x, X)


@pytest.mark.parametrize("threads", [1, 2])
def test_predictions_do_not_depend_on_threads(threads: int) -> None:
    model = classifier(hidden_layer_sizes=(300,)).fit(X, Y)
    many = np.tile(X, (30, 1))
    assert np.array_equal(
        model.set_params(threads=1).predict_proba(many),
        model.set_params(threads=threads).predict_proba(many),
    )


def test_before_training_everything_says_so() -> None:
    for model in (MLPClassifier(), MLPRegressor()):
        with pytest.raises(NotFittedError):
            model.predict(X)
        for name in (
            "coefs_",
            "intercepts_",
            "loss_",
            "loss_curve_",
            "n_layers_",
            "history_",
            "n_outputs_",
        ):
            assert not hasattr(model, name)


def test_one_row_is_predicted_like_many() -> None:
    model = regressor(dtype="float64").fit(XQ, YQ)
    assert model.predict(XQ[:1]) == pytest.approx(model.predict(XQ)[:1])
    assert r2_score(YQ, model.predict(XQ)) == pytest.approx(model.score(XQ, YQ))
