"""The cache on disk: believed only if its digest is right, and whatever happens to the disk, nothing stops."""

from __future__ import annotations

import os
import stat
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from chainrule.engines.fused import disk_cache
from chainrule.engines.fused.disk_cache import DiskCache

CODE = bytes(range(256)) * 4


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CHAINRULE_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(disk_cache, "_warned", False)
    return tmp_path / f"chainrule-{os.getuid() if hasattr(os, 'getuid') else 'user'}"


def saved(folder: Path) -> Path:
    DiskCache().save("tanh", "a processor", CODE)
    (file,) = folder.iterdir()
    return file


def told_by(action: Callable[[], object]) -> list[str]:
    """Return the warnings that ``action`` gives."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        action()
    return [str(warning.message) for warning in told]


def test_what_was_saved_comes_back_and_nothing_else(folder: Path) -> None:
    assert DiskCache().load("tanh", "a processor") is None
    saved(folder)
    assert DiskCache().load("tanh", "a processor") == CODE
    assert DiskCache().load("relu", "a processor") is None
    assert DiskCache().load("tanh", "another") is None
    assert stat.S_IMODE(folder.stat().st_mode) & 0o077 == 0


def test_every_flipped_bit_and_every_truncation_is_seen_and_healed(folder: Path) -> None:
    file = saved(folder)
    content = file.read_bytes()
    flipped = [
        content[:i] + bytes([content[i] ^ 1 << i % 8]) + content[i + 1 :]
        for i in range(len(content))
    ]
    for damaged in [*flipped, *(content[:size] for size in range(0, len(content), 7)), content * 2]:
        file.write_bytes(damaged)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert DiskCache().load("tanh", "a processor") is None
    DiskCache().save("tanh", "a processor", CODE)
    assert DiskCache().load("tanh", "a processor") == CODE


def test_a_file_under_the_name_of_another_is_not_believed(folder: Path) -> None:
    tanh = saved(folder)
    content = tanh.read_bytes()
    DiskCache().save("relu", "a processor", CODE[::-1])
    tanh.write_bytes(next(file for file in folder.iterdir() if file != tanh).read_bytes())
    with pytest.warns(UserWarning, match="was damaged; it is made anew"):
        assert DiskCache().load("tanh", "a processor") is None
    assert content != tanh.read_bytes()


def test_damage_is_told_once_in_a_process(folder: Path) -> None:
    saved(folder).write_bytes(b"")
    (told,) = told_by(lambda: [DiskCache().load("tanh", "a processor") for _ in range(3)])
    assert "was damaged; it is made anew" in told


def occupied(folder: Path) -> None:
    folder.write_text("a file where the folder should be")


def open_to_others(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o777)


def a_link(folder: Path) -> None:
    (folder.parent / "elsewhere").mkdir(mode=0o700)
    folder.symlink_to(folder.parent / "elsewhere")


def of_another_user(folder: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can give a folder away")
    folder.mkdir(mode=0o700)
    os.chown(folder, 12345, 12345)


@pytest.mark.skipif(os.name == "nt", reason="permissions are another matter there")
@pytest.mark.parametrize("spoil", [occupied, open_to_others, a_link, of_another_user])
def test_a_folder_that_is_not_the_users_own_is_left_alone(
    folder: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(folder)
    cache, found = DiskCache(), []

    def use() -> None:
        found.append(cache.load("tanh", "a processor"))
        cache.save("tanh", "a processor", CODE)

    (told,) = told_by(use)
    assert "compiled code cannot be kept" in told
    assert found == [None]
    assert not folder.is_dir() or not list(folder.iterdir())


@pytest.mark.parametrize("number", [28, 30, 5])  # ENOSPC, EROFS, EIO
def test_a_disk_that_fails_costs_one_warning_and_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    cache = DiskCache()
    monkeypatch.setattr(os, "replace", fail)
    (told,) = told_by(lambda: [cache.save(name, "a", CODE) for name in ("tanh", "relu")])
    assert os.strerror(number) in told
    assert list(folder.iterdir()) == []


def test_a_folder_that_vanished_is_made_again(folder: Path) -> None:
    cache = DiskCache()
    cache.save("tanh", "a processor", CODE)
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    assert cache.load("tanh", "a processor") is None
    cache.save("tanh", "a processor", CODE)
    assert cache.load("tanh", "a processor") == CODE


def test_a_slow_disk_is_asked_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved(folder)
    cache, asked = DiskCache(), []
    monkeypatch.setattr(disk_cache, "_SLOW", 0.01)
    read = Path.read_bytes

    def slowly(path: Path) -> bytes:
        asked.append(path)
        time.sleep(0.02)
        return read(path)

    disk_cache.fingerprint()  # reads the sources, once
    monkeypatch.setattr(Path, "read_bytes", slowly)
    with pytest.warns(UserWarning, match=r"the disk took 0\.\d seconds"):
        assert cache.load("tanh", "a processor") == CODE
    assert cache.load("tanh", "a processor") is None
    assert len(asked) == 1


def test_what_nobody_used_for_a_month_is_removed(folder: Path) -> None:
    old = time.time() - 40 * 86400
    DiskCache().save("tanh", "a processor", CODE)
    for name in ("epoch-of-numba.nbi", ".abc.tmp", "notes.txt"):
        (folder / name).write_text("")
    for file in folder.iterdir():
        os.utime(file, (old, old))
    assert DiskCache().load("tanh", "a processor") == CODE  # and so it is in use
    DiskCache().save("relu", "a processor", CODE)
    names = sorted(file.name.partition("-")[0] for file in folder.iterdir())
    assert names == ["notes.txt", "relu", "tanh"]


def test_the_fingerprint_changes_with_any_rule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for source in disk_cache._SOURCES:
        path = tmp_path / source
        path = path if path.suffix else path / "rules.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a = 1\n")
    monkeypatch.setattr(disk_cache, "_ROOT", tmp_path)
    seen = set()
    for source in disk_cache._SOURCES:
        path = tmp_path / source
        path = path if path.suffix else path / "rules.py"
        path.write_text(f"a = '{source}'\n")
        seen.add(disk_cache.fingerprint.__wrapped__())
    assert len(seen) == len(disk_cache._SOURCES)
