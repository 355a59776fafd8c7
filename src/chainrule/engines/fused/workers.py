"""Threads that help the one that asks, within microseconds, and only if they are there at once.

An epoch of a small network takes less time than the operating system takes to bring a woken thread to a processor of
its own; until then it shares that of the thread that woke it, and each waits for the other. So a helper that has
finished listens for some 50 milliseconds more, as the threads of OpenMP do. Whoever has work asks who listens, and
those who answer at once get a part of it. How many do changes no bit of any result.

Each helper has a *desk*, a cache line in which it and those who ask write. Its state goes round: away, listening,
invited, accepted, working, listening. An invitation that nobody answers is withdrawn.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Hashable
from functools import cache
from threading import get_ident
from time import perf_counter
from typing import Any

import numpy as np
from numba import types

from chainrule.engines.fused.atomics import (
    LINE,
    atomic_load,
    atomic_store,
    exchange,
    give_way,
    pause,
)
from chainrule.engines.fused.compiler import (
    COMPILED,
    address_of,
    block,
    call,
    function_at,
    int64_at,
)
from chainrule.engines.fused.pace import pace_of
from chainrule.network.interrupts import HeldInterrupts

AWAY, LISTENING, INVITED, ACCEPTED = range(
    4
)  # who works has the address of the caller's seats as state
# A poll takes some 12 nanoseconds, where the processor can pause.
_LISTENS = 200_000  # polls that a helper listens at a stretch, some 2 milliseconds
_IDLE = 20  # stretches after which it goes, unless it has been called again
_ANSWERS = 500  # polls within which a helper that has a processor answers
LARGE = 3_000_000_000  # operations, 30 milliseconds of a processor: so much work is worth waking and awaiting a helper
_WORTH = 100_000  # operations of large work that are worth one poll more
_STEADY = 8  # stretches without a break after which a helper gets small work
_BREAK = 1.5  # a stretch so many times as long as the shortest had a break
_BROKEN, _REST = (
    40,
    1.0,
)  # stretches with a break, one after the other, after which it rests; seconds of rest
_SOON = 0.02  # seconds: works that follow each other so soon are a row
_ROW = 0.01  # seconds that a row must last to be worth a helper
_RIVALS = 0.1  # seconds more, where another thread asks
MOST = 255  # helpers


def serve(desk: int) -> None:
    """Take part in work for as long as there is some; return when there was none for a stretch."""
    # state, function, job, worker, n_workers; polls of a stretch, works that it has taken part in
    fields = int64_at(desk, 7)
    atomic_store(desk, LISTENING)
    polls = 0
    while polls < atomic_load(desk + 40) or not exchange(desk, LISTENING, AWAY):
        polls += 1
        pause()
        if atomic_load(desk) == INVITED and exchange(desk, INVITED, ACCEPTED):
            polls = 0
            while atomic_load(desk) == ACCEPTED:
                polls += 1
                if polls > _ANSWERS:
                    give_way()
            call(fields[1], (fields[3], fields[4], fields[2]))
            fields[6] += 1
            atomic_store(desk, LISTENING)
            polls = 0


def lead(desks: int, n_workers: int, patience: int, function: int, job: int, seats: int) -> None:
    """Call ``function(worker, workers, job)`` here, as worker 0, and at the same time on the helpers that answer.

    ``desks`` are those of ``n_workers - 1`` helpers, ``seats`` as many zeros and one more. To the first is written how
    many workers it became, to the others the desks of those who were invited.
    """
    invited, polls, accepted = int64_at(seats, n_workers), 0, 0
    while polls < patience and accepted < n_workers - 1:
        polls += 1
        accepted = 0
        for helper in range(1, n_workers):
            desk = desks + (helper - 1) * LINE
            if invited[helper] == 0 and exchange(desk, LISTENING, INVITED):
                invited[helper] = desk
            if invited[helper] != 0 and atomic_load(desk) == ACCEPTED:
                accepted += 1
        pause()
        if polls > 4 * _ANSWERS:
            give_way()
    workers = 1
    for helper in range(1, n_workers):
        desk = invited[helper]
        if desk != 0 and not exchange(desk, INVITED, LISTENING):
            int64_at(desk, 7)[3] = workers
            invited[workers] = desk
            workers += 1
    invited[0] = workers
    for worker in range(1, workers):
        fields = int64_at(invited[worker], 7)
        fields[1], fields[2], fields[4] = function, job, workers
        atomic_store(invited[worker], seats)
    call(function, (0, workers, job))
    for worker in range(1, workers):
        polls = 0
        while atomic_load(invited[worker]) == seats:
            polls += 1
            if polls > _ANSWERS:
                give_way()


@cache
def _serve() -> Any:
    return function_at(block(serve, types.void(types.intp), "serve"), 1)


@cache
def _lead() -> Any:
    return function_at(block(lead, types.void(*[types.intp] * 6), "lead"), 6)


class Workers:
    """Threads beside the one that asks, started when they are first needed.

    Several threads may ask at once; then a helper works for the one that invited it first.
    """

    def __init__(self) -> None:
        memory = np.zeros((MOST + 1) * LINE // 8, dtype=np.int64)
        first = -address_of(memory) % LINE // 8
        self._desks = memory[first : first + MOST * LINE // 8].reshape(MOST, -1)
        self._bells: list[threading.Event] = []
        self._threads: list[threading.Thread] = []
        self._steady = [0] * MOST  # stretches that each has listened without a break since it came
        self._growing = threading.Lock()
        self._closing = threading.Event()
        self._began = self._ended = -np.inf  # of the row of works
        self._caller = 0
        self.answers = _ANSWERS  #: polls that small work waits for an answer
        self.listen(_LISTENS)

    def prepare(self) -> None:
        """Compile what helpers run, so that nothing is compiled once training has begun."""
        _lead()
        _serve()

    def listen(self, polls: int) -> None:
        """Let helpers listen for so many polls at a stretch."""
        self._desks[:, 5] = polls

    def ready(self, n_workers: int) -> int:
        """Return ``n_workers`` if small work can be shared by so many, else 1; in a row of works call the helpers.

        In the first tenth of a second after a pause the host of a virtual machine may let its processors take turns on
        one; a helper that works then holds all up, one that listens harms nobody and finds out.
        """
        now, caller = perf_counter(), get_ident()
        if now - self._ended > _SOON:
            self._began = now
        elif caller != self._caller:  # several at once use several processors without helpers
            self._began = now + _RIVALS
        self._caller = caller
        if n_workers == 1 or now - self._began < _ROW or not COMPILED:
            return 1
        self._call(n_workers - 1)
        return n_workers if min(self._steady[: n_workers - 1]) >= _STEADY else 1

    def share(self, function: int, job: int, n_workers: int, operations: float) -> int:
        """Run ``function(worker, workers, job)`` here and on helpers, each a worker from 0 on; return how many it was.

        Parameters
        ----------
        function, job : int
            Addresses of a block and of what it works on.
        n_workers : int
            How many it may become at most, this thread included.
        operations : float
            How much work it is: unless it is ``LARGE``, only a helper that listens already is worth while.
        """
        n_workers = min(n_workers, MOST + 1) if COMPILED else 1
        if n_workers == 1:
            function_at(function, 3)(0, 1, job)
            self._ended = perf_counter()
            return 1
        patience = self.answers
        if operations >= LARGE:
            self._call(n_workers - 1)
            patience += int(operations / _WORTH)
        seats = np.zeros(n_workers, dtype=np.int64)
        _lead()(address_of(self._desks), n_workers, patience, function, job, address_of(seats))
        self._ended = perf_counter()
        return int(seats[0])

    def share_at_pace(
        self, function: int, job: int, most: int, operations: float, kind: Hashable
    ) -> int:
        """As ``share``, but small work by as many workers as are ready and have made works of its kind fast."""
        if operations < LARGE:
            most = self.ready(most)
        if operations >= LARGE or most == 1:
            return self.share(function, job, most, operations)
        pace, began = pace_of(most, kind), perf_counter()
        joined = self.share(function, job, pace.choose(), operations)
        pace.note(joined, perf_counter() - began)
        return joined

    def _call(self, helpers: int) -> None:
        """Make the first ``helpers`` threads listen soon; who is about to go comes back."""
        if len(self._threads) < helpers:
            self.prepare()
            with HeldInterrupts(), self._growing:  # a thread that runs is also counted
                for helper in range(len(self._threads), helpers):
                    name = f"chainrule-{helper + 1}"
                    self._bells.append(threading.Event())
                    thread = threading.Thread(target=self._help, args=(helper,), name=name)
                    thread.daemon = True
                    thread.start()
                    self._threads.append(thread)
        for helper in range(helpers):
            if not self._bells[helper].is_set():  # a bell that rings already need not be rung
                with HeldInterrupts():  # or its lock could stay taken, and the helper wait for ever
                    self._bells[helper].set()

    def _help(self, helper: int) -> None:
        desk, bell = self._desks[helper], self._bells[helper]
        shortest, idle, broken = np.inf, _IDLE, 0
        while not self._closing.is_set():
            if bell.is_set():
                bell.clear()
                idle = 0
            elif idle >= _IDLE:
                self._steady[helper] = 0
                bell.wait()
                continue
            works, began = desk[6], perf_counter()
            _serve()(address_of(desk))
            took = perf_counter() - began
            idle += 1
            shortest = min(shortest, took)
            if desk[6] != works or took < _BREAK * shortest:
                self._steady[helper] += 1
                broken = 0
            else:
                self._steady[helper] = 0
                broken += 1
            if broken == _BROKEN:  # somebody else needs the processor
                broken = 0
                self._closing.wait(_REST)

    def close(self) -> None:
        """End the threads: compiled code must not run while the interpreter takes itself apart."""
        self._closing.set()
        self.listen(0)
        for bell in self._bells:
            bell.set()
        for thread in self._threads:
            thread.join()


@cache
def process_workers() -> Workers:
    """Return the threads that all networks of this process share."""
    workers = Workers()
    atexit.register(workers.close)
    return workers


if hasattr(os, "register_at_fork"):  # a forked child has none of the threads
    os.register_at_fork(after_in_child=process_workers.cache_clear)
