"""Threads that share work, and how many of them an epoch gets."""

from __future__ import annotations

import threading

import pytest

from chainrule.engines.fused.workers import Pace, Workers


@pytest.mark.parametrize("n_workers", [1, 2, 4])
def test_every_worker_runs_once_and_all_at_the_same_time(n_workers: int) -> None:
    together, seen = threading.Barrier(n_workers, timeout=30), []

    def work(worker: int) -> None:
        together.wait()
        seen.append((worker, threading.get_ident()))

    Workers(3).share(work, n_workers)
    assert sorted(worker for worker, _ in seen) == list(range(n_workers))
    assert dict(seen)[0] == threading.get_ident()
    assert len({thread for _, thread in seen}) == n_workers


def test_an_error_of_a_helper_reaches_the_one_that_asked() -> None:
    def work(worker: int) -> None:
        if worker == 1:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Workers(1).share(work, 2)


def chosen(most: int, seconds: dict[int, float], epochs: int) -> list[int]:
    pace, numbers = Pace(most), []
    for _ in range(epochs):
        numbers.append(pace.choose())
        pace.note(numbers[-1], seconds[numbers[-1]])
    return numbers


def test_helpers_stay_where_they_win_and_go_where_they_do_not() -> None:
    assert chosen(4, {1: 0.003, 4: 0.001}, 20) == [4, 1, 4, 1, 4, 1, *[4] * 14]
    assert chosen(4, {1: 0.001, 4: 0.003}, 20) == [4, 1, 4, 1, 4, 1, *[1] * 14]


def test_the_slower_number_is_tried_again_ever_more_seldom() -> None:
    numbers = chosen(2, {1: 0.001, 2: 0.003}, 300)
    assert [epoch for epoch in range(6, 300) if numbers[epoch] == 2] == [64, 128, 256]


def test_long_epochs_are_not_tried_without_helpers() -> None:
    assert chosen(2, {1: 0.1, 2: 0.2}, 10) == [2] * 10


def test_one_worker_is_no_choice() -> None:
    assert chosen(1, {1: 0.001}, 10) == [1] * 10
