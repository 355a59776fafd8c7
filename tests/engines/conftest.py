"""Threads that help however small the work is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chainrule.engines.fused import fused_engine, fused_scorer, workers
from chainrule.engines.fused.workers import Workers, process_workers


@pytest.fixture
def all_help(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[int, int]]]:
    """Wait for every helper before anything begins; return how many workers each work asked for, and how many came."""
    monkeypatch.setattr(fused_engine, "_FEW", -1)
    monkeypatch.setattr(workers, "LARGE", -1)
    monkeypatch.setattr(fused_scorer, "_OPERATIONS", -1)
    monkeypatch.setattr(process_workers(), "answers", 10**12)
    process_workers().listen(10**12)
    share, asked = Workers.share, []

    def noted(self: Workers, function: int, job: int, n_workers: int, operations: float) -> int:
        asked.append((n_workers, share(self, function, job, n_workers, operations)))
        return asked[-1][1]

    monkeypatch.setattr(Workers, "share", noted)
    yield asked
    process_workers().listen(workers._LISTENS)
