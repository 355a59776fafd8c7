"""Saying what a file is that was given by mistake, from its first bytes alone."""

from __future__ import annotations

_SIGNATURES = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a zip archive (PyTorch, Keras, NumPy .npz and Excel files are such)"),
    (b"\x1f\x8b", "a gzip file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"PAR1", "a Parquet table"),
    (b"ARROW1", "an Arrow table"),
    (b"\x89HDF", "an HDF5 file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x7fELF", "a program"),
)


def describe(first: bytes, size: int) -> str:
    """Say in words what a file of `size` bytes that begins with `first` seems to be.

    Parameters
    ----------
    first : bytes
        The first hundred bytes or so.
    size : int
        The size of the whole file.

    Examples
    --------
    >>> describe(b"", 0), describe(b"sepal,petal", 11)
    ('an empty file', 'text that begins with "sepal,petal"')
    """
    if size == 0:
        return "an empty file"
    for signature, name in _SIGNATURES:
        if first.startswith(signature):
            return name
    if first[:1] == b"\x80" and first[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return "a Python pickle, which could run any code and is never opened"
    line = _first_line(first)
    if line:
        return f'text that begins with "{line}"'
    if size < 64:
        return f"a binary file of only {size} bytes"
    if b"chainrule model" in first:
        return "a chainrule model whose first bytes are damaged"
    if first[8:9] == b"{":
        return "a safetensors file that chainrule did not write"
    return "a binary file of unknown kind"


def _first_line(first: bytes) -> str:
    """Return the beginning of the first line if these bytes are printable text, else nothing."""
    for cut in range(4):  # the last character may be cut in two
        try:
            text = first[: len(first) - cut].decode("utf-8").strip()
        except UnicodeDecodeError:
            continue
        line = text.splitlines()[0].replace("\t", " ") if text else ""
        return line[:40] if line.isprintable() else ""
    return ""
