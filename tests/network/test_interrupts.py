"""Ctrl-C is held back, never lost, and only where Python would handle it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType

import pytest

from chainrule.network.interrupts import HeldInterrupts


@pytest.fixture(autouse=True)
def _the_usual_handler() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def press() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_it_counts_when_the_outermost_block_is_over() -> None:
    done = []

    def nested() -> None:
        with HeldInterrupts():
            with HeldInterrupts():
                press()
                press()
                done.append("inner")
            done.append("outer")

    with pytest.raises(KeyboardInterrupt):
        nested()
    assert done == ["inner", "outer"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_within_gives_the_handler_back() -> None:
    with pytest.raises(ZeroDivisionError), HeldInterrupts():
        1 / 0  # noqa: B018 - raises
    with pytest.raises(KeyboardInterrupt):
        press()


def test_a_handler_of_the_users_is_called_as_ever() -> None:
    called = []

    def handler(number: int, frame: FrameType | None) -> None:
        called.append((number, frame is not None))

    signal.signal(signal.SIGINT, handler)
    with HeldInterrupts():
        press()
        assert called == []
    assert called == [(signal.SIGINT, True)]


@pytest.mark.parametrize("handler", [signal.SIG_IGN, signal.SIG_DFL])
def test_what_python_does_not_handle_is_left_alone(handler: signal.Handlers) -> None:
    signal.signal(signal.SIGINT, handler)
    with HeldInterrupts():
        assert signal.getsignal(signal.SIGINT) is handler


def test_other_threads_have_no_signals_to_hold() -> None:
    held = []

    def other() -> None:
        with HeldInterrupts():
            held.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert held == [signal.default_int_handler]
