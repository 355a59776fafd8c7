"""Rows set aside: by the seed alone, each class its share."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.errors import InputError
from chainrule.estimators.splitting import split, split_by_group, split_by_time


@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=6),
    st.floats(0.05, 0.6),
    st.integers(0, 2**64 - 1),
)
def test_every_class_gives_its_share_and_keeps_a_row(
    counts: list[int], fraction: float, seed: int
) -> None:
    strata = np.repeat(np.arange(len(counts)), counts)
    n = len(strata)
    try:
        train, held_out = split(seed, n, fraction, strata)
    except InputError:
        assert min(np.ceil(fraction * n), n - len(counts)) < 2
        return
    assert np.array_equal(np.sort(np.r_[train, held_out]), np.arange(n))
    assert (np.diff(train) > 0).all()
    assert (np.bincount(strata[train], minlength=len(counts)) >= 1).all()
    assert len(held_out) == min(int(np.ceil(fraction * n)), n - len(counts))
    if min(counts) > 2:
        share = np.bincount(strata[held_out], minlength=len(counts)) / counts
        assert (np.abs(share - len(held_out) / n) * counts <= len(counts)).all()


def test_it_is_a_function_of_the_seed() -> None:
    first, again, other = (split(seed, 50, 0.3)[1] for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(("n", "fraction"), [(5, 0.0), (5, 0.1), (2, 0.9)])
def test_too_few_rows(n: int, fraction: float) -> None:
    with pytest.raises(InputError, match="validation_fraction"):
        split(0, n, fraction)


@given(
    st.lists(st.integers(0, 12), min_size=2, max_size=200),
    st.floats(0.05, 0.6),
    st.integers(0, 2**64 - 1),
)
def test_groups_are_never_divided(groups: list[int], fraction: float, seed: int) -> None:
    names = np.array([f"patient {group}" for group in groups])
    try:
        train, held_out = split_by_group(seed, names, fraction)
    except InputError:
        assert len(set(groups)) == 1 or min(np.unique(groups, return_counts=True)[1]) < 2
        return
    assert np.array_equal(np.sort(np.r_[train, held_out]), np.arange(len(groups)))
    assert not set(names[train]) & set(names[held_out])
    assert len(train)
    assert len(held_out) >= 2
    again = split_by_group(seed, names, fraction)[1]
    assert np.array_equal(held_out, again)


def test_many_small_groups_give_the_share_and_other_seeds_other_groups() -> None:
    groups = np.repeat(np.arange(200), 5)
    drawn = [split_by_group(seed, groups, 0.2)[1] for seed in (0, 1)]
    assert [len(rows) for rows in drawn] == [200, 200]
    assert set(groups[drawn[0]]) != set(groups[drawn[1]])


def test_of_large_groups_the_smallest_is_set_aside() -> None:
    groups = np.repeat([0, 1, 2], [168, 124, 52])
    assert set(groups[split_by_group(0, groups, 0.05)[1]]) == {2}


@given(st.lists(st.integers(0, 30), min_size=2, max_size=200), st.floats(0.05, 0.6))
def test_the_latest_are_set_aside(times: list[int], fraction: float) -> None:
    when = np.datetime64("2020-01-01") + np.array(times)
    try:
        train, held_out = split_by_time(when, fraction)
    except InputError:
        assert len(set(times)) == 1 or (when == when.max()).sum() == 1
        return
    assert np.array_equal(np.sort(np.r_[train, held_out]), np.arange(len(times)))
    assert when[train].max() < when[held_out].min()
    wanted = int(np.ceil(fraction * len(times)))
    later = int((when[held_out] > when[held_out].min()).sum())
    assert later < wanted  # the earliest of the times set aside was needed
    assert len(held_out) >= wanted or len(set(when[train])) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: split_by_group(0, np.zeros(9), 0.2), "groups: got 1 group in 9 rows"),
        (lambda: split_by_group(0, np.arange(9), 0.1), "validation_fraction: got 0.1 of 9 rows"),
        (lambda: split_by_time(np.ones(9), 0.2), "times: got 1 time in 9 rows"),
        (lambda: split_by_time(np.arange(9), 0.1), "validation_fraction: got 0.1 of 9 rows"),
    ],
)
def test_what_cannot_be_divided_is_told(call, message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()
