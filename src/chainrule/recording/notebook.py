"""The code cells of a notebook as one program, and where its lines stand in the notebook."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from chainrule.errors import FileError


@dataclass(frozen=True)
class Cells:
    """The program of a notebook.

    Attributes
    ----------
    source : str
        All code cells, one below the other; magics and shell lines are comments.
    first_lines : tuple of (int, int)
        The line at which each code cell begins, and its number among all cells, from 1.
    """

    source: str
    first_lines: tuple[tuple[int, int], ...]

    def place(self, line: int) -> tuple[int, int]:
        """Return the cell of a line, and the line in it."""
        first, cell = max((f for f in self.first_lines if f[0] <= line), default=(1, 1))
        return cell, line - first + 1


def _plain(line: str) -> str:
    """Return a line as Python: what only a notebook understands becomes a comment, as long and as deep as it was."""
    stripped = line.lstrip()
    magic = stripped.startswith(("%", "!", "?")) or stripped.endswith("?")
    return f"{line[: len(line) - len(stripped)]}pass  # {stripped}" if magic else line


def read_notebook(path: Path) -> Cells:
    r"""Read a notebook.

    Raises
    ------
    FileError
        If it is none.

    Examples
    --------
    >>> import json, tempfile
    >>> cell = {"cell_type": "code", "source": ["%matplotlib inline\n", "x = 1"]}
    >>> path = Path(tempfile.mkdtemp(), "mine.ipynb")
    >>> _ = path.write_text(json.dumps({"cells": [{"cell_type": "markdown", "source": ""}, cell]}))
    >>> print(read_notebook(path).source)
    pass  # %matplotlib inline
    x = 1
    >>> read_notebook(path).place(2)
    (2, 2)
    """
    try:
        cells = json.loads(path.read_text(encoding="utf-8-sig"))["cells"]
        texts = [
            (number, "".join(cell["source"]))
            for number, cell in enumerate(cells, 1)
            if cell["cell_type"] == "code"
        ]
    except (ValueError, KeyError, TypeError):
        raise FileError.of(
            str(path), got="no notebook", expected="an .ipynb file of Jupyter"
        ) from None
    lines: list[str] = []
    first_lines = []
    for number, text in texts:
        if text.startswith("%%"):  # a whole cell in another language
            text = "\n".join(f"# {line}" for line in text.splitlines())
        first_lines.append((len(lines) + 1, number))
        lines += [_plain(line) for line in text.splitlines()]
    return Cells("\n".join(lines), tuple(first_lines))
