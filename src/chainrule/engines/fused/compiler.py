"""One place for everything about compilation: flags, cache, and calls through an address.

``block`` compiles a function behind a C address. The loops that all networks share call those around one rule (an
activation, a loss, an update) through their addresses, so a new rule, a user's own included, compiles its block alone
and never the shared loops. ``function_at`` makes a block callable from Python.

Flags: full fast-math deletes NaN checks, and loud failure needs them, so only the subset that keeps NaN and infinity is
on. ``error_model="numpy"`` leaves out Python's test for division by zero, a branch that stops vectorisation.

Cache: Numba looks only at the file of the compiled function itself, and would keep old code when a rule in another
file changes. Here the key holds a fingerprint of the source of every rule and kernel, of chainrule and of Numba. The
files are pickles, so they lie in a folder that belongs to the user and that nobody else can write to; where there is no
such folder, everything is compiled anew in each process, and one warning says so.

With ``NUMBA_DISABLE_JIT=1`` the same functions run as Python, for coverage and for debugging.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import stat
import sys
import tempfile
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import carray, types
from numba.core import cgutils
from numba.core.caching import CompileResultCacheImpl, FunctionCache, NullCache
from numba.core.ccallback import CFunc
from numba.extending import intrinsic, overload

from chainrule import __version__
from chainrule.errors import InputError

FLAGS: dict[str, Any] = {
    "fastmath": {"nsz", "arcp", "contract", "afn", "reassoc"},
    "error_model": "numpy",
}
COMPILED = not numba.config.DISABLE_JIT
if COMPILED:
    from numba.np.unsafe.ndarray import to_fixed_tuple as to_fixed_tuple
else:

    def to_fixed_tuple(array: Any, size: int) -> tuple[Any, ...]:
        """Return the first ``size`` numbers as a tuple, as Numba's does."""
        return tuple(array[:size])


_ROOT = Path(__file__).parents[2]
_SOURCES = ("equations", "network/random.py", "optimizers", "engines/fused")
_python_blocks: dict[int, Callable[..., Any]] = {}
newly_compiled: list[
    str
] = []  #: the blocks that this process compiled; all others came from the cache


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a function that only blocks call; it becomes part of them and is not cached by itself.

    LLVM would leave a long one as a call, and a call in a loop stops its vectorisation: hence ``forceinline``.
    """
    options = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "forceinline": True}
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
    compiled: Any = CFunc(
        function, (signature.args, signature.return_type), {}, {"nopython": True, **FLAGS}
    )
    compiled._cache = _cache_of(function, name)
    try:
        compiled.compile()
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


# ---- calls through an address, arrays at an address ---------------------------------------------------------------


def call(address: int, arguments: tuple[Any, ...]) -> Any:
    """Call a block that returns nothing.

    The types of ``arguments`` must be exactly those of the block: no conversion takes place, and ``0.0`` for a float32
    would be read as garbage. So numbers are taken from arrays of the network's precision.
    """
    _python_blocks[address](*arguments)


def call_for_float(address: int, arguments: tuple[Any, ...]) -> float:
    """Call a block that returns a float64."""
    return float(_python_blocks[address](*arguments))


def _indirect_call(result: Any) -> Any:
    @intrinsic
    def indirect(typing_context: Any, address: Any, arguments: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            passed = cgutils.unpack_tuple(builder, values[1])
            returned = ir.VoidType() if result == types.void else ir.DoubleType()
            function = ir.FunctionType(returned, [value.type for value in passed])
            pointer = builder.inttoptr(values[0], function.as_pointer())
            answer = builder.call(pointer, passed)
            return context.get_dummy_value() if result == types.void else answer

        return result(address, arguments), emit

    return indirect


_call_void = _indirect_call(types.void)
_call_float = _indirect_call(types.float64)


@overload(call, strict=False)
def _compiled_call(address: Any, arguments: Any) -> Any:
    return lambda address, arguments: _call_void(address, arguments)


@overload(call_for_float, strict=False)
def _compiled_call_for_float(address: Any, arguments: Any) -> Any:
    return lambda address, arguments: _call_float(address, arguments)


def address_of(array: np.ndarray) -> int:
    """Return the address of the first number of ``array``, which must be kept alive by whoever uses the address."""
    return int(array.ctypes.data)


def _array_at(dtype: Any) -> Callable[[int, int], Any]:
    """Return a function of (address, size) that gives the vector of ``dtype`` there, in Python and compiled."""
    kind, number = np.ctypeslib.as_ctypes_type(dtype), numba.from_dtype(np.dtype(dtype))

    def array_at(address: int, size: int) -> Any:
        pointer = ctypes.cast(int(address), ctypes.POINTER(kind))
        return np.ctypeslib.as_array(pointer, (int(size),))

    @intrinsic
    def pointer_at(typing_context: Any, address: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            return builder.inttoptr(values[0], context.get_value_type(signature.return_type))

        return types.CPointer(number)(address), emit

    @overload(array_at, strict=False)
    def compiled_array_at(address: Any, size: Any) -> Any:
        return lambda address, size: carray(pointer_at(address), (size,))

    return array_at


# Such a vector has no owner, so compiled code does not count who refers to it.
float32_at, float64_at = _array_at(np.float32), _array_at(np.float64)
int64_at, uint64_at = _array_at(np.int64), _array_at(np.uint64)


# ---- the cache on disk --------------------------------------------------------------------------------------------


@cache
def fingerprint() -> str:
    """Return a hash of the source of everything that ends up in compiled code."""
    digest = hashlib.sha256(f"{__version__} {numba.__version__}".encode())
    for source in _SOURCES:
        path = _ROOT / source
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


@cache
def cache_folder() -> Path | None:
    """Return the folder for compiled code, private to this user, or None if there can be none."""
    chosen = os.environ.get("CHAINRULE_CACHE_DIR") or os.environ.get("NUMBA_CACHE_DIR")
    base = Path(chosen) if chosen else Path.home() / ".cache" if _home_exists() else None
    candidates = [base] if base else [Path(tempfile.gettempdir())]
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    for candidate in candidates:
        folder = candidate / f"chainrule-{user}"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            facts = folder.lstat()
            private = stat.S_ISDIR(facts.st_mode) and (
                os.name == "nt" or (facts.st_uid == user and not facts.st_mode & 0o022)
            )
            if private and os.access(folder, os.W_OK | os.X_OK):
                return folder
        except OSError:
            continue
    warnings.warn(
        "no private folder for compiled code can be written, so each process compiles anew (some seconds); "
        "set CHAINRULE_CACHE_DIR to a folder of your own",
        UserWarning,
        stacklevel=2,
    )
    return None


def _home_exists() -> bool:
    try:
        return os.access(Path.home(), os.W_OK)
    except RuntimeError:
        return False


class _Locator:
    """Tells Numba where the files of a function lie and what makes them stale."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._py_file = str(_ROOT)

    def ensure_cache_path(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def get_cache_path(self) -> str:
        return str(self._folder)

    def get_source_stamp(self) -> str:
        return fingerprint()

    def get_disambiguator(self) -> str:
        return fingerprint()


class _KernelCache(FunctionCache):  # type: ignore[misc]
    """Numba's cache with a key of our own: signature, processor, fingerprint and the name of the kernel."""

    def __init__(self, function: Callable[..., Any], name: str, folder: Path) -> None:
        self._kernel_name = name
        readable = "".join(c if c.isalnum() or c in "._-" else "_" for c in name)[:80]

        class Files(CompileResultCacheImpl):  # type: ignore[misc]
            def __init__(self, py_func: Callable[..., Any]) -> None:
                self._lineno = 0
                self._locator = _Locator(folder)
                version = f"py{sys.version_info[0]}{sys.version_info[1]}"
                self._filename_base = f"{readable}-{_short_hash(name)}-{fingerprint()}.{version}"

        self._impl_class = Files
        super().__init__(function)

    def _index_key(self, sig: Any, codegen: Any) -> tuple[Any, ...]:
        return (sig, codegen.magic_tuple(), self._kernel_name, fingerprint())


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def _cache_of(function: Callable[..., Any], name: str) -> Any:
    folder = cache_folder()
    return NullCache() if folder is None else _KernelCache(function, name, folder)
