"""Which encoding a text is in, and the same text as UTF-8, which is all that the readers below take."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from chainrule.errors import FileError, InputError

Opener = Callable[[], BinaryIO]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PIECE = 1 << 20
_TELLING = 1 << 16  # bytes of lines with other characters than ASCII's that are looked at
_WESTERN = re.compile(r"[A-Za-zÀ-ÖØ-öø-üÿŒœŸ]+")


def check_encoding(name: str) -> None:
    """Refuse what is no encoding.

    Raises
    ------
    InputError
        Python knows none of that name.
    """
    try:
        " ".encode(codecs.lookup(name).name)
    except (LookupError, ValueError, TypeError) as error:
        raise InputError.of(
            "encoding", got=repr(name), expected="the name of one, such as cp1252 or utf-16"
        ) from error


def told_by_head(head: bytes) -> str | None:
    r"""Tell the encoding by a mark or by zero bytes at the beginning; None where nothing is said there.

    Examples
    --------
    >>> told_by_head("Köln".encode("utf-16")), told_by_head("a,b\n1,2\n".encode("utf-16-le"))
    ('utf-16', 'utf-16-le')
    """
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    some = head[:4096]
    for name, zeros, others in (
        ("utf-16-le", some[1::2], some[::2]),
        ("utf-16-be", some[::2], some[1::2]),
    ):
        if len(some) >= 4 and zeros.count(0) > 0.6 * len(zeros) and 0 not in others:
            return name
    return None


def guessed(opened: Opener) -> str | None:
    """Guess the encoding of bytes that are not UTF-8, by the lines with other characters than ASCII's.

    Western languages are recognised by their letters, all others by charset-normalizer, which takes short German or
    Spanish lists for Central European ones.
    """
    telling = bytearray()
    with opened() as stream:
        while len(telling) < _TELLING and (line := stream.readline(_PIECE)):
            if not line.isascii():
                telling += line
    western = bytes(telling).decode("cp1252", "replace")
    words = [word for word in _WESTERN.findall(western) if not word.isascii()]
    ascii_letters = sum(sum(map(str.isascii, word)) for word in words)
    known = sum(map(len, words)) - ascii_letters
    if known == sum(not c.isascii() for c in western if c.isalpha() or c == "\ufffd"):
        others = sum(c in "³¹²¿¡£¥¢¬®" for c in western)
        if ascii_letters >= known and others <= 0.2 * known:
            return "cp1252"
    from charset_normalizer import from_bytes

    found = [match.encoding for match in from_bytes(bytes(telling))]
    if found and found[0].startswith("mac"):  # Windows' page of the same script is the likelier
        found = [name for name in found if name.startswith("cp12")] or found
    return found[0] if found else None


def as_utf8(opened: Opener, encoding: str, label: str) -> Opener:
    """Give the text of a stream as UTF-8.

    Raises
    ------
    InputError
        Python knows no such encoding.
    FileError
        While it is read: some bytes are no text in this encoding.
    """
    check_encoding(encoding)
    return lambda: io.BufferedReader(Made(_pieces(opened(), encoding, label)), _PIECE)


def _pieces(stream: BinaryIO, encoding: str, label: str) -> Iterator[bytes]:
    """Decode a stream and encode it anew."""
    decoder = codecs.getincrementaldecoder(encoding)()
    at = 0
    with stream:
        while True:
            piece = stream.read(_PIECE)
            try:
                yield decoder.decode(piece, not piece).encode()
            except UnicodeError as error:
                place = at + getattr(error, "start", 0)
                raise FileError.of(
                    label,
                    got=f"bytes near position {place} that are no text in {encoding}",
                    expected="text in one encoding",
                    remedy="name the right one with --encoding",
                ) from error
            at += len(piece)
            if not piece:
                return


class Made(io.RawIOBase):
    """A stream of bytes that are made while it is read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces
        self._ready = b""

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Give what is there, or make more."""
        while not self._ready:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._ready = piece
        n = min(len(buffer), len(self._ready))
        buffer[:n] = self._ready[:n]
        self._ready = self._ready[n:]
        return n
