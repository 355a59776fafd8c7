"""The limit: how fast this machine multiplies large float32 matrices."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np

SIZES = (1024, 2048, 4096)


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
