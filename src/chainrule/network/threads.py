"""One BLAS thread while blocks are computed, so that no result depends on the number of threads.

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

_lock = threading.Lock()
_depth = 0
_limit: Any = None
_pools: tuple[Any, Any] | None = None  # of the process, of each thread


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit BLAS to one thread while the block runs; may be nested and entered from several threads."""
    global _depth, _limit, _pools
    with _lock:
        if _pools is None:
            _pools = _blas_pools()
        pools, own_pools = _pools
        if _depth == 0:
            _free_control()
            _limit = pools.limit(limits=1)
        _depth += 1
    own_limit = own_pools.limit(limits=1) if own_pools.lib_controllers else None
    try:
        yield
    finally:
        if own_limit is not None:
            own_limit.restore_original_limits()
        with _lock:
            _depth = max(_depth - 1, 0)  # a child forked within begins at 0
            if _depth == 0:
                _free_control()
                _limit.restore_original_limits()
                _free_control()


def forget_libraries() -> None:
    """Look for BLAS libraries anew at the next limit; to be called after one was loaded."""
    global _pools
    with _lock:
        if _depth == 0:
            _pools = None


def _blas_pools() -> tuple[Any, Any]:
    blas = ThreadpoolController().select(user_api="blas")
    own = blas.select(threading_layer="openmp")
    theirs = {library.filepath for library in own.lib_controllers}
    everyone = {library.filepath for library in blas.lib_controllers}
    return blas.select(filepath=sorted(everyone - theirs)), own


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
