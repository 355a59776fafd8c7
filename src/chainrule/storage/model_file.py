"""The model file: a safetensors file with the parameter vector and, as strict JSON, all the rest.

Layout, in the order of the bytes::

    8 bytes   N, the length of the header, little-endian
    N bytes   {"__metadata__":{"format":"chainrule model 1","sha256":"<digits>","content":"<JSON>"},
               "vector":{"dtype":"F32","shape":[P],"data_offsets":[0,4P]}}, then spaces
    the rest  the vector, little-endian

``sha256`` is that of the first 8 + N bytes with its own 64 digits read as zeros; ``content``
holds the SHA-256 of the rest. So every byte is accounted for: the header is compared with its
digest before any of it is parsed, the vector is read after its size is known to be the one that the
architecture announces. Safetensors itself has no such check.

The header is written here, not by the safetensors package, whose order of metadata and padding may
change with its version; the tests read the files with that package.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import fields
from io import FileIO
from typing import Any

import numpy as np

from chainrule.errors import ChainruleError, FileError, InputError
from chainrule.network.architecture import Architecture
from chainrule.storage import older_versions, strict_json
from chainrule.storage.atomic import write_atomically
from chainrule.storage.content import DTYPES, ModelContent, check, n_numbers
from chainrule.storage.files import StrPath, open_regular, path_text, read_into, shortened, shown
from chainrule.storage.foreign import describe

MAX_HEADER = strict_json.MAX_BYTES
MAX_FILE = 4 << 30

_EXPECTED = "a chainrule model"
_DAMAGED = "the file is damaged; use another copy or save the model again"
_START = re.compile(rb'\{"__metadata__":\{"format":"chainrule model ([1-9][0-9]{0,5})","sha256":"')
_START_LENGTH = 80  # more than the pattern can take
_ZEROS = b"0" * 64

# What stands in the JSON: all of it but the vector, whose digest takes its place.
_PLAIN = tuple(
    field.name for field in fields(ModelContent) if field.name not in ("vector", "members")
)
_KEYS = ("vector_sha256", *_PLAIN)


def save_model(content: ModelContent, path: StrPath) -> None:
    """Write `content` to one file; `path` always holds the old model or the new one, whole.

    Parameters
    ----------
    content : ModelContent
        Checked before anything is written.
    path : str or path
        Its folder must exist; see `chainrule.storage.atomic.write_atomically`.

    Raises
    ------
    InputError
        If the content is not plain data, or does not fit together.
    FileError
        If the file cannot be written. An old file is then intact.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> architecture = Architecture((1, 1), ("identity",), "squared_error").to_dict()
    >>> line = ("regressor", architecture, np.ones(2), None, {"mean": 0.5}, None, {}, {}, {})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_model(ModelContent(*line), pathlib.Path(folder, "line.model"))
    ...     loaded = load_model(pathlib.Path(folder, "line.model"))
    >>> loaded.kind, loaded.vector, loaded.target
    ('regressor', array([1., 1.]), {'mean': 0.5})
    """
    path = path_text(path)
    check(content)
    code = "F32" if content.vector.dtype.itemsize == 4 else "F64"
    vector = np.ascontiguousarray(content.vector, dtype=DTYPES[code])
    data = vector.data.cast("B")
    plain: dict[str, Any] = {"vector_sha256": hashlib.sha256(data).hexdigest()}
    plain |= {name: getattr(content, name) for name in _PLAIN}
    if content.members is not None:
        plain["members"] = content.members
    text = strict_json.encode(plain, "content")
    head = _pack(older_versions.VERSION, text, code, vector.size)
    if len(head) > MAX_HEADER:
        raise InputError.of(
            "content", got=f"{len(head):,} bytes beside the weights", expected=f"<= {MAX_HEADER:,}"
        )
    write_atomically(path, [head, data])


def load_model(path: StrPath, *, max_bytes: int = MAX_FILE) -> ModelContent:
    """Read a model file. Nothing in it is run, whoever made it; what cannot be trusted is refused.

    Parameters
    ----------
    path : str or path
        The file, or a symbolic link to it.
    max_bytes : int
        Larger files are refused before memory is taken for them.

    Returns
    -------
    ModelContent
        Equal to what was saved, types included; the vector is writable.

    Raises
    ------
    FileError
        If the file is missing, unreadable, damaged in a single bit, cut short, not a chainrule
        model, made by a newer chainrule, or holds anything that does not fit together.
    """
    path = path_text(path)
    with open_regular(path, expected=_EXPECTED) as (stream, size):
        if size > max_bytes:
            raise FileError.of(
                shown(path),
                got=f"{size:,} bytes",
                expected=f"a model of at most {max_bytes:,} bytes",
                remedy="pass a larger max_bytes if you trust it",
            )
        version, head = _read_head(path, stream, size)
        plain, architecture, code = _parse_head(path, version, head)
        dtype = DTYPES[code]
        count = n_numbers(architecture, plain.get("members"))
        _require_size(path, size, len(head) + count * dtype.itemsize)
        vector = np.empty(count, dtype)
        data = vector.data.cast("B")
        _require_size(path, len(head) + read_into(stream, data), size)
    if hashlib.sha256(data).hexdigest() != plain.pop("vector_sha256"):
        raise _damaged(path, "weights that do not match their SHA-256")
    content = ModelContent(vector=vector.astype(dtype.newbyteorder("="), copy=False), **plain)
    try:
        check(content)
    except ChainruleError as error:
        raise _unfit(path, error) from error
    return content


def _pack(version: int, text: str, code: str, count: int) -> bytes:
    """Return the first 8 + N bytes for the content `text` and a vector of `count` numbers."""
    metadata = {"format": f"chainrule model {version}", "sha256": _ZEROS.decode(), "content": text}
    end = count * DTYPES[code].itemsize
    vector = {"dtype": code, "shape": [count], "data_offsets": [0, end]}
    header = json.dumps(
        {"__metadata__": metadata, "vector": vector}, ensure_ascii=False, separators=(",", ":")
    ).encode()
    header += b" " * (-len(header) % 8)
    head = len(header).to_bytes(8, "little") + header
    return head.replace(_ZEROS, hashlib.sha256(head).hexdigest().encode(), 1)


def _read_head(path: str, stream: FileIO, size: int) -> tuple[int, bytes]:
    """Return the version and the first 8 + N bytes, compared with their digest; nothing is parsed yet."""
    first = bytearray(min(size, 8 + _START_LENGTH))
    read_into(stream, memoryview(first))
    start = _START.match(first, 8)
    if start is None:
        raise FileError.of(
            shown(path),
            got=describe(bytes(first), size),
            expected=_EXPECTED,
            remedy="give the file that chainrule's save or fit wrote",
        )
    length = 8 + int.from_bytes(first[:8], "little")
    if length > MAX_HEADER:
        raise _damaged(path, f"a header of {length:,} bytes where at most {MAX_HEADER:,} are read")
    _require_size(path, size, length, at_least=True)
    head = bytearray(length)
    head[: len(first)] = first[:length]
    read = len(first) + read_into(stream, memoryview(head)[len(first) :])
    _require_size(path, read, length, at_least=True)
    if length < start.end() + len(_ZEROS):
        raise _damaged(path, "a header without a SHA-256")
    digits = slice(start.end(), start.end() + len(_ZEROS))
    stored, head[digits] = bytes(head[digits]), _ZEROS
    if hashlib.sha256(head).hexdigest().encode() != stored:
        raise _damaged(path, "a header that does not match its SHA-256")
    version = int(start[1])
    if version > older_versions.VERSION:
        raise FileError.of(
            shown(path),
            got=f"a model file of version {version}",
            expected=f"version {older_versions.VERSION} or an older one",
            remedy="a newer chainrule wrote it; install that or a later one",
        )
    head[digits] = stored
    return version, bytes(head)


def _parse_head(path: str, version: int, head: bytes) -> tuple[dict[str, Any], Architecture, str]:
    """Return today's fields, the architecture and the vector's dtype; only forged files fail here."""
    try:
        header = strict_json.decode(head[8:])
        text = header["__metadata__"]["content"]
        code, count = header["vector"]["dtype"], header["vector"]["shape"][0]
        if type(count) is not int or _pack(version, text, code, count) != head:
            raise ValueError("a header in another form than chainrule writes")
        plain = older_versions.upgraded(strict_json.decode(text.encode()), version)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        got = shortened(error) if type(error) is ValueError else "a header with something missing"
        raise _damaged(path, got) from error
    if not isinstance(plain, dict) or set(plain) - {"members"} != set(_KEYS):
        got = ", ".join(sorted(plain)) if isinstance(plain, dict) else type(plain).__name__
        raise FileError.of(
            shown(path),
            got=f"the fields {shortened(got)}",
            expected=f"exactly {', '.join(_KEYS)}",
            remedy=_DAMAGED,
        )
    try:
        architecture = Architecture.from_dict(plain["architecture"])
        expected = n_numbers(architecture, plain.get("members"))
    except ChainruleError as error:
        raise _unfit(path, error) from error
    if expected != count:
        raise FileError.of(
            shown(path),
            got=f"{count:,} parameters",
            expected=f"{expected:,} for sizes {architecture.sizes}",
            remedy=_DAMAGED,
        )
    return plain, architecture, code


def _require_size(path: str, size: int, expected: int, *, at_least: bool = False) -> None:
    if size < expected:
        raise _damaged(path, f"a file cut short, {size:,} of {expected:,} bytes")
    if size > expected and not at_least:
        raise _damaged(path, f"{size - expected:,} bytes too many after the weights")


def _damaged(path: str, got: str) -> FileError:
    return FileError.of(shown(path), got=got, expected=_EXPECTED, remedy=_DAMAGED)


def _unfit(path: str, error: ChainruleError) -> FileError:
    return FileError.of(
        shown(path),
        got=f"a model that does not fit together ({shortened(error)})",
        expected=_EXPECTED,
        remedy="register activations and losses of your own before loading (the command has --import); "
        "else do not trust it",
    )
