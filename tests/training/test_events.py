from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.training.cases import Recorder

from chainrule.errors import InputTypeError
from chainrule.training import EpochEnded, Event, StopTraining, TrainingEnded
from chainrule.training.events import Listeners

EPOCH = EpochEnded(1, 0.5, None, None, 0.1, 1.0, 0.01, best=True)
END = TrainingEnded("error", 1, 1, 0.1)


@pytest.mark.parametrize("answer", [None, False, np.False_, 1, "stop", [True]])
def test_only_a_truth_value_stops(answer: Any) -> None:
    # list.append returns None, but a lambda may return anything it computed
    assert not Listeners([lambda event: answer]).tell(EPOCH)


@pytest.mark.parametrize("answer", [True, np.True_])
def test_true_stops_and_the_others_still_hear(answer: Any) -> None:
    recorder = Recorder()
    assert Listeners([lambda event: answer, recorder]).tell(EPOCH)
    assert recorder.events == [EPOCH]


def test_a_later_false_does_not_take_the_stop_back() -> None:
    assert Listeners([lambda event: True, lambda event: False]).tell(EPOCH)


def raising(error: BaseException) -> Any:
    def callback(event: Event) -> None:
        raise error

    return callback


def test_stop_training_is_an_answer_not_an_error() -> None:
    recorder = Recorder()
    assert Listeners([raising(StopTraining()), recorder]).tell(EPOCH)
    assert recorder.events == [EPOCH]


def test_of_several_errors_the_first_is_raised_and_the_others_are_noted() -> None:
    recorder = Recorder()
    listeners = Listeners([raising(KeyError("one")), raising(ValueError("two")), recorder])
    with pytest.raises(KeyError, match="one") as caught:
        listeners.tell(EPOCH)
    assert "two" in caught.value.__notes__[0]
    assert recorder.events == [EPOCH]


def test_the_end_does_not_hide_what_ended_it() -> None:
    error, recorder = RuntimeError("the cause"), Recorder()
    Listeners([raising(ValueError("at the end")), recorder]).tell_of_error(END, error)
    assert "at the end" in error.__notes__[0]
    assert recorder.events == [END]


def test_what_cannot_be_called_is_refused() -> None:
    with pytest.raises(InputTypeError, match="callbacks: got 3"):
        Listeners([print, 3])  # type: ignore[list-item] # wrong on purpose
