"""Identifiers and leaks: planted ones are found, honest columns are let pass."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chainrule.errors import InputError
from chainrule.tables import suspicion
from chainrule.tables.text import arrow_text


@pytest.mark.parametrize(
    "name",
    [
        "id",
        "ID",
        "Id",
        "rownames",
        "row_id",
        "row",
        "index",
        "Unnamed: 0",
        "customer_id",
        "id_patient",
        "userID",
    ],
)
def test_names_of_identifiers(name: str) -> None:
    assert suspicion.named_like_identifier(name)


@pytest.mark.parametrize(
    "name", ["paid", "humid", "valid", "width", "idea", "rows", "indexed", "age"]
)
def test_names_of_honest_columns(name: str) -> None:
    assert not suspicion.named_like_identifier(name)


def test_row_numbers_are_found_also_among_rows_drawn_from_a_larger_table(
    rng: np.random.Generator,
) -> None:
    for first in (0.0, 1.0):
        rows = np.arange(first, first + 500)
        assert suspicion.identifier_reason("n", rows) == "it counts the rows"
        assert suspicion.identifier_reason("n", rng.permutation(rows)[:350]) == "it counts the rows"
    assert "named like" in suspicion.identifier_reason("id", np.arange(5000.0, 5100.0))


def test_honest_numbers_are_no_identifiers(rng: np.random.Generator) -> None:
    for x in (
        np.arange(5.0),  # too few rows to tell
        np.arange(1900.0, 2000.0),  # years
        rng.integers(0, 100, 100).astype(float),  # repeats
        rng.normal(size=100),
        np.append(np.arange(99.0), np.nan),
    ):
        assert suspicion.identifier_reason("x", x) == ""


def test_remarks_on_numbers_that_may_be_identifiers() -> None:
    assert "goes up by 1" in suspicion.identifier_remark("year", np.arange(1900.0, 2000.0))
    half = 7.0 * np.append(np.arange(80), np.arange(40))
    assert "named like" in suspicion.identifier_remark("user_id", half)
    assert suspicion.identifier_remark("age", half) == ""
    assert suspicion.identifier_remark("user_id", np.arange(3.0)) == ""


def test_text_that_is_no_category() -> None:
    distinct = [f"a{i}" for i in range(40)]
    assert "identifier" in suspicion.text_reason(arrow_text(distinct), 40)
    assert "free text" in suspicion.text_reason(
        arrow_text([f"{v} {'and so on ' * 4}" for v in distinct]), 40
    )
    assert "too many" in suspicion.text_reason(arrow_text(distinct + ["a1"] * 20), 40)
    assert suspicion.text_reason(arrow_text(distinct * 2), 40) == ""
    assert suspicion.text_reason(arrow_text(distinct[:10]), 10) == ""


def leak(x: object, y: object) -> str:
    series = pd.Series(x)
    numeric = pd.api.types.is_numeric_dtype(series.dtype)
    values = series.to_numpy(dtype=float) if numeric else None
    codes = suspicion.coded(values if numeric else series.to_numpy(dtype=object))
    return suspicion.leak_remark("x", codes, values, suspicion.targets(y, len(series)))


def test_leaks_are_found(rng: np.random.Generator) -> None:
    y = rng.normal(size=200)
    label = rng.choice(["a", "b", "c"], 200)
    code = pd.Series(label).map({"a": 7, "b": 3, "c": 5})
    assert "follows the target" in leak(-2.0 * y + 1e-6 * rng.normal(size=200), y)
    assert "follows the target" in leak(1e300 * y, y)
    assert "alone determines" in leak(code, label)
    assert "alone determines" in leak(label, code)
    assert "alone determines" in leak(pd.Series(label).mask(rng.random(200) < 0.3), label)
    assert "alone determines" in leak(label == "a", np.where(label == "a", "yes", "no"))
    # two targets: one of them is enough
    assert "follows the target" in leak(y, pd.DataFrame({"noise": rng.normal(size=200), "y": y}))


def test_honest_columns_are_let_pass(rng: np.random.Generator) -> None:
    y = rng.normal(size=200)
    label = rng.choice(["a", "b", "c"], 200)
    almost = label.copy()
    almost[:2] = ["a", "b"]
    almost[label == "c"] = "c"
    assert leak(y + 0.1 * rng.normal(size=200), y) == ""
    assert leak(rng.permutation(label), label) == ""
    assert leak(np.where(rng.random(200) < 0.05, "a", label), label) == ""
    assert leak(rng.normal(size=200), label) == ""  # all different: determines anything
    assert leak(y[:10], y[:10]) == ""  # too few rows to tell
    assert leak(label, ["a"] * 200) == ""
    assert leak(label, pd.Series([[1]] * 200)) == ""


def test_a_target_of_another_length() -> None:
    with pytest.raises(InputError, match="y: got 2 rows, expected 3"):
        suspicion.targets([1, 2], 3)
