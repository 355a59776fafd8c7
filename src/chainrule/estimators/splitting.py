"""Setting validation rows aside: a function of the seed alone, stratified by class."""

from __future__ import annotations

import math

import numpy as np

from chainrule.errors import InputError
from chainrule.network import random


def split(
    seed: int, n: int, fraction: float, strata: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return training and validation rows, each in ascending order.

    Parameters
    ----------
    seed : int
    n : int
        The number of rows.
    fraction : float
        The share of validation rows; their number is rounded up.
    strata : ndarray of int, shape (n,), optional
        The class of each row: every class gives its share, and none gives its last row.

    Raises
    ------
    InputError
        If fewer than 2 validation rows, or no training row, would result.

    Examples
    --------
    >>> train, held_out = split(0, 10, 0.4, np.array([0] * 5 + [1] * 5))
    >>> len(train), np.bincount(held_out // 5).tolist()
    (6, [2, 2])
    """
    n_held_out = math.ceil(fraction * n)
    strata = np.zeros(n, dtype=np.intp) if strata is None else strata
    counts = np.bincount(strata)
    taken = _shares(counts, n_held_out)
    if taken.sum() < 2:
        raise InputError.of(
            "validation_fraction",
            got=f"{fraction} of {n} rows, {int(taken.sum())} to validate on",
            expected="at least 2 validation rows and one training row of each class",
            remedy="give more rows, a larger fraction, or X_val and y_val",
        )
    order = random.generator(seed, "split").permutation(n)
    held_out = np.zeros(n, dtype=bool)
    for stratum, share in enumerate(taken):
        held_out[order[strata[order] == stratum][:share]] = True
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def _shares(counts: np.ndarray, wanted: int) -> np.ndarray:
    """Divide ``wanted`` rows among strata by largest remainder; each keeps at least one row for training."""
    most = np.maximum(counts - 1, 0)
    exact = counts * (wanted / max(counts.sum(), 1))
    shares = np.minimum(np.floor(exact).astype(np.intp), most)
    for stratum in np.argsort(shares - exact, kind="stable"):
        if shares.sum() < wanted and shares[stratum] < most[stratum]:
            shares[stratum] += 1
    return np.asarray(shares)
