"""Preparation: properties over arbitrary tables, exactness of its plain data, and every error."""

from __future__ import annotations

import copy
import json
import string
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chainrule.errors import InputError, InputTypeError
from chainrule.tables import Preparation, plain, read_table

numbers = st.none() | st.floats() | st.integers(-(10**20), 10**20)
words = (
    st.none()
    | st.sampled_from(["red", "blue", " red ", "NA", "1", "2.5", "x=y"])
    | st.text(max_size=3)
)
dates = st.none() | st.datetimes().map(lambda when: when.isoformat())
booleans = st.none() | st.booleans()
anything = numbers | words | dates | booleans


@st.composite
def tables(
    draw: st.DrawFn, values: tuple[Any, ...] = (numbers, words, dates, booleans, anything)
) -> pd.DataFrame:
    rows = draw(st.integers(1, 12))
    names = draw(
        st.lists(
            st.text(string.ascii_letters + ":=#2", max_size=3), min_size=1, max_size=4, unique=True
        )
    )
    columns = {}
    for name in names:
        column = st.lists(draw(st.sampled_from(values)), min_size=rows, max_size=rows)
        columns[name] = pd.Series(draw(column), dtype=object)
    return pd.DataFrame(columns)


def fit(frame: pd.DataFrame, **kwargs: Any) -> Preparation:
    try:
        return Preparation.fit(frame, **kwargs)
    except InputError as error:
        assume("no column to learn from" not in str(error))
        raise


@given(tables())
def test_any_table_gives_finite_bounded_numbers_and_survives_json_exactly(
    frame: pd.DataFrame,
) -> None:
    preparation = fit(frame)
    X = preparation.transform(frame)
    assert X.shape == (len(frame), len(preparation.feature_names))
    assert X.dtype == np.float32
    assert X.flags.c_contiguous
    assert np.isfinite(X).all()
    assert (np.abs(X) <= 3.0).all()
    assert len(set(preparation.feature_names)) == X.shape[1] > 0

    text = json.dumps(preparation.to_dict(), allow_nan=False)
    again = Preparation.from_dict(json.loads(text))
    assert again == preparation
    assert again.transform(frame).tobytes() == X.tobytes()
    assert json.dumps(again.to_dict(), allow_nan=False) == text


@given(tables(), st.data())
def test_each_row_depends_on_that_row_alone(frame: pd.DataFrame, data: st.DataObject) -> None:
    preparation = fit(frame)
    rows = data.draw(st.lists(st.integers(0, len(frame) - 1), max_size=5))
    X = preparation.transform(frame)
    np.testing.assert_array_equal(preparation.transform(frame.iloc[rows]), X[rows])
    # nor on the order of the columns, nor on others beside them
    other = frame.iloc[:, ::-1].assign(beside=1)
    np.testing.assert_array_equal(preparation.transform(other), X)


@given(tables((words, booleans)), tables((words, booleans, anything)))
def test_unseen_and_missing_values_never_give_nan(frame: pd.DataFrame, other: pd.DataFrame) -> None:
    preparation = fit(frame)
    new = pd.DataFrame(
        {
            name: pd.Series(other.iloc[:, i % other.shape[1]].tolist(), dtype=object)
            for i, name in enumerate(frame.columns)
        }
    )
    try:
        X = preparation.transform(new)
    except InputError as error:  # words where numbers were learned, and nothing else
        assert "expected a number" in str(error) or "expected a date" in str(error)  # noqa: PT017
    else:
        assert np.isfinite(X).all()


def small() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "cm": [1.0, 2.0, None, 4.0],
            "hue": ["red", "blue", "green", None],
            "wet": ["yes", "no", "no", "yes"],
            "day": ["2024-01-31", "2024-02-28", "2024-03-31", "2025-04-30"],
            "of": "same",
        }
    )


def test_the_shipped_table(penguins_csv: Path) -> None:
    frame = read_table(penguins_csv)
    y = frame.pop("species")
    preparation = Preparation.fit(frame, y=y)
    assert preparation.notes == []
    assert preparation.input_columns == tuple(frame.columns)
    assert preparation.feature_names == (
        *("island=Biscoe", "island=Dream", "island=Torgersen"),
        *("bill_length_mm", "bill_length_mm:missing", "bill_depth_mm", "bill_depth_mm:missing"),
        *("flipper_length_mm", "flipper_length_mm:missing", "body_mass_g", "body_mass_g:missing"),
        *("sex=male", "sex:missing", "year"),
    )
    X = preparation.transform(frame)
    assert (X[:, -2] == 1).sum() == 11  # penguins whose sex is not known
    row = preparation.summary()[5]
    assert (row.column, row.kind, row.missing, row.distinct, row.outputs) == (
        *("sex", "category", 11, 2),
        ("sex=male", "sex:missing"),
    )


def test_summary_and_notes_tell_of_dropped_columns() -> None:
    preparation = Preparation.fit(small())
    assert preparation.input_columns == ("cm", "hue", "wet", "day")
    assert preparation.text_columns == ("hue", "day")
    assert preparation.notes == ["column 'of' is dropped: it has the same value in every row"]
    summary = preparation.summary()
    assert [row.column for row in summary] == ["cm", "hue", "wet", "day", "of"]
    assert [row.kind for row in summary] == [
        "number",
        "category",
        "boolean",
        "date",
        "category (dropped)",
    ]
    assert sum((row.outputs for row in summary), ()) == preparation.feature_names


def test_the_target_is_no_input() -> None:
    assert Preparation.fit(small(), target="hue").input_columns == ("cm", "wet", "day")
    assert Preparation.fit(small(), target=["hue", "cm"]).input_columns == ("wet", "day")


def test_names_that_would_come_twice_are_told_apart() -> None:
    frame = pd.DataFrame({"a": ["x", "b=c", "y"], "a=b": ["c", "d", "e"], "a=x": [1.0, 2.0, 3.0]})
    assert Preparation.fit(frame).feature_names == (
        "a=b=c",
        "a=x",
        "a=y",
        "a=b=c#2",
        "a=b=d",
        "a=b=e",
        "a=x#2",
    )


def test_a_lone_row_number_is_better_than_nothing() -> None:
    frame = pd.DataFrame({"n": np.arange(50)})
    assert Preparation.fit(frame).input_columns == ("n",)
    frame["x"] = np.sin(frame["n"])
    assert Preparation.fit(frame).input_columns == ("x",)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (small().iloc[:0], "no rows"),
        (pd.DataFrame(index=[0, 1]), "there is none beside the target"),
        (
            pd.DataFrame({"a": [1, 1], "b": [None, None]}),
            "no column to learn from .*'a': it has the same value",
        ),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "two columns named 'a'"),
    ],
)
def test_tables_that_cannot_be_learned(frame: pd.DataFrame, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Preparation.fit(frame)


def test_other_errors_of_fit() -> None:
    with pytest.raises(InputTypeError, match="expected a pandas DataFrame"):
        Preparation.fit(np.zeros((3, 2)))
    with pytest.raises(InputError, match="max_categories: got 1"):
        Preparation.fit(small(), max_categories=1)
    with pytest.raises(InputError, match="y: got 3 rows, expected 4"):
        Preparation.fit(small(), y=[1, 2, 3])


def test_errors_of_transform() -> None:
    preparation = Preparation.fit(small())
    with pytest.raises(InputError, match=r"no column 'cm', .*did you mean 'cms'"):
        preparation.transform(small().rename(columns={"cm": "cms"}))
    with pytest.raises(InputError, match="column 'cm', row 3: got 'tall', expected a number"):
        preparation.transform(small().assign(cm=["1", "", "tall", "4"]))
    with pytest.raises(InputError, match="column 'day', row 1: got '5', expected a date"):
        preparation.transform(small().assign(day=5))
    with pytest.raises(
        InputError, match="column 'hue': got values of type object, expected a category"
    ):
        preparation.transform(small().assign(hue=[[1]] * 4))
    assert preparation.transform(small().iloc[:0]).shape == (0, len(preparation.feature_names))


def paths(data: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in nested plain data."""
    inside = (
        data.items()
        if isinstance(data, dict)
        else enumerate(data)
        if isinstance(data, list)
        else ()
    )
    return [at, *(path for key, value in inside for path in paths(value, (*at, key)))]


JUNK = [None, -1, 2**70, 0.5, float("nan"), float("inf"), "", "junk", "x" * 20_000, "\ud800"]
JUNK += [True, [], [[]], {}, {"a": 1}]


def test_whatever_stands_in_a_file_gives_a_preparation_that_works_or_an_input_error() -> None:
    frame = small()
    good = json.loads(json.dumps(Preparation.fit(frame).to_dict()))
    refused = 0
    for path in paths(good):
        for junk in JUNK:
            data: Any = {"": copy.deepcopy(good)}
            inner = data
            for key in ("", *path)[:-1]:
                inner = inner[key]
            inner[("", *path)[-1]] = junk
            try:
                preparation = Preparation.from_dict(data[""])
            except InputError:
                refused += 1
                continue
            try:
                X = preparation.transform(frame)
            except InputError:
                continue
            assert np.isfinite(X).all(), (path, junk)
            assert (
                Preparation.from_dict(json.loads(json.dumps(preparation.to_dict()))) == preparation
            )
    assert refused > 0.7 * len(JUNK) * len(paths(good))


def test_fields_too_many_or_too_few() -> None:
    good = Preparation.fit(small()).to_dict()
    for path in paths(good):
        data: Any = copy.deepcopy(good)
        inner = data
        for key in path:
            inner = inner[key]
        if isinstance(inner, dict):
            inner["surplus"] = 1
            with pytest.raises(InputError, match="surplus"):
                Preparation.from_dict(data)
            del inner["surplus"], inner[next(iter(inner))]
            with pytest.raises(InputError):
                Preparation.from_dict(data)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda d: d.update(version=3),
            "version.* got 3, expected 1 to 2; a newer chainrule wrote it",
        ),
        (lambda d: d.update(version=0), "version.* got 0, expected 1 to 2; the file is damaged"),
        (lambda d: d["columns"].append(d["columns"][0]), "each name once"),
        (lambda d: d.update(columns=d["columns"][-1:]), "at least one"),
        (lambda d: d["columns"][0].update(scale=-1.0), ">= 0"),
        (lambda d: d["columns"][0].update(scale=0.0, indicator=False), "at least one output"),
        (lambda d: d["columns"][1].update(values=["b", "a"]), "sorted"),
        (lambda d: d["columns"][1].update(values=["a", "a"]), "sorted"),
        (lambda d: d["columns"][3].update(parts=d["columns"][3]["parts"][::-1]), "in order"),
        (lambda d: d["columns"][3].update(parts=[["month", 1.0, 0.0]]), "a scale > 0"),
        (lambda d: d["columns"][3].update(parts=[["century", 1.0, 1.0]]), "a part's name"),
        (lambda d: d["columns"][3].update(origin=10**18), "a date in microseconds"),
        (lambda d: d["columns"][4].update(indicator=True), "dropped"),
    ],
)
def test_contradictions_are_refused(change: Any, message: str) -> None:
    data = json.loads(json.dumps(Preparation.fit(small()).to_dict()))
    change(data)
    with pytest.raises(InputError, match=message):
        Preparation.from_dict(data)


def test_a_preparation_that_is_too_wide_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = Preparation.fit(small()).to_dict()
    monkeypatch.setattr(plain, "MAX_OUTPUTS", 4)
    with pytest.raises(InputError, match="output columns, expected at most 4"):
        Preparation.from_dict(data)
