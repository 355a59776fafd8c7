"""Engines run the equations over data: ``reference`` in NumPy as they stand, ``fused`` whole epochs compiled."""

from __future__ import annotations

import importlib.util
import os
from typing import Any

from chainrule.engines.engine import Data, Engine, EpochPlan, EpochResult, Scorer
from chainrule.errors import InputError
from chainrule.network.architecture import Architecture
from chainrule.network.interrupts import HeldInterrupts
from chainrule.network.threads import available_processors
from chainrule.optimizers.optimizer import Optimizer

__all__ = [
    "ENGINES",
    "Data",
    "Engine",
    "EpochPlan",
    "EpochResult",
    "Scorer",
    "make_engine",
    "make_scorer",
]

ENGINES = ("auto", "fused", "reference")


def make_engine(
    name: str, architecture: Architecture, optimizer: Optimizer, dtype: Any, threads: int | None
) -> Engine:
    """Return an engine for one network.

    Parameters
    ----------
    name : {"auto", "fused", "reference"}
        ``"auto"`` is the fused engine, or the reference engine where Numba is not there or is switched off.
    architecture : Architecture
    optimizer : Optimizer
    dtype : dtype
    threads : int or None
        None is one for each processor this process may use. No result depends on it.

    Raises
    ------
    InputError
        If there is no such engine, or ``"fused"`` is asked for and Numba is not installed.
    """
    threads = available_processors() if threads is None else threads
    if _is_fused(name):
        with HeldInterrupts():
            from chainrule.engines.fused.fused_engine import FusedEngine

        return FusedEngine(architecture, optimizer, dtype, threads)
    from chainrule.engines.reference import ReferenceEngine

    return ReferenceEngine(architecture, optimizer, dtype, threads)


def make_scorer(name: str, architecture: Architecture, dtype: Any) -> Scorer:
    """Return what predicts with one network; ``name`` and errors as in ``make_engine``."""
    if _is_fused(name):
        with HeldInterrupts():
            from chainrule.engines.fused.fused_scorer import FusedScorer

        return FusedScorer(architecture, dtype)
    from chainrule.engines.reference import ReferenceScorer

    return ReferenceScorer(architecture, dtype)


def _is_fused(name: str) -> bool:
    """Return whether the engine ``name`` is the fused one here."""
    if name not in ENGINES:
        raise InputError.of("engine", got=repr(name), expected=f"one of {', '.join(ENGINES)}")
    has_numba = importlib.util.find_spec("numba") is not None
    if name == "fused" and not has_numba:
        raise InputError.of(
            "engine", got="'fused'", expected="Numba to be installed", remedy="pip install numba"
        )
    disabled = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")
    return name == "fused" or (name == "auto" and has_numba and not disabled)
