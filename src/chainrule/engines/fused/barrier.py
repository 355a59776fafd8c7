"""A barrier for threads inside compiled code: nobody goes on before everybody has arrived.

The threads of an epoch meet three times a batch, every few microseconds; a lock of the operating system would cost more
than the work. So they spin on one counter, and give the processor away when the wait is long.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload

from chainrule.engines.fused.compiler import inlined

_LINE = 64  # bytes of a cache line: how far the count of generations lies from that of arrivals
_SPINS = 2000
_YIELD = "SwitchToThread" if sys.platform == "win32" else "sched_yield"


def new_barrier() -> np.ndarray:
    """Return the shared state of a barrier; its address is what ``wait`` takes."""
    return np.zeros(16, dtype=np.int64)


def _word(builder: Any, address: Any) -> Any:
    return builder.inttoptr(address, ir.IntType(64).as_pointer())


@intrinsic
def _atomic_add(typing_context: Any, address: Any, value: Any) -> Any:
    def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.atomic_rmw("add", _word(builder, values[0]), values[1], "seq_cst")

    return types.int64(types.int64, types.int64), emit


@intrinsic
def _atomic_load(typing_context: Any, address: Any) -> Any:
    def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.load_atomic(_word(builder, values[0]), "seq_cst", 8)

    return types.int64(types.int64), emit


@intrinsic
def _give_way(typing_context: Any) -> Any:
    def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        function = ir.FunctionType(ir.IntType(32), [])
        builder.call(cgutils.get_or_insert_function(builder.module, function, _YIELD), [])
        return context.get_dummy_value()

    return types.void(), emit


def _meet(barrier: int, n_workers: int) -> None:
    """Without compilation there is one thread, and it never waits."""


@overload(_meet, strict=False)
def _compiled_meet(barrier: Any, n_workers: Any) -> Any:
    def meet(barrier: Any, n_workers: Any) -> None:
        arrived, generation = barrier, barrier + _LINE
        now = _atomic_load(generation)
        if _atomic_add(arrived, 1) == n_workers - 1:
            _atomic_add(arrived, -n_workers)
            _atomic_add(generation, 1)
        else:
            spins = 0
            while _atomic_load(generation) == now:
                spins += 1
                if spins > _SPINS:
                    _give_way()

    return meet


@inlined
def wait(barrier: int, n_workers: int) -> None:
    """Return when all ``n_workers`` threads have called this."""
    if n_workers > 1:
        _meet(barrier, n_workers)
