"""JSON with no surprises: text from anybody becomes plain data, as it was, or a ValueError.

Plain data is None, bool, int, float, str, list, tuple and dict with string keys. JSON knows neither
tuples nor infinities, so these are written as objects with one key: ``{"$tuple": [...]}`` and
``{"$float": "inf"}``. Keys that begin with "$" are therefore not for others to use. Nothing else
can be named in such a text: no class, no module.
"""

from __future__ import annotations

import json
import math
import re
from itertools import pairwise
from typing import Any

import numpy as np

from chainrule.errors import InputError

MAX_BYTES = 32 << 20
MAX_DEPTH = 48
# Every value costs 60 bytes or so of memory however short its text, so the length of the text alone
# bounds too little.
MAX_VALUES = 2_000_000
_MAX_DIGITS = 40  # of an integer: 128-bit seeds fit

_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
# Possessive, so that a long string costs no memory for ways back that cannot lead anywhere.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_NOT_STRUCTURE = bytes(set(range(256)) - set(b"[]{},"))


def encode(value: Any, name: str = "value") -> str:
    """Write plain data as JSON in one form only: equal data, built alike, gives equal text.

    Parameters
    ----------
    value : plain data
        NumPy's scalars are taken as the plain value they hold. Keys keep their order.
    name : str
        What the data is, for messages.

    Raises
    ------
    InputError
        If something in it is not plain data, or it is larger than `decode` would read back.

    Examples
    --------
    >>> encode({"sizes": (4, 3), "limit": float("inf"), "classes": ["no", "yes"]})
    '{"sizes":{"$tuple":[4,3]},"limit":{"$float":"inf"},"classes":["no","yes"]}'
    """
    plain = _to_json(value, name, 0)
    text = json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    try:
        _check_size(text.encode())
    except UnicodeEncodeError as error:
        raise InputError.of(
            name,
            got=f"text with half a character {text[error.start]!a}",
            expected="text that can be written as UTF-8",
            remedy="read the data with the right encoding",
        ) from error
    except ValueError as error:
        raise InputError.of(name, got=error, expected="something that can be read back") from error
    return text


def decode(data: bytes) -> Any:
    """Read what `encode` writes; strict where the standard library is lenient.

    Parameters
    ----------
    data : bytes
        UTF-8 text of at most `MAX_BYTES`.

    Returns
    -------
    plain data
        As it was given to `encode`.

    Raises
    ------
    ValueError
        If the text is not JSON, too large or too deep, holds a key twice, NaN, Infinity, a number
        out of range, or half a character.

    Examples
    --------
    >>> decode(b'{"sizes":{"$tuple":[4,3]}}')
    {'sizes': (4, 3)}
    >>> decode(b'{"l2":1,"l2":2}')
    Traceback (most recent call last):
    ...
    ValueError: the key 'l2' twice
    """
    _check_size(data)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError("bytes that are not UTF-8 text") from error
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_int=_integer,
            parse_float=_real,
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"text that is not JSON at character {error.pos}") from error
    except RecursionError as error:
        raise ValueError("values nested too deeply") from error
    # Half characters can hide behind escapes (\ud800) anywhere in a string or key.
    if "\\u" in text:
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise ValueError("text with half a character") from error
    return value


def _to_json(value: Any, name: str, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise InputError.of(name, got="values nested too deeply", expected=f"depth <= {MAX_DEPTH}")
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        if abs(value) >= 10 ** (_MAX_DIGITS - 1):
            raise InputError.of(name, got="a huge integer", expected=f"< {_MAX_DIGITS} digits")
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {"$float": str(float(value))}
    if isinstance(value, (list, tuple)):
        items = [_to_json(item, f"{name}[{i}]", depth + 1) for i, item in enumerate(value)]
        return items if isinstance(value, list) else {"$tuple": items}
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str) or key.startswith("$"):
                raise InputError.of(
                    name, got=f"the key {key!r}", expected="keys of text that do not begin with '$'"
                )
        return {str(key): _to_json(item, f"{name}.{key}", depth + 1) for key, item in value.items()}
    raise InputError.of(
        name,
        got=f"a value of type {type(value).__module__}.{type(value).__qualname__}",
        expected="plain data (None, bool, int, float, str, list, tuple, dict)",
        remedy="files hold no code and no objects; leave it out or convert it",
    )


def _check_size(data: bytes) -> None:
    """Refuse text that would take too much memory or nest too deeply, before building from it."""
    if len(data) > MAX_BYTES:
        raise ValueError(f"{len(data):,} bytes of JSON where at most {MAX_BYTES:,} are read")
    structure = np.frombuffer(_STRING.sub(b"", data).translate(None, _NOT_STRUCTURE), np.uint8)
    if structure.size > MAX_VALUES:
        raise ValueError(f"more than {MAX_VALUES:,} values")
    opens = (structure == ord("[")) | (structure == ord("{"))
    closes = (structure == ord("]")) | (structure == ord("}"))
    depth = np.cumsum(opens.astype(np.int32) - closes.astype(np.int32))
    if depth.size and int(depth.max()) > 2 * MAX_DEPTH:  # a tuple takes two levels
        raise ValueError("values nested too deeply")


def _object(pairs: list[tuple[str, Any]]) -> Any:
    result = dict(pairs)
    if len(result) != len(pairs):
        keys = sorted(key for key, _ in pairs)
        twice = next(key for key, following in pairwise(keys) if key == following)
        raise ValueError(f"the key {twice[:40]!a} twice")
    if not any(key.startswith("$") for key in result):
        return result
    ((key, value),) = pairs if len(pairs) == 1 else [("", None)]
    if key == "$tuple" and isinstance(value, list):
        return tuple(value)
    if key == "$float" and isinstance(value, str) and value in _FLOATS:
        return _FLOATS[value]
    raise ValueError(f"an unknown special value {next(iter(result))[:40]!a}")


def _constant(name: str) -> Any:
    raise ValueError(f"the number {name}")


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise ValueError(f"an integer of {len(digits):,} digits")
    return int(digits)


def _real(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"the number {digits[:20]}, which is too large")
    return value
