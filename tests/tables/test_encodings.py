"""Encodings: what is none is refused in our words."""

from __future__ import annotations

import io

import pytest

from chainrule.errors import InputError
from chainrule.tables import encodings
from chainrule.tables.records import read_records


@pytest.mark.parametrize("name", ["klingon", "base64", "ut\0f"])
def test_what_is_no_encoding_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"encoding: got .*cp1252"):
        encodings.as_utf8(lambda: io.BytesIO(b"a"), name, "t.csv")
    with pytest.raises(InputError, match=r"encoding: got .*cp1252"):
        read_records(lambda: io.BytesIO(b"[]"), "t.json", encoding=name)
