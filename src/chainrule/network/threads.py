"""One BLAS thread while blocks are computed, so that no result depends on the number of threads.

OpenBLAS cuts a large product by its number of threads, and the cut changes the last bits. Here work is cut into fixed
blocks of rows instead, each multiplied by one thread.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from threadpoolctl import ThreadpoolController

_lock = threading.Lock()
_depth = 0
_limit: Any = None
_controller: ThreadpoolController | None = None
_controller_process = -1


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit BLAS to one thread while the block runs; may be nested and entered from several threads."""
    global _depth, _limit, _controller, _controller_process
    with _lock:
        if _controller is None or _controller_process != os.getpid():  # a fork starts anew
            _controller, _controller_process, _depth = ThreadpoolController(), os.getpid(), 0
        if _depth == 0:
            _limit = _controller.limit(limits=1, user_api="blas")
        _depth += 1
    try:
        yield
    finally:
        with _lock:
            _depth -= 1
            if _depth == 0:
                _limit.restore_original_limits()


def forget_libraries() -> None:
    """Look for BLAS libraries anew at the next limit; to be called after one was loaded."""
    global _controller
    with _lock:
        if _depth == 0:
            _controller = None
