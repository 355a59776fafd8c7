"""Ctrl-C, held back while something runs that must not stop half-way.

A library whose import is cut short cannot be imported again in that process, a compiler that is cut short has tables
half filled, and a thread that has been started must be counted. Such pieces are short; Ctrl-C then counts at their end.
"""

from __future__ import annotations

import signal
import threading
from typing import Any, Self


class HeldInterrupts:
    """Holds back SIGINT while the block runs; what was to happen happens when it is over.

    Only the main thread gets signals, so in any other nothing is held, and nothing need be. May be nested. A handler
    that is not Python's, and one that ignores the signal or ends the process, are left as they are.

    Examples
    --------
    >>> done = []
    >>> try:
    ...     with HeldInterrupts():
    ...         signal.raise_signal(signal.SIGINT)
    ...         done.append("all of it")
    ... except KeyboardInterrupt:
    ...     print(done)
    ['all of it']
    """

    def __enter__(self) -> Self:
        self._pressed: list[Any] = []
        self._before: Any = None
        if threading.current_thread() is threading.main_thread():
            before = signal.getsignal(signal.SIGINT)
            if callable(before) and not isinstance(before, signal.Handlers):
                self._before = before
                signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
            if self._pressed:
                self._before(*self._pressed)

    def _note(self, *pressed: Any) -> None:
        self._pressed = list(pressed)
