"""The cache of compiled code on disk.

Numba looks only at the file of the compiled function itself, and would keep old code when a rule in another file
changes. Here the key holds a fingerprint of the source of every rule and kernel, of chainrule and of Numba. The files
are pickles, so they lie in a folder that belongs to the user and that nobody else can write to; where there is no such
folder, everything is compiled anew in each process, and one warning says so.
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
from numba.core.caching import CompileResultCacheImpl, FunctionCache, NullCache

from chainrule import __version__

_ROOT = Path(__file__).parents[2]
_SOURCES = ("equations", "network/random.py", "optimizers", "engines/fused")


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


def cache_of(function: Callable[..., Any], name: str) -> Any:
    """Return what keeps the compiled ``function`` under ``name``; it keeps nothing where there is no folder."""
    folder = cache_folder()
    return NullCache() if folder is None else _KernelCache(function, name, folder)
