"""Random fits leak no warning of NumPy and no error of another library."""

from __future__ import annotations

import pytest

from benchmarks.safety.random_fits import outcome


@pytest.mark.compiled
def test_extreme_numbers_leak_no_warning_and_no_raw_error() -> None:
    found = [outcome(seed) for seed in range(60)]
    assert [came for came in found if came.startswith(("LEAKED", "RAW"))] == []
    assert {"a finite model", "our DivergenceError"} <= set(found)
