"""What can be read only once can be read again, from several places at a time."""

from __future__ import annotations

import io
from typing import Any

import pytest

from chainrule.errors import FileError
from chainrule.tables import spool
from chainrule.tables.spool import Spool


@pytest.mark.parametrize("in_memory", [1, 1 << 20])
def test_streams_keep_their_places(monkeypatch: pytest.MonkeyPatch, in_memory: int) -> None:
    monkeypatch.setattr(spool, "IN_MEMORY", in_memory)
    with Spool() as kept:
        opened = kept.hold(iter([b"one ", b"two ", b"three"]))
        one, other = opened(), opened()
        assert (one.read(4), other.read(2), one.read(4)) == (b"one ", b"on", b"two ")
        one.close()
        assert other.read() == b"e two three"
        assert other.seek(-5, io.SEEK_END) == 8
        assert other.seek(1, io.SEEK_CUR) == other.tell() == 9
        assert other.read() == b"hree"
        assert other.seekable()
        assert other.readable()


def test_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, data: Any, /) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.SpooledTemporaryFile", lambda max_size: Full())
    with Spool() as kept, pytest.raises(FileError, match=r"No space left .* free some space"):
        kept.hold(iter([b"x"]))
