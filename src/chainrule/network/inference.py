"""Scores in fixed blocks of rows: bounded memory, and the same bits however many threads share the blocks.

This is how the reference engine predicts, with NumPy alone.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from chainrule.network.parameters import Parameters
from chainrule.network.threads import one_blas_thread

#: Numbers in the widest activation of a block: 1 MiB of float32, so that a block stays in the cache.
BLOCK_NUMBERS = 2**18
#: Rows that a block holds at least, however wide the network; so few are never shared among threads.
LEAST_ROWS = 16
#: Multiplications below which OpenBLAS uses one thread of its own accord, so that one row pays for no lock. Its
#: lowest limit is that of a matrix times a vector, 9216; a scalar product's is 10000.
_SMALL = 2**13


def block_rows(sizes: tuple[int, ...]) -> int:
    """Return the rows of a block; it depends on the network alone."""
    return max(LEAST_ROWS, BLOCK_NUMBERS // max(*sizes, 1) // 16 * 16)


# A decorator takes half the time of a block, and each thread that shares the rows has it.
@np.errstate(over="ignore", invalid="ignore")
def block_scores(theta: Parameters, X: Any) -> np.ndarray:
    """Return the raw scores a[L] of a block of rows, keeping no layer but the last."""
    f = theta.architecture.f
    a: np.ndarray = X
    for l in range(1, theta.architecture.n_layers + 1):
        z = a @ theta.W[l]
        z += theta.b[l]
        a = f[l](z)
    return a


def scores(theta: Parameters, X: Any, threads: int = 1) -> np.ndarray:
    """Return the raw scores a[L] for all rows.

    Parameters
    ----------
    theta : Parameters
    X : ndarray (n, m) or CSR array
        In the dtype of the parameters.
    threads : int
        How many threads share the blocks; the result does not depend on it.

    Returns
    -------
    ndarray of shape (n, k), in the dtype of the parameters
    """
    theta = theta.without_scales()
    sizes = theta.architecture.sizes
    n = X.shape[0]
    if n * _largest_product(sizes) <= _SMALL:
        return block_scores(theta, X)
    rows = block_rows(sizes)
    with one_blas_thread():
        if n <= rows:
            return block_scores(theta, X)
        result = np.empty((n, sizes[-1]), dtype=theta.vector.dtype)

        def fill(start: int) -> None:
            with one_blas_thread():  # some BLAS libraries keep a limit for each thread
                result[start : start + rows] = block_scores(theta, X[start : start + rows])

        if threads > 1:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(fill, range(0, n, rows)))
        else:
            for start in range(0, n, rows):
                fill(start)
    return result


@lru_cache
def _largest_product(sizes: tuple[int, ...]) -> int:
    """Return the multiplications that the largest layer takes for one row."""
    return max(m * k for m, k in pairwise(sizes))
