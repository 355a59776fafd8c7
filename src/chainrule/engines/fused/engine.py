"""The fused engine: whole epochs in compiled code, on one thread or several, with the same bits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from chainrule.engines.engine import Data, EpochPlan, EpochResult
from chainrule.engines.fused.barrier import new_barrier
from chainrule.engines.fused.compiler import COMPILED, address_of, function_at
from chainrule.engines.fused.epoch import epoch_address
from chainrule.engines.fused.inference import scores_address
from chainrule.engines.fused.layout import (
    Held,
    lanes_and_tile,
    memory_of,
    network_of,
    no_steps,
    rows_of,
    steps_of,
    tile_rows,
    undropped,
)
from chainrule.engines.reference import evaluate
from chainrule.network.architecture import Architecture
from chainrule.optimizers.optimizer import Optimizer

_SCORING_OPERATIONS = 5_000_000  # less work is not worth waking another thread

_FEW_NUMBERS = 4096  # inputs and scores


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


class FusedEngine:
    """Epochs compiled by Numba.

    Parameters
    ----------
    architecture : Architecture
    optimizer : Optimizer
    dtype : dtype
        float32 or float64, of parameters, data and all arithmetic.
    threads : int
        How many threads share an epoch; no bit of the result depends on it.
    """

    name = "fused"

    def __init__(
        self,
        architecture: Architecture,
        optimizer: Optimizer,
        dtype: Any = np.float32,
        threads: int = 1,
    ) -> None:
        self.architecture = architecture
        self.optimizer = optimizer
        self.dtype = np.dtype(dtype)
        self.threads = threads if COMPILED else 1
        self._network = network_of(architecture, optimizer, self.dtype)
        self._undropped = undropped(self._network)
        self._run_epoch = function_at(epoch_address(), 12)
        self._run_scores = function_at(scores_address(), 9)
        # What is written belongs to the thread that asks: several may predict at once.
        self._memory = threading.local()
        self._rows: tuple[Data, Held] | None = None
        self._pool: ThreadPoolExecutor | None = None

    def epoch(
        self, theta: np.ndarray, moments: np.ndarray, data: Data, plan: EpochPlan
    ) -> EpochResult:
        """Train for one epoch; ``theta`` and ``moments`` are overwritten."""
        steps = steps_of(plan, self.architecture, self.dtype)
        lanes, tile = lanes_and_tile(self.architecture.sizes, min(plan.batch_size, max(data.n, 1)))
        memory = self._memory_of(lanes, tile)
        return self._run(self._network, theta, moments, data, steps, memory)

    def objective(self, theta: np.ndarray, data: Data) -> float:
        """Return J over all rows, without dropout."""
        return evaluate(self.architecture, theta, data, self.scores(theta, data.X))

    def objective_and_gradient(self, theta: np.ndarray, data: Data, gradient: np.ndarray) -> float:
        """Return J over all rows and write its gradient into ``gradient``, without dropout."""
        memory = self._memory_of(*lanes_and_tile(self.architecture.sizes, max(data.n, 1)))
        no_moments = np.empty((0, 0), dtype=self.dtype)
        result = self._run(self._undropped, theta, no_moments, data, no_steps(), memory)
        gradient[...] = memory.arrays[-1]
        return result.loss

    def scores(self, theta: np.ndarray, X: Any) -> np.ndarray:
        """Return the raw scores a[L]; those of a row depend on no other row, and several threads may ask at once."""
        (n, m), k = X.shape, self.architecture.sizes[-1]
        if n * (m + k) <= _FEW_NUMBERS and type(X) is np.ndarray:
            return self._few_scores(theta, X)
        result = np.empty((n, k), dtype=self.dtype)
        dense = isinstance(X, np.ndarray)
        rows = None if dense else rows_of(Data(X, result), self.dtype)
        tile, n_workers = tile_rows(self.architecture.sizes), 1
        if 2 * n * theta.size > _SCORING_OPERATIONS:
            n_workers = max(1, min(self.threads, -(-n // tile)))
        places = (
            *(n_workers, n, address_of(theta)),
            *((address_of(X), 0) if rows is None else (0, rows.address)),
            *(self._undropped.address, self._memory_of(n_workers, tile).address),
            address_of(result),
        )
        self._share(lambda worker: self._run_scores(worker, *places), n_workers)
        return result

    def _few_scores(self, theta: np.ndarray, X: np.ndarray) -> np.ndarray:
        """Return the scores of a few rows; they are copied, as to look up addresses takes longer than the network."""
        few: _Few | None = self._memory.__dict__.get("few")
        if few is None or few.theta is not theta:
            memory = self._memory_of(1, tile_rows(self.architecture.sizes))
            few = self._memory.few = _Few(theta, self.architecture, self._undropped, memory)
        n = len(X)
        few.x[:n] = X
        self._run_scores(0, 1, n, *few.places)
        return few.scores[:n].copy()

    def _run(
        self,
        network: Held,
        theta: np.ndarray,
        moments: np.ndarray,
        data: Data,
        steps: Held,
        memory: Held,
    ) -> EpochResult:
        if self._rows is None or self._rows[0] is not data:
            self._rows = (data, rows_of(data, self.dtype))
        n_workers = min(self.threads, memory.seen.lanes)
        barrier, report = new_barrier(), np.zeros(3)
        places = (
            *(n_workers, address_of(barrier), theta.size, address_of(theta)),
            *[*(address_of(moment) for moment in moments), 0, 0][:2],
            *(part.address for part in (network, self._rows[1], steps, memory)),
            address_of(report),
        )
        self._share(lambda worker: self._run_epoch(worker, *places), n_workers)
        return EpochResult(float(report[0]), float(report[1]), int(report[2]))

    def _memory_of(self, lanes: int, tile: int) -> Held:
        known: dict[tuple[int, int], Held] = self._memory.__dict__.setdefault("known", {})
        if (lanes, tile) not in known:
            known[lanes, tile] = memory_of(self.architecture, lanes, tile, self.dtype)
        return known[lanes, tile]

    def _share(self, work: Callable[[int], None], n_workers: int) -> None:
        """Run ``work`` for every worker at the same time."""
        if n_workers == 1:
            return work(0)
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.threads - 1, thread_name_prefix="chainrule")
        others = [self._pool.submit(work, worker) for worker in range(1, n_workers)]
        work(0)
        for other in others:
            other.result()

    def __getstate__(self) -> dict[str, Any]:
        raise TypeError(
            "an engine holds addresses of compiled code and cannot be copied or pickled"
        )
