from __future__ import annotations

import io
import re
from typing import Any

import pytest
from rich.console import Console
from tests.training.cases import Problem

from chainrule.training import RichProgress, StopTraining, progress


def terminal(file: io.StringIO) -> Console:
    return Console(file=file, force_terminal=True, width=200, color_system=None)


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def show(console: Console | None, epochs: int = 4, **options: Any) -> None:
    problem = Problem()
    callbacks = [RichProgress(console), *options.pop("also", [])]
    problem.train(
        epochs,
        validation=problem.validation,
        monitor="validation_score",
        callbacks=callbacks,
        **options,
    )


def test_it_is_silent_where_there_is_no_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    file = io.StringIO()
    show(Console(file=file))
    show(None)
    assert file.getvalue() == ""
    assert capfd.readouterr() == ("", "")


def test_it_shows_loss_score_rate_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "INTERVAL", 0.0)
    file = io.StringIO()
    show(terminal(file))
    text = plain(file.getvalue())
    assert "1/4" in text
    assert re.search(
        r"4/4 loss \d\.\d{4}  val loss \d\.\d{4}  score -?\d\.\d{4}  rate 0\.01  max_epochs \d:\d\d:\d\d left",
        text,
    )


def test_the_cursor_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(event: object) -> None:
        if type(event).__name__ == "EpochEnded":
            raise LookupError

    def stop(event: object) -> None:
        if type(event).__name__ == "EpochEnded":
            raise StopTraining

    for callback in (fail, stop):
        file = io.StringIO()
        try:
            show(terminal(file), also=[callback])
        except LookupError:
            assert callback is fail
        text = file.getvalue()
        assert text.count("\x1b[?25l") == text.count("\x1b[?25h") == 1
        assert ("error" if callback is fail else "callback") in text


def test_it_draws_seldom() -> None:
    file = io.StringIO()
    show(terminal(file), epochs=200)
    # the start, the end, and one a tenth of a second: far fewer than epochs
    assert plain(file.getvalue()).count("training") < 50


def test_it_counts_from_where_the_call_began() -> None:
    problem, file = Problem(), io.StringIO()
    problem.train(3)
    problem.train(2, callbacks=[RichProgress(terminal(file), description="more")])
    text = plain(file.getvalue())
    assert "2/2" in text
    assert "more" in text
    assert "score" not in text


def test_one_bar_serves_several_trainings() -> None:
    file = io.StringIO()
    problem, bar = Problem(), RichProgress(terminal(file))
    problem.train(2, callbacks=[bar])
    problem.train(3, callbacks=[bar])
    text = plain(file.getvalue())
    assert "2/2" in text
    assert "3/3" in text


def test_the_loss_is_a_curve_beside_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "INTERVAL", 0.0)
    file = io.StringIO()
    show(terminal(file), epochs=30)
    last = plain(file.getvalue()).splitlines()[-1]
    curve = re.findall("[▁▂▃▄▅▆▇█]+", last)
    assert [len(part) for part in curve] == [progress.CURVE]
    assert curve[0][0] == "█"  # the loss of a training that learns is highest at its beginning


def test_a_curve_ends_with_the_present_and_skips_what_is_no_number() -> None:
    falling = [2.0**-i for i in range(160)]
    assert progress.curve_of(falling) == progress.curve_of(falling[9::10])
    assert progress.curve_of([*falling[:-1], 1.0])[-1] == "█"
    assert progress.curve_of([1.0, float("nan")]) == ""
    assert progress.curve_of([1.0, 0.0, -1.0]) == "█▅▁"
