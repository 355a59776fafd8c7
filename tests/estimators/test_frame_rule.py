"""The rule for frames as a property: columns in any order, in any container, of any dtype that says the same."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.estimators import cases

from chainrule.gradients.trace import trace
from chainrule.report.figures.boundary import DecisionBoundaryDisplay

N = 60


def classifier(**parameters: Any) -> Any:
    return cases.classifier(engine="reference", **parameters)


def values() -> dict[str, list[Any]]:
    """Return columns of plain Python values, every seventh of each missing."""
    rng = np.random.default_rng(4)
    day = np.datetime64("2024-01-31")
    columns: dict[str, list[Any]] = {
        "number": (rng.integers(-20, 20, N) / 4.0).tolist(),
        "whole": rng.integers(0, 9, N).tolist(),
        "word": rng.choice(["ash", "oak", "elm"], N).tolist(),
        "truth": rng.choice([True, False], N).tolist(),
        "when": (day + rng.integers(0, 900, N)).tolist(),
    }
    for shift, column in enumerate(columns.values()):
        column[shift::7] = [None] * len(column[shift::7])
    return columns


VALUES = values()
VALUES_FRAME = pd.DataFrame(VALUES)
LABELS = np.array(["a", "b"])[
    [(row * row + bool(truth)) % 3 % 2 for row, truth in enumerate(VALUES["truth"])]
]
CONTAINERS: dict[str, Callable[[dict[str, pd.Series]], Any]] = {
    "pandas": pd.DataFrame,
    "polars": lambda columns: pl.from_pandas(pd.DataFrame(columns)),
    "polars, lazy": lambda columns: pl.from_pandas(pd.DataFrame(columns)).lazy(),
    "pyarrow": lambda columns: pa.Table.from_pandas(pd.DataFrame(columns), preserve_index=False),
}
DTYPES = {
    "number": ["float64", "float32", "Float64", "double[pyarrow]", "object"],
    "whole": ["float64", "Int64", "Int8", "int16[pyarrow]", "object"],
    "word": ["str", "object", "category", "string[pyarrow]"],
    "truth": ["boolean", "object", "bool[pyarrow]"],
    "when": ["datetime64[us]", "datetime64[ns]", "date32[pyarrow]", "object"],
}


@cache
def trained() -> Any:
    frame = pd.DataFrame({name: pd.Series(column) for name, column in VALUES.items()})
    return classifier(max_iter=30, learning_rate_init=0.05).fit(frame, LABELS)


@cache
def expected() -> np.ndarray:
    found: np.ndarray = trained()._network_inputs(VALUES_FRAME)
    return found


@settings(max_examples=80, deadline=None)
@given(
    st.permutations(list(VALUES)),
    st.sampled_from(list(CONTAINERS)),
    st.fixed_dictionaries({name: st.sampled_from(kinds) for name, kinds in DTYPES.items()}),
    st.lists(st.integers(0, N - 1), min_size=1, max_size=N, unique=True),
)
def test_the_same_rows_have_the_same_predictions(
    order: list[str], container: str, dtypes: dict[str, str], rows: list[int]
) -> None:
    columns = {
        name: pd.Series([VALUES[name][row] for row in rows], dtype="object").astype(dtypes[name])
        for name in order
    }
    table = CONTAINERS[container](columns)
    seen = trained()._network_inputs(table)
    np.testing.assert_array_equal(seen, expected()[rows])
    np.testing.assert_array_equal(trained().predict(table), trained().predict(VALUES_FRAME)[rows])


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_model_learned_from_any_container_is_the_same(container: str) -> None:
    columns = {name: pd.Series(column) for name, column in VALUES.items()}
    model = classifier(max_iter=30, learning_rate_init=0.05)
    table = CONTAINERS[container](columns)
    np.testing.assert_array_equal(model.fit(table, LABELS).theta_, trained().theta_)
    halves = [CONTAINERS[container]({n: c[i::2] for n, c in columns.items()}) for i in (0, 1)]
    model.fit(halves[0], LABELS[::2], X_val=halves[1], y_val=LABELS[1::2])
    score = model.score(halves[1], LABELS[1::2])
    assert model.validation_scores_[model.best_epoch_ - 1] == score
    model = classifier().partial_fit(table, LABELS, classes=["a", "b"])
    reversed_columns = CONTAINERS[container](dict(reversed(columns.items())))
    again = classifier().partial_fit(table, LABELS, classes=["a", "b"])
    np.testing.assert_array_equal(
        model.partial_fit(reversed_columns, LABELS).theta_, again.partial_fit(table, LABELS).theta_
    )


def test_one_missing_value_changes_neither_folds_nor_searches() -> None:
    frame = pd.DataFrame({"a": np.arange(N, dtype=float) % 7, "b": np.arange(N, dtype=float) % 5})
    frame.loc[3, "a"] = np.nan
    for table in (frame, pl.from_pandas(frame), pa.Table.from_pandas(frame)):
        found = cross_val_score(classifier(), table, LABELS, cv=4)
        assert np.isfinite(found).all()
    search = GridSearchCV(classifier(), {"alpha": [0.1, 0.01]}, cv=3).fit(frame, LABELS)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_frames_from_a_transformer_are_matched_by_name() -> None:
    frame = pd.DataFrame({"a": np.arange(N) % 7, "b": np.arange(N) % 5})
    scaler = StandardScaler().set_output(transform="polars")
    model = make_pipeline(scaler, classifier()).fit(frame, LABELS)
    assert model[-1].feature_names_in_.tolist() == ["a", "b"]
    scaled = scaler.transform(frame)
    assert (model[-1].predict(scaled[["b", "a"]]) == model.predict(frame)).all()


@pytest.mark.parametrize("container", CONTAINERS)
def test_figures_and_traces_take_the_same_tables(container: str) -> None:
    table = CONTAINERS[container]({name: pd.Series(column) for name, column in VALUES.items()})
    assert str(trace(trained(), table, LABELS)) == str(
        trace(trained(), pd.DataFrame(VALUES), LABELS)
    )
    drawn = DecisionBoundaryDisplay.from_estimator(
        trained(), table, LABELS, columns=("number", "whole"), grid_resolution=8
    )
    assert drawn.response.shape[:2] == (8, 8)
