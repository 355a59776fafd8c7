"""Whatever fails, and when: the old file stays, no temporary file does, one FileError says why."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.errors import FileError
from chainrule.storage.atomic import write_atomically, write_together

FAULTS = [
    (errno.ENOSPC, "full disk"),
    (errno.EIO, "input/output"),
    (errno.EACCES, "no permission"),
    (errno.EDQUOT, "quota"),
    (errno.EROFS, "read-only"),
]


def failing(call: Callable[..., Any], number: int, *, at: int = 1) -> Callable[..., Any]:
    """Return `call`, failing with errno `number` from its `at`-th use on."""
    uses = 0

    def faulty(*args: Any, **kwargs: Any) -> Any:
        nonlocal uses
        uses += 1
        if uses >= at:
            raise OSError(number, os.strerror(number))
        return call(*args, **kwargs)

    return faulty


@pytest.fixture
def target(tmp_path: Path) -> Path:
    path = tmp_path / "a.model"
    path.write_bytes(b"old")
    return path


@pytest.mark.parametrize(("number", "words"), FAULTS)
@pytest.mark.parametrize(
    ("name", "at"),
    [("open", 1), ("write", 1), ("write", 2), ("fchmod", 1), ("fsync", 1), ("replace", 1)],
)
@pytest.mark.parametrize("exists", [True, False], ids=["old file", "no old file"])
def test_an_injected_fault_leaves_the_old_file(
    target: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    words: str,
    name: str,
    at: int,
    exists: bool,
) -> None:
    if not exists:
        target.unlink()
        name = name.replace("fchmod", "write")  # a new file needs no chmod
    with monkeypatch.context() as patch:
        patch.setattr(os, name, failing(getattr(os, name), number, at=at))
        with pytest.raises(FileError, match=words) as caught:
            write_atomically(target, [b"new ", b"content"])
    assert caught.value.errno == number
    assert str(target) in str(caught.value)
    assert [path.read_bytes() for path in target.parent.iterdir()] == ([b"old"] if exists else [])


def test_an_error_on_closing_leaves_the_old_file(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    close = os.close

    def failing_close(descriptor: int) -> None:
        close(descriptor)
        raise OSError(errno.ENOSPC, "network file systems say so only now")

    with monkeypatch.context() as patch:
        patch.setattr(os, "close", failing_close)
        with pytest.raises(FileError, match="full disk"):
            write_atomically(target, [b"new"])
    assert [path.read_bytes() for path in target.parent.iterdir()] == [b"old"]


def test_ctrl_c_while_writing_leaves_the_old_file(target: Path) -> None:
    def parts() -> Iterator[bytes]:
        yield b"half"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_atomically(target, parts())
    assert [path.read_bytes() for path in target.parent.iterdir()] == [b"old"]


def test_a_fault_of_the_folder_after_the_rename_says_that_the_file_is_in_place(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", failing(os.fsync, errno.EIO, at=2))
        with pytest.raises(FileError, match="the new file is in place"):
            write_atomically(target, [b"new"])
    assert [path.read_bytes() for path in target.parent.iterdir()] == [b"new"]
    with monkeypatch.context() as patch:  # a file system that cannot flush a folder is no fault
        patch.setattr(os, "fsync", failing(os.fsync, errno.EINVAL, at=2))
        write_atomically(target, [b"newer"])
    assert target.read_bytes() == b"newer"


def test_the_order_is_write_flush_rename_flush_folder(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    for name in ("write", "fsync", "replace"):
        original = getattr(os, name)

        def noted(*args: Any, _name: str = name, _original: Any = original) -> Any:
            calls.append(_name)
            return _original(*args)

        monkeypatch.setattr(os, name, noted)
    write_atomically(target, [b"new"])
    assert calls == ["write", "fsync", "replace", "fsync"]


def test_short_writes_are_continued(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:3]))
    numbers = np.arange(5.0)
    write_atomically(target, [b"", b"0123456789", numbers.data.cast("B")])
    assert target.read_bytes() == b"0123456789" + numbers.tobytes()


def test_a_real_limit_of_the_system_is_met_like_an_injected_one(target: Path) -> None:
    code = (
        "import resource, sys; from chainrule.storage.atomic import write_atomically\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
        "write_atomically(sys.argv[1], [bytes(4000), bytes(4000)])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, str(target)], capture_output=True, text=True, timeout=60
    )
    assert "FileError" in result.stderr
    assert "larger than may be written" in result.stderr
    assert [path.read_bytes() for path in target.parent.iterdir()] == [b"old"]


# ---- permissions and places -----------------------------------------------------------------------


def test_a_new_file_has_the_permissions_of_the_umask_and_an_old_one_keeps_its_own(
    tmp_path: Path,
) -> None:
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "new", [b"x"])
        (tmp_path / "old").touch(0o600)
        write_atomically(tmp_path / "old", [b"x"])
        (tmp_path / "old").chmod(0o664)
        write_atomically(tmp_path / "old", [b"x"])
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "old").stat().st_mode) == 0o664


def test_a_private_file_is_never_open_to_others_while_it_is_written(target: Path) -> None:
    target.chmod(0o600)
    seen = []

    def parts() -> Iterator[bytes]:
        yield b"secret"
        seen.extend(stat.S_IMODE(path.stat().st_mode) for path in target.parent.iterdir())

    write_atomically(target, parts())
    assert seen == [0o600, 0o600]


def test_a_write_protected_file_stays(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everything
    with pytest.raises(FileError, match="no permission"):
        write_atomically(target, [b"new"])
    assert target.read_bytes() == b"old"


def test_places_that_are_not_for_a_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    (tmp_path / "file").write_bytes(b"x")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "null").symlink_to("/dev/null")
    for name, words in [
        ("folder", "a folder"),
        ("link", "a folder"),
        ("folder/", "no file name"),
        ("missing/a.model", "no folder"),
        ("file/a.model", "no folder|through a file"),
        ("pipe", "a named pipe"),
        ("null", "a device"),
        ("zero\0byte", "zero byte"),
        ("x" * 300, "too long"),
    ]:
        before = sorted(tmp_path.rglob("*"))
        with pytest.raises(FileError, match=words) as caught:
            write_atomically(f"{tmp_path}/{name}", [b"new"])
        assert "\n" not in str(caught.value)
        assert sorted(tmp_path.rglob("*")) == before
    with pytest.raises(FileError, match="no file name"):
        write_atomically("", [b"new"])


def test_a_link_is_replaced_and_what_it_points_at_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(b"precious")
    (tmp_path / "link").symlink_to(tmp_path / "precious")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "nowhere").symlink_to(tmp_path / "missing")
    for name in ("link", "loop", "nowhere"):
        write_atomically(tmp_path / name, [b"new"])
        assert not (tmp_path / name).is_symlink()
        assert (tmp_path / name).read_bytes() == b"new"
    assert (tmp_path / "precious").read_bytes() == b"precious"
    assert not (tmp_path / "missing").exists()


def test_a_name_without_a_folder_is_in_the_current_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_atomically("a.model", [b"x"])
    assert os.listdir() == ["a.model"]


def test_a_name_of_the_longest_length_can_be_written(tmp_path: Path) -> None:
    write_atomically(tmp_path / ("x" * 255), [b"x"])
    assert [len(path.name) for path in tmp_path.iterdir()] == [255]


def test_only_old_temporary_files_of_killed_processes_are_removed(target: Path) -> None:
    now = time.time()
    names = {
        ".chainrule-0123.tmp": 3600,  # the only one to go
        ".chainrule-4567.tmp": 60,
        ".chainrule-notes.txt": 3600,
        "chainrule-89.tmp": 3600,
    }
    for name, age in names.items():
        (target.parent / name).write_bytes(b"")
        os.utime(target.parent / name, (now - age, now - age))
    (target.parent / ".chainrule-folder.tmp").mkdir()
    write_atomically(target, [b"new"])
    left = {path.name for path in target.parent.iterdir()}
    assert left == {*names, target.name, ".chainrule-folder.tmp"} - {".chainrule-0123.tmp"}


# ---- several files --------------------------------------------------------------------------------


def test_several_files_are_written_all_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [(tmp_path / name, [name.encode()]) for name in "abc"]
    for name, at in [("fsync", 3), ("write", 2), ("open", 3), ("replace", 1)]:
        with monkeypatch.context() as patch:
            patch.setattr(os, name, failing(getattr(os, name), errno.ENOSPC, at=at))
            with pytest.raises(FileError, match="full disk"):
                write_together(files)
        assert list(tmp_path.iterdir()) == []
    write_together(files)
    assert sorted(path.read_bytes() for path in tmp_path.iterdir()) == [b"a", b"b", b"c"]


def test_a_rename_that_fails_midway_leaves_whole_files_and_no_temporary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [(tmp_path / name, [name.encode()]) for name in "abc"]
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", failing(os.replace, errno.EIO, at=2))
        with pytest.raises(FileError, match=r"/b: got an input/output error"):
            write_together(files)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"a"]


# ---- killed ---------------------------------------------------------------------------------------

LOOP = """
import sys
from chainrule.storage.atomic import write_atomically
print("ready", flush=True)
while True:
    for byte in (b"a", b"b"):
        write_atomically(sys.argv[1], [byte * 50_000, byte * 50_000])
"""


def test_a_writer_killed_at_random_moments_leaves_a_whole_file(tmp_path: Path) -> None:
    path, rng = tmp_path / "file", np.random.default_rng(5)
    path.write_bytes(b"a" * 100_000)
    for _ in range(5):  # saving a model is killed 20 times in test_model_file.py
        with subprocess.Popen(
            [sys.executable, "-c", LOOP, str(path)], stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(rng.uniform(0.0, 0.03))
            writer.send_signal(signal.SIGKILL)
            writer.wait()
        assert path.read_bytes() in (b"a" * 100_000, b"b" * 100_000)
