"""The fused engine: whole epochs in compiled code, on one thread or several, with the same bits."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.engines.engine import Data, EpochPlan, EpochResult
from chainrule.engines.fused.barrier import new_barrier
from chainrule.engines.fused.compiler import COMPILED, address_of
from chainrule.engines.fused.epoch import epoch_address
from chainrule.engines.fused.epoch_by_units import units_address
from chainrule.engines.fused.fused_scorer import FusedScorer
from chainrule.engines.fused.layout import (
    network_of,
    no_steps,
    rows_of,
    steps_of,
    undropped,
)
from chainrule.engines.fused.memory import Cut, cut_of, memory_of, sorted_order
from chainrule.engines.fused.structures import Epoch, Held
from chainrule.engines.fused.workers import process_workers
from chainrule.engines.reference import objective_of
from chainrule.errors import InputError
from chainrule.network.architecture import Architecture
from chainrule.network.parameters import Parameters
from chainrule.optimizers.optimizer import Optimizer

_FEW = 3_000_000  # operations of an epoch, 50 microseconds, that are not worth another thread


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
        self._network = network_of(architecture, self.dtype, optimizer)
        self._undropped = undropped(self._network)
        self._scorer = FusedScorer(architecture.without_columns(), self.dtype)
        self._memory: dict[Cut, Held] = {}
        self._rows: tuple[Data, Held] | None = None
        if self.threads > 1:
            process_workers().prepare()

    def epoch(
        self, theta: np.ndarray, moments: np.ndarray, data: Data, plan: EpochPlan
    ) -> EpochResult:
        """Train for one epoch; ``theta`` and ``moments`` are overwritten."""
        if len(plan.order) != data.n:
            raise InputError.of("order", got=f"{len(plan.order)} rows", expected=f"{data.n}")
        steps = steps_of(plan, self.architecture, self.dtype)
        memory = self._memory_of(min(plan.batch_size, data.n))
        return self._run(self._network, theta, moments, data, steps, memory)

    def evaluate(self, theta: np.ndarray, data: Data) -> tuple[float, np.ndarray]:
        """Return J over all rows and their raw scores, without dropout."""
        scores = self.scores(theta, data.X)
        return objective_of(self.architecture, theta, data, scores), scores

    def objective_and_gradient(self, theta: np.ndarray, data: Data, gradient: np.ndarray) -> float:
        """Return J over all rows and write its gradient into ``gradient``, without dropout."""
        memory = self._memory_of(data.n)
        no_moments = np.empty((0, 0), dtype=self.dtype)
        result = self._run(self._undropped, theta, no_moments, data, no_steps(), memory)
        if memory.seen.n_parts:
            gradient[sorted_order(self.architecture.sizes)] = memory.arrays[-1]
        else:
            gradient[...] = memory.arrays[-1]
        return result.loss

    def scores(self, theta: np.ndarray, X: Any) -> np.ndarray:
        """Return the raw scores a[L]; those of a row depend on no other row."""
        if self.architecture.columns:
            theta = Parameters(self.architecture, theta).without_scales().vector
        return self._scorer.scores(theta, X, self.threads)

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
            self._rows = (data, rows_of(data, self.architecture, self.dtype))
        operations = 6 * theta.size * data.n
        most = min(self.threads, memory.seen.lanes) if operations > _FEW else 1
        barrier, report = new_barrier(most), np.zeros(3)
        m, v = [*(address_of(moment) for moment in moments), 0, 0][:2]
        job = Held(
            Epoch(
                barrier=address_of(barrier),
                P=theta.size,
                theta=address_of(theta),
                m=m,
                v=v,
                network=network.address,
                rows=self._rows[1].address,
                steps=steps.address,
                memory=memory.address,
                report=address_of(report),
            )
        )
        function = units_address() if memory.seen.n_parts else epoch_address()
        kind = (self.architecture, data.n, steps.seen.batch_size, self.dtype)
        process_workers().share_at_pace(function, job.address, most, operations, kind)
        return EpochResult(float(report[0]), float(report[1]), int(report[2]))

    def _memory_of(self, batch_rows: int) -> Held:
        cut = cut_of(self.architecture.sizes, max(batch_rows, 1), bool(self.architecture.columns))
        if cut not in self._memory:
            self._memory[cut] = memory_of(self.architecture, cut, self.dtype)
        return self._memory[cut]

    def __getstate__(self) -> dict[str, Any]:
        raise TypeError(
            "an engine holds addresses of compiled code and cannot be copied or pickled"
        )
