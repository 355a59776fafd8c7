"""A barrier for threads inside compiled code: nobody goes on before everybody has arrived.

The threads of an epoch meet twice a batch, every few microseconds; a lock of the operating system would cost more than
the work. So each writes how often it has arrived into a cache line of its own and reads those of the others until they
have arrived as often: one line has to travel from processor to processor, where a shared counter takes three. Who waits
long gives the processor away.
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

LINE = 64  # bytes of a cache line
_SPINS = 2000
_YIELD = "SwitchToThread" if sys.platform == "win32" else "sched_yield"


def new_barrier(n_workers: int) -> np.ndarray:
    """Return a barrier's memory, in whole cache lines; its address is what ``wait`` takes."""
    memory = np.zeros((n_workers + 1) * LINE, dtype=np.uint8)
    return memory[-memory.ctypes.data % LINE :]


def _word(builder: Any, address: Any) -> Any:
    return builder.inttoptr(address, ir.IntType(64).as_pointer())


@intrinsic
def _atomic_store(typing_context: Any, address: Any, value: Any) -> Any:
    def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        builder.store_atomic(values[1], _word(builder, values[0]), "release", 8)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), emit


@intrinsic
def _atomic_load(typing_context: Any, address: Any) -> Any:
    def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.load_atomic(_word(builder, values[0]), "acquire", 8)

    return types.int64(types.int64), emit


@intrinsic
def _give_way(typing_context: Any) -> Any:
    def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        function = ir.FunctionType(ir.IntType(32), [])
        builder.call(cgutils.get_or_insert_function(builder.module, function, _YIELD), [])
        return context.get_dummy_value()

    return types.void(), emit


def _meet(barrier: int, worker: int, n_workers: int, turn: int) -> None:
    """Without compilation there is one thread, and it never waits."""


@overload(_meet, strict=False)
def _compiled_meet(barrier: Any, worker: Any, n_workers: Any, turn: Any) -> Any:
    def meet(barrier: Any, worker: Any, n_workers: Any, turn: Any) -> None:
        _atomic_store(barrier + worker * LINE, turn)
        for other in range(n_workers):
            spins = 0
            while _atomic_load(barrier + other * LINE) < turn:
                spins += 1
                if spins > _SPINS:
                    _give_way()

    return meet


@inlined
def wait(barrier: int, worker: int, n_workers: int, turn: int) -> None:
    """Return when all ``n_workers`` threads have called this for their ``turn``-th time, counted from 1."""
    if n_workers > 1:
        _meet(barrier, worker, n_workers, turn)
