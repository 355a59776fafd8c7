"""Streams that are read ahead of whoever wants their rows."""

from __future__ import annotations

import io
import threading
import time

from chainrule.tables.delimited_faults import Tail


def test_whoever_reads_ahead_is_told_that_it_is_over() -> None:
    tail, told = Tail(io.BytesIO(b"a,b\n" * 100)), []

    def read_ahead() -> None:
        while tail.read(4):
            time.sleep(0.001)
        told.append(True)

    thread = threading.Thread(target=read_ahead)
    thread.start()
    tail.finish()
    thread.join(5.0)
    assert told == [True]
    assert tail.read(4) == b""
