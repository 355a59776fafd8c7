"""How an epoch is cut into batches, and in which order it takes the rows: functions of seed and epoch alone."""

from __future__ import annotations

import numpy as np

from chainrule.network import random


def n_batches(n: int, batch_size: int) -> int:
    """Return the steps of an epoch of ``n`` rows; the last may be shorter.

    Examples
    --------
    >>> n_batches(10, 4), n_batches(8, 4), n_batches(3, 200)
    (3, 2, 1)
    """
    return -(-n // batch_size)


def epoch_order(seed: int, epoch: int, n: int, shuffle: bool = True) -> np.ndarray:
    """Return the rows of an epoch in the order in which they are taken.

    Parameters
    ----------
    seed : int
    epoch : int
        Counted from 0 over the whole training.
    n : int
    shuffle : bool, default=True
        False: as they are.

    Returns
    -------
    ndarray of shape (n,), int64

    Examples
    --------
    >>> sorted(epoch_order(0, 3, 5).tolist()), epoch_order(0, 3, 3, shuffle=False).tolist()
    ([0, 1, 2, 3, 4], [0, 1, 2])
    """
    if not shuffle:
        return np.arange(n, dtype=np.int64)
    return random.generator(seed, "order", epoch).permutation(n)


def batch_rows(order: np.ndarray, batch_size: int, batch: int) -> np.ndarray:
    """Return the rows of one batch of an epoch, counted from 0."""
    return order[batch * batch_size : (batch + 1) * batch_size]
