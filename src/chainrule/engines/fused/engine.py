"""The fused engine: whole epochs in compiled code, on one thread or several, with the same bits."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from chainrule.engines.engine import Data, EpochPlan, EpochResult
from chainrule.engines.fused.barrier import new_barrier
from chainrule.engines.fused.compiler import COMPILED
from chainrule.engines.fused.epoch import run_epoch
from chainrule.engines.fused.layout import (
    Buffers,
    Steps,
    buffers_of,
    layers_of,
    rows_of,
    steps_of,
)
from chainrule.engines.reference import evaluate
from chainrule.network.architecture import Architecture
from chainrule.network.inference import scores
from chainrule.network.parameters import Parameters
from chainrule.network.threads import forget_libraries, one_blas_thread
from chainrule.optimizers.optimizer import Optimizer


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
        self._layers = layers_of(architecture, optimizer, self.dtype)
        self._buffers: dict[int, Buffers] = {}
        self._rows: tuple[Data, Any] | None = None
        self._pool: ThreadPoolExecutor | None = None
        _load_blas()

    def epoch(
        self, theta: np.ndarray, moments: np.ndarray, data: Data, plan: EpochPlan
    ) -> EpochResult:
        """Train for one epoch; ``theta`` and ``moments`` are overwritten."""
        steps = steps_of(plan, self.architecture, self.dtype)
        batch_rows = min(plan.batch_size, max(data.n, 1))
        return EpochResult(*self._run(theta, moments, data, steps, batch_rows))

    def objective(self, theta: np.ndarray, data: Data) -> float:
        """Return J over all rows, without dropout."""
        return evaluate(self.architecture, theta, data, self.scores(theta, data.X))

    def objective_and_gradient(self, theta: np.ndarray, data: Data, gradient: np.ndarray) -> float:
        """Return J over all rows and write its gradient into ``gradient``, without dropout."""
        n = max(data.n, 1)
        steps = Steps(
            order=np.empty(0, dtype=np.int64),
            batch_size=n,
            rates=np.zeros(1, dtype=self.dtype),
            coefficients=np.zeros((1, self.optimizer.n_coefficients), dtype=self.dtype),
            layer_keys=np.zeros(self.architecture.n_layers, dtype=np.uint64),
            clip_norm=float("inf"),
            gather=False,
            updating=False,
        )
        moments = np.empty((self.optimizer.n_moments, 0), dtype=self.dtype)
        J, _, _ = self._run(theta, moments, data, steps, n, dropping=False)
        gradient[...] = self._buffers[n].gradient[0]
        return J

    def scores(self, theta: np.ndarray, X: Any) -> np.ndarray:
        """Return the raw scores a[L]."""
        return scores(Parameters(self.architecture, theta), X, self.threads)

    def _run(
        self,
        theta: np.ndarray,
        moments: np.ndarray,
        data: Data,
        steps: Steps,
        batch_rows: int,
        dropping: bool = True,
    ) -> tuple[float, float, int]:
        if self._rows is None or self._rows[0] is not data:
            self._rows = (data, rows_of(data, self.dtype))
        if batch_rows not in self._buffers:
            self._buffers[batch_rows] = buffers_of(self.architecture, batch_rows, self.dtype)
        rows, buffers = self._rows[1], self._buffers[batch_rows]
        layers = self._layers
        if not dropping:
            layers = layers._replace(scale=np.zeros_like(layers.scale))
        n_workers = min(self.threads, buffers.gradient.shape[0])
        barrier = new_barrier()

        def work(worker: int) -> tuple[float, float, int]:
            # Some BLAS libraries keep a limit for each thread; uncompiled kernels would warn of overflow.
            with one_blas_thread(), np.errstate(all="ignore"):
                return run_epoch(  # type: ignore[no-any-return]
                    worker, n_workers, barrier, theta, moments, layers, rows, steps, buffers
                )

        if n_workers == 1:
            return work(0)
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.threads - 1, thread_name_prefix="chainrule")
        others = [self._pool.submit(work, worker) for worker in range(1, n_workers)]
        result = work(0)
        for other in others:
            other.result()
        return result

    def __getstate__(self) -> dict[str, Any]:
        raise TypeError(
            "an engine holds addresses of compiled code and cannot be copied or pickled"
        )


def _load_blas() -> None:
    """Load the BLAS that compiled products call, so that the limit on its threads sees it."""
    import sys

    if "scipy.linalg.cython_blas" not in sys.modules:
        import scipy.linalg.cython_blas  # noqa: F401

        forget_libraries()
