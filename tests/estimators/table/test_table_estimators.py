"""TableClassifier and TableRegressor: what they learn, hold out, leave out, keep and refuse."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss, r2_score

import chainrule
from chainrule import TableClassifier, TableRegressor, load
from chainrule.errors import FileError, InputError
from chainrule.estimators.saving import to_content
from chainrule.storage import ModelContent, save_model


def a_table(n: int = 300, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Return inputs of many kinds, one of them of no use, a label and a quantity."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {
            "x": rng.normal(size=n),
            "steps": rng.integers(0, 9, size=n).astype(float),
            "where": rng.choice(["here", "there", "nowhere"], size=n),
            "noise": rng.normal(size=n),
        }
    )
    X.loc[::17, "x"] = np.nan
    quantity = np.where(X.x > 0, 3.0, -1.0) + (X["where"] == "here") * 2.0 + 0.3 * X.steps
    label = np.where(quantity + 0.3 * rng.normal(size=n) > 2.0, "yes", "no")
    return X, label, quantity.to_numpy() + 0.1 * rng.normal(size=n)


@pytest.fixture(scope="module")
def fitted() -> tuple[TableClassifier, TableRegressor]:
    X, label, quantity = a_table()
    return (
        TableClassifier(random_state=0).fit(X, label),
        TableRegressor(random_state=0).fit(X, quantity),
    )


def test_new_rows_are_told(fitted: Any) -> None:
    X, label, quantity = a_table(seed=1)
    assert fitted[0].score(X, label) > 0.9
    assert fitted[1].score(X, quantity) > 0.9
    assert len(fitted[0].thetas_) == len(fitted[1].thetas_) == 10


def test_a_column_of_no_use_is_left_out_and_the_user_is_told(fitted: Any) -> None:
    for model in fitted:
        assert model.feature_importances_[3] < model.feature_importances_[:3].min()
    X = pd.concat(
        [a_table()[0], pd.DataFrame(np.random.default_rng(5).normal(size=(300, 12)))], axis=1
    )
    X.columns = X.columns.map(str)
    model = TableRegressor(random_state=0).fit(X, a_table()[2])
    assert set(model.left_out_) >= {"noise", "0", "5"}
    assert "x" in model.preparation_.input_columns
    assert any("'noise' is left out" in note for note in model.preparation_.notes)
    rest = X.drop(columns=list(model.left_out_))
    np.testing.assert_array_equal(model.predict(rest), model.predict(X))


def test_out_of_fold_predictions_are_of_nets_that_did_not_see_the_row(fitted: Any) -> None:
    X, label, quantity = a_table()
    p = fitted[0].out_of_fold_predictions_
    assert p.shape == (300, 2)
    np.testing.assert_allclose(p.sum(axis=1), 1.0)
    seen = log_loss(label, fitted[0].predict_proba(X))
    assert seen < log_loss(label, p) < log_loss(label, np.full((300, 2), 0.5))
    told = fitted[1].out_of_fold_predictions_
    assert 0.9 < r2_score(quantity, told) < fitted[1].score(X, quantity)


def test_labels_that_are_noise_are_not_told_out_of_fold() -> None:
    X, label, _ = a_table(200)
    shuffled = np.random.default_rng(3).permutation(label)
    model = TableClassifier("fast", random_state=0).fit(X, shuffled)
    p = model.out_of_fold_predictions_
    share = (shuffled == "yes").mean()
    prior = log_loss(shuffled, np.full((200, 2), [1 - share, share]))
    assert log_loss(shuffled, p) > prior - 0.02


def test_predictions_stay_within_the_targets_seen(fitted: Any) -> None:
    X, _, quantity = a_table()
    X["x"], X["steps"] = 1e6, 1e6
    predicted = fitted[1].predict(X)
    assert quantity.min() <= predicted.min()
    assert predicted.max() <= quantity.max()


def test_the_temperature_is_that_of_the_least_loss_out_of_fold(fitted: Any) -> None:
    _, label, _ = a_table()
    p, T = fitted[0].out_of_fold_predictions_, fitted[0].temperature_

    def at(factor: float) -> float:
        q = p ** (1 / factor)
        return log_loss(label, q / q.sum(axis=1, keepdims=True))

    assert T != 1.0
    assert at(1.0) <= min(at(0.95), at(1.05))


@pytest.mark.compiled
def test_no_bit_depends_on_threads() -> None:
    X, label, _ = a_table(150)
    one = TableClassifier("fast", random_state=4, threads=1).fit(X, label)
    three = TableClassifier("fast", random_state=4, threads=3).fit(X, label)
    np.testing.assert_array_equal(one.thetas_, three.thetas_)
    np.testing.assert_array_equal(one.predict_proba(X), three.predict_proba(X))


def test_one_file_holds_all_members(fitted: Any, tmp_path: Path) -> None:
    X, _, _ = a_table(seed=2)
    for model in fitted:
        model.save(tmp_path / "t.model")
        again = load(tmp_path / "t.model")
        assert type(again) is type(model)
        np.testing.assert_array_equal(again.predict(X), model.predict(X))
        assert again.left_out_ == model.left_out_
        np.testing.assert_array_equal(again.feature_importances_, model.feature_importances_)
        assert again.get_params() == model.get_params()
        copied = pickle.loads(pickle.dumps(model))
        np.testing.assert_array_equal(copied.predict(X), model.predict(X))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("feature_importances_", [0.1]),
        ("best_epochs_", ["3"]),
        ("temperature_", -1.0),
        ("left_out_", {"noise": 3}),
    ],
)
def test_a_forged_file_is_refused(fitted: Any, tmp_path: Path, name: str, value: Any) -> None:
    content = to_content(fitted[0])
    forged = ModelContent(**{**vars(content), "info": {**content.info, name: value}})
    save_model(forged, tmp_path / "f.model")
    with pytest.raises(FileError, match=name):
        load(tmp_path / "f.model")


def test_members_that_do_not_fit_the_vector_are_refused(fitted: Any, tmp_path: Path) -> None:
    content = to_content(fitted[0])
    for members in (9, 0, 10**9):
        with pytest.raises(InputError, match=r"vector|members"):
            save_model(ModelContent(**{**vars(content), "members": members}), tmp_path / "m.model")


def test_a_path_and_the_name_of_a_column(tmp_path: Path) -> None:
    X, label, _ = a_table(120)
    X.assign(label=label).to_csv(tmp_path / "t.csv", index=False)
    model = TableClassifier("fast", random_state=0).fit(tmp_path / "t.csv", "label")
    assert list(model.classes_) == ["no", "yes"]
    by_path = model.predict(str(tmp_path / "t.csv"))
    assert (by_path == label).mean() > 0.85
    with pytest.raises(InputError, match="'lable'"):
        TableClassifier().fit(X, "lable")


def test_weights_classes_and_rows_of_weight_0() -> None:
    X, _, quantity = a_table(150)
    weight = np.ones(150)
    weight[:30] = 0.0
    one = TableRegressor("fast", random_state=0).fit(X, quantity, weight)
    two = TableRegressor("fast", random_state=0).fit(X[30:], quantity[30:])
    np.testing.assert_array_equal(one.predict(X), two.predict(X))
    assert np.isnan(one.out_of_fold_predictions_[:30]).all()
    assert not np.isnan(one.out_of_fold_predictions_[30:]).any()
    rare = np.where(np.arange(150) % 15 == 0, "yes", "no")
    shares = [
        (
            TableClassifier("fast", class_weight=w, random_state=0)
            .fit(X, rare)
            .predict_proba(X)[:, 1]
        ).mean()
        for w in (None, "balanced")
    ]
    assert shares[0] < 0.2 < shares[1]


def test_groups_times_and_own_validation_rows() -> None:
    X, label, quantity = a_table(200)
    groups = np.arange(200) // 10
    model = TableClassifier("fast", random_state=0).fit(X, label, groups=groups)
    assert not np.isnan(model.out_of_fold_predictions_).any()
    later = TableRegressor(random_state=0).fit(X, quantity, times=np.arange(200))
    told = ~np.isnan(later.out_of_fold_predictions_)
    assert not told[:30].any()
    assert told[40:].all()
    assert len(later.thetas_) == 5  # the nets on all rows alone
    mine = TableRegressor(random_state=0).fit(
        X[:150], quantity[:150], X_val=X[150:], y_val=quantity[150:]
    )
    assert mine.out_of_fold_predictions_ is None
    assert len(mine.thetas_) == 5
    assert mine.score(X[150:], quantity[150:]) > 0.8
    with pytest.raises(InputError, match="one of them"):
        TableClassifier().fit(X, label, groups=groups, times=groups)
    with pytest.raises(InputError, match="y_val"):
        TableClassifier().fit(X, label, X_val=X)


@pytest.mark.compiled
def test_the_time_limit_is_kept() -> None:
    from time import perf_counter

    X, _, quantity = a_table(4000)
    TableRegressor("fast", random_state=0).fit(X[:200], quantity[:200])  # compiles
    began = perf_counter()
    model = TableRegressor(random_state=0, time_limit=1.5).fit(X, quantity)
    assert perf_counter() - began < 4.0  # a loaded machine is given some
    assert model.score(X, quantity) > 0.8


@pytest.mark.parametrize(
    "wrong", [{"preset": "better"}, {"time_limit": 0.0}, {"time_limit": "1 h"}]
)
def test_parameters_are_checked(wrong: dict) -> None:
    X, label, _ = a_table(20)
    with pytest.raises(InputError, match=next(iter(wrong))):
        TableClassifier(**wrong).fit(X, label)


def test_one_target_only() -> None:
    X, _, quantity = a_table(20)
    with pytest.raises(InputError, match="one target"):
        TableRegressor().fit(X, np.column_stack([quantity, quantity]))


def test_one_class_and_few_rows() -> None:
    X, label, _ = a_table(12)
    assert (
        TableClassifier(random_state=0).fit(X, np.repeat("a", 12)).predict(X).tolist() == ["a"] * 12
    )
    assert TableClassifier(random_state=0).fit(X, label).predict_proba(X).shape == (
        12,
        len(set(label)),
    )


def test_it_is_public() -> None:
    assert {"TableClassifier", "TableRegressor"} <= set(chainrule.__all__)
