"""Rows held out: a share of every class, the same for the same seed, none where few are left."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chainrule.cli.rows import TablePart, divided, groups_of, times_of, words_as_missing
from chainrule.cli.true_target import true_labels, true_numbers, with_target
from chainrule.errors import InputError
from chainrule.report.judging import positions


def part(y: list[object]) -> TablePart:
    return TablePart(pd.DataFrame({"x": range(len(y))}), np.array(y, dtype=object))


def test_every_class_gives_its_share_and_no_row_is_lost() -> None:
    whole = part(["a"] * 60 + ["b"] * 40 + ["c"] * 1)
    rest, aside = divided(whole, 0.2, seed=0, stratified=True)
    assert aside is not None
    assert sorted([*rest.X["x"], *aside.X["x"]]) == list(range(101))
    counts = {label: (aside.y == label).sum() for label in "abc"}
    assert counts["c"] == 0  # its only row is there to learn from
    assert abs(counts["a"] - 12) <= 1
    assert abs(counts["b"] - 8) <= 1


def test_rows_keep_their_labels() -> None:
    whole = part([f"label {i % 3}" for i in range(50)])
    rest, aside = divided(whole, 0.3, seed=1, stratified=True)
    assert aside is not None
    for some in (rest, aside):
        assert [f"label {x % 3}" for x in some.X["x"]] == some.y.tolist()


def test_the_seed_decides() -> None:
    whole = part([0.5 * i for i in range(50)])
    first, again, other = (divided(whole, 0.2, s, stratified=False)[0].X["x"] for s in (0, 0, 1))
    assert first.tolist() == again.tolist() != other.tolist()


@pytest.mark.parametrize(("n", "fraction"), [(19, 0.2), (100, 0.0), (30, 0.01)])
def test_nothing_is_held_out_where_nothing_can_be(n: int, fraction: float) -> None:
    whole = part(list(range(n)))
    rest, aside = divided(whole, fraction, 0, stratified=False)
    assert aside is None
    assert rest.n == n


def test_groups_stay_whole_and_the_latest_are_held_out() -> None:
    key = np.repeat(np.arange(25), 4)
    whole = TablePart(pd.DataFrame({"x": range(100)}), np.arange(100), key)
    rest, aside = divided(whole, 0.2, 3, stratified=False, by="groups")
    assert aside is not None
    assert aside.n == 20
    assert not set(rest.key.tolist()) & set(aside.key.tolist())
    rest, aside = divided(whole, 0.2, 3, stratified=False, by="time")
    assert aside is not None
    assert aside.X["x"].tolist() == list(range(80, 100))
    assert divided(rest, 0.25, 3, stratified=False, by="time")[1].X["x"].min() == 60


def test_keys_are_read_as_they_are_meant() -> None:
    column = pd.Series(["2024-02-01", "2023-12-31"], name="day")
    assert np.argsort(times_of(column)).tolist() == [1, 0]
    assert times_of(pd.Series(["9", "10"], name="step")).tolist() == [9, 10]
    assert groups_of(pd.Series([1.5, 1.5, 2.0])).tolist() == ["1.5", "1.5", "2"]
    with pytest.raises(InputError, match="--time: got 'who', a column of kind category"):
        times_of(pd.Series(["a", "b"], name="who"))
    with pytest.raises(InputError, match=r"--groups: got 'who' with 1 missing value"):
        groups_of(pd.Series(["a", None], name="who"))


def test_labels_of_mixed_types_are_divided_too() -> None:
    whole = part([True, False] * 15)
    assert divided(whole, 0.2, 0, stratified=True)[1] is not None


def test_true_labels_follow_the_models() -> None:
    y = pd.Series(["1", "2", "x", "2.0"], name="y")
    assert true_labels(y, ["1", "2"]).tolist() == ["1", "2", "x", "2.0"]
    assert true_labels(y, [1, 2]).tolist() == [1, 2, None, 2]
    found = true_labels(pd.Series(["yes", "FALSE", "1", "x"]), [False, True])
    assert found.tolist() == [True, False, True, None]
    assert positions(found, [False, True]).tolist() == [1, 0, 1, -1]


def test_true_numbers_are_finite() -> None:
    assert true_numbers(pd.Series([1, 2.5])).tolist() == [1.0, 2.5]
    for wrong in ("x", float("inf")):
        with pytest.raises(InputError, match="row 2"):
            true_numbers(pd.Series([1.0, wrong], dtype=object, name="y"))


def test_rows_without_a_target_are_refused_or_left_out() -> None:
    X, y = pd.DataFrame({"x": [1, 2, 3]}), pd.Series([1.0, None, 3.0], name="y")
    with pytest.raises(InputError, match="1 of 3 rows"):
        with_target(X, y, skip_missing=False)
    X, y, left_out = with_target(X, y, skip_missing=True)
    assert (X["x"].tolist(), y.tolist(), left_out) == ([1, 3], [1.0, 3.0], 1)
    nested = pd.Series([[1], [2], [3]], name="y")
    with pytest.raises(InputError):
        with_target(X, nested, skip_missing=True)


def test_a_word_that_chance_has_set_aside_counts_as_missing() -> None:
    frame = pd.DataFrame(
        {
            "n": [*map(str, range(40)), "word"],
            "d": [*(f"2024-01-{i % 28 + 1:02d}" for i in range(40)), "soon"],
            "c": [*("ab"[i % 2] for i in range(40)), "new"],
            "x": range(41),
        }
    )
    whole = TablePart(frame, np.arange(41))
    training, aside = whole.take(np.arange(40)), whole.take(np.arange(38, 41))
    changed, notes = words_as_missing(training, aside)
    assert changed.X["n"].isna().tolist() == [False, False, True]
    assert changed.X["d"].isna().tolist() == [False, False, True]
    assert changed.X["c"].tolist() == ["a", "b", "new"]
    assert changed.X["x"].tolist() == [38, 39, 40]
    assert ["'word'" in note for note in notes] == [True, False]
    assert aside.X["n"].tolist()[-1] == "word"
    # where the training rows hold words too, they are the preparation's business
    both = words_as_missing(whole, aside)
    assert both[1] == []
