"""The tape: what a program computed, as pure nodes in the order in which they came about.

A node has a function, its inputs, its value and the place in the source that asked for it. A write into an array is a
node like any other, whose value is the whole array afterwards; so the tape can be run again with other values.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

LARGE = 4_000_000  # entries; a larger array is kept as it is, not copied


def words(text: str) -> frozenset[str]:
    """Return the words of a text: names are easier to read in a row."""
    return frozenset(text.split())


class Stop(BaseException):
    """Ends the recorded program; no ``except Exception`` of its own catches it."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Stands in a node's arguments for the value of another node."""

    index: int


class Frame(NamedTuple):
    """Where in the source something was asked for: one frame of the call stack."""

    file: str
    line: int
    instruction: int
    function: str


@dataclass(slots=True, eq=False)
class Node:
    """One operation that ran.

    Attributes
    ----------
    index : int
        Its place on the tape.
    name : str
        What was done, in NumPy's word: ``add``, ``matmul``, ``getitem``.
    function : callable or None
        Gives the value from the arguments; None for what came from outside (data, random draws).
    arguments, keywords
        What it was called with; other nodes' values as ``Reference``.
    value : ndarray
        What it gave, a copy.
    stack : tuple of Frame
        The user's frames, innermost first.
    """

    index: int
    name: str
    function: Callable[..., Any] | None
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    value: np.ndarray
    stack: tuple[Frame, ...]
    inputs: tuple[int, ...] = field(default=())

    @property
    def line(self) -> int:
        """The line of the innermost user's frame, or 0."""
        return self.stack[0].line if self.stack else 0


def references(x: Any) -> Iterator[int]:
    """Yield the indices of all references in nested arguments."""
    if isinstance(x, Reference):
        yield x.index
    elif isinstance(x, (list, tuple)):
        for y in x:
            yield from references(y)
    elif isinstance(x, dict):
        for y in x.values():
            yield from references(y)
    elif isinstance(x, slice):
        yield from references((x.start, x.stop, x.step))


class Tape:
    """All nodes of a run, with a limit of operations and of time.

    Parameters
    ----------
    files : set of str
        The user's own source files; frames elsewhere are left out of the stacks.
    limit : int
        Operations after which the program is ended.
    seconds : float
        Time after which it is.
    enough : callable, optional
        Asked as the tape doubles, from 500 operations on: has all been seen that is wanted?
    """

    def __init__(
        self,
        files: set[str],
        limit: int = 60_000,
        seconds: float = 30.0,
        enough: Callable[[Tape], bool] | None = None,
    ) -> None:
        self.nodes: list[Node] = []
        self.files = files
        self.limit = limit
        self.end = time.monotonic() + seconds
        self.enough = enough
        self.asked_at = 500
        self.recording = True

    def stack(self) -> tuple[Frame, ...]:
        """Return the user's frames, innermost first."""
        frame, found = sys._getframe(2), []
        while frame is not None:
            code = frame.f_code
            if code.co_filename in self.files:
                found.append(Frame(code.co_filename, frame.f_lineno, frame.f_lasti, code.co_name))
            frame = frame.f_back  # type: ignore[assignment]
        return tuple(found)

    def add(
        self,
        name: str,
        function: Callable[..., Any] | None,
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
        value: Any,
    ) -> int:
        """Append a node and return its index.

        Raises
        ------
        Stop
            If a limit is reached, or enough was seen.
        """
        array = np.asarray(value)
        if array.size <= LARGE:
            array = np.array(array, copy=True, subok=False)
        inputs = tuple(references(arguments)) + tuple(references(keywords))
        node = Node(
            len(self.nodes), name, function, arguments, keywords, array, self.stack(), inputs
        )
        self.nodes.append(node)
        count = len(self.nodes)
        if count > self.limit or (count % 64 == 0 and time.monotonic() > self.end):
            raise Stop
        if count >= self.asked_at:
            self.asked_at = int(1.5 * self.asked_at)
            if self.enough is not None and self.enough(self):
                raise Stop
        return node.index

    def leaf(self, name: str, value: Any) -> int:
        """Append what came from outside."""
        return self.add(name, None, (), {}, value)
