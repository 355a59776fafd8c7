"""One place for everything about compilation: flags, cache, and calls through an address.

``kernel`` compiles a loop that is shared by all networks. ``block`` compiles a small loop around one rule (an
activation, a loss, an update) behind a C address; the shared loop calls it through that address, so a new rule, a
user's own included, compiles its block alone and never the shared loop.

Flags: full fast-math deletes NaN checks, and loud failure needs them, so only the subset that keeps NaN and infinity is
on. ``error_model="numpy"`` leaves out Python's test for division by zero, a branch that stops vectorisation.

Cache: Numba looks only at the file of the compiled function itself, and would keep old code when a rule in another
file changes. Here the key holds a fingerprint of the source of every rule and kernel, of chainrule and of Numba. The
files are pickles, so they lie in a folder that belongs to the user and that nobody else can write to; where there is no
such folder, everything is compiled anew in each process, and one warning says so.

With ``NUMBA_DISABLE_JIT=1`` the same functions run as Python, for coverage and for debugging.
"""

from __future__ import annotations

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
_ROOT = Path(__file__).parents[2]
_SOURCES = ("equations", "network/random.py", "optimizers", "engines/fused")
_python_blocks: dict[int, Callable[..., Any]] = {}


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a loop on its first call, without the GIL, cached on disk under its own name."""
    dispatcher = numba.njit(nogil=True, **FLAGS)(function)
    if COMPILED:
        dispatcher._cache = _cache_of(function, function.__qualname__)
    return dispatcher


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a function that only kernels call; it becomes part of them and is not cached by itself."""
    return numba.njit(nogil=True, **FLAGS)(function)


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
    address = compiled.address
    _python_blocks[address] = compiled  # keeps the machine code alive
    return int(address)


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


@intrinsic
def _pointer_float32(typing_context: Any, address: Any) -> Any:
    return types.CPointer(types.float32)(address), _emit_pointer


@intrinsic
def _pointer_float64(typing_context: Any, address: Any) -> Any:
    return types.CPointer(types.float64)(address), _emit_pointer


def _emit_pointer(context: Any, builder: Any, signature: Any, values: Any) -> Any:
    return builder.inttoptr(values[0], context.get_value_type(signature.return_type))


def address_of(array: np.ndarray) -> int:
    """Return the address of the first number of ``array``, signed: unsigned ones turn into floats in arithmetic."""
    return int(array.ctypes.data)


@overload(address_of, strict=False)
def _compiled_address_of(array: Any) -> Any:
    return lambda array: np.intp(array.ctypes.data)


def float32_at(address: int, size: int) -> Any:
    """Return the float32 vector of ``size`` numbers that starts at ``address``."""
    return _array_at(address, size, np.float32)


def float64_at(address: int, size: int) -> Any:
    """Return the float64 vector of ``size`` numbers that starts at ``address``."""
    return _array_at(address, size, np.float64)


def _array_at(address: int, size: int, dtype: Any) -> np.ndarray:
    import ctypes

    kind = ctypes.c_float if dtype is np.float32 else ctypes.c_double
    return np.ctypeslib.as_array(ctypes.cast(int(address), ctypes.POINTER(kind)), (int(size),))


@overload(float32_at, strict=False)
def _compiled_float32_at(address: Any, size: Any) -> Any:
    return lambda address, size: carray(_pointer_float32(address), (size,))


@overload(float64_at, strict=False)
def _compiled_float64_at(address: Any, size: Any) -> Any:
    return lambda address, size: carray(_pointer_float64(address), (size,))


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
