"""The limit: how fast this machine multiplies large float32 matrices; what networks count; how far processors are.

No training, ours or a peer's, can be faster than its products at the limit. So beside each ratio stands what it would
be there, which no cleverness can exceed on this machine.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

SIZES = (1024, 2048, 4096)
TURNS = 200_000


def prediction_operations(sizes: Sequence[int], rows: int) -> int:
    """Return the floating-point operations of the products of a forward pass: 2 m k a layer and row."""
    return 2 * rows * sum(m * k for m, k in pairwise(sizes))


def training_operations(sizes: Sequence[int], rows: int) -> int:
    """Return those of one epoch: thrice a forward pass, but for dX of the first layer, which nobody needs.

    Activations, losses and Adam are not counted.
    """
    return 3 * prediction_operations(sizes, rows) - 2 * rows * sizes[0] * sizes[1]


class Meetings:
    """Two threads at the engine's barrier."""

    def seconds(self) -> float:
        """Return how long a meeting takes: a processor sees what another has written, and the other way round.

        It tells whether a virtual machine's processors are near each other: 70 or 330 ns on the same machine.
        """
        from numba import types

        from chainrule.engines.fused import barrier, compiler, workers

        def meet(worker: int, n_workers: int, job: int) -> None:
            for turn in range(1, TURNS + 1):
                barrier.wait(job, worker, n_workers, turn)

        address = compiler.block(meet, types.void(*[types.intp] * 3), "benchmark meetings")
        best = float("inf")
        for _ in range(5):
            job = barrier.new_barrier(2)
            began = time.perf_counter()
            joined = workers.process_workers().share(
                address, compiler.address_of(job), 2, workers.LARGE
            )
            if joined == 2:
                best = min(best, (time.perf_counter() - began) / TURNS)
        return best


class NumPyProducts:
    """Products by the BLAS that NumPy brings."""

    def best(self, quick: bool) -> float:
        """Return the highest rate in FLOP/s over sizes and repeats."""
        return _best(lambda A, B, C: np.matmul(A, B, out=C), lambda A: A, quick)


class PyTorchProducts:
    """Products by the BLAS that PyTorch brings."""

    def best(self, quick: bool) -> float:
        """Return the highest rate in FLOP/s over sizes and repeats."""
        import torch

        torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
        return _best(lambda A, B, C: torch.mm(A, B, out=C), torch.from_numpy, quick)


def _best(product: Callable[..., Any], given: Callable[[np.ndarray], Any], quick: bool) -> float:
    random = np.random.default_rng(0)
    best = 0.0
    for size in SIZES[:1] if quick else SIZES:
        A, B = (given(random.standard_normal((size, size), dtype=np.float32)) for _ in range(2))
        C = given(np.empty((size, size), dtype=np.float32))
        product(A, B, C)
        expected = np.asarray(A[:1]) @ np.asarray(B)  # validated before it is timed
        if not np.allclose(np.asarray(C[:1]), expected, rtol=1e-3, atol=1e-3):
            raise AssertionError(f"the product of size {size} is wrong")
        for _ in range(3 if quick else 2 * 4096 // size):
            began = time.perf_counter()
            product(A, B, C)
            best = max(best, 2.0 * size**3 / (time.perf_counter() - began))
    return best


def meeting_seconds(threads: int) -> float | None:
    """Return how long two threads take to meet, measured in a process of its own; None for one thread."""
    from benchmarks.worker import Worker

    if threads == 1:
        return None
    with Worker("benchmarks.rates:Meetings", threads) as worker:
        return float(worker.call("seconds"))


def sgemm_limits(threads: tuple[int, ...], quick: bool) -> dict[int, dict[str, float]]:
    """Return FLOP/s by number of threads and library, each measured in a process of its own."""
    from importlib.util import find_spec

    from benchmarks.worker import Worker

    libraries = {"NumPy": "benchmarks.rates:NumPyProducts"}
    if find_spec("torch") is not None:
        libraries["PyTorch"] = "benchmarks.rates:PyTorchProducts"
    result: dict[int, dict[str, float]] = {}
    for count in threads:
        result[count] = {}
        for name, target in libraries.items():
            with Worker(target, count) as worker:
                result[count][name] = worker.call("best", quick=quick)
    return result
