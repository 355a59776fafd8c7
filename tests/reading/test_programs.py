"""A file is checked in a process of its own: its answer, its errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.reading.programs import planted

from chainrule.errors import FileError
from chainrule.reading.programs import check_program


def test_a_wrong_program_is_told_with_line_and_text(tmp_path: Path) -> None:
    text, line = planted("bias over everything")
    path = tmp_path / "mine.py"
    path.write_text(text)
    told = check_program(path)
    assert (told["verdict"], told["line"], told["text"]) == ("wrong", line, "b1 -= 0.1 * d1.sum()")
    assert told["findings"][0]["kind"] == "axis of the sum"


def test_what_cannot_be_run_is_an_error_or_not_judged(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    with pytest.raises(FileError, match="no such file"):
        check_program(path)
    path.write_text("x = (1\n")
    with pytest.raises(FileError, match="line 1"):
        check_program(path)
    path.write_text("import os\nos._exit(3)\n")
    told = check_program(path)
    assert told["verdict"] == "not judged"
    assert "code 3" in told["reason"]


def test_a_notebook_is_told_by_cell(tmp_path: Path) -> None:
    text, line = planted("bias over everything")
    lines = text.splitlines(keepends=True)
    cells = [
        {"cell_type": "markdown", "source": ["# homework"]},
        {"cell_type": "code", "source": ["%matplotlib inline\n", *lines[:4]]},
        {"cell_type": "code", "source": lines[4:]},
    ]
    path = tmp_path / "mine.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    told = check_program(path)
    first = told["findings"][0]
    assert (first["cell"], first["line_in_cell"]) == (3, line - 4)
    assert told["text"] == "b1 -= 0.1 * d1.sum()"
    path.write_text("{}")
    with pytest.raises(FileError, match="no notebook"):
        check_program(path)
