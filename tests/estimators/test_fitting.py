"""Training through the estimators: going on, stopping, failing, and what every option changes."""

from __future__ import annotations

import pickle
import re
import warnings
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from tests.estimators.cases import SHORT, classes, classifier, quantities, regressor

from chainrule import MLPClassifier, MLPRegressor, register_activation, register_loss
from chainrule.equations.activations import activations
from chainrule.equations.losses import losses
from chainrule.errors import HealthWarning, InputError, TrainingError
from chainrule.training import EpochEnded, TrainingEnded, TrainingStarted

X, Y = classes()
XQ, YQ = quantities()

#: a setting, what it is compared with, and what must be set for it to matter
OPTIONS: list[tuple[str, Any, Any, dict[str, Any]]] = [
    ("hidden_layer_sizes", (6,), (6, 3), {}),
    ("activation", "relu", "tanh", {}),
    ("activation", "relu", ["gelu"], {}),
    ("activation", "leaky_relu(0.1)", "leaky_relu(0.2)", {}),
    ("activation", ["relu", "tanh"], ["tanh", "relu"], {"hidden_layer_sizes": (6, 6)}),
    ("solver", "adam", "sgd", {}),
    ("solver", "adam", "rmsprop", {}),
    ("solver", "adam", "adamw", {}),
    ("alpha", 0.0, 1.0, {}),
    ("l1", 0.0, 1.0, {}),
    ("batch_size", 10, 20, {}),
    ("learning_rate", "constant", "cosine", {}),
    ("learning_rate", "constant", "one_cycle", {}),
    ("learning_rate", "constant", "exponential(0.5)", {}),
    ("learning_rate", "constant", "step(0.5, 2)", {}),
    ("learning_rate", "constant", "invscaling", {}),
    ("learning_rate", "constant", "adaptive", {"tol": 10.0, "n_iter_no_change": 2}),
    ("learning_rate_init", 0.01, 0.02, {}),
    ("power_t", 0.5, 0.2, {"learning_rate": "invscaling"}),
    ("max_iter", 4, 5, {}),
    ("max_iter", 4, 5, {"solver": "lbfgs"}),
    ("shuffle", True, False, {"batch_size": 10}),
    ("random_state", 0, 1, {}),
    ("tol", 1e-4, 10.0, {"learning_rate": "adaptive", "n_iter_no_change": 2}),
    ("tol", 1e-4, 10.0, {"solver": "lbfgs"}),
    ("momentum", 0.9, 0.5, {"solver": "sgd"}),
    ("nesterovs_momentum", True, False, {"solver": "sgd"}),
    ("early_stopping", False, True, {}),
    ("validation_fraction", 0.1, 0.3, {"early_stopping": True}),
    ("beta_1", 0.9, 0.5, {}),
    ("beta_2", 0.999, 0.9, {"solver": "adamw"}),
    ("epsilon", 1e-8, 0.1, {}),
    ("epsilon", 1e-8, 0.1, {"solver": "rmsprop"}),
    ("n_iter_no_change", 1, 3, {"tol": 10.0, "max_iter": 10}),
    ("max_fun", 15000, 3, {"solver": "lbfgs", "max_iter": 20}),
    ("dropout", 0.0, 0.5, {}),
    ("dropout", (0.5, 0.0), (0.0, 0.5), {"hidden_layer_sizes": (6, 6)}),
    ("weight_decay", None, 1.0, {"solver": "adamw"}),
    ("clip_norm", None, 0.01, {"solver": "sgd"}),
    ("warmup", 0, 3, {}),
    ("warmup", 0, 0.5, {}),
    ("initializer", "auto", "normal", {}),
    ("initializer", "normal", "normal(0.5)", {}),
    ("dtype", "float32", "float64", {}),
    ("max_time", None, 1e-9, {"max_iter": 10}),
]


@pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning", "ignore::chainrule.errors.HealthWarning"
)
@pytest.mark.parametrize(("name", "one", "other", "also"), OPTIONS)
def test_every_option_changes_the_fit(
    name: str, one: Any, other: Any, also: dict[str, Any]
) -> None:
    for kind, data in ((MLPClassifier, (X, Y)), (MLPRegressor, (XQ, YQ))):
        settings = {**SHORT, **also}
        first = kind(**{**settings, name: one}).fit(*data).theta_
        again = kind(**{**settings, name: one}).fit(*data).theta_
        second = kind(**{**settings, name: other}).fit(*data).theta_
        assert np.array_equal(first, again)
        assert first.shape != second.shape or not np.allclose(first, second, rtol=1e-12, atol=0.0)


@pytest.mark.parametrize("loss", ["absolute_error", "huber(0.5)", "quantile(0.9)"])
def test_every_loss_of_quantities_changes_the_fit(loss: str) -> None:
    first, second = regressor().fit(XQ, YQ), regressor(loss=loss).fit(XQ, YQ)
    assert not np.allclose(first.theta_, second.theta_)


@pytest.mark.parametrize("loss", ["log_loss(0.2)", "focal", "focal(1.0, 0.5)", "binary_log_loss"])
def test_every_loss_of_classes_changes_the_fit(loss: str) -> None:
    first, second = classifier().fit(X, Y), classifier(loss=loss).fit(X, Y)
    assert not np.allclose(first.theta_, second.theta_)


@pytest.mark.parametrize("engine", ["auto", "reference"])
@pytest.mark.parametrize("threads", [1, 2])
def test_engine_and_threads_change_nothing_but_rounding(engine: str, threads: int) -> None:
    settings = {"dtype": "float64", "batch_size": 16, "dropout": 0.3}
    first = classifier(**settings, engine="reference").fit(X, Y)
    second = classifier(**settings, engine=engine, threads=threads).fit(X, Y)
    assert np.allclose(first.theta_, second.theta_, rtol=1e-9, atol=1e-12)


def test_what_a_user_has_registered_is_used() -> None:
    register_activation("cubed_in_a_test", lambda z: z * z * z, lambda z: 3.0 * z * z)
    register_loss(
        "quartic_in_a_test", lambda z, y: (z - y) ** 4.0, lambda z, y: 4.0 * (z - y) ** 3.0
    )
    try:
        model = regressor(
            loss="quartic_in_a_test", activation="cubed_in_a_test", engine="reference"
        )
        model.fit(XQ, YQ)
        assert model.network_.activations == ("cubed_in_a_test", "identity")
        assert model.loss_curve_[-1] < model.loss_curve_[0]
        copy = pickle.loads(pickle.dumps(model))  # though a lambda cannot be pickled
        assert np.array_equal(copy.predict(XQ), model.predict(XQ))
    finally:
        activations.unregister("cubed_in_a_test")
        losses.unregister("quartic_in_a_test")


# ---- going on ------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("schedule", ["constant", "invscaling", "cosine", "adaptive"])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_partial_fits_equal_one_fit(solver: str, schedule: str) -> None:
    settings = {
        "solver": solver,
        "learning_rate": schedule,
        "batch_size": 16,
        "dropout": 0.2,
        "warmup": 3,
    }
    weights = np.linspace(0.0, 2.0, 60)
    whole = classifier(**settings, max_iter=6).fit(X, Y, weights)
    pieces = classifier(**settings, max_iter=6)
    for _ in range(6):
        pieces.partial_fit(X, Y, weights, classes=[0, 1, 2])
    assert np.array_equal(whole.theta_, pieces.theta_)
    assert whole.loss_curve_ == pieces.loss_curve_
    assert (pieces.t_, pieces.n_iter_) == (whole.t_, 1)

    whole_r = regressor(**settings, max_iter=4).fit(XQ, YQ)
    pieces_r = regressor(**settings, max_iter=4)
    for _ in range(4):
        pieces_r.partial_fit(XQ, YQ)
    assert np.array_equal(whole_r.theta_, pieces_r.theta_)


def test_partial_fit_goes_on_from_a_fit_and_from_weights_that_were_written_to() -> None:
    model = classifier().fit(X, Y)
    model.coefs_[0][...] = 0.5
    assert (model.theta_[:24] == 0.5).all()
    other = deepcopy(model)
    model.set_params(learning_rate_init=1e-9).partial_fit(X, Y)
    assert np.allclose(model.coefs_[0], 0.5, atol=1e-6)
    assert len(model.loss_curve_) == 6
    other.coefs_[0][...] = -0.5
    assert np.allclose(model.coefs_[0], 0.5, atol=1e-6)  # a copy has weights of its own


def test_partial_fit_goes_on_from_the_best_weights() -> None:
    model = classifier(early_stopping=True, learning_rate_init=0.5, max_iter=30).fit(X, Y)
    best = model.theta_.copy()
    model.set_params(early_stopping=False, learning_rate_init=1e-9).partial_fit(X, Y)
    assert np.allclose(model.theta_, best, atol=1e-6)


def test_a_pickled_estimator_goes_on_from_its_weights() -> None:
    model = classifier(max_iter=10).fit(X, Y)
    copy = pickle.loads(pickle.dumps(model))
    assert np.array_equal(copy.predict_proba(X), model.predict_proba(X))
    copy.set_params(learning_rate_init=1e-9).partial_fit(X, Y)
    assert np.allclose(copy.theta_, model.theta_, atol=1e-6)
    assert len(copy.loss_curve_) == 11
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of max_iter
        settings = {"learning_rate": "constant", "batch_size": 16}
        whole = classifier(max_iter=8, **settings).fit(X, Y)
        half = classifier(max_iter=4, warm_start=True, **settings).fit(X, Y)
        second = pickle.loads(pickle.dumps(half)).fit(X, Y)  # warm_start: the moments travel too
    assert np.array_equal(second.theta_, whole.theta_)


@pytest.mark.parametrize("solver", ["sgd", "lbfgs", "adamw"])
def test_a_warm_start_with_another_solver_keeps_the_weights(solver: str) -> None:
    model = classifier(warm_start=True, max_iter=20, batch_size=60).fit(X, Y)
    before = model.loss_curve_[-1]
    model.set_params(solver=solver, learning_rate_init=1e-3, max_iter=2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, Y)
    assert model.loss_curve_[20] <= before + 1e-2
    assert len(model.loss_curve_) == 22


def test_a_warm_start_keeps_random_draws_and_may_stop_again() -> None:
    model = classifier(random_state=None, warm_start=True, early_stopping=True).fit(X, Y)
    first = list(model.loss_curve_)
    assert model.fit(X, Y).loss_curve_[:5] == first


@pytest.mark.parametrize(
    ("change", "says"),
    [({"hidden_layer_sizes": (7,)}, "hidden_layer_sizes"), ({"activation": "tanh"}, "activation")],
)
def test_a_warm_start_with_another_network_is_refused(change: dict[str, Any], says: str) -> None:
    model = classifier(warm_start=True).fit(X, Y)
    with pytest.raises(InputError, match=f"{says}.*warm_start=False"):
        model.set_params(**change).fit(X, Y)


def test_a_warm_start_with_another_target_is_refused() -> None:
    with pytest.raises(InputError, match="y: got 1, 2, 7, expected 0, 1, 2, as in the last call"):
        classifier(warm_start=True).fit(X, Y).fit(X, np.where(Y == 0, 7, Y))
    with pytest.raises(InputError, match="2 columns"):
        regressor(warm_start=True).fit(XQ, YQ).fit(XQ, np.c_[YQ, YQ])


@pytest.mark.parametrize("random_state", [None, 3, np.random.RandomState(3)])
def test_random_states_are_scikit_learns(random_state: Any) -> None:
    np.random.seed(4)
    first = classifier(random_state=random_state).fit(X, Y)
    theta = first.theta_.copy()
    second = first.fit(X, Y).theta_
    assert np.array_equal(theta, second) == isinstance(random_state, int)


# ---- stopping ------------------------------------------------------------------------------------------


def test_reaching_max_iter_is_warned_of_unless_the_schedule_ends_there() -> None:
    for data, kind in (((X, Y), MLPClassifier), ((XQ, YQ), MLPRegressor)):
        with pytest.warns(ConvergenceWarning, match="max_iter=5 was reached"):
            kind(**SHORT).fit(*data)
        kind(**SHORT, learning_rate="cosine").fit(*data)
        kind(**SHORT, learning_rate="one_cycle").fit(*data)
        kind(**{**SHORT, "tol": 10.0, "n_iter_no_change": 1}).fit(*data)
    with pytest.warns(ConvergenceWarning, match="max_fun=3 was reached"):
        classifier(solver="lbfgs", max_fun=3, max_iter=50).fit(X, Y)
    classifier(solver="lbfgs", tol=0.1, alpha=1.0, max_iter=100).fit(X, Y)
    classifier().partial_fit(X, Y, classes=[0, 1, 2])


def test_patience_is_counted_as_in_scikit_learn() -> None:
    model = MLPClassifier(**{**SHORT, "tol": 10.0, "n_iter_no_change": 3, "max_iter": 50}).fit(X, Y)
    assert (model.n_iter_, model.stop_reason_) == (5, "no_improvement")


def test_time_runs_out() -> None:
    model = classifier(max_time=1e-9, max_iter=100).fit(X, Y)
    assert (model.n_iter_, model.stop_reason_) == (1, "max_time")


def interrupted(event: Any) -> None:
    if isinstance(event, EpochEnded) and event.epoch == 3:
        raise KeyboardInterrupt


def test_an_interrupted_training_is_kept() -> None:
    model = classifier(callbacks=interrupted)
    with pytest.warns(UserWarning, match="interrupted by user"):
        model.fit(X, Y)
    assert model.stop_reason_ == "interrupted"
    assert model.predict(X).shape == Y.shape


def test_callbacks_hear_of_everything_and_may_stop() -> None:
    heard: list[Any] = []
    stop: Callable[[Any], bool] = lambda event: isinstance(event, EpochEnded) and event.epoch == 2  # noqa: E731
    model = classifier(callbacks=[heard.append, stop]).fit(X, Y)
    assert [type(event) for event in heard] == [
        TrainingStarted,
        EpochEnded,
        EpochEnded,
        TrainingEnded,
    ]
    assert model.stop_reason_ == "callback"
    assert heard[1].loss == model.loss_curve_[0]
    assert heard[0].n_rows == 60


def test_verbose_prints_a_line_an_epoch_where_there_is_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    quiet = classifier(max_iter=3, early_stopping=True).fit(X, Y)
    assert capsys.readouterr() == ("", "")
    loud = classifier(max_iter=3, early_stopping=True, verbose=True).fit(X, Y)
    lines, errors = capsys.readouterr()
    assert errors == ""
    assert re.fullmatch(
        r"(Iteration (\d), loss = \d\.\d{8}, validation loss = \d\.\d{8}\nValidation score: \d\.\d{6}\n){3}"
        r"Training ended: max_epochs\n",
        lines,
    )
    assert f"Iteration 3, loss = {loud.loss_curve_[2]:.8f}" in lines
    assert np.array_equal(quiet.theta_, loud.theta_)


def test_a_batch_larger_than_the_table_is_warned_of() -> None:
    with pytest.warns(UserWarning, match="batch_size=61 is larger than the 60 rows"):
        classifier(batch_size=61).fit(X, Y)


# ---- failing -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_a_diverged_training_leaves_the_last_finite_weights(solver: str) -> None:
    model = regressor(
        solver=solver,
        learning_rate_init=1e30 if solver == "adam" else 10.0,
        max_iter=200,
        batch_size=20,
    )
    with pytest.raises(TrainingError, match="learning rate"):
        model.fit(100.0 * XQ, YQ)
    assert len(model.loss_curve_) == model.n_iter_
    assert np.isfinite(model.theta_).all()
    assert model.predict(XQ).shape == YQ.shape
    model.set_params(learning_rate_init=1e-3).fit(XQ, YQ)  # and can be trained anew
    assert model.stop_reason_ == "max_epochs"


def test_a_callback_that_fails_is_heard() -> None:
    def fail(event: Any) -> None:
        raise RuntimeError("no disk")

    model = classifier(callbacks=fail)
    with pytest.raises(RuntimeError, match="no disk"):
        model.fit(X, Y)
    assert not hasattr(model, "theta_")


def test_a_fit_that_fails_forgets_the_one_before() -> None:
    model = classifier().fit(X, Y)
    with pytest.raises(InputError):
        model.fit(X, Y, sample_weight=-np.ones(60))
    assert not hasattr(model, "coefs_")
    assert not hasattr(model, "loss_curve_") or model.stop_reason_


def test_dead_units_are_warned_of() -> None:
    parts = [np.full((4, 6), -1.0), np.full(6, -100.0), np.ones((6, 3)), np.zeros(3)]
    with pytest.warns(HealthWarning, match="6 of its 6 relu units are dead"):
        classifier(initializer=parts, learning_rate_init=1e-9).fit(X, Y)


def test_a_column_too_large_for_float32_is_refused() -> None:
    huge = X * 1e300
    with pytest.raises(InputError, match=r"beyond those of float32.*dtype='float64'"):
        classifier(dtype="float32").fit(huge, Y)
