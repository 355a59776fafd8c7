"""Notebooks as programs: magics, other languages, places."""

from __future__ import annotations

import json
from pathlib import Path

from chainrule.recording.notebook import read_notebook


def test_magics_shell_lines_and_cells_of_other_languages_are_no_python(tmp_path: Path) -> None:
    sources = [
        "%load_ext x\n!pip install y\na = 1",
        "%%bash\nls -l",
        "if a:\n    %time b = 2\nhelp?\nc = 3",
    ]
    cells = [{"cell_type": "code", "source": s} for s in sources]
    path = tmp_path / "mine.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    read = read_notebook(path)
    names: dict[str, int] = {}
    exec(compile(read.source, "mine", "exec"), names)
    assert (names["a"], names["c"]) == (1, 3)
    assert [read.place(line) for line in (3, 4, 6, 9)] == [(1, 3), (2, 1), (3, 1), (3, 4)]
