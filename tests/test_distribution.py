"""What is handed out: a source distribution with all that a clone has, and a README that works on a package index."""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = (".ci", "benchmarks", "docs", "examples", "src/chainrule", "tests", "tools")
NOT_OURS = shutil.ignore_patterns(
    ".git", ".venv*", "build", "dist", "shared", "results", "__pycache__", "*.egg-info", ".*_cache", ".hypothesis"
)  # fmt: skip

for_an_index: Callable[[str, str | None], str] = runpy.run_path(str(ROOT / "setup.py"))[
    "for_an_index"
]


@pytest.fixture(scope="module")
def distribution(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the source distribution in a copy of this tree, and return it unpacked."""
    folder = tmp_path_factory.mktemp("distribution")
    shutil.copytree(ROOT, folder / "tree", ignore=NOT_OURS, symlinks=True)
    build = f"from setuptools import build_meta; build_meta.build_sdist({str(folder)!r})"
    command = [sys.executable, "-c", build]
    done = subprocess.run(command, cwd=folder / "tree", capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    (archive,) = folder.glob("chainrule-*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
    (unpacked,) = (path for path in folder.glob("chainrule-*") if path.is_dir())
    return unpacked


def test_the_source_distribution_holds_all_that_the_tests_need(distribution: Path) -> None:
    missing = [
        str(path.relative_to(ROOT))
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
        and not {"__pycache__", "results"} & set(path.parts)
        and path.suffix != ".pyc"
        and not (distribution / path.relative_to(ROOT)).is_file()
    ]
    assert missing == []
    for name in (
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "LICENSE",
        "Makefile",
        "constraints.txt",
    ):
        assert (distribution / name).is_file()


def test_tests_pass_from_it(distribution: Path) -> None:
    # one of each kind: its own source is imported, its tables and templates are found
    chosen = [
        "tests/docs/test_pages.py",
        "tests/report/test_wording.py",
        "tests/network/test_backprop.py",
    ]
    code = (
        "import sys, pytest; sys.path.insert(0, 'src'); import chainrule;"
        "assert 'distribution' in chainrule.__file__, chainrule.__file__;"
        f"sys.exit(pytest.main(['-q', '-x', '-p', 'no:cacheprovider', *{chosen!r}]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=distribution, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_description_has_no_link_that_an_index_cannot_follow(distribution: Path) -> None:
    metadata = (distribution / "PKG-INFO").read_text(encoding="utf-8")
    assert "Description-Content-Type: text/markdown" in metadata
    assert "Multilayer perceptrons for tables" in metadata
    assert re.findall(r"\]\((?!https://)[^#)][^)]*\)", metadata) == []


def test_relative_links_are_completed_once_there_is_a_home() -> None:
    text = "![plot](docs/a.png) [page](docs/b.md#part), [here](#top), [out](https://example.org/x)"
    home = "https://example.org/chainrule"
    version = re.search(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version
    assert for_an_index(text, home) == (
        f"![plot]({home}/raw/v{version[1]}/docs/a.png) [page]({home}/blob/v{version[1]}/docs/b.md#part), "
        "[here](#top), [out](https://example.org/x)"
    )
    assert for_an_index(text, None) == " page, [here](#top), [out](https://example.org/x)"


def test_the_version_is_semantic() -> None:
    import chainrule

    assert re.fullmatch(
        r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?", chainrule.__version__
    )
