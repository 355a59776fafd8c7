"""Counter-based randomness: published vectors, frequencies, independence, repetition."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats

from chainrule.network import random

GOLDEN = 0x9E3779B97F4A7C15
#: the first outputs of SplitMix64 seeded with 1234567, as published with its reference code
SPLITMIX = [
    6457827717110365317,
    3203168211198807973,
    9817491932198370423,
    4593380528125082431,
    16408922859458223821,
]


def test_mixed_is_splitmix64() -> None:
    counters = [(1234567 + k * GOLDEN) & (2**64 - 1) for k in range(1, 6)]
    assert random.mixed(np.array(counters, dtype=np.uint64)).tolist() == SPLITMIX


def test_mixed_of_a_scalar_is_that_of_an_array() -> None:
    with np.errstate(over="ignore"):
        assert int(random.mixed(np.uint64(1234567 + GOLDEN))) == SPLITMIX[0]


def test_mixed_never_gives_the_same_bits_twice() -> None:
    bits = random.mixed(np.arange(200_000, dtype=np.uint64))
    assert bits.dtype == np.uint64
    assert np.unique(bits).size == bits.size


def test_a_flipped_bit_of_the_counter_flips_half_of_the_bits() -> None:
    counters = np.arange(2000, dtype=np.uint64)
    for bit in range(64):
        changed = random.mixed(counters) ^ random.mixed(counters ^ np.uint64(1 << bit))
        flips = np.unpackbits(changed.view(np.uint8)).mean()
        assert 0.49 < flips < 0.51


# ---- keys and generators --------------------------------------------------------------------------


def test_a_draw_depends_on_seed_purpose_and_counters_and_on_nothing_else() -> None:
    seen = {}
    for seed in (0, 1, 2**32, 3 * 2**32, 2**63, 2**64 - 1):
        for purpose in random.PURPOSES:
            for counter in (0, 1, 2, 1000):
                key = random.key(seed, purpose, counter)
                assert key == random.key(seed, purpose, counter)
                assert 0 <= key < 2**64
                first = random.generator(seed, purpose, counter).random()
                assert first == random.generator(seed, purpose, counter).random()
                seen[seed, purpose, counter] = (key, first)
    assert len({key for key, _ in seen.values()}) == len(seen)
    assert len({first for _, first in seen.values()}) == len(seen)


@pytest.mark.parametrize("integer", [np.int64, np.uint32, np.int8])
def test_seeds_and_counters_of_numpy_are_the_same_as_pythons(integer: Any) -> None:
    assert random.key(integer(7), "order", integer(3)) == random.key(7, "order", 3)


def test_an_unknown_purpose_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        random.key(0, "nonsense", 0)


def test_purposes_are_numbered_once() -> None:
    assert len(set(random.PURPOSES.values())) == len(random.PURPOSES)


def test_permutations_of_epochs_are_fair() -> None:
    """Each row is equally often at each place: chi-square over 6 rows x 6 places."""
    counts = np.zeros((6, 6))
    for epoch in range(1200):
        counts[np.arange(6), random.generator(5, "order", epoch).permutation(6)] += 1
    assert scipy.stats.chisquare(counts.ravel(), ddof=10).pvalue > 0.001


# ---- dropout --------------------------------------------------------------------------------------


def mask(
    epoch: int = 0, layer: int = 1, n: int = 500, units: int = 40, rate: float = 0.3
) -> np.ndarray:
    key = random.key(0, "dropout", epoch)
    return random.dropout_mask(key, layer, np.arange(n), units, rate, np.float64)


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.5, 0.9, 0.999])
def test_units_are_dropped_as_often_as_asked(rate: float) -> None:
    dropped = (mask(n=2000, rate=rate) == 0.0).sum()
    assert scipy.stats.binomtest(int(dropped), 80_000, rate).pvalue > 0.001


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.75])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_kept_is_scaled_so_that_the_mean_is_1(rate: float, dtype: Any) -> None:
    m = random.dropout_mask(9, 1, np.arange(4000), 30, rate, dtype)
    assert m.dtype == dtype
    assert set(np.unique(m)) == {dtype(0.0), dtype(1.0 / (1.0 - rate))}
    assert m.mean(dtype=float) == pytest.approx(1.0, abs=5 * np.sqrt(rate / (1 - rate) / m.size))


def test_at_rate_0_nothing_is_dropped() -> None:
    assert np.all(mask(rate=0.0) == 1.0)


def test_rows_and_units_are_dropped_evenly() -> None:
    dropped = mask(n=600, units=60, rate=0.5) == 0.0
    for axis in (0, 1):
        assert scipy.stats.chisquare(dropped.sum(axis=axis)).pvalue > 0.001


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (mask(layer=1), mask(layer=2)),
        (mask(epoch=0), mask(epoch=1)),
        (mask()[:-1], mask()[1:]),
        (mask()[:, :-1], mask()[:, 1:]),
        (mask(units=40, layer=1), mask(units=40, layer=3)),
    ],
    ids=["layers", "epochs", "neighbouring rows", "neighbouring units", "first and third layer"],
)
def test_masks_are_independent(first: np.ndarray, second: np.ndarray) -> None:
    table = scipy.stats.contingency.crosstab(first.ravel() > 0, second.ravel() > 0).count
    assert scipy.stats.chi2_contingency(table).pvalue > 0.001


def test_a_row_has_its_mask_whatever_batch_it_is_in() -> None:
    whole = mask(n=100)
    key = random.key(0, "dropout", 0)
    for start, stop in ((0, 10), (37, 64), (99, 100)):
        part = random.dropout_mask(key, 1, np.arange(start, stop), 40, 0.3, np.float64)
        np.testing.assert_array_equal(part, whole[start:stop])


def test_positions_far_beyond_32_bits_are_told_apart() -> None:
    far = np.array([0, 2**32, 2**40, 2**40 + 1])
    m = random.dropout_mask(1, 1, far, 200, 0.5, np.float32)
    assert len({row.tobytes() for row in m}) == 4


def test_layer_keys_wrap_around_silently_and_differ() -> None:
    keys = {random.layer_key(2**64 - 1, layer) for layer in range(1, 200)}
    assert len(keys) == 199
    assert all(0 <= key < 2**64 for key in keys)


def test_thresholds() -> None:
    assert random.dropout_threshold(0.0) == 0
    assert random.dropout_threshold(0.5) == 2**63
    assert random.dropout_threshold(np.nextafter(1.0, 0.0)) < 2**64
