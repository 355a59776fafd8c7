"""One place for everything about compilation: flags, blocks behind addresses, calls through them, arrays at them.

``block`` compiles a function behind a C address. The loops that all networks share call those around one rule (an
activation, a loss, an update) through their addresses, so a new rule, a user's own included, compiles its block alone
and never the shared loops. ``function_at`` makes a block callable from Python.

Flags: full fast-math deletes NaN checks, and loud failure needs them, so only the subset that keeps NaN and infinity is
on. ``error_model="numpy"`` leaves out Python's test for division by zero, a branch that stops vectorisation.

With ``NUMBA_DISABLE_JIT=1`` the same functions run as Python, for coverage and for debugging.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import lower_builtin, type_callable

from chainrule.engines.fused import numba_internals
from chainrule.engines.fused.disk_cache import process_cache
from chainrule.engines.fused.numba_internals import cgutils, compiled_callback, populate_array
from chainrule.errors import InputError
from chainrule.network.interrupts import HeldInterrupts

FLAGS: dict[str, Any] = {
    "fastmath": {"nsz", "arcp", "contract", "afn", "reassoc"},
    "error_model": "numpy",
}
COMPILED = not numba.config.DISABLE_JIT
if COMPILED:
    to_fixed_tuple = numba_internals.to_fixed_tuple
else:

    def to_fixed_tuple(array: Any, size: int) -> tuple[Any, ...]:
        """Return the first ``size`` numbers as a tuple, as Numba's does."""
        return tuple(array[:size])


_python_blocks: dict[int, Callable[..., Any]] = {}
newly_compiled: list[
    str
] = []  #: the blocks that this process compiled; all others came from the cache


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a function that only blocks call; it becomes part of them and is not cached by itself.

    LLVM would leave a long one as a call, and a call in a loop stops its vectorisation: hence ``forceinline``.
    """
    options = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "forceinline": True}
    with HeldInterrupts():
        return numba.njit(nogil=True, **options, **FLAGS)(function)


def block(function: Callable[..., Any], signature: Any, name: str) -> int:
    """Compile ``function`` behind a C address and return the address, an int.

    Parameters
    ----------
    function : callable
        Takes addresses (intp) and numbers.
    signature : numba signature
        Its exact types.
    name : str
        What makes it different from every other block: rule, source and precision.

    Raises
    ------
    InputError
        If it does not compile; only a rule of the user's can be the reason.
    """
    if not COMPILED:
        _python_blocks[id(function)] = function
        return id(function)
    try:
        with HeldInterrupts():
            compiled = compiled_callback(function, signature, FLAGS, name, process_cache())
    except numba.core.errors.NumbaError as error:
        raise InputError.of(
            name.rsplit("-", 1)[0],
            got=f"a rule that Numba cannot compile ({type(error).__name__})",
            expected="arithmetic and NumPy functions, elementwise",
            remedy="write it so, or choose engine='reference', which runs any Python",
        ) from error
    if not compiled.cache_hits:
        newly_compiled.append(name)
    address = compiled.address
    _python_blocks[address] = compiled  # keeps the machine code alive
    return int(address)


@cache
def function_at(address: int, n_arguments: int) -> Callable[..., None]:
    """Return the block at ``address``, which takes ``n_arguments`` integers, for Python; it runs without the GIL."""
    if not COMPILED:  # Python would warn of overflow, compiled code does not
        return np.errstate(all="ignore")(_python_blocks[address])
    return ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * n_arguments)(address)


def bound(address: int, *arguments: int) -> Callable[[], None]:
    """Return the block at ``address`` with its arguments: to turn them into C's at each call takes .2 microseconds."""
    integers = map(ctypes.c_int64, arguments) if COMPILED else arguments
    return partial(function_at(address, len(arguments)), *integers)


# ---- what compiled code says in instructions of LLVM ---------------------------------------------------------------

INTEGER = ir.IntType(64)


def emitted(function: Callable[..., Any], result: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate the function that writes what ``function`` is in compiled code: instructions of LLVM.

    It takes the builder, the type of the result, and the arguments, integers as int64. ``result`` gives the Numba type
    of the result for those of the arguments. Unlike an ``overload``, nothing is compiled at a call.
    """

    def register(emit: Callable[..., Any]) -> Callable[..., Any]:
        def lower(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            arguments = [
                context.cast(builder, value, kind, types.int64)
                if isinstance(kind, types.Integer)
                else value
                for value, kind in zip(values, signature.args, strict=True)
            ]
            answer = emit(context, builder, signature.return_type, *arguments)
            return context.get_dummy_value() if signature.return_type == types.void else answer

        type_callable(function)(lambda context: result)
        lower_builtin(function, types.VarArg(types.Any))(lower)
        return emit

    return register


def call(address: int, arguments: tuple[Any, ...]) -> Any:
    """Call a block that returns nothing.

    The types of ``arguments`` must be exactly those of the block: no conversion takes place, and ``0.0`` for a float32
    would be read as garbage. So numbers are taken from arrays of the network's precision.
    """
    _python_blocks[address](*arguments)


def call_for_float(address: int, arguments: tuple[Any, ...]) -> float:
    """Call a block that returns a float64."""
    return float(_python_blocks[address](*arguments))


@emitted(call, lambda address, arguments: types.void)
@emitted(call_for_float, lambda address, arguments: types.float64)
def _call(context: Any, builder: Any, result: Any, address: Any, arguments: Any) -> Any:
    passed = cgutils.unpack_tuple(builder, arguments)
    returned = ir.VoidType() if result == types.void else ir.DoubleType()
    function = ir.FunctionType(returned, [value.type for value in passed])
    return builder.call(builder.inttoptr(address, function.as_pointer()), passed)


def address_of(array: np.ndarray) -> int:
    """Return the address of the first number of ``array``, which must be kept alive by whoever uses the address."""
    return int(array.ctypes.data)


def _array_at(dtype: Any) -> Callable[[int, int], Any]:
    """Return a function of (address, size) that gives the vector of ``dtype`` there, in Python and compiled."""
    kind, number = np.ctypeslib.as_ctypes_type(dtype), numba.from_dtype(np.dtype(dtype))
    vector = types.Array(number, 1, "C")

    def array_at(address: int, size: int) -> Any:
        pointer = ctypes.cast(int(address), ctypes.POINTER(kind))
        return np.ctypeslib.as_array(pointer, (int(size),))

    @emitted(array_at, lambda address, size: vector)
    def compiled_array_at(context: Any, builder: Any, result: Any, address: Any, size: Any) -> Any:
        array = context.make_array(vector)(context, builder)
        populate_array(
            array,
            data=builder.inttoptr(address, context.get_value_type(number).as_pointer()),
            shape=[size],
            strides=[INTEGER(np.dtype(dtype).itemsize)],
            itemsize=INTEGER(np.dtype(dtype).itemsize),
            meminfo=None,
        )
        return array._getvalue()

    return array_at


# Such a vector has no owner, so compiled code does not count who refers to it.
float32_at, float64_at = _array_at(np.float32), _array_at(np.float64)
int64_at, uint64_at = _array_at(np.int64), _array_at(np.uint64)


def integer_at(address: int, i: int) -> int:
    """Return number ``i`` of the int64 at ``address``: one instruction, where a vector is much to compile."""
    return int(int64_at(address, i + 1)[i])


@emitted(integer_at, lambda address, i: types.int64)
def load_integer(context: Any, builder: Any, result: Any, address: Any, i: Any) -> Any:
    """Emit the load of an int64."""
    first = builder.inttoptr(address, INTEGER.as_pointer())
    return builder.load(builder.gep(first, [i], source_etype=INTEGER), typ=INTEGER)
