from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.training.batches import batch_rows, epoch_order, n_batches


@given(n=st.integers(1, 500), batch_size=st.integers(1, 500), epoch=st.integers(0, 10**6))
def test_the_batches_of_an_epoch_take_every_row_once(n: int, batch_size: int, epoch: int) -> None:
    order = epoch_order(5, epoch, n)
    assert order.dtype == np.int64
    assert n_batches(n, batch_size) == math.ceil(n / batch_size)
    batches = [batch_rows(order, batch_size, batch) for batch in range(n_batches(n, batch_size))]
    assert sorted(np.concatenate(batches)) == list(range(n))
    assert {len(batch) for batch in batches[:-1]} <= {batch_size}
    assert 1 <= len(batches[-1]) <= batch_size


def test_the_order_is_a_function_of_seed_and_epoch() -> None:
    np.testing.assert_array_equal(epoch_order(1, 2, 50), epoch_order(1, 2, 50))
    orders = [epoch_order(seed, epoch, 50).tolist() for seed in range(5) for epoch in range(5)]
    assert len({tuple(order) for order in orders}) == 25


def test_unshuffled_rows_stay_as_they_are() -> None:
    order = epoch_order(1, 2, 5, shuffle=False)
    assert (order.tolist(), order.dtype) == ([0, 1, 2, 3, 4], np.int64)


@pytest.mark.parametrize("n", [3, 4])
def test_every_order_is_about_equally_frequent(n: int) -> None:
    """Chi-squared over the n! orders of 2,400 epochs, at the 99.9 % point of n! - 1 degrees of freedom."""
    drawn = [tuple(epoch_order(0, epoch, n)) for epoch in range(2400)]
    expected = 2400 / math.factorial(n)
    counts = [drawn.count(order) for order in set(drawn)]
    assert len(counts) == math.factorial(n)
    assert sum((count - expected) ** 2 / expected for count in counts) < {3: 20.5, 4: 49.7}[n]
