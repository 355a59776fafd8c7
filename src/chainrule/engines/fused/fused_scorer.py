"""Scores in compiled code: tiles of rows pass through the network while they are in the cache.

What a row's scores are depends on no other row, on no tile and on no thread: every sum of a product runs over its own
terms in order. So a row gets the same bits alone and within a million.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

import numpy as np
from numba import types

from chainrule.engines.engine import Data
from chainrule.engines.fused.compiler import (
    address_of,
    block,
    bound,
    call,
    integer_at,
)
from chainrule.engines.fused.layout import (
    check_layout,
    network_of,
    rows_of,
)
from chainrule.engines.fused.memory import Cut, memory_of, tile_rows
from chainrule.engines.fused.passes import forward
from chainrule.engines.fused.structures import (
    Held,
    Scoring,
    memory_at,
    network_at,
    rows_at,
    scoring_at,
)
from chainrule.engines.fused.workers import process_workers
from chainrule.errors import InputError
from chainrule.network.architecture import Architecture

_OPERATIONS = 3_000_000  # fewer are not worth another thread
_FEW_NUMBERS = 4096  # inputs and scores


def run_scores(worker: int, n_workers: int, job: int) -> None:
    """Write the scores of the ``Scoring`` at ``job``, of every ``n_workers``-th tile from that of ``worker`` on."""
    scoring = scoring_at(job)
    network, memory = network_at(scoring.network), memory_at(scoring.memory)
    m, k = integer_at(network.sizes, 0), integer_at(network.sizes, network.L)
    at = worker * memory.lane_bytes
    for start in range(worker * memory.tile, scoring.n, n_workers * memory.tile):
        size = min(memory.tile, scoring.n - start)
        x = scoring.X + start * m * network.number
        if scoring.sparse != 0:
            rows, x = rows_at(scoring.sparse), memory.x + at
            call(rows.gather, (rows.X, rows.columns, rows.starts, 0, start, size, m, x))
        a = forward(at, start, size, x, scoring.theta, network, 0, memory)
        row, scores = k * network.number, scoring.scores + start * k * network.number
        call(network.copy, (a, row, scores, row, size, k))


@cache
def scores_address() -> int:
    """Return the address of ``run_scores``."""
    return block(run_scores, types.void(*[types.intp] * 3), "scores")


class FusedScorer:
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
        scores_address()  # compiled now, not by the first prediction
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
        (n, m), sizes = X.shape, self.architecture.sizes
        k = sizes[-1]
        if m != sizes[0]:
            raise InputError.of("X", got=f"{m} columns", expected=f"{sizes[0]} columns")
        dense = isinstance(X, np.ndarray)
        if dense and n * (m + k) <= _FEW_NUMBERS:
            return self._few_scores(theta, X)
        if dense:
            check_layout("X", X, (n, m), self.dtype)
        check_layout("theta", theta, (self.architecture.n_parameters,), self.dtype)
        result = np.empty((n, k), dtype=self.dtype)
        rows = None if dense else rows_of(Data(X, result), self.architecture, self.dtype)
        tile, operations = tile_rows(self.architecture.sizes), 2 * n * theta.size
        most = max(1, min(threads, -(-n // tile))) if operations > _OPERATIONS else 1
        places = (address_of(X), 0) if rows is None else (0, rows.address)
        scoring = Scoring(
            *(n, address_of(theta), *places, self._network.address),
            *(self._memory(most, tile).address, address_of(result)),
        )
        job = Held(scoring)
        kind = (self.architecture, n, self.dtype)
        process_workers().share_at_pace(scores_address(), job.address, most, operations, kind)
        return result

    def _few_scores(self, theta: np.ndarray, X: np.ndarray) -> np.ndarray:
        """Return the scores of a few rows; they are copied, as to look up addresses takes longer than the network."""
        few: _Few | None = getattr(self._local, "few", None)
        if few is None or few.theta is not theta:
            memory = self._memory(1, tile_rows(self.architecture.sizes))
            check_layout("theta", theta, (self.architecture.n_parameters,), self.dtype)
            few = self._local.few = _Few(theta, self.architecture, self._network, memory)
        n = len(X)
        few.x[:n] = X
        few.n[0] = n
        few.run()
        return few.scores[:n].copy()

    def _memory(self, lanes: int, tile: int) -> Held:
        known: dict[int, Held] = self._local.__dict__.setdefault("memory", {})
        if lanes not in known:
            known[lanes] = memory_of(
                self.architecture, Cut(lanes, tile, by_units=False), self.dtype
            )
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
        self.job = Held(Scoring(0, address_of(theta), address_of(self.x), 0, *places))
        self.n, self.run = self.job.fields[:1], bound(scores_address(), 0, 1, self.job.address)
