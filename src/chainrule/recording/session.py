"""The tape that is being written now, and what is known of arrays beside it; one recording at a time in a process."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.recording.tape import Tape


class Session:
    """The tape that is being written, if any, and what is known of plain arrays."""

    tape: Tape | None = None
    plain: dict[int, tuple[np.ndarray, int]] = {}  # noqa: RUF012 (one for the process, emptied by ``begin``)
    wrapped: dict[int, tuple[Any, np.ndarray]] = {}  # noqa: RUF012


def begin(tape: Tape) -> None:
    """Let operations be written onto a tape from here on."""
    Session.tape, Session.plain, Session.wrapped = tape, {}, {}


def end() -> None:
    """Write no more: traced arrays are ordinary ones from here on."""
    Session.tape = None


def active() -> Tape | None:
    """Return the tape that is being written."""
    tape = Session.tape
    return tape if tape is not None and tape.recording else None


def current() -> Tape:
    """Return the tape; there is one wherever an operation is written."""
    assert Session.tape is not None
    return Session.tape


class Buffer:
    """Memory that arrays share: the node that holds it now, and how often it was written."""

    __slots__ = ("node", "version")

    def __init__(self, node: int) -> None:
        self.node, self.version = node, 0
