"""Writing files so that whatever crashes, and when, the old file or the new one is there, whole.

The bytes go to a temporary file in the same folder, are forced to the disk, and only then take the
name of the target; the folder is forced to the disk last, so that the new name survives a power cut
too.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Sequence
from contextlib import suppress

from chainrule.errors import FileError
from chainrule.storage.files import StrPath, failure, kind_of, path_text, shown

Parts = Iterable[bytes | memoryview]

_EXPECTED = "a file that can be written"
_TEMPORARY_PREFIX = ".chainrule-"
_TEMPORARY_SUFFIX = ".tmp"
# A process that was killed leaves its temporary file. A live one writes to its own all the time, so
# one that has not been touched for this long is nobody's, and the next save in that folder removes
# it.
_STALE_SECONDS = 600.0
_CREATE_FLAGS = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


def write_atomically(path: StrPath, parts: Parts) -> None:
    """Write one file, whole or not at all.

    Parameters
    ----------
    path : str or path
        The target. Its folder must exist. An existing file is replaced and keeps its permissions. A
        symbolic link is replaced by the file, never followed, so that nobody can point it at
        something precious.
    parts : iterable of bytes or memoryview
        The content, written one after the other.

    Raises
    ------
    FileError
        If the file cannot be written. The old file, if there was one, is intact and no temporary
        file is left.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "note.txt")
    ...     write_atomically(path, [b"one ", b"two"])
    ...     path.read_bytes(), len(list(path.parent.iterdir()))
    (b'one two', 1)
    """
    write_together([(path, parts)])


def write_together(files: Sequence[tuple[StrPath, Parts]]) -> None:
    """Write several files: none gets its name before all are safely on the disk.

    Each file is atomic. The set nearly is: a crash between two renames leaves some old files and
    some new ones, but everything that usually fails (no space, no permission, a bad disk) fails
    before the first rename.

    Parameters
    ----------
    files : sequence of (path, parts)
        As in `write_atomically`.

    Raises
    ------
    FileError
        If one cannot be written.
    """
    targets = [(path_text(path), parts) for path, parts in files]
    temporaries: list[str] = []
    current = ""
    try:
        for current, parts in targets:
            _write_temporary(current, parts, temporaries)
        for (current, _), temporary in zip(targets, temporaries, strict=True):
            os.replace(temporary, current)
    except BaseException as error:
        for temporary in temporaries:  # those already renamed are no longer there
            with suppress(OSError):
                os.unlink(temporary)
        if isinstance(error, OSError) and not isinstance(error, FileError):
            raise failure(current, error, expected=_EXPECTED) from error
        raise
    for folder, path in {_folder(path): path for path, _ in targets}.items():
        _flush_folder(folder, path)


def _write_temporary(target: str, parts: Parts, temporaries: list[str]) -> None:
    """Write `parts` to a new file beside `target`, forced to the disk; add it to `temporaries`."""
    folder = _folder(target)
    mode = _mode_of_old_file(target, folder)
    temporary = os.path.join(folder, f"{_TEMPORARY_PREFIX}{os.urandom(8).hex()}{_TEMPORARY_SUFFIX}")
    # A new file gets what the user's umask allows, by the system itself. One that replaces a file
    # stays closed to others until its permissions are known to be those of the old one.
    descriptor = os.open(temporary, _CREATE_FLAGS, 0o666 if mode is None else 0o600)
    temporaries.append(temporary)
    try:
        # This file's own time, not the clock's: on a network file system the two may differ.
        _remove_stale(folder, os.fstat(descriptor).st_mtime - _STALE_SECONDS)
        for part in parts:
            view = memoryview(part).cast("B")
            while view:
                view = view[os.write(descriptor, view) :]
        if mode is not None and hasattr(os, "fchmod"):
            os.fchmod(descriptor, mode)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _folder(path: str) -> str:
    return os.path.dirname(path) or os.curdir


def _mode_of_old_file(target: str, folder: str) -> int | None:
    """Return the permissions of the file that is about to be replaced, None when there is none.

    Raises FileError where a write must not happen: no such folder, or a target that is not an
    ordinary, writable file.
    """
    if "\0" in target:
        raise FileError.of(shown(target), got="a path with a zero byte", expected=_EXPECTED)
    try:
        found = stat.S_ISDIR(os.stat(folder).st_mode)
    except FileNotFoundError:
        found = False
    if not found:
        raise FileError.of(
            shown(target),
            got=f"no folder {shown(folder)}",
            expected="a folder that exists",
            remedy="create it first or choose another place",
        )
    if not os.path.basename(target):
        raise FileError.of(shown(target), got="no file name", expected=_EXPECTED)
    try:
        mode = os.stat(target).st_mode
    except OSError as error:
        # Nothing there, or a link that leads nowhere: either way nothing is lost by taking the
        # name.
        if error.errno in (errno.ENOENT, errno.ELOOP):
            return None
        raise
    if not stat.S_ISREG(mode):  # also through a link: /dev/stdout is one
        raise FileError.of(
            shown(target), got=kind_of(mode), expected=_EXPECTED, remedy="choose another name"
        )
    # A rename would not ask, but a write-protected file is meant to stay.
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return stat.S_IMODE(mode) & 0o777


def _remove_stale(folder: str, before: float) -> None:
    """Remove what killed processes left in `folder`; failing at that is no reason not to save."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith(_TEMPORARY_PREFIX):
                continue
            if not entry.name.endswith(_TEMPORARY_SUFFIX):
                continue
            with suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(status.st_mode) and status.st_mtime < before:
                    os.unlink(entry.path)


def _flush_folder(folder: str, path: str) -> None:
    """Force the names in `folder` to the disk, where the system lets one do that."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:  # a folder one may write to but not read
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.ENOTSUP):  # file systems that cannot do this
            return
        result = FileError.of(
            shown(path),
            got="an error of the disk after the file was written whole",
            expected="a folder that can be forced to the disk",
            remedy="the new file is in place, but a power cut now could bring back the old one",
        )
        result.errno = error.errno
        raise result from error
    finally:
        os.close(descriptor)
