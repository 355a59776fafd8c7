"""One BLAS thread while blocks are computed: nested, shared between threads, and given back."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

from chainrule.network.threads import available_processors, one_blas_thread


def blas_threads() -> set[int]:
    return {
        int(lib["num_threads"])
        for lib in ThreadpoolController().info()
        if lib["user_api"] == "blas"
    }


@pytest.fixture(autouse=True)
def _two_threads() -> Iterator[None]:
    """Start from two BLAS threads, so that one is a change."""
    with threadpool_limits(2, user_api="blas"):
        if blas_threads() != {2}:
            pytest.skip("this BLAS cannot be set to two threads")
        yield


def test_one_thread_within_and_the_old_number_after() -> None:
    with one_blas_thread():
        assert blas_threads() == {1}
    assert blas_threads() == {2}


def test_nesting_gives_back_at_the_outermost_end() -> None:
    with one_blas_thread():
        with one_blas_thread():
            assert blas_threads() == {1}
        assert blas_threads() == {1}
    assert blas_threads() == {2}


def test_a_library_that_has_one_thread_is_left_alone() -> None:
    with threadpool_limits(1, user_api="blas"):
        with one_blas_thread():
            assert blas_threads() == {1}
        assert blas_threads() == {1}
    assert blas_threads() == {2}


def test_an_error_gives_back_as_well() -> None:
    with pytest.raises(KeyError), one_blas_thread():
        raise KeyError
    assert blas_threads() == {2}


def test_threads_that_overlap_give_back_when_the_last_leaves() -> None:
    entered, leave = threading.Barrier(3), [threading.Event(), threading.Event()]

    def hold(event: threading.Event) -> None:
        with one_blas_thread():
            entered.wait(10)
            event.wait(10)

    threads = [threading.Thread(target=hold, args=(event,)) for event in leave]
    for thread in threads:
        thread.start()
    entered.wait(10)
    assert blas_threads() == {1}
    leave[0].set()
    threads[0].join(10)
    assert blas_threads() == {1}
    leave[1].set()
    threads[1].join(10)
    assert blas_threads() == {2}


@pytest.mark.parametrize(
    ("limit", "expected"),
    [("1", 1), ("1,4", 1), ("0", 1), ("1000000", None), ("", None), ("many", None), ("-2", None)],
)
def test_processors_are_shared_with_the_other_jobs_of_a_search(
    limit: str, expected: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    processors = available_processors()
    assert processors >= 1
    monkeypatch.setenv("OMP_NUM_THREADS", limit)
    assert available_processors() == (expected or processors)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_starts_anew() -> None:
    code = """
import os
from threadpoolctl import ThreadpoolController, threadpool_limits
import numpy
from chainrule.network.threads import one_blas_thread
numbers = lambda: {lib["num_threads"] for lib in ThreadpoolController().info() if lib["user_api"] == "blas"}
threadpool_limits(2, user_api="blas")
with one_blas_thread():
    child = os.fork()
    if child == 0:
        with one_blas_thread():
            assert numbers() == {1}
        os._exit(0)
    _, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status), numbers())
"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60
    )
    assert result.stdout.split() == ["0", "{2}"], result.stderr


def test_a_thread_sets_the_limit_though_another_one_set_it_before() -> None:
    """threadpoolctl lets only the thread that came first set it, and says nothing to the others."""
    seen: list[set[int]] = []

    def enter() -> None:
        with one_blas_thread():
            seen.append(blas_threads())
        seen.append(blas_threads())

    limiter = threadpool_limits(2, user_api="blas")  # this thread is now the one that came first
    thread = threading.Thread(target=enter)
    thread.start()
    thread.join(10)
    assert seen == [{1}, {2}]
    with limiter:
        assert blas_threads() == {2}


def test_others_can_limit_after_us() -> None:
    with one_blas_thread():
        pass
    seen: list[set[int]] = []

    def limit() -> None:
        with threadpool_limits(1, user_api="blas"):
            seen.append(blas_threads())

    thread = threading.Thread(target=limit)
    thread.start()
    thread.join(10)
    assert seen == [{1}]
