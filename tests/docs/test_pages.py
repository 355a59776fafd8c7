"""What the pages point at is there: links, pictures, files, modules; and their figures come from a script."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
FOLDERS = "docs|examples|benchmarks|src|tests|tools"


def missing(page: Path, text: str) -> list[str]:
    """Return what a page names and nobody has."""
    linked = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    found = [link for link in linked if "://" not in link and not (page.parent / link).exists()]
    named = re.findall(rf"(?<![\w/.])(?:{FOLDERS})/[\w./-]*\w/?", text)
    found += [path for path in named if not (ROOT / path).exists() and "results/" not in path]
    modules = re.findall(r"`(chainrule(?:\.[a-z_]+)+)`|python -m (benchmarks\.\w+)", text)
    return found + [name for pair in modules for name in pair if name and not importable(name)]


def importable(name: str) -> bool:
    """Return whether it is a module, or a name in one."""
    owner, _, last = name.rpartition(".")
    try:
        if importlib.util.find_spec(name) is not None:
            return True
    except ModuleNotFoundError:
        pass
    return hasattr(importlib.import_module(owner), last)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_names_is_there(page: Path) -> None:
    assert missing(page, page.read_text(encoding="utf-8")) == []


def test_a_dead_link_is_found() -> None:
    text = (
        "[page](no-such.md) `examples/no_such.py` `chainrule.no_such` [home](https://example.org)"
    )
    expected = ["no-such.md", "examples/no_such.py", "chainrule.no_such"]
    assert missing(ROOT / "README.md", text) == expected


def test_the_command_on_the_page_is_the_one_that_makes_its_figures() -> None:
    found = importlib.util.spec_from_file_location(
        "make_compare", ROOT / "docs" / "make_compare.py"
    )
    assert found is not None
    assert found.loader is not None
    script = importlib.util.module_from_spec(found)
    found.loader.exec_module(script)
    text = script.PAGE.read_text(encoding="utf-8")
    assert f"chainrule {' '.join(script.command())}\n" in text
    for name in ("table", "best", "beside"):
        assert text.count(f"<!-- made: {name} -->\n") == 1
