"""Scores in compiled code: tiles of rows pass through the network while they are in the cache.

What a row's scores are depends on no other row, on no tile and on no thread: every sum of a product runs over its own
terms in order. So a row gets the same bits alone and within a million.
"""

from __future__ import annotations

import os
import threading
from functools import cache
from typing import Any

import numpy as np
from numba import types

from chainrule.engines.engine import Data
from chainrule.engines.fused.compiler import (
    COMPILED,
    address_of,
    block,
    call,
    function_at,
    int64_at,
)
from chainrule.engines.fused.layout import (
    check_layout,
    memory_of,
    network_of,
    rows_of,
    tile_rows,
)
from chainrule.engines.fused.passes import forward
from chainrule.engines.fused.structures import Held, memory_at, network_at, rows_at
from chainrule.engines.fused.workers import Workers
from chainrule.errors import InputError
from chainrule.network.architecture import Architecture
from chainrule.network.threads import available_processors

_OPERATIONS = 20_000_000  # fewer are not worth another thread
_FEW_NUMBERS = 4096  # inputs and scores


def run_scores(
    worker: int,
    n_workers: int,
    n: int,
    theta: int,
    X: int,
    sparse_address: int,
    network_address: int,
    memory_address: int,
    scores: int,
) -> None:
    """Write a[L] of n rows to ``scores`` (n, k), of every ``n_workers``-th tile from that of ``worker`` on.

    The rows lie at ``X`` (n, m), or are those of the ``Rows`` at ``sparse_address``, if that is not 0.
    """
    network, memory = network_at(network_address), memory_at(memory_address)
    sizes = int64_at(network.sizes, network.L + 1)
    m, k = sizes[0], sizes[network.L]
    at = worker * memory.lane_bytes
    for start in range(worker * memory.tile, n, n_workers * memory.tile):
        size = min(memory.tile, n - start)
        x = X + start * m * network.number
        if sparse_address != 0:
            rows, x = rows_at(sparse_address), memory.x + at
            call(rows.gather, (rows.X, rows.columns, rows.starts, 0, start, size, m, x))
        a = forward(at, start, size, x, theta, network, 0, memory)
        call(network.copy, (a, scores + start * k * network.number, size * k))


@cache
def scores_address() -> int:
    """Return the address of ``run_scores``."""
    return block(run_scores, types.void(*[types.intp] * 9), "scores")


@cache
def _workers() -> Workers:
    """Return the threads that all scorers share: to start one takes as long as a thousand rows."""
    return Workers(max(1, available_processors() - 1))


if hasattr(os, "register_at_fork"):  # a forked child has none of the threads
    os.register_at_fork(after_in_child=_workers.cache_clear)


class Scorer:
    """Predicts with one network; several threads may ask at once.

    Parameters
    ----------
    architecture : Architecture
    dtype : dtype
        float32 or float64, of parameters, rows and scores.
    """

    def __init__(self, architecture: Architecture, dtype: Any) -> None:
        self.architecture, self.dtype = architecture, np.dtype(dtype)
        self._network = network_of(architecture, self.dtype)
        self._run = function_at(scores_address(), 9)
        self._local = threading.local()  # what is written belongs to the thread that asks

    def scores(self, theta: np.ndarray, X: Any, threads: int = 1) -> np.ndarray:
        """Return the raw scores a[L] (n, k).

        Parameters
        ----------
        theta : ndarray of shape (P,)
        X : ndarray (n, m), C-contiguous, or CSR array
            In the scorer's dtype.
        threads : int
            How many threads share the rows; no bit depends on it.
        """
        (n, m), k = X.shape, self.architecture.sizes[-1]
        if m != self.architecture.sizes[0]:
            expected = f"{self.architecture.sizes[0]} columns"
            raise InputError.of("X", got=f"{m} columns", expected=expected)
        dense = isinstance(X, np.ndarray)
        if dense and n * (m + k) <= _FEW_NUMBERS:
            return self._few_scores(theta, X)
        if dense:
            check_layout("X", X, (n, m), self.dtype)
        check_layout("theta", theta, (self.architecture.n_parameters,), self.dtype)
        result = np.empty((n, k), dtype=self.dtype)
        rows = None if dense else rows_of(Data(X, result), self.architecture, self.dtype)
        tile, n_workers = tile_rows(self.architecture.sizes), 1
        if COMPILED and 2 * n * theta.size > _OPERATIONS:
            n_workers = max(1, min(threads, -(-n // tile)))
        places = (
            *(n_workers, n, address_of(theta)),
            *((address_of(X), 0) if rows is None else (0, rows.address)),
            *(self._network.address, self._memory(n_workers, tile).address),
            address_of(result),
        )
        _workers().share(lambda worker: self._run(worker, *places), n_workers)
        return result

    def _few_scores(self, theta: np.ndarray, X: np.ndarray) -> np.ndarray:
        """Return the scores of a few rows; they are copied, as to look up addresses takes longer than the network."""
        few: _Few | None = self._local.__dict__.get("few")
        if few is None or few.theta is not theta:
            memory = self._memory(1, tile_rows(self.architecture.sizes))
            check_layout("theta", theta, (self.architecture.n_parameters,), self.dtype)
            few = self._local.few = _Few(theta, self.architecture, self._network, memory)
        n = len(X)
        few.x[:n] = X
        self._run(0, 1, n, *few.places)
        return few.scores[:n].copy()

    def _memory(self, lanes: int, tile: int) -> Held:
        known: dict[int, Held] = self._local.__dict__.setdefault("memory", {})
        if lanes not in known:
            known[lanes] = memory_of(self.architecture, lanes, tile, self.dtype)
        return known[lanes]


class _Few:
    """Where a few rows and their scores lie, with all addresses that their prediction needs."""

    def __init__(
        self, theta: np.ndarray, architecture: Architecture, network: Held, memory: Held
    ) -> None:
        m, k = architecture.sizes[0], architecture.sizes[-1]
        rows = _FEW_NUMBERS // (m + k)
        self.theta = theta
        self.x, self.scores = np.empty((rows, m), theta.dtype), np.empty((rows, k), theta.dtype)
        places = (network.address, memory.address, address_of(self.scores))
        self.places = (address_of(theta), address_of(self.x), 0, *places)
