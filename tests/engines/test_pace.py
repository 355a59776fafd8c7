"""How many threads an epoch gets."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.engines.fused.pace import Pace


def chosen(most: int, seconds: dict[int, float], epochs: int, absent: bool = False) -> list[int]:
    pace, numbers = Pace(most), []
    for _ in range(epochs):
        numbers.append(pace.choose())
        came = 1 if absent else numbers[-1]
        pace.note(came, seconds[came])
    return numbers


def test_helpers_stay_where_they_win_and_go_where_they_do_not() -> None:
    assert chosen(4, {1: 0.003, 4: 0.001}, 20) == [4, 1, 4, 1, 4, 1, *[4] * 14]
    assert chosen(4, {1: 0.001, 4: 0.003}, 20) == [4, 1, 4, 1, 4, 1, *[1] * 14]


def test_the_trials_end_at_once_where_a_helper_holds_everything_up() -> None:
    assert chosen(2, {1: 0.002, 2: 0.02}, 10) == [2, 1, *[1] * 8]


def test_a_helper_that_does_not_come_is_asked_for_a_while() -> None:
    assert chosen(2, {1: 0.002}, 60, absent=True)[:48] == [*[2] * 24, *[1] * 24]


def test_the_trials_come_again_when_twenty_times_their_cost_has_passed() -> None:
    numbers = chosen(2, {1: 0.002, 2: 0.004}, 300)
    begins = [epoch for epoch in range(2, 300) if numbers[epoch] == 2 and numbers[epoch - 2] == 1]
    assert np.diff([0, *begins]) == pytest.approx([6 + 61] * 4, abs=1)  # 20 x 3 x .002 s of epochs


def test_helpers_that_have_become_slow_are_tried_anew() -> None:
    pace = Pace(2)
    for epoch in range(100):
        number = pace.choose()
        pace.note(number, 0.002 if number == 1 else 0.001 if epoch < 20 else 0.01)
        if 30 < epoch < 80:
            assert number == 1
