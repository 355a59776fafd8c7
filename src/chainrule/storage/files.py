"""Paths and the operating system: a path gives an open regular file or one FileError."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO

from chainrule.errors import FileError, InputTypeError

StrPath = str | os.PathLike[str]

# Not every platform has these; without O_NONBLOCK, opening a FIFO that nobody writes to would wait
# for ever.
_READ_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}

# errno -> (what came, the remedy)
_FAILURES = {
    errno.ENOENT: ("no such file or folder", "check the path"),
    errno.ENOTDIR: ("a path that leads through a file", "check the folders in the path"),
    errno.EEXIST: ("something else of that name", "choose another name"),
    errno.EISDIR: ("a folder", "choose another name"),
    errno.EACCES: ("no permission", "change the permissions or choose another place"),
    errno.EPERM: ("no permission", "change the permissions or choose another place"),
    errno.EROFS: ("a read-only file system", "choose another place"),
    errno.ELOOP: ("symbolic links that lead in a circle", "remove the links"),
    errno.ENAMETOOLONG: ("a name that is too long", "choose a shorter one"),
    errno.ENOSPC: ("a full disk", "free some space or choose another place"),
    errno.EDQUOT: ("a used-up disk quota", "free some space or choose another place"),
    errno.EFBIG: ("a file larger than may be written here", "choose another place"),
    errno.EIO: ("an input/output error", "check the disk; a copy elsewhere may be sound"),
}


def path_text(path: StrPath) -> str:
    """Return `path` as a string.

    Raises
    ------
    InputTypeError
        If it is not a string or a path; integers in particular, which the system would take for
        open files.
    """
    text = os.fspath(path) if isinstance(path, (str, os.PathLike)) else None
    if not isinstance(text, str):
        raise InputTypeError.of(
            "path", got=type(path).__name__, expected="a string or a pathlib.Path"
        )
    return text


def shown(path: str) -> str:
    r"""Return `path` as it can stand in a message of one line: odd names are quoted.

    Examples
    --------
    >>> shown("my.model"), shown("two\nlines")
    ('my.model', "'two\\nlines'")
    """
    return path if path.isprintable() and path else ascii(path)


def shortened(text: object, most: int = 300) -> str:
    """Return `text` on one line and not too long; for messages about what a stranger wrote."""
    line = str(text)
    line = line if len(line) <= most else f"{line[:most]}..."
    return line if line.isprintable() else ascii(line)


def kind_of(mode: int) -> str:
    """Say in words what an ``st_mode`` that is not a regular file stands for."""
    return _KINDS.get(stat.S_IFMT(mode), "something that is not a file")


def failure(path: str, error: OSError, *, expected: str) -> FileError:
    """Build the FileError for an error of the operating system; ``errno`` is kept on it."""
    got, remedy = _FAILURES.get(
        error.errno or 0, (error.strerror or str(error) or type(error).__name__, "")
    )
    result = FileError.of(shown(path), got=got, expected=expected, remedy=remedy)
    result.errno = error.errno
    return result


@contextmanager
def open_regular(path: str, *, expected: str) -> Iterator[tuple[FileIO, int]]:
    """Open a regular file, or a symbolic link to one, for reading; never wait for one to appear.

    Parameters
    ----------
    path : str
        The file.
    expected : str
        What the file should have been, for the messages.

    Yields
    ------
    (io.FileIO, int)
        The open file, unbuffered, and its size in bytes.

    Raises
    ------
    FileError
        If it does not exist, cannot be read, or is a folder, a pipe, a socket or a device; also for
        an error of the operating system inside the ``with`` block.
    """
    try:
        # Looked at before it is opened, because opening a device can already act on it; and once
        # more afterwards, because the name may have been given to something else in between.
        _require_regular(path, os.stat(path).st_mode, expected)
        with FileIO(os.open(path, _READ_FLAGS), "rb") as stream:
            status = os.fstat(stream.fileno())
            _require_regular(path, status.st_mode, expected)
            yield stream, status.st_size
    except FileError:
        raise
    except OSError as error:
        raise failure(path, error, expected=expected) from error
    except ValueError as error:  # a zero byte inside the path
        if "\0" not in path:
            raise
        raise FileError.of(shown(path), got="a path with a zero byte", expected=expected) from error


def read_into(stream: FileIO, buffer: memoryview) -> int:
    """Fill `buffer` from `stream`; return how many bytes, fewer only at the end of the file."""
    filled = 0
    while filled < len(buffer):
        count = stream.readinto(buffer[filled:])
        if not count:
            break
        filled += count
    return filled


def _require_regular(path: str, mode: int, expected: str) -> None:
    if not stat.S_ISREG(mode):
        raise FileError.of(shown(path), got=kind_of(mode), expected=expected)
