"""A process of its own: its answer, its time limit, its end without an answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainrule.recording.process import run_separately, tell


def test_an_answer_is_written_at_one_stroke(tmp_path: Path) -> None:
    tell(tmp_path / "answer.json", {"a": 1})
    assert (tmp_path / "answer.json").read_text() == '{"a": 1}'
    assert [p.name for p in tmp_path.iterdir()] == ["answer.json"]


def test_a_process_without_an_answer() -> None:
    outcome = run_separately("platform", {}, 30.0)
    assert (outcome.told, outcome.code, outcome.timed_out) == (None, 0, False)
    outcome = run_separately("no_such_module_here", {}, 30.0)
    assert outcome.code == 1
    assert b"no_such_module_here" in outcome.errors


def test_the_time_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sleeper.py").write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    outcome = run_separately("sleeper", {}, 0.5)
    assert outcome.timed_out
    assert outcome.told is None
