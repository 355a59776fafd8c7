"""Arrays, sparse matrices and data frames on their way to the engine."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse
from sklearn.exceptions import NotFittedError
from tests.estimators.cases import classes, classifier, quantities, regressor

from chainrule.errors import DataWarning, InputError, InputTypeError
from chainrule.estimators import base
from chainrule.estimators.inputs import engine_input, is_frame, plain_input, wants_preparation

X, Y = classes()


def mixed(n: int = 60) -> pd.DataFrame:
    """Return a table with numbers, words and holes, of which the words tell the class."""
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(rng.normal(size=(n, 2)), columns=["size", "mass"])
    frame["kind"] = np.array(["cat", "dog", "eel"])[np.arange(n) % 3]
    frame.loc[::7, "mass"] = np.nan
    return frame


FRAMES: dict[str, Any] = {
    "words and holes": mixed(),
    "holes": mixed()[["size", "mass"]],
    "numbers": mixed()[["size"]],
    "truth values": pd.DataFrame({"yes": [True, False]}),
    "nullable": pd.DataFrame({"n": pd.array([1, 2], dtype="Int64")}),
    "dates": pd.DataFrame({"on": pd.to_datetime(["2020-01-01", "2021-01-01"])}),
    "polars": pl.DataFrame({"n": [1.0, 2.0]}),
    "lazy": pl.LazyFrame({"n": [1.0, 2.0]}),
    "pyarrow": pa.table({"n": [1.0, 2.0]}),
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES.keys())
def test_every_frame_is_prepared_whatever_it_holds(frame: Any) -> None:
    assert wants_preparation(classifier(), frame)
    assert wants_preparation(classifier(preparation=True), frame)
    assert not wants_preparation(classifier(preparation=False), frame)


@pytest.mark.parametrize("array", [X, X.tolist(), scipy.sparse.csr_array(X), X.astype(object)])
def test_no_array_is_prepared_unless_asked(array: Any) -> None:
    assert not wants_preparation(classifier(), array)


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


def test_a_frame_of_numbers_is_scaled_and_its_columns_are_found_by_name() -> None:
    frame = pd.DataFrame(X * [1.0, 1e6, 1e-6, 1.0], columns=list("abcd"))
    model = classifier().fit(frame, Y)
    assert np.abs(model._network_inputs(frame)).max() < 3.0
    np.testing.assert_array_equal(
        model.predict_proba(frame[["d", "b", "a", "c"]]), model.predict_proba(frame)
    )
    plain = classifier(preparation=False).fit(frame, Y)
    assert np.array_equal(plain.theta_, classifier().fit(frame.to_numpy(), Y).theta_)
    with pytest.raises(ValueError, match="feature names"):
        plain.predict(frame[["b", "a", "c", "d"]])


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("sparse", [False, True])
def test_what_no_array_may_hold_is_told_with_place_and_remedy(wrong: float, sparse: bool) -> None:
    given: Any = X.copy()
    given[4, 2] = wrong
    given = scipy.sparse.csr_array(given) if sparse else given
    model = classifier(max_iter=1).fit(X, Y)
    for ask in (
        model.predict,
        lambda rows: classifier().fit(rows, Y),
        lambda rows: model.score(rows, Y),
    ):
        with pytest.raises(InputError, match=r"X: got (NaN|-?inf)") as told:
            ask(given)
        assert "preparation=True" in str(told.value)
        assert sparse or "row 5, column 3" in str(told.value)


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


def test_a_data_frame_is_told_from_a_column_and_an_array() -> None:
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


# ---- plain rows, which scikit-learn need not look at ---------------------------------------------


def fitted(dtype: str = "float32", **settings: Any) -> Any:
    return classifier(dtype=dtype, max_iter=1, **settings).fit(X, Y)


def outcome(model: Any, given: Any) -> list[Any]:
    """Return all that comes of a prediction: probabilities, or the error, and the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = [model.predict_proba(given).tobytes(), model.predict(given).tobytes()]
        except Exception as error:
            result = [type(error), str(error)]
    return [*result, *((note.category, str(note.message)) for note in caught)]


def frozen(array: np.ndarray) -> np.ndarray:
    array.setflags(write=False)
    return array


def misaligned(array: np.ndarray) -> np.ndarray:
    moved = np.frombuffer(bytearray(array.nbytes + 1), np.uint8)[1:].view(array.dtype)
    moved[...] = array.ravel()
    return moved.reshape(array.shape)


PLAIN = {
    "one row": X[:1],
    "of float32": X[:1].astype("f4"),
    "many": X,
    "many of float32": X.astype("f4"),
    "more than a scalar product checks": np.tile(X, (60, 1)),
    "by columns": np.asfortranarray(X),
    "every other": X[::2],
    "every other column of a wider table": np.repeat(X, 2, axis=1)[:, ::2],
    "upside down": X[::-1],
    "read-only": frozen(X.copy()),
    "read-only of float32": frozen(X.astype("f4")),
    "misaligned": misaligned(X.astype("f4")),
    "one row many times": np.broadcast_to(X[0], (5, 4)),
    "tiny": X[:3] * 1e-310,
    "zeros": np.zeros((2, 4)),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("given", PLAIN.values(), ids=PLAIN.keys())
def test_plain_rows_come_to_what_all_checks_make_of_them(
    given: np.ndarray, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, kept = fitted(dtype), given.copy()
    rows = plain_input(model, given)
    assert rows is not None
    np.testing.assert_array_equal(rows, model._network_inputs(given))
    assert rows.dtype == dtype
    assert rows.flags.carray
    quick = outcome(model, given)
    monkeypatch.setattr(base, "plain_input", lambda estimator, X: None)
    assert quick == outcome(model, given)
    np.testing.assert_array_equal(given, kept)


class Table(np.ndarray):
    """An array of another type, which may mean anything."""


def with_entry(value: float, n: int = 2, dtype: Any = float) -> np.ndarray:
    table = np.resize(X, (n, 4)).astype(dtype)
    table[-1, 2] = value
    return table


OTHER: dict[str, Any] = {
    "list": X[:2].tolist(),
    "frame": pd.DataFrame(X[:2]),
    "frame with names": pd.DataFrame(X[:2], columns=list("abcd")),
    "subclass": X[:2].view(Table),
    "masked": np.ma.array(X[:2]),
    "sparse": scipy.sparse.csr_array(X[:2]),
    "whole numbers": np.arange(8).reshape(2, 4),
    "float16": X[:2].astype("f2"),
    "long double": X[:2].astype(np.longdouble),
    "other byte order": X[:2].astype(">f8"),
    "complex": X[:2] + 0j,
    "objects": X[:2].astype(object),
    "text": X[:2].astype(str),
    "records": np.zeros((2, 4), dtype=[("a", "f8")]),
    "vector": X[0],
    "scalar": np.float64(3.0),
    "three dimensions": X[:2, :, None],
    "no row": X[:0],
    "no column": X[:2, :0],
    "a column less": X[:2, :3],
    "a column more": np.c_[X[:2], X[:2, 0]],
    "NaN": with_entry(np.nan),
    "infinity": with_entry(np.inf),
    "minus infinity": with_entry(-np.inf, dtype="f4"),
    "infinities": np.array([[np.inf, -np.inf, 0.0, 1.0]]),
    "NaN among many": with_entry(np.nan, 3000),
    "infinity among many": with_entry(np.inf, 3000, "f4"),
    "beyond float32": with_entry(1e39),
    "a square beyond float32": with_entry(1e30, dtype="f4"),
    "a square beyond float64": with_entry(1e200),
    "nothing": None,
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("given", OTHER.values(), ids=OTHER.keys())
def test_what_is_not_plain_is_left_to_all_checks(
    given: Any, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = fitted(dtype)
    assert plain_input(model, given) is None
    quick = outcome(model, given)
    monkeypatch.setattr(base, "plain_input", lambda estimator, X: None)
    assert quick == outcome(model, given)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_number_beyond_float32_is_refused_among_many_as_well(dtype: str) -> None:
    many = with_entry(1e39, 3000)
    if dtype == "float64":
        assert plain_input(fitted(dtype), many) is many
        return
    with pytest.raises(InputError, match="beyond those of float32"):
        fitted(dtype).predict(many)


def test_rows_are_plain_only_where_no_names_and_no_preparation_are() -> None:
    assert plain_input(classifier(), X) is None
    with pytest.raises(NotFittedError):
        classifier().predict(X)
    named = classifier(max_iter=1, preparation=False).fit(pd.DataFrame(X, columns=list("abcd")), Y)
    assert plain_input(named, X) is None
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        named.predict(X[:1])
    assert plain_input(classifier(max_iter=1, preparation=True).fit(X, Y), X) is None
    again = fitted().fit(pd.DataFrame(X, columns=list("abcd")), Y).fit(X, Y)
    assert plain_input(again, X) is not None


def test_plain_rows_may_have_any_floating_point_settings() -> None:
    model = fitted()
    with np.errstate(all="raise", under="ignore"):
        for given in PLAIN.values():
            assert plain_input(model, given) is not None
        for name in ("NaN", "infinity", "infinities", "beyond float32", "a square beyond float64"):
            assert plain_input(model, OTHER[name]) is None


def test_scikit_learn_is_not_asked_about_plain_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    model = fitted()
    monkeypatch.setattr(base, "numbers_of", None)
    assert model.predict(X[:1]).shape == (1,)
    with pytest.raises(TypeError):
        model.predict(X[:1].tolist())


def test_a_prediction_leaves_the_estimator_as_it_was() -> None:
    model = fitted()
    before = dict(vars(model))
    model.predict(X[:1])
    model.predict_proba(X)
    assert vars(model) == before
