"""Workers of the benchmarks run with the BLAS that a user gets."""

from __future__ import annotations

import pytest

from benchmarks.worker import Worker


def test_a_pinned_blas_is_not_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with Worker("benchmarks.worker:Blas", threads=1) as worker:
        usual = worker.call("kernels")
    monkeypatch.setenv(
        "OPENBLAS_CORETYPE", "Prescott"
    )  # every x86 processor has it, none chooses it
    monkeypatch.setenv("OPENBLAS_L2_SIZE", "65536")
    with Worker("benchmarks.worker:Blas", threads=1) as worker:
        assert worker.call("kernels") == usual
    assert usual
