"""Rows set aside: by the seed alone, each class its share."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.errors import InputError
from chainrule.estimators.splitting import split


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
