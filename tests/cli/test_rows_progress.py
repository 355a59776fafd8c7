"""How many rows are done: on a terminal, and after a while."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from chainrule.cli import rows_progress
from chainrule.cli.rows_progress import RowsProgress


def drawn(terminal: bool = True, silent: bool = False) -> str:
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, width=100)
    with RowsProgress(console, silent) as told:
        told("reading", 12_000)
        told("predicting", 20_000, 1_000_000)
    return file.getvalue()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_progress, "PATIENCE", 0.0)
    monkeypatch.setattr(rows_progress, "INTERVAL", 0.0)


@pytest.mark.usefixtures("impatient")
def test_rows_and_how_many_there_are() -> None:
    found = drawn()
    assert "12,000 rows" in found
    assert "20,000 of 1,000,000 rows" in found


@pytest.mark.usefixtures("impatient")
def test_silence_where_nobody_looks() -> None:
    assert drawn(terminal=False) == ""
    assert drawn(silent=True) == ""


def test_short_work_needs_no_bar() -> None:
    assert drawn() == ""
