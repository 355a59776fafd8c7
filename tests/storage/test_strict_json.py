"""Plain data survives exactly; whatever else a text can hold is refused, fast and in little memory."""

from __future__ import annotations

import json
import math
import time
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.errors import InputError
from chainrule.storage import strict_json
from chainrule.storage.strict_json import decode, encode

keys = st.text(st.characters(exclude_categories=["Cs"])).filter(lambda key: not key.startswith("$"))
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**38), 10**38)
    | st.floats()
    | st.text(st.characters(exclude_categories=["Cs"]))
)
plain = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(keys, inner, max_size=4)
    ),
    max_leaves=20,
)


def same(a: Any, b: Any) -> bool:
    """Tell whether two values are equal in type, order and bits."""
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return (math.isnan(a) and math.isnan(b)) or (a, math.copysign(1, a)) == (
            b,
            math.copysign(1, b),
        )
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b)


@given(plain)
def test_plain_data_comes_back_with_type_order_and_bits(value: Any) -> None:
    text = encode(value)
    assert same(decode(text.encode()), value)
    assert encode(decode(text.encode())) == text
    json.loads(text, parse_constant=lambda name: pytest.fail(name))  # any JSON reader can read it


def test_numpy_scalars_are_taken_as_plain_values() -> None:
    value = [np.int64(3), np.float64(0.1), np.bool_(True), np.str_("a"), np.float32(0.5)]
    result = decode(encode(value).encode())
    assert same(result, [3, 0.1, True, "a", 0.5])
    assert np.isnan(decode(encode(np.float64("nan")).encode()))


class Text(str):
    __slots__ = ()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"a": [1, {"b": print}]}, r"value\.a\[1\]\.b: got a value of type builtins\.builtin_func"),
        ({1: 2}, "the key 1"),
        ({"$tuple": [1]}, r"the key '\$tuple'"),
        (np.arange(3), "numpy.ndarray"),
        ({1, 2}, "builtins.set"),
        (b"bytes", "builtins.bytes"),
        (1j, "builtins.complex"),
        (np.datetime64("2020-01-01"), "datetime"),
        (10**40, "huge integer"),
        ("half \ud800", r"half a character '\\ud800'"),
        ({"half \udfff": 1}, "half a character"),
    ],
)
def test_what_is_not_plain_data_is_refused_by_name(value: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        encode(value)


def test_subclasses_are_written_as_what_they_hold() -> None:
    assert same(decode(encode({Text("a"): Text("b")}).encode()), {"a": "b"})


def test_what_could_not_be_read_back_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(InputError, match="deeply"):
        encode(circle)
    monkeypatch.setattr(strict_json, "MAX_VALUES", 100)
    with pytest.raises(InputError, match="more than 100 values"):
        encode(list(range(200)))
    monkeypatch.setattr(strict_json, "MAX_BYTES", 100)
    with pytest.raises(InputError, match="bytes of JSON"):
        encode("x" * 200)


def test_the_greatest_depth_that_is_written_is_read() -> None:
    value: Any = 1
    for _ in range(strict_json.MAX_DEPTH):
        value = (value,)  # a tuple takes two levels of the text
    assert decode(encode(value).encode()) == value
    with pytest.raises(InputError, match="deeply"):
        encode((value,))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a":1,"a":1}', "the key 'a' twice"),
        ('{"b":{"a":1,"c":2,"\\u0061":1}}', "the key 'a' twice"),
        ("NaN", "the number NaN"),
        ("[Infinity]", "the number Infinity"),
        ('{"a":-Infinity}', "the number -Infinity"),
        ("1e999", "the number 1e999"),
        ("-1e999", "too large"),
        ("9" * 41, "an integer of 41 digits"),
        ("9" * 100_000, "an integer of 100,000 digits"),
        ("[" * 100_000, "deeply"),
        ('{"a":' * 100_000, "deeply"),
        ("[" * 100_000 + "]" * 100_000, "deeply"),
        ('["\\""' + ",[" * 100_000, "deeply"),
        ('"\\ud800"', "half a character"),
        ('{"\\udfff":1}', "half a character"),
        ('{"$class":"os.system"}', r"special value '\$class'"),
        ('{"$tuple":1}', "special value"),
        ('{"$tuple":[],"a":1}', "special value"),
        ('{"$float":"1.5"}', "special value"),
        ('{"$float":[]}', "special value"),
        ('{"$float":"NaN"}', "special value"),
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[1,]", "not JSON"),
        ("{'a':1}", "not JSON"),
        ('"a\nb"', "not JSON"),
        ("[1] // note", "not JSON"),
        ("\ufeff[1]", "not JSON"),
        ("01", "not JSON"),
        ("'" * 1000 + '"\\' * 1000, "not JSON"),
    ],
)
def test_hostile_text_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        decode(text.encode("utf-8", "surrogatepass"))


def test_bytes_that_are_not_utf_8_are_refused() -> None:
    for data in (b'"\xff"', '"\ud800"'.encode("utf-8", "surrogatepass"), "[1]".encode("utf-16")):
        with pytest.raises(ValueError, match=r"UTF-8|not JSON"):
            decode(data)


@pytest.mark.parametrize(
    "data",
    [
        b"[" + b"[]," * 5_000_000 + b"[]]",
        b"[" + b"{}," * 5_000_000 + b"{}]",
        b"[" + b"1," * 8_000_000 + b"1]",
        b'["' + b"\\\\" * 8_000_000 + b",[" * 8_000_000,
        b" " * (strict_json.MAX_BYTES + 1),
    ],
    ids=["lists", "objects", "numbers", "escapes", "spaces"],
)
def test_bombs_are_refused_before_they_take_memory(data: bytes) -> None:
    tracemalloc.start()
    try:
        start = time.perf_counter()
        with pytest.raises(ValueError, match=r"values|bytes"):
            decode(data)
        seconds = time.perf_counter() - start
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * strict_json.MAX_BYTES
    assert seconds < 20.0  # about 0.3 s; a slow way would take minutes


@given(st.binary(max_size=200))
def test_random_bytes_give_plain_data_or_a_value_error(data: bytes) -> None:
    try:
        value = decode(data)
    except ValueError:
        return
    encode(value)
