"""A process of its own for each peer, so that thread pools, allocators and compilers do not disturb each other.

Peers take turns: while one works, the others wait for a line on their standard input. A worker holds one object
and calls its methods as they are asked for, in JSON lines. Processors and threads are limited before anything is
imported, in the same way for everyone.

    python -m benchmarks.worker benchmarks.peers.jax_scan:Peer 2
"""

from __future__ import annotations

import faulthandler
import json
import os
import subprocess
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
#: What would hand a peer other kernels of its BLAS than it chooses by itself.
_PINS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


class WorkerError(RuntimeError):
    """What a worker raised, with its traceback."""


class Worker:
    """The near end: starts a process and calls methods of the object in it.

    Parameters
    ----------
    target : str
        ``"module:Class"``; the class is called without arguments.
    threads : int
        Processors that the process may use, and the threads of every library in it.
    environment : dict of str to str
        Further environment variables.
    """

    def __init__(
        self, target: str, threads: int, environment: dict[str, str] | None = None
    ) -> None:
        self.target, self.threads = target, threads
        variables = {**unpinned(), **dict.fromkeys(_LIMITS, str(threads)), **(environment or {})}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", target, str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=variables,
        )

    def call(self, method: str, /, **arguments: Any) -> Any:
        """Call a method of the far object and wait for what it returns."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([method, arguments]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise WorkerError(f"{self.target} ended with code {self._process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise WorkerError(f"{self.target}.{method}: {answer['error']}")
        return answer["result"]

    def close(self) -> None:
        """End the process."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Blas:
    """Tells what the BLAS of NumPy chooses in a worker."""

    def kernels(self) -> list[str]:
        """Return each BLAS with its version and the kernels that it runs."""
        import numpy  # noqa: F401 - loads its BLAS
        from threadpoolctl import threadpool_info

        found = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
        names = ("internal_api", "version", "architecture")
        return [" ".join(str(pool.get(name)) for name in names) for pool in found]


def unpinned() -> dict[str, str]:
    """Return the environment without what pins a BLAS to kernels."""
    return {name: value for name, value in os.environ.items() if name not in _PINS}


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _serve(target: str, threads: int) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints goes to standard error
    faulthandler.enable()  # a crash in compiled code says where
    module, _, name = target.partition(":")
    held = None
    for line in sys.stdin:
        method, arguments = json.loads(line)
        try:
            if held is None:
                held = getattr(import_module(module), name)()
            answer = {"result": getattr(held, method)(**arguments)}
        except Exception:
            answer = {"error": traceback.format_exc()}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]))
