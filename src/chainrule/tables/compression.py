"""Compressed text: recognised by its first bytes, unpacked while it is read."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable
from pathlib import PurePath
from typing import Any, BinaryIO, cast

from chainrule.errors import FileError

Opener = Callable[[], BinaryIO]

ENDINGS = (".gz", ".bz2", ".xz", ".zst", ".zip")
DAMAGE = (EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError, zipfile.BadZipFile)
"""What goes wrong with damaged files."""
GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"


def _zstandard(stream: BinaryIO) -> Any:
    import pyarrow as pa

    return pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), "zstd")


_UNPACKERS: dict[bytes, Callable[[BinaryIO], Any]] = {
    GZIP: lambda stream: gzip.GzipFile(fileobj=stream),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
    b"\x28\xb5\x2f\xfd": _zstandard,
}


def is_compressed(head: bytes) -> bool:
    """Say whether bytes are the beginning of compressed data."""
    return head.startswith((*_UNPACKERS, _ZIP))


def decompressed(opened: Opener, label: str) -> Opener:
    """Open a stream through what unpacks it, if its first bytes say that it is packed.

    Raises
    ------
    FileError
        A zip archive with several files, or an Excel workbook, which is one too.
    """
    with opened() as stream:
        head = stream.read(8)
    if head.startswith(_ZIP):
        return _member(opened, label)
    for signature, unpack in _UNPACKERS.items():
        if head.startswith(signature):
            return lambda: _closing(unpack, opened())
    return opened


def _member(opened: Opener, label: str) -> Opener:
    """Open the only file of a zip archive."""
    with opened() as stream, zipfile.ZipFile(cast(Any, stream)) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        names = [name for name in names if not name.startswith("__MACOSX/")]
    if "[Content_Types].xml" in names:
        remedy = "name it by its true ending"
        raise FileError.of(label, got="an Excel workbook", expected="text", remedy=remedy)
    if len(names) != 1:
        some = ", ".join(names[:3])
        raise FileError.of(
            label,
            got=f"a zip archive of {len(names)} files ({some}, …)",
            expected="one file in it",
            remedy="unpack it and name the table",
        )
    return lambda: _closing(lambda stream: zipfile.ZipFile(stream).open(names[0]), opened())


def member_name(path: str) -> str:
    """Give the name of the first file in a zip archive; the archive's own where it cannot be told."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.startswith("__MACOSX/")]
    except (OSError, zipfile.BadZipFile):
        return path
    return PurePath(names[0]).name if names else path


class _Unpacked(io.RawIOBase):
    """A stream of unpacked bytes that closes the packed stream beneath it."""

    def __init__(self, unpacked: Any, packed: BinaryIO) -> None:
        super().__init__()
        self._unpacked, self._packed = unpacked, packed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        data: bytes = self._unpacked.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._unpacked.close()
            self._packed.close()
        super().close()


def _closing(unpack: Callable[[BinaryIO], Any], packed: BinaryIO) -> BinaryIO:
    try:
        return cast(BinaryIO, io.BufferedReader(_Unpacked(unpack(packed), packed), 1 << 20))
    except BaseException:
        packed.close()
        raise
