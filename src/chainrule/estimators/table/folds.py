"""Which rows each net learns from, and which are held out from it: by class, in whole groups, or later in time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from chainrule.errors import InputError
from chainrule.network import random


class Fold(NamedTuple):
    """Rows to learn from, and rows held out, each in ascending order."""

    learning: np.ndarray
    held_out: np.ndarray


def folds_of(
    seed: int,
    n: int,
    k: int,
    strata: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    times: np.ndarray | None = None,
) -> list[Fold]:
    """Divide n rows into at most k folds.

    Parameters
    ----------
    seed : int
    n, k : int
    strata : ndarray of int, shape (n,), optional
        The class of each row; every fold gets its share of each.
    groups : ndarray of shape (n,), optional
        No group has rows on both sides.
    times : ndarray of shape (n,), optional
        Each fold is held out from a net that learns from earlier rows alone; the first rows are held out from none.

    Raises
    ------
    InputError
        If there are too few rows, groups or times for two folds.

    Examples
    --------
    >>> y = np.array([0, 0, 0, 0, 1, 1])
    >>> [y[fold.held_out].tolist() for fold in folds_of(0, 6, 2, strata=y)]
    [[0, 0, 1], [0, 0, 1]]
    >>> [(f.learning.tolist(), f.held_out.tolist()) for f in folds_of(0, 4, 3, times=np.array([3, 1, 2, 4]))]
    [([1], [2]), ([1, 2], [0]), ([0, 1, 2], [3])]
    """
    if times is not None:
        return list(_in_time(times, k))
    if groups is not None:
        number = _of_groups(seed, groups, k)
    else:
        if n < 2:
            raise InputError.of(
                "X", got=f"n_samples={n}", expected="at least 2 rows, to hold some out"
            )
        order = random.generator(seed, "folds").permutation(n)
        if strata is not None:
            order = order[np.argsort(strata[order], kind="stable")]
        number = np.empty(n, dtype=np.intp)
        number[order] = np.arange(n) % min(k, n)
    return [
        Fold(np.flatnonzero(number != fold), np.flatnonzero(number == fold))
        for fold in range(int(number.max()) + 1)
    ]


def _of_groups(seed: int, groups: np.ndarray, k: int) -> np.ndarray:
    """Give each group, large ones first, to the fold with the fewest rows; return each row's fold."""
    group_of_row = np.unique(groups, return_inverse=True)[1].reshape(-1)
    counts = np.bincount(group_of_row)
    if len(counts) < 2:
        raise InputError.of(
            "groups", got=f"{len(counts)} group", expected="at least 2, to hold one out"
        )
    rows, fold_of_group = np.zeros(min(k, len(counts)), int), np.empty(len(counts), dtype=np.intp)
    order = random.generator(seed, "folds").permutation(len(counts))
    for group in order[np.argsort(-counts[order], kind="stable")]:
        fold_of_group[group] = rows.argmin()
        rows[rows.argmin()] += counts[group]
    return fold_of_group[group_of_row]


def _in_time(times: np.ndarray, k: int) -> Iterator[Fold]:
    """Cut time into k + 1 shares of rows; rows of one time stay together."""
    different, at, counts = np.unique(times, return_inverse=True, return_counts=True)
    if len(different) < 2:
        raise InputError.of(
            "times", got=f"{len(different)} time", expected="at least 2, the later to be held out"
        )
    k = min(k, len(different) - 1)
    before = np.cumsum(counts) - counts
    share = np.minimum(before * (k + 1) // len(times), k)[at.reshape(-1)]
    share = np.unique(share, return_inverse=True)[1].reshape(-1)
    for fold in range(1, int(share.max()) + 1):
        yield Fold(np.flatnonzero(share < fold), np.flatnonzero(share == fold))
