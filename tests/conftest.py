"""What every test has: fixed seeds, repeatable hypothesis examples, figures without a screen."""

from __future__ import annotations

import os
import random
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from tests.conformance.summary import pytest_terminal_summary  # noqa: F401 - a hook, found by its name

os.environ.setdefault("MPLBACKEND", "Agg")

# Started in the background, a process ignores Ctrl-C, and so do its children; the tests press it.
signal.signal(signal.SIGINT, signal.default_int_handler)

COMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0")
ROOT = Path(__file__).resolve().parents[1]

# derandomize: the same examples in every run, so that a red run is never luck. Without compilation
# the kernels run as Python loops, and fewer examples keep the suite short.
settings.register_profile(
    "chainrule",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=50 if COMPILED else 10,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.load_profile("chainrule")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what is marked ``compiled`` where nothing is compiled."""
    if COMPILED:
        return
    for item in items:
        if item.get_closest_marker("compiled"):
            item.add_marker(pytest.mark.skip(reason="NUMBA_DISABLE_JIT=1"))


@pytest.fixture(autouse=True)
def _fixed_seeds() -> None:
    """Seed the global generators, which other libraries may draw from; our own code never does."""
    random.seed(0)
    np.random.seed(0)


@pytest.fixture(autouse=True)
def _no_figures_open() -> None:
    """Close what earlier tests drew: no test sees another's figures, whatever the order they run in."""
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator that starts alike in every test."""
    return np.random.default_rng(20140305)


@pytest.fixture(scope="session")
def penguins_csv() -> Path:
    """The path of the shipped table: mixed columns, missing values, three species."""
    return ROOT / "examples" / "data" / "penguins.csv"
