"""Setting validation rows aside: by chance and stratified by class, in whole groups, or the latest in time.

What is drawn is a function of the seed alone.
"""

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
    _check_enough(int(taken.sum()), n, fraction, "of each class")
    order = random.generator(seed, "split").permutation(n)
    held_out = np.zeros(n, dtype=bool)
    for stratum, share in enumerate(taken):
        held_out[order[strata[order] == stratum][:share]] = True
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def split_by_group(seed: int, groups: np.ndarray, fraction: float) -> tuple[np.ndarray, np.ndarray]:
    """Return training and validation rows, each in ascending order; no group has rows among both.

    Rows of one patient, customer or machine are alike. Where some of them are trained on, the others say little about
    new patients. Groups come in random order; each that brings the share of rows closer to ``fraction`` is taken.

    Parameters
    ----------
    seed : int
    groups : ndarray, shape (n,)
        Which group each row belongs to.
    fraction : float
        The share of validation rows.

    Raises
    ------
    InputError
        If there are fewer than two groups, or fewer than two validation rows would result.

    Examples
    --------
    >>> train, held_out = split_by_group(0, np.array(list("aabbbccd")), 0.4)
    >>> {"aabbbccd"[i] for i in train} & {"aabbbccd"[i] for i in held_out}
    set()
    """
    group_of_row = np.unique(groups, return_inverse=True)[1].reshape(-1)
    counts = np.bincount(group_of_row)
    if len(counts) < 2:
        raise InputError.of(
            "groups",
            got=f"{len(counts)} group in {len(groups)} rows",
            expected="at least 2, one to train on and one to validate on",
        )
    wanted, taken = fraction * len(groups), 0
    is_drawn = np.zeros(len(counts), dtype=bool)
    for group in random.generator(seed, "split").permutation(len(counts)):
        if abs(taken + counts[group] - wanted) < abs(taken - wanted):
            is_drawn[group] = True
            taken += int(counts[group])
    if not taken:  # each is more than twice the share
        is_drawn[counts.argmin()] = True
    held_out = is_drawn[group_of_row]
    _check_enough(int(held_out.sum()), len(groups), fraction, "of another group")
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def split_by_time(times: np.ndarray, fraction: float) -> tuple[np.ndarray, np.ndarray]:
    """Return training rows and the latest rows to validate on, each in ascending order.

    A model is asked about times after those that it has seen, so it is judged there. Rows of the same time stay
    together.

    Parameters
    ----------
    times : ndarray, shape (n,)
        Numbers, dates or anything else that has an order.
    fraction : float
        The share of validation rows; their number is rounded up, and more where times are equal.

    Raises
    ------
    InputError
        If all rows have the same time, or fewer than two validation rows would result.

    Examples
    --------
    >>> train, held_out = split_by_time(np.array([2020, 2023, 2021, 2023, 2022]), 0.2)
    >>> train.tolist(), held_out.tolist()
    ([0, 2, 4], [1, 3])
    """
    different, counts = np.unique(times, return_counts=True)
    if len(different) < 2:
        raise InputError.of(
            "times",
            got=f"{len(different)} time in {len(times)} rows",
            expected="at least 2, an earlier one to train on and a later one to validate on",
        )
    wanted = math.ceil(fraction * len(times))
    since_each = np.cumsum(counts[::-1])[::-1]  # rows of that time or later
    enough = np.flatnonzero(since_each >= wanted)
    first = different[max(int(enough[-1]), 1) if len(enough) else 1]
    held_out = times >= first
    _check_enough(int(held_out.sum()), len(times), fraction, "before them")
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def _check_enough(held_out: int, n: int, fraction: float, which: str) -> None:
    if held_out < 2:
        raise InputError.of(
            "validation_fraction",
            got=f"{fraction} of {n} rows, {held_out} to validate on",
            expected=f"at least 2 validation rows and one training row {which}",
            remedy="give more rows, a larger fraction, or X_val and y_val",
        )


def _shares(counts: np.ndarray, wanted: int) -> np.ndarray:
    """Divide ``wanted`` rows among strata by largest remainder; each keeps at least one row for training."""
    most = np.maximum(counts - 1, 0)
    exact = counts * (wanted / max(counts.sum(), 1))
    shares = np.minimum(np.floor(exact).astype(np.intp), most)
    for stratum in np.argsort(shares - exact, kind="stable"):
        if shares.sum() < wanted and shares[stratum] < most[stratum]:
            shares[stratum] += 1
    return np.asarray(shares)
