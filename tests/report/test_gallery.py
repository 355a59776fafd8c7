"""The gallery shows every figure, with the lines that make it, and its pictures are small."""

from __future__ import annotations

import re
from pathlib import Path

from chainrule import figures

DOCS = Path(__file__).resolve().parents[2] / "docs"
#: What is no figure of its own.
OTHERS = {"Display", "LiveLoss", "style", "palette", "save_figure"}
#: Drawn by the methods of a comparison.
BY_METHOD = {
    "ComparedLossDisplay": "plot_losses",
    "ComparedScoreDisplay": "plot_scores",
    "ComparedBoundaryDisplay": "plot_boundaries",
}


def test_every_figure_is_in_the_gallery() -> None:
    text = (DOCS / "gallery.md").read_text(encoding="utf-8")
    for name in set(figures.__all__) - OTHERS:
        assert BY_METHOD.get(name, f"figures.{name}.") in text, name


def test_the_page_shows_the_lines_of_its_script() -> None:
    text = (DOCS / "gallery.md").read_text(encoding="utf-8")
    script = (DOCS / "make_gallery.py").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    assert len(blocks) > 15
    for line in (line.strip() for block in blocks for line in block.splitlines()):
        assert line in script.replace('\\"', '"'), line


def test_pictures_are_there_small_and_described() -> None:
    for page in [DOCS / "gallery.md", *sorted((DOCS / "documents").glob("*.md"))]:
        for alt, target in re.findall(r"!\[(.*?)\]\((.*?)\)", page.read_text(encoding="utf-8")):
            picture = page.parent / target
            assert picture.stat().st_size < 100_000, target
            assert len(alt) > 30, target
