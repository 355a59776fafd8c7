"""y of every kind that people hand over: right, or refused with the row and the remedy."""

from __future__ import annotations

import datetime
import enum
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from tests.estimators.cases import classes, classifier, quantities, regressor

from chainrule.errors import DataWarning, InputError
from chainrule.estimators.target_input import GivenClasses, learn_classes, read_target

X, Y = classes()
XQ, YQ = quantities()


class Colour(enum.Enum):
    RED = 1


def objects(*values: Any) -> np.ndarray:
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made


LABELS: dict[str, tuple[Any, list[Any]]] = {
    "text": (objects("a", "b"), ["a", "b"]),
    "a class called None": (["None", "NA"], ["None", "NA"]),
    "truth": (objects(True, False), [True, False]),
    "whole": (objects(1, np.int64(2)), [1, 2]),
    "decimals": (objects(Decimal(1), Decimal(2)), [1.0, 2.0]),
    "category": (pd.Series(["a", "b"], dtype="category"), ["a", "b"]),
    "nullable": (pd.Series([1, 2], dtype="Int64"), [1, 2]),
    "polars": (pl.Series(["a", "b"]), ["a", "b"]),
    "pyarrow": (pa.chunked_array([["a"], ["b"]]), ["a", "b"]),
    "frame": (pl.DataFrame({"one": [1, 2], "two": [3, 4]}), [[1, 3], [2, 4]]),
}


@pytest.mark.parametrize(("given", "expected"), LABELS.values(), ids=LABELS.keys())
def test_labels(given: Any, expected: list[Any]) -> None:
    found = read_target(given, 2, quantities=False)
    assert found.tolist() == expected
    assert found.dtype.kind != "O" or isinstance(expected[0], str)


@pytest.mark.parametrize(
    "given",
    [
        objects(1, Decimal("2.5")),
        objects(np.float32(1), 2.5),
        pd.Series([1, 2.5], dtype="Float64"),
        pa.array([1, 2.5]),
        pl.Series([1.0, 2.5]),
        np.array([1, 2.5], dtype=np.longdouble),
        ["1", "2.5"],
    ],
)
def test_quantities(given: Any) -> None:
    found = read_target(given, 2, quantities=True)
    assert found.tolist() == [1.0, 2.5]
    assert found.dtype == np.float64


def test_float32_stays_as_it_is() -> None:
    assert read_target(np.ones(2, dtype="f4"), 2, quantities=True).dtype == np.float32


MISSING: dict[str, Any] = {
    "None": objects("a", None),
    "NaN": np.array([1.0, np.nan]),
    "NaN among text": objects("a", np.nan),
    "NA": pd.Series([1, None], dtype="Int64"),
    "NaT": objects(pd.Timestamp(0), pd.NaT),
    "Decimal": objects(Decimal(1), Decimal("nan")),
    "polars": pl.Series(["a", None]),
    "pyarrow": pa.array([1, None]),
    "infinite": np.array([1.0, np.inf]),
}


@pytest.mark.parametrize("quantity", [False, True])
@pytest.mark.parametrize("given", MISSING.values(), ids=MISSING.keys())
def test_a_missing_value_is_told_with_its_row(given: Any, quantity: bool) -> None:
    with pytest.raises(InputError, match=r"y: got .* in row 2 \(1 such in all\).*drop those rows"):
        read_target(given, 2, quantities=quantity)


WRONG: dict[str, tuple[Any, bool, str]] = {
    "dates to learn": (pd.Series(pd.date_range("2024", periods=2)), True, "y.min"),
    "days": (objects(datetime.date(2024, 1, 31), datetime.date(2024, 2, 1)), True, "dates"),
    "dates with a zone": (pd.Series(pd.date_range("2024", periods=2, tz="UTC")), True, "dates"),
    "dates as classes": (pd.date_range("2024", periods=2), False, "astype"),
    "durations": (pd.to_timedelta([1, 2], unit="D"), True, "total_seconds"),
    "words": (["1", "two"], True, "'two' in row 2"),
    "a word among numbers": (objects(1, 2, "x"), False, "'x' in row 3"),
    "bytes": (objects(b"a", b"b"), False, "astype"),
    "other objects": (objects(Colour.RED, Colour.RED), False, "Colour.RED"),
    "complex": (np.array([1j, 2j]), True, "complex"),
    "ragged": ([[1], [2, 3]], False, "one value for each row"),
    "cube": (np.zeros((2, 2, 2)), True, "shape"),
    "too few": ([1], False, "1 values"),
}


@pytest.mark.parametrize(("given", "quantity", "says"), WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_learned_is_refused(given: Any, quantity: bool, says: str) -> None:
    n = 3 if says.endswith("row 3") else 2
    with pytest.raises(InputError, match="y: got") as told:
        read_target(given, n, quantities=quantity)
    assert says in str(told.value)


def test_codes_are_found_with_the_classes() -> None:
    kind, (labels,), codes = learn_classes(np.array(["b", "a", "b"]), None)
    assert (kind, labels.tolist()) == ("single", ["a", "b"])
    assert codes is not None
    assert codes.tolist() == [[1], [0], [1]]
    assert learn_classes(np.array([0, 1]), GivenClasses([0, 1, 2]))[1][0].tolist() == [0, 1, 2]
    with pytest.raises(InputError, match=r"continuous.*MLPRegressor"):
        learn_classes(np.array([0.5, 1.0]), None)


def test_labels_that_differ_in_case_or_blanks_are_told() -> None:
    y = np.where(Y[0] == Y, "yes", "Yes ")
    with pytest.warns(DataWarning, match=r"'Yes ' and 'yes' differ only in case or blanks"):
        classifier(max_iter=1).fit(X, y)


def test_score_refuses_labels_none_of_which_was_learned() -> None:
    model = classifier(max_iter=1).fit(X, np.where(Y[0] == Y, "a", "b"))
    assert model.score(X, ["a"] * 59 + ["z"]) >= 0.0  # one that is strange is wrong, no more
    with pytest.raises(InputError, match="no label that was learned"):
        model.score(X, ["x"] * 60)
    with pytest.raises(InputError, match="no label that was learned"):
        model.score(X, Y)


def test_dates_are_no_target_of_the_estimators() -> None:
    with pytest.raises(InputError, match=r"y: got dates, expected a number in every row"):
        regressor().fit(XQ, pd.Series(pd.date_range("2024", periods=len(YQ))))
