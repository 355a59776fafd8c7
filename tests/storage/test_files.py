"""Paths that are not what they seem: one FileError, no waiting, and a message of one line."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

import pytest

from chainrule.errors import FileError, InputTypeError
from chainrule.storage.files import (
    failure,
    kind_of,
    open_regular,
    path_text,
    read_into,
    shortened,
    shown,
)


def read(path: str | Path) -> bytes:
    with open_regular(str(path), expected="a note") as (stream, size):
        data = bytearray(size + 10)
        return bytes(data[: read_into(stream, memoryview(data))])


def test_a_file_and_a_link_to_it_are_read(tmp_path: Path) -> None:
    (tmp_path / "note").write_bytes(b"abc")
    (tmp_path / "link").symlink_to(tmp_path / "note")
    assert read(tmp_path / "note") == read(tmp_path / "link") == b"abc"


def test_everything_else_is_refused_with_its_name_and_kind(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "note").write_bytes(b"abc")
    listener = socket.socket(socket.AF_UNIX)
    with listener:
        listener.bind(str(tmp_path / "socket"))
        for name, word in [
            (".", "folder"),
            ("pipe", "pipe"),
            ("link", "pipe"),
            ("socket", "socket"),
            ("loop", "circle"),
            ("missing", "no such"),
            ("note/deeper", "through a file"),
            ("x" * 300, "too long"),
            ("zero\0byte", "zero byte"),
        ]:
            with pytest.raises(FileError, match=f"{word}.*expected a note") as caught:
                read(tmp_path / name)
            assert "\n" not in str(caught.value)
    with pytest.raises(FileError, match=r"/dev/zero: got a device"):
        read("/dev/zero")


def test_an_error_while_reading_is_a_file_error_with_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "note").write_bytes(b"abc")
    with (
        pytest.raises(FileError, match="input/output error") as caught,
        open_regular(str(tmp_path / "note"), expected="a note"),
    ):
        raise OSError(errno.EIO, "Input/output error")
    assert caught.value.errno == errno.EIO

    def refused(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(FileError, match="no permission"):
        read(tmp_path / "note")


def test_a_file_swapped_between_looking_and_opening_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "note").write_bytes(b"abc")
    os.mkfifo(tmp_path / "pipe")
    original = os.open
    monkeypatch.setattr(os, "open", lambda path, flags: original(tmp_path / "pipe", flags))
    with pytest.raises(FileError, match="pipe"):
        read(tmp_path / "note")


@pytest.mark.parametrize("path", [3, None, b"note", ["note"], 1.5])
def test_what_is_not_a_path_is_refused(path: object) -> None:
    with pytest.raises(InputTypeError, match=r"path: got .* expected a string"):
        path_text(path)  # type: ignore[arg-type]


def test_messages_stay_on_one_line() -> None:
    assert shown("my model") == "my model"
    assert shown("") == "''"
    assert shown("a\nb") == "'a\\nb'"
    assert shown("undecodable \udcff") == "'undecodable \\udcff'"
    assert shortened("x" * 1000) == "x" * 300 + "..."
    assert shortened("a\nb") == "'a\\nb'"
    assert kind_of(0) == "something that is not a file"


def test_an_unknown_error_of_the_system_keeps_its_own_words() -> None:
    error = failure("note", OSError(errno.EBUSY, "Device or resource busy"), expected="a note")
    assert str(error) == "note: got Device or resource busy, expected a note"
    assert "OSError" in str(failure("note", OSError(), expected="a note"))
