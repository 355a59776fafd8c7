"""The cache of compiled code on disk: one file for each block, believed only if its digest is right.

A file's name and digest hold all that decides what is in it: the block, a fingerprint of the source of every rule and
kernel, the processor, and the versions of Python, Numba and chainrule. So whatever is old, cut short, changed by a bad
disk or somebody else's is not what was looked for, and the block is compiled anew and written again. The digest tells
damage, not malice: code is loaded from a folder only that belongs to the user and that nobody else can write to.

Nothing here can stop a training. What cannot be read or written costs one warning in a process and some seconds of
compilation. A file that nobody has used for a month is removed.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import tempfile
import time
import warnings
from contextlib import suppress
from functools import cache
from pathlib import Path

import llvmlite
import numba

from chainrule import __version__

_ROOT = Path(__file__).parents[2]
_SOURCES = ("equations", "network/random.py", "optimizers", "engines/fused")
_SLOW = 1.0  # seconds for one file: to compile takes less
_UNUSED = 30 * 86400.0  # seconds
_SUFFIXES = (
    ".nbc",
    ".nbi",
    ".tmp",
)  # of blocks, of Numba's own cache, of what a killed process left


@cache
def fingerprint() -> str:
    """Return a hash of the source of everything that ends up in compiled code, and of what compiles it."""
    versions = __version__, numba.__version__, llvmlite.__version__, *sys.version_info[:2]
    digest = hashlib.sha256(repr(versions).encode())
    for source in _SOURCES:
        path = _ROOT / source
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def cache_folder() -> Path:
    """Return the folder for compiled code, private to this user; it is made if it is not there.

    Raises
    ------
    OSError
        If there can be none.
    """
    chosen = os.environ.get("CHAINRULE_CACHE_DIR") or os.environ.get("NUMBA_CACHE_DIR")
    if chosen:
        base = Path(chosen)
    else:
        base = Path.home() / ".cache" if _home_exists() else Path(tempfile.gettempdir())
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    folder = base / f"chainrule-{user}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode):
        raise NotADirectoryError(f"{folder} is not a folder")
    if os.name != "nt" and (facts.st_uid != user or facts.st_mode & 0o022):
        raise PermissionError(f"others can write to {folder}")
    return folder


def _home_exists() -> bool:
    try:
        return os.access(Path.home(), os.W_OK)
    except RuntimeError:
        return False


class DiskCache:
    """Keeps compiled code from one process to the next, as long as the disk lets it."""

    def __init__(self) -> None:
        self._reading = self._writing = self._tidying = True

    def load(self, name: str, made_for: str) -> bytes | None:
        """Return the code that was saved under ``name`` for the processor ``made_for``, or None."""
        if not self._reading:
            return None
        key, began = _key(name, made_for), time.monotonic()
        try:
            path = cache_folder() / _file_name(name, key)
            content = path.read_bytes()
            self._note_time(began)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._reading = self._writing = False
            _warn(error)
            return None
        size = hashlib.sha256().digest_size
        if content[:size] != _digest(key, content[size:]):
            _warn(f"{path} was damaged; it is made anew")
            return None
        with suppress(OSError):  # in use: see _UNUSED
            if time.time() - path.stat().st_mtime > _UNUSED / 30:
                os.utime(path)
        return content[size:]

    def save(self, name: str, made_for: str, code: bytes) -> None:
        """Keep ``code``: a reader finds the file whole or not at all, however many write it at once."""
        if not self._writing:
            return
        key, began, temporary = _key(name, made_for), time.monotonic(), None
        try:
            folder = cache_folder()
            descriptor, temporary = tempfile.mkstemp(".tmp", ".", folder)
            with os.fdopen(descriptor, "wb") as file:
                file.write(_digest(key, code) + code)
            os.replace(temporary, folder / _file_name(name, key))
            if self._tidying:
                self._tidying = False
                _remove_unused(folder)
            self._note_time(began)
        except OSError as error:
            self._writing = False
            _warn(error)
            if temporary is not None:
                with suppress(OSError):
                    os.unlink(temporary)

    def _note_time(self, began: float) -> None:
        if time.monotonic() - began > _SLOW:
            self._reading = self._writing = False
            _warn(f"the disk took {time.monotonic() - began:.1f} seconds for one file")


def _key(name: str, made_for: str) -> bytes:
    return f"{name}\n{made_for}\n{fingerprint()}\n".encode()


def _digest(key: bytes, code: bytes) -> bytes:
    return hashlib.sha256(key + code).digest()


def _file_name(name: str, key: bytes) -> str:
    readable = "".join(c if c.isalnum() or c in "._-" else "_" for c in name)[:80]
    return f"{readable}-{hashlib.sha256(key).hexdigest()[:20]}.nbc"


def _remove_unused(folder: Path) -> None:
    """Remove what nobody has used for long: code for other versions, and for rules that are gone."""
    before = time.time() - _UNUSED
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(_SUFFIXES):
                with suppress(OSError):
                    status = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(status.st_mode) and status.st_mtime < before:
                        os.unlink(entry.path)


@cache
def process_cache() -> DiskCache:
    """Return the cache of this process."""
    return DiskCache()


_warned = False


def _warn(reason: object) -> None:
    """Say once in a process that code is compiled which should have been there."""
    global _warned
    if not _warned:
        _warned = True
        warnings.warn(
            f"compiled code cannot be kept or was lost, so this process compiles for some seconds: {reason}; "
            "if that comes again, set CHAINRULE_CACHE_DIR to a folder of your own",
            UserWarning,
            stacklevel=2,
        )
