"""The cache on disk: a folder of one's own, and a fingerprint that notices every change."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chainrule.engines.fused import disk_cache


def test_a_folder_that_others_can_write_to_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = os.getuid() if hasattr(os, "getuid") else "user"
    shared = tmp_path / f"chainrule-{user}"
    shared.mkdir()
    shared.chmod(0o777)
    monkeypatch.setenv("CHAINRULE_CACHE_DIR", str(tmp_path))
    disk_cache.cache_folder.cache_clear()
    try:
        with pytest.warns(UserWarning, match="no private folder"):
            assert disk_cache.cache_folder() is None
    finally:
        disk_cache.cache_folder.cache_clear()


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
