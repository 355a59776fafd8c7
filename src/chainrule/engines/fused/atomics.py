"""Integers in memory that several threads read and write, and how a thread that waits lets others go first.

Without compilation there is one thread at a time: there plain reads and writes will do, and nobody waits.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload

from chainrule.engines.fused.compiler import int64_at

LINE = 64  # bytes of a cache line
_INTEGER = ir.IntType(64)
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


def _written_as(emit: Callable[..., Any]) -> Callable[..., Any]:
    """Return the code generator of an intrinsic from one that takes the builder and LLVM values."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        given = [
            context.cast(builder, *pair, types.int64)
            for pair in zip(values, signature.args, strict=True)
        ]
        if given:
            given[0] = builder.inttoptr(given[0], _INTEGER.as_pointer())
        answer = emit(builder, *given)
        return context.get_dummy_value() if signature.return_type == types.void else answer

    return generate


@intrinsic
def _load(typing_context: Any, address: Any) -> Any:
    def emit(builder: Any, place: Any) -> Any:
        return builder.load_atomic(place, "acquire", 8)

    return types.int64(address), _written_as(emit)


@intrinsic
def _store(typing_context: Any, address: Any, value: Any) -> Any:
    def emit(builder: Any, place: Any, value: Any) -> None:
        builder.store_atomic(value, place, "release", 8)

    return types.void(address, value), _written_as(emit)


@intrinsic
def _exchange(typing_context: Any, address: Any, expected: Any, value: Any) -> Any:
    def emit(builder: Any, place: Any, expected: Any, value: Any) -> Any:
        answer = builder.cmpxchg(place, expected, value, "acq_rel", "acquire")
        return builder.extract_value(answer, 1)

    return types.boolean(address, expected, value), _written_as(emit)


@intrinsic
def _pause(typing_context: Any) -> Any:
    def emit(builder: Any) -> None:
        name = _PAUSES.get(platform.machine())
        if name is not None:
            function = ir.FunctionType(ir.VoidType(), [])
            builder.call(cgutils.get_or_insert_function(builder.module, function, name), [])

    return types.void(), _written_as(emit)


@intrinsic
def _give_way(typing_context: Any) -> Any:
    def emit(builder: Any) -> None:
        function = ir.FunctionType(ir.IntType(32), [])
        builder.call(cgutils.get_or_insert_function(builder.module, function, _YIELD), [])

    return types.void(), _written_as(emit)


@overload(atomic_load, strict=False)
def _compiled_load(address: Any) -> Any:
    return lambda address: _load(address)


@overload(atomic_store, strict=False)
def _compiled_store(address: Any, value: Any) -> Any:
    return lambda address, value: _store(address, value)


@overload(exchange, strict=False)
def _compiled_exchange(address: Any, expected: Any, value: Any) -> Any:
    return lambda address, expected, value: _exchange(address, expected, value)


@overload(pause, strict=False)
def _compiled_pause() -> Any:
    return lambda: _pause()


@overload(give_way, strict=False)
def _compiled_give_way() -> Any:
    return lambda: _give_way()
