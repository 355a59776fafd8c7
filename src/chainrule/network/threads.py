"""How many threads there are, and one BLAS thread while blocks are computed, so that no result depends on that number.

OpenBLAS cuts a large product by its number of threads, and the cut changes the last bits. Here work is cut into fixed
blocks of rows instead, each multiplied by one thread.

Most BLAS have one pool for the whole process: the first who comes sets the limit, the last who leaves gives it back,
whichever threads they are. One that runs on OpenMP has a limit for each calling thread, which each sets for itself.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from threadpoolctl import OpenBLASController, ThreadpoolController

Changed = list[tuple[Any, int]]  #: libraries, and how many threads each had before

_lock = threading.Lock()
_depth = 0
_changed: Changed = []
_pools: tuple[list[Any], list[Any]] | None = None  # of the process, of each thread


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit BLAS to one thread while the block runs; may be nested and entered from several threads."""
    global _depth, _changed, _pools
    with _lock:
        if _pools is None:
            _pools = _blas_pools()
        pools, own_pools = _pools
        if _depth == 0:
            _changed = _limit(pools)
        _depth += 1
    own_changed = _limit(own_pools)
    try:
        yield
    finally:
        _give_back(own_changed)
        with _lock:
            _depth = max(_depth - 1, 0)  # a child forked within begins at 0
            if _depth == 0:
                _give_back(_changed)


def available_processors() -> int:
    """Return how many threads this process should use: its processors, or fewer if ``OMP_NUM_THREADS`` says so.

    joblib sets that variable for the processes that share a search, so that together they use each processor once.
    """
    if hasattr(os, "sched_getaffinity"):
        processors = len(os.sched_getaffinity(0))
    else:
        processors = os.cpu_count() or 1
    limit = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    return max(1, min(processors, int(limit)) if limit.isdecimal() else processors)


def _blas_pools() -> tuple[list[Any], list[Any]]:
    blas = ThreadpoolController().select(user_api="blas")
    own = blas.select(threading_layer="openmp").lib_controllers
    return [library for library in blas.lib_controllers if library not in own], own


def _limit(libraries: list[Any]) -> Changed:
    """Set the libraries to one thread and return those that had more.

    ``ThreadpoolController.limit`` does the same but first reads all that is known of each library, which takes longer
    than a small network takes for a hundred rows.
    """
    numbers = [(library, library.num_threads) for library in libraries]
    changed = [(library, number) for library, number in numbers if number not in (None, 1)]
    if changed:
        _free_control()
    for library, _ in changed:
        library.set_num_threads(1)
    return changed


def _give_back(changed: Changed) -> None:
    """Give the libraries the threads that they had."""
    if not changed:
        return
    _free_control()
    for library, number in changed:
        library.set_num_threads(number)
    _free_control()


def _free_control() -> None:
    """Let this thread set the limit of the process.

    threadpoolctl 3.8 ignores every thread but the one that came first, without a word. Here it is the depth that keeps
    threads from fighting.
    """
    free = getattr(OpenBLASController, "clear_controlling_thread", None)
    if free is not None:
        free(force=True)


def _start_anew() -> None:
    """Forget, in a forked child, what other threads of the parent were about to do."""
    global _lock, _depth, _pools
    _lock, _depth, _pools = threading.Lock(), 0, None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)
