"""Arrays, sparse matrices and data frames on their way to the engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from tests.estimators.cases import classes, classifier, quantities, regressor

from chainrule.errors import DataWarning, InputError, InputTypeError
from chainrule.estimators.inputs import engine_input, is_frame, wants_preparation

X, Y = classes()


def mixed(n: int = 60) -> pd.DataFrame:
    """Return a table with numbers, words and holes, of which the words tell the class."""
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(rng.normal(size=(n, 2)), columns=["size", "mass"])
    frame["kind"] = np.array(["cat", "dog", "eel"])[np.arange(n) % 3]
    frame.loc[::7, "mass"] = np.nan
    return frame


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (mixed(), True),
        (mixed()[["size", "mass"]], True),
        (mixed()[["size"]], False),
        (pd.DataFrame({"yes": [True, False]}), False),
        (pd.DataFrame({"n": pd.array([1, 2], dtype="Int64")}), False),
        (pd.DataFrame({"n": pd.array([1, None], dtype="Int64")}), True),
        (pd.DataFrame({"on": pd.to_datetime(["2020-01-01", "2021-01-01"])}), True),
        (X, False),
    ],
)
def test_what_is_prepared_by_itself(frame: Any, expected: bool) -> None:
    assert wants_preparation(classifier(), frame) is expected
    assert wants_preparation(classifier(preparation=True), frame)
    assert not wants_preparation(classifier(preparation=False), frame)


@pytest.mark.filterwarnings("ignore::chainrule.errors.DataWarning")
def test_a_mixed_table_is_learned_and_predicted() -> None:
    frame = mixed()
    model = classifier(max_iter=40, learning_rate_init=0.05).fit(frame, frame["kind"].str.upper())
    assert model.score(frame, frame["kind"].str.upper()) == 1.0
    assert model.n_features_in_ == 3
    assert model.feature_names_in_.tolist() == ["size", "mass", "kind"]
    assert model.network_.sizes[0] == len(model.preparation_.feature_names) > 3
    strange = frame[["kind", "mass", "size"]].assign(more=1, kind="yak")
    assert model.predict(strange).shape == (60,)
    with pytest.raises(InputError, match="no column 'mass'"):
        model.predict(frame.drop(columns="mass"))


def test_the_preparation_is_learned_from_training_rows_alone() -> None:
    frame = mixed()
    model = regressor(early_stopping=True, validation_fraction=0.5)
    model.fit(frame[["size", "mass"]], np.arange(60.0))
    assert model.preparation_.n_rows == 30
    weighted = regressor().fit(frame[["size", "mass"]], np.arange(60.0), np.arange(60) % 2)
    assert weighted.preparation_.n_rows == 30
    other = regressor().fit(frame[:40], np.arange(40.0), X_val=frame[40:], y_val=np.arange(20.0))
    assert other.preparation_.n_rows == 40
    assert other.validation_scores_ is not None


def test_what_the_preparation_has_to_say_is_warned_of() -> None:
    with pytest.warns(DataWarning, match="same value in every row"):
        regressor().fit(mixed()[["size", "mass"]].assign(constant=1), np.arange(60.0))


def test_an_array_can_be_prepared_on_demand() -> None:
    holes = np.where(np.arange(240).reshape(60, 4) % 11 == 0, np.nan, X)
    model = classifier(preparation=True).fit(holes, Y)
    assert model.feature_names_in_.tolist() == ["x0", "x1", "x2", "x3"]
    assert model.predict(holes).shape == (60,)
    with pytest.raises(ValueError, match="NaN"):
        classifier().fit(holes, Y)
    with pytest.raises(InputTypeError, match="preparation=False"):
        classifier(preparation=True).fit(scipy.sparse.csr_array(X), Y)
    with pytest.raises(InputError, match="rows are samples"):
        classifier(preparation=True).fit(np.arange(3.0), [0, 1, 1])


def test_a_frame_of_numbers_behaves_as_with_scikit_learn() -> None:
    frame = pd.DataFrame(X, columns=list("abcd"))
    model = classifier().fit(frame, Y)
    assert model.preparation_ is None
    assert np.array_equal(model.theta_, classifier().fit(X, Y).theta_)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[["b", "a", "c", "d"]])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_engine_gets_contiguous_rows_that_may_be_written_to(dtype: str) -> None:
    frozen = np.asfortranarray(X)
    frozen.setflags(write=False)
    sparse = scipy.sparse.csr_array(X)
    sparse.data.setflags(write=False)
    dense = engine_input(frozen, np.dtype(dtype))
    assert dense.flags.c_contiguous
    assert dense.flags.writeable
    compressed = engine_input(sparse, np.dtype(dtype))
    assert compressed.data.flags.writeable
    assert dense.dtype == compressed.dtype == dtype
    given = np.ascontiguousarray(X, dtype=dtype)
    assert engine_input(given, np.dtype(dtype)) is given  # what fits is not copied


def test_a_data_frame_is_told_without_pandas() -> None:
    assert is_frame(mixed())
    assert not is_frame(mixed()["size"])
    assert not is_frame(X)


def test_y_may_be_a_column_a_list_or_a_series() -> None:
    XQ, YQ = quantities()
    expected = regressor().fit(XQ, YQ).theta_
    assert np.array_equal(regressor().fit(XQ.tolist(), YQ.tolist()).theta_, expected)
    assert np.array_equal(regressor().fit(XQ, pd.Series(YQ)).theta_, expected)
    with pytest.warns(UserWarning, match="column-vector"):
        assert np.array_equal(regressor().fit(XQ, YQ[:, None]).theta_, expected)


@pytest.mark.parametrize("y", [None, [1.0, np.nan, 2.0], ["a", "b", "c"], [1.0, 2.0]])
def test_a_wrong_y(y: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        regressor().fit(np.arange(3.0)[:, None], y)
    frame = pd.DataFrame({"kind": ["a", "b", None]})
    with pytest.raises((ValueError, TypeError)):
        regressor().fit(frame, y)
