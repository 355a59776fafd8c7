"""Training many candidates on the same rows: what is kept of each, in which order, and what is told meanwhile."""

from __future__ import annotations

import _thread
import threading
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

from chainrule.comparison.pool import train_all
from chainrule.comparison.trials import Split, TrialEvent, checked_seeds, row_scores, splits
from chainrule.errors import HealthWarning, InputError, InputTypeError
from chainrule.estimators import MLPClassifier, MLPRegressor


def small(**settings: Any) -> MLPClassifier:
    return MLPClassifier(
        **{"hidden_layer_sizes": (4,), "max_iter": 6, "engine": "reference", **settings}
    )


@pytest.fixture
def part(rng: np.random.Generator) -> Split:
    X = rng.normal(size=(120, 3))
    y = X[:, 0] > X[:, 1]
    return Split(X[:80], y[:80], X[80:], y[80:])


def test_each_trial_is_the_fit_that_one_would_do_oneself(part: Split) -> None:
    candidates = {"narrow": small(), "wide": small(hidden_layer_sizes=(16, 4))}
    done = train_all(candidates, [part], [3, 5], n_jobs=2)
    assert [(t.candidate, t.seed) for t in done.trials] == [
        ("narrow", 3), ("narrow", 5), ("wide", 3), ("wide", 5),
    ]  # fmt: skip
    for trial in done.trials:
        alone = small(**candidates[trial.candidate].get_params()).set_params(
            random_state=trial.seed
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            alone.fit(part.X, part.y, X_val=part.X_val, y_val=part.y_val)
        assert trial.score == alone.score(part.X_val, part.y_val)
        assert trial.history["loss"] == alone.history_["loss"]
        assert trial.loss == alone.history_["validation_loss"][alone.best_epoch_ - 1]
        assert (trial.epochs, trial.best_epoch) == (alone.n_iter_, alone.best_epoch_)
        assert trial.seconds > 0.0
        if trial.seed == 3:
            np.testing.assert_array_equal(done.fitted[trial.candidate].theta_, alone.theta_)
    assert (done.n_train, done.n_validation, done.n_folds) == (80, 40, 0)
    assert [t.seed for t in done.of("wide")] == [3, 5]


def test_the_result_does_not_depend_on_the_number_of_threads(part: Split) -> None:
    candidates = {str(h): small(hidden_layer_sizes=(h,)) for h in (2, 3, 4)}
    one = train_all(candidates, [part], [0, 1], n_jobs=1)
    four = train_all(candidates, [part], [0, 1], n_jobs=4)
    assert [t.score for t in one.trials] == [t.score for t in four.trials]
    for name in candidates:
        np.testing.assert_array_equal(one.fitted[name].theta_, four.fitted[name].theta_)


def test_warnings_become_notes_of_their_trial_and_reach_nobody_else(part: Split) -> None:
    dead = small(
        max_iter=2, initializer=[np.zeros((3, 4)), -1e6 * np.ones(4), np.ones((4, 1)), np.ones(1)]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        done = train_all({"dead": dead, "well": small(max_iter=2)}, [part], [0])
        showwarning = warnings.showwarning
    assert showwarning is warnings.showwarning
    assert any("dead" in note for note in done.of("dead")[0].notes)
    assert not any("dead" in note for note in done.of("well")[0].notes)
    with pytest.warns(HealthWarning):
        warnings.warn("still works", HealthWarning, stacklevel=1)


def test_a_training_that_diverges_is_a_result(part: Split) -> None:
    wild = small(solver="sgd", learning_rate_init=1e30, activation="identity", dtype="float32")
    done = train_all({"wild": wild, "tame": small()}, [part], [0])
    trial = done.of("wild")[0]
    assert np.isnan(trial.score)
    assert trial.stop_reason == "diverged"
    assert "finite" in trial.notes[-1]
    assert set(done.fitted) == {"tame"}


def test_a_candidate_that_cannot_be_trained_is_an_error(part: Split) -> None:
    with pytest.raises(InputError, match="alpha"):
        train_all({"fine": small(), "wrong": small(alpha=-1.0)}, [part], [0])
    with pytest.raises(InputError, match="candidates: got none"):
        train_all({}, [part], [0])


def test_progress_hears_of_every_training(part: Split) -> None:
    heard: list[TrialEvent] = []
    train_all(
        {"a": small(), "b": small(max_iter=3)}, [part], [0, 1], n_jobs=2, progress=heard.append
    )
    assert (heard[0].kind, heard[-1].kind) == ("start", "end")
    assert {(e.trials, e.epochs) for e in heard} == {(4, 6)}
    assert [e.finished for e in heard if e.kind == "trial"] == [1, 2, 3, 4]
    assert max(e.epoch for e in heard if e.kind == "epoch" and e.candidate == "b") == 3
    assert all(e.score is not None for e in heard if e.kind == "trial")


def test_ctrl_c_ends_all_threads_after_their_epoch(part: Split) -> None:
    pressed = threading.Lock()

    def interrupt(event: TrialEvent) -> None:
        # Once only: a second Ctrl-C would meet whatever runs after this test.
        if event.kind == "epoch" and event.epoch >= 2 and pressed.acquire(blocking=False):
            _thread.interrupt_main()  # the exception comes in the main thread alone

    before = set(threading.enumerate())
    endless = small(max_iter=100_000, n_iter_no_change=np.inf)
    with pytest.raises(KeyboardInterrupt):
        train_all({"a": endless, "b": endless}, [part], [0], n_jobs=2, progress=interrupt)
    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=30)
        # A thread that an engine keeps for later epochs sleeps; one that still trains does not end.
        assert not thread.is_alive() or thread.name.startswith("chainrule")


def test_splits_share_rows_between_candidates_and_keep_classes(rng: np.random.Generator) -> None:
    frame = pd.DataFrame({"x": np.arange(50.0)})
    y = np.array(["a"] * 40 + ["b"] * 10, dtype=object)
    (one,) = splits(frame, y, stratified=True, validation_fraction=0.2, folds=None, split_seed=0)
    assert sorted([*one.X["x"], *one.X_val["x"]]) == list(range(50))
    assert (one.y_val == "b").sum() == 2
    folds = splits(frame, y, stratified=True, validation_fraction=0.2, folds=5, split_seed=0)
    assert sorted(x for f in folds for x in f.X_val["x"]) == list(range(50))
    assert [(f.y_val == "b").sum() for f in folds] == [2] * 5
    again = splits(frame, y, stratified=True, validation_fraction=0.2, folds=5, split_seed=0)
    assert all((f.X_val["x"] == g.X_val["x"]).all() for f, g in zip(folds, again, strict=True))
    numbers = splits(
        frame, np.arange(50.0), stratified=False, validation_fraction=0.2, folds=2, split_seed=1
    )
    assert [len(f.y_val) for f in numbers] == [25, 25]


@pytest.mark.parametrize("folds", [1, 26, True])
def test_folds_that_are_too_many_or_too_few(folds: Any) -> None:
    with pytest.raises(InputError, match="folds"):
        splits(
            np.ones((50, 1)),
            np.ones(50),
            stratified=False,
            validation_fraction=0.2,
            folds=folds,
            split_seed=0,
        )


def test_rows_add_up_to_the_score(part: Split, rng: np.random.Generator) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        classifier = small(random_state=0).fit(part.X, part.y)
        y = part.X[:, 0] + rng.normal(size=80)
        regressor = MLPRegressor(
            hidden_layer_sizes=(3,), max_iter=5, engine="reference", random_state=0
        )
        regressor.fit(part.X, y)
    rows = row_scores(classifier, part.X_val, part.y_val)
    assert rows is not None
    assert rows.mean() == pytest.approx(classifier.score(part.X_val, part.y_val))
    rows = row_scores(regressor, part.X, y)
    assert rows is not None
    assert rows.mean() == pytest.approx(regressor.score(part.X, y))
    assert row_scores(regressor.set_params(scoring="r2"), part.X, y) is None
    assert row_scores(classifier, part.X_val, np.c_[part.y_val, part.y_val]) is None


@pytest.mark.parametrize(
    ("seeds", "error"),
    [
        (0, InputError),
        ([1, 1], InputError),
        ([-1], InputError),
        ("12", InputTypeError),
        (1.5, InputTypeError),
    ],
)
def test_seeds_that_are_none(seeds: Any, error: type) -> None:
    with pytest.raises(error, match="seeds"):
        checked_seeds(seeds)
