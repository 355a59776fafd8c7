"""Files given by mistake are named for what they are."""

from __future__ import annotations

import gzip
import io
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save

from chainrule.storage.foreign import describe


def archive() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        file.writestr("data.pkl", "x")
    return stream.getvalue()


def array() -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.arange(3))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "an empty file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "a PNG image"),
        (archive(), "zip archive"),
        (array(), "a NumPy array"),
        (gzip.compress(b"x" * 100, mtime=0), "a gzip file"),
        (pickle.dumps([1]), "pickle, which could run any code"),
        (pickle.dumps({"a": [1] * 200}, protocol=2), "pickle"),
        (save({"w": np.zeros(30, np.float32)}), "safetensors file that chainrule did not write"),
        (b"a,b\n1,2\n", 'text that begins with "a,b"'),
        (b"a\tb\n1\t2\n", 'text that begins with "a b"'),
        ("größe,länge".encode() * 20, 'text that begins with "größe'),
        ('{"é":'.encode() * 50, "text that begins"),
        (b'{"kind":"classifier"}', "text that begins"),
        (b"\x00\x01", "a binary file of only 2 bytes"),
        (b"\x00\x01" * 80, "a binary file of unknown kind"),
        (b"\n\n\n" + bytes(100), "a binary file"),
    ],
    ids=lambda part: part if isinstance(part, str) else "data",  # bytes may hold the time of day
)
def test_what_a_file_is(data: bytes, words: str) -> None:
    assert words in describe(data[:88], len(data))


@given(st.binary(max_size=100), st.integers(0, 2**40))
def test_any_bytes_give_one_printable_line(first: bytes, size: int) -> None:
    text = describe(first, size)
    assert text.isprintable()
    assert text
