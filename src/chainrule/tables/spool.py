"""What can be read only once, kept in a temporary file, so that it can be read again from its beginning."""

from __future__ import annotations

import io
import tempfile
import threading
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Self, cast

from chainrule.errors import FileError

IN_MEMORY = 16 << 20
"""Bytes that are kept without a file."""


class Spool:
    """Keeps streams in memory while they are short, else on the disk, until it is closed.

    Examples
    --------
    >>> with Spool() as spool:
    ...     opened = spool.hold(iter([b"one ", b"two"]))
    ...     with opened() as stream:
    ...         first = stream.read()
    ...     opened().read() == first
    True
    """

    def __init__(self) -> None:
        self._files: list[Any] = []

    def hold(self, pieces: Iterator[bytes]) -> Callable[[], BinaryIO]:
        """Keep some bytes and return what opens them; each opened stream has a place of its own in them."""
        file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - see close
        self._files.append(file)
        for piece in pieces:
            try:
                file.write(piece)
            except OSError as error:
                raise FileError.of(
                    tempfile.gettempdir(),
                    got=f"an error of the system ({error.strerror or error})",
                    expected="room for a table that can be read only once",
                    remedy="free some space, or read the table from a file",
                ) from error
        lock = threading.Lock()
        return lambda: cast(BinaryIO, _View(file, lock))

    def close(self) -> None:
        """Forget everything."""
        for file in self._files:
            file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _View(io.RawIOBase):
    """A stream that reads a file from a place of its own and leaves it open; Arrow reads ahead in a thread."""

    def __init__(self, file: Any, lock: threading.Lock) -> None:
        super().__init__()
        self._file = file
        self._lock = lock
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        with self._lock:
            self._file.seek(self._place)
            data: bytes = self._file.read(size)
        self._place += len(data)
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if whence == io.SEEK_CUR:
            offset, whence = offset + self._place, io.SEEK_SET
        with self._lock:
            self._place = self._file.seek(offset, whence)
        return self._place

    def tell(self) -> int:
        return self._place
