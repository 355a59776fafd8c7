"""Threads that share work."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter, sleep

import numpy as np
import pytest
from numba import types

from chainrule.engines.fused.atomics import atomic_load, atomic_store, exchange, give_way
from chainrule.engines.fused.barrier import new_barrier, wait
from chainrule.engines.fused.compiler import COMPILED, address_of, block, int64_at
from chainrule.engines.fused.workers import AWAY, LARGE, Workers


def attend(worker: int, n_workers: int, job: int) -> None:
    """Count each worker; nobody leaves before all have come."""
    places = int64_at(
        job, 300
    )  # 0: the barrier's address, 1: n_workers, from 2 on: a count for each worker
    places[1] = n_workers
    places[2 + worker] += 1
    wait(places[0], worker, n_workers, 1)


def idle(worker: int, n_workers: int, job: int) -> None:
    """Do nothing."""


IDLE = block(idle, types.void(*[types.intp] * 3), "test idle")
ATTEND = block(attend, types.void(*[types.intp] * 3), "test attend")


@pytest.fixture
def workers() -> Iterator[Workers]:
    """Threads of this test alone, for whose answer all work waits."""
    made = Workers()
    made.answers = 10**12
    made.listen(10**12)
    yield made
    made.close()


def attended(workers: Workers, n_workers: int, operations: float = LARGE) -> tuple[int, np.ndarray]:
    barrier, job = new_barrier(n_workers), np.zeros(300, dtype=np.int64)
    job[0] = address_of(barrier)
    joined = workers.share(ATTEND, address_of(job), n_workers, operations)
    assert joined == job[1]
    return joined, job[2:]


def until_gone(workers: Workers) -> None:
    """Wait until no helper has listened for a while."""
    looks = 0
    while looks < 20:
        sleep(0.002)
        looks = 0 if workers._desks[:, 0].any() else looks + 1


@pytest.mark.parametrize("n_workers", [1, 2, 3, 8])
def test_every_worker_runs_once_and_all_at_the_same_time(workers: Workers, n_workers: int) -> None:
    for _ in range(3):
        joined, counts = attended(workers, n_workers)
        assert joined == (n_workers if COMPILED else 1)
        np.testing.assert_array_equal(counts, np.arange(298) < joined)


@pytest.mark.compiled
def test_who_does_not_answer_gets_nothing_and_nobody_waits_for_him(workers: Workers) -> None:
    attended(workers, 2)
    desk = workers._desks[0]
    workers.listen(1000)
    until_gone(workers)  # by itself
    workers.answers = 10
    for _ in range(100):
        assert attended(workers, 2, 1e6)[0] == 1  # small work wakes nobody
    assert desk[0] == AWAY


@pytest.mark.compiled
def test_small_work_is_shared_in_a_row_with_helpers_that_listen_steadily(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chainrule.engines.fused.workers._BREAK", 1e9)  # this test is all breaks
    workers.listen(10_000)
    workers.answers = 500
    job = np.zeros(300, dtype=np.int64)
    job[0] = address_of(barrier := new_barrier(2))

    def small_work() -> int:
        barrier[:] = 0
        return workers.share_at_pace(ATTEND, address_of(job), 2, 1e6, "attend")

    assert small_work() == 1
    assert not workers._threads  # one alone is not worth a thread
    ended = perf_counter() + 30
    while small_work() == 1 and perf_counter() < ended:
        pass
    assert workers._steady[0] > 0
    while workers._steady[0]:  # nobody asks, so it goes, and has to prove itself anew
        pass
    assert small_work() == 1


@pytest.mark.compiled
def test_threads_that_ask_at_once_get_no_helpers_for_small_work(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, caller = [0.0], [0]
    monkeypatch.setattr("chainrule.engines.fused.workers.perf_counter", lambda: clock[0])
    monkeypatch.setattr("chainrule.engines.fused.workers.get_ident", lambda: caller[0])

    def ask(work: int, callers: int) -> None:
        clock[0], caller[0] = 0.005 * work, work % callers
        assert workers.ready(2) == 1
        workers.share(IDLE, 0, 1, 1e6)

    for work in range(100):
        ask(work, callers=2)
    assert not workers._threads
    for work in range(100, 130):
        ask(work, callers=1)
    assert len(workers._threads) == 1


@pytest.mark.compiled
def test_a_helper_with_breaks_gets_no_small_work(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chainrule.engines.fused.workers._BREAK", 0.0)
    workers.listen(1000)
    job = np.zeros(300, dtype=np.int64)
    monkeypatch.setattr("chainrule.engines.fused.workers._REST", 60.0)
    ended = perf_counter() + 30
    while not workers._threads and perf_counter() < ended:
        assert workers.share_at_pace(ATTEND, address_of(job), 2, 1e6, "broken") == 1
    assert len(workers._threads) == 1
    for _ in range(3000):
        assert workers.share_at_pace(ATTEND, address_of(job), 2, 1e6, "broken") == 1
    began = perf_counter()
    workers.close()  # also wakes one that rests
    assert perf_counter() - began < 30


@pytest.mark.compiled
def test_a_helper_that_has_gone_comes_back(workers: Workers) -> None:
    for _ in range(3):
        workers.listen(10**12)
        assert attended(workers, 3)[0] == 3
        workers.listen(1000)
        until_gone(workers)


@pytest.mark.compiled
def test_several_threads_ask_at_once(workers: Workers) -> None:
    workers.answers = 500
    workers.listen(10_000)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: attended(workers, 3), range(400)))
    for joined, counts in results:
        np.testing.assert_array_equal(counts, np.arange(298) < joined)


def test_integers_that_threads_share() -> None:
    memory = np.zeros(2, dtype=np.int64)
    at = address_of(memory)
    atomic_store(at + 8, 7)
    assert (atomic_load(at), atomic_load(at + 8)) == (0, 7)
    assert not exchange(at, 1, 5)
    assert exchange(at, 0, 5)
    assert memory.tolist() == [5, 7]
    give_way()


@pytest.mark.compiled
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_child_and_the_end_of_a_process() -> None:
    code = """
import os, numpy as np
from chainrule import MLPClassifier
from chainrule.engines.fused import fused_engine, workers
fused_engine._FEW = workers.LARGE = -1
X = np.random.default_rng(0).standard_normal((4000, 50)).astype("float32")
def loss():
    return MLPClassifier(max_iter=5, batch_size=1000, n_iter_no_change=99, random_state=0).fit(X, X[:, 0] > 0).loss_
expected = loss()
if (child := os.fork()) == 0:
    os._exit(0 if loss() == expected else 1)
assert os.waitpid(child, 0)[1] == 0
assert loss() == expected
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=120)
