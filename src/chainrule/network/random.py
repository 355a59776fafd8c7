"""Counter-based randomness: every draw is a function of seed, purpose and counters, and of nothing else.

No generator is carried along, so a run can be repeated, resumed inside an epoch, or cut into blocks for any number of
threads, and each draw is the same. Permutations and initial weights come from NumPy's Philox; dropout, which needs one
number for each unit of each row, from an elementwise hash that both engines evaluate where they need it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

#: What is drawn. The numbers are part of the file format of a run: never reuse one.
PURPOSES = {
    "initial_weights": 1,
    "order": 2,
    "dropout": 3,
    "split": 4,
    "folds": 5,
    "member": 6,
    "shuffle": 7,
}


def _sequence(seed: int, purpose: str, counters: tuple[int, ...]) -> np.random.SeedSequence:
    # Two words whatever the seed: else seed 3 * 2**32 would read as seed 0 with purpose 3.
    seed = int(seed)
    words = [seed & 0xFFFFFFFF, seed >> 32 & 0xFFFFFFFF, PURPOSES[purpose], *counters]
    return np.random.SeedSequence(words)


def generator(seed: int, purpose: str, *counters: int) -> np.random.Generator:
    """Return the generator that belongs to ``seed``, ``purpose`` and ``counters``.

    Examples
    --------
    >>> generator(0, "order", 3).permutation(4).tolist() == generator(0, "order", 3).permutation(4).tolist()
    True
    """
    return np.random.Generator(np.random.Philox(_sequence(seed, purpose, counters)))


def key(seed: int, purpose: str, *counters: int) -> int:
    """Return a 64-bit key that belongs to ``seed``, ``purpose`` and ``counters``."""
    return int(_sequence(seed, purpose, counters).generate_state(1, np.uint64)[0])


def mixed(counter: Any) -> Any:
    """Return 64 random bits for a uint64 counter, elementwise.

    The finaliser of SplitMix64 (Steele, Lea & Flood 2014, figure 15; variant 13 of Stafford):
    neighbouring counters give unrelated bits. Arrays and scalars are uint64; products wrap around.
    """
    bits = (counter ^ (counter >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def dropout_threshold(rate: float) -> int:
    """Return the number that random bits must reach for a unit to be kept."""
    return min(int(rate * 2.0**64), 2**64 - 1)


def layer_key(epoch_key: int, layer: int) -> int:
    """Return the key of one layer's masks within an epoch."""
    counter = (epoch_key + layer * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
    return int(mixed(np.array([counter], dtype=np.uint64))[0])  # arrays wrap around without a word


def dropout_mask(
    epoch_key: int, layer: int, positions: np.ndarray, fan_out: int, rate: float, dtype: Any
) -> np.ndarray:
    """Return the inverted-dropout mask of a layer: 0 with probability ``rate``, else 1 / (1 - rate).

    Parameters
    ----------
    epoch_key : int
        ``key(seed, "dropout", epoch)``.
    layer : int
        The layer, from 1.
    positions : ndarray of shape (n,)
        The position of each row in the order of its epoch.
    fan_out : int
        The units of the layer.
    rate : float
        The probability of dropping a unit, 0 to below 1.
    dtype : dtype
        The dtype of the mask.

    Returns
    -------
    ndarray of shape (n, fan_out)

    Notes
    -----
    Srivastava et al. 2014, section 10: scaled at training, so that nothing changes at prediction.
    """
    counters = positions.astype(np.uint64)[:, None] * np.uint64(fan_out) + np.arange(
        fan_out, dtype=np.uint64
    )
    kept = mixed(counters + np.uint64(layer_key(epoch_key, layer))) >= np.uint64(
        dropout_threshold(rate)
    )
    mask: np.ndarray = kept.astype(dtype) * np.dtype(dtype).type(1.0 / (1.0 - rate))
    return mask


def column_mask(
    epoch_key: int, positions: np.ndarray, columns: Sequence[int], rate: float, dtype: Any
) -> np.ndarray:
    """Return the mask of the inputs: all of a column are dropped together, as units of "layer 0".

    ``columns`` says how many inputs each column has; the shape is (n, sum(columns)).
    """
    mask = dropout_mask(epoch_key, 0, positions, len(columns), rate, dtype)
    return np.repeat(mask, columns, axis=1)
