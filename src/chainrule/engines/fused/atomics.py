"""Integers in memory that several threads read and write, and how a thread that waits lets others go first.

Without compilation there is one thread at a time: there plain reads and writes will do, and nobody waits.
"""

from __future__ import annotations

import platform
import sys
from typing import Any

from llvmlite import ir
from numba import types

from chainrule.engines.fused.compiler import INTEGER, emitted, int64_at
from chainrule.engines.fused.numba_internals import cgutils

LINE = 64  # bytes of a cache line
_YIELD = "SwitchToThread" if sys.platform == "win32" else "sched_yield"
_PAUSES = {"x86_64": "llvm.x86.sse2.pause", "AMD64": "llvm.x86.sse2.pause"}


def atomic_load(address: int) -> int:
    """Return the int64 at ``address``; all that its writer wrote before is seen as well."""
    return int(int64_at(address, 1)[0])


def atomic_store(address: int, value: int) -> None:
    """Write an int64; who sees it sees all that was written before."""
    int64_at(address, 1)[0] = value


def exchange(address: int, expected: int, value: int) -> bool:
    """Write ``value`` if ``expected`` stands there, in one step, and return whether it stood there."""
    stood = atomic_load(address) == expected
    if stood:
        atomic_store(address, value)
    return stood


def pause() -> None:
    """Wait for a few dozen cycles, where the processor can, and leave them to a thread that shares the core."""


def give_way() -> None:
    """Let a thread that waits for this processor have it."""


def _pointer(builder: Any, address: Any) -> Any:
    return builder.inttoptr(address, INTEGER.as_pointer())


@emitted(atomic_load, lambda address: types.int64)
def _load(context: Any, builder: Any, result: Any, address: Any) -> Any:
    return builder.load_atomic(_pointer(builder, address), "acquire", 8)


@emitted(atomic_store, lambda address, value: types.void)
def _store(context: Any, builder: Any, result: Any, address: Any, value: Any) -> None:
    builder.store_atomic(value, _pointer(builder, address), "release", 8)


@emitted(exchange, lambda address, expected, value: types.boolean)
def _exchange(
    context: Any, builder: Any, result: Any, address: Any, expected: Any, value: Any
) -> Any:
    place = _pointer(builder, address)
    answer = builder.cmpxchg(place, expected, value, "acq_rel", "acquire")
    return builder.extract_value(answer, 1)


@emitted(pause, lambda: types.void)
def _pause(context: Any, builder: Any, result: Any) -> None:
    name = _PAUSES.get(platform.machine())
    if name is not None:
        function = ir.FunctionType(ir.VoidType(), [])
        builder.call(cgutils.get_or_insert_function(builder.module, function, name), [])


@emitted(give_way, lambda: types.void)
def _give_way(context: Any, builder: Any, result: Any) -> None:
    function = ir.FunctionType(ir.IntType(32), [])
    builder.call(cgutils.get_or_insert_function(builder.module, function, _YIELD), [])
