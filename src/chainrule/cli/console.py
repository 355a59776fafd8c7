"""The page that a command writes: labelled fields, blocks and notes; or one JSON object; or nothing.

Colours appear only on a terminal and never if NO_COLOR is set; text from files is made printable first. What libraries
warn of never spills onto the page: our own warnings become notes, theirs are dropped.
"""

from __future__ import annotations

import json
import math
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

from rich.console import Console
from rich.text import Text

from chainrule.errors import DataWarning, HealthWarning
from chainrule.report.wording import printable, wrapped

LABEL = 12  # characters before a field's text
_NARROWEST, _WIDEST, _PIPED = 40, 120, 100
_NOTE = "note"


class Page:
    """What a command has to say to a person.

    Parameters
    ----------
    silent : bool
        Print nothing (``--quiet``, ``--json``); notes are still collected.
    to_errors : bool
        Write to standard error, because standard output carries a table.
    held : bool
        Keep all lines back until `release`, so that a command which fails at its beginning says one line only.
    """

    def __init__(
        self, *, silent: bool = False, to_errors: bool = False, held: bool = False
    ) -> None:
        self.silent = silent
        self._held: list[Text] | None = [] if held else None
        self.console = Console(
            stderr=to_errors,
            highlight=False,
            markup=False,
            emoji=False,
            soft_wrap=True,
            no_color=True if "NO_COLOR" in os.environ else None,
        )
        terminal = self.console.is_terminal
        self.styled = terminal and not os.environ.get("NO_COLOR")
        self.width = min(max(self.console.width, _NARROWEST), _WIDEST) if terminal else _PIPED
        self.notes: list[str] = []
        self._printed = 0

    @property
    def room(self) -> int:
        """Characters that a line beside a label may have."""
        return self.width - LABEL

    def field(self, label: str, text: str, style: str = "bold cyan") -> None:
        """Print a label and text beside it, wrapped."""
        for i, line in enumerate(wrapped(printable(text, most=2000), self.room)):
            self._line(label if i == 0 else "", line, style)

    def block(self, lines: Sequence[str], label: str = "") -> None:
        """Print lines as they are, below each other beside a label."""
        for i, line in enumerate(lines):
            self._line(label if i == 0 else "", line)

    def release(self) -> None:
        """Print what was held back, and everything at once from now on."""
        held, self._held = self._held or [], None
        for text in held:
            self.console.print(text)

    def note(self, text: str) -> None:
        """Keep a note until `print_notes`; the same note only once."""
        text = " ".join(text.split())
        if text not in self.notes:
            self.notes.append(text)

    def print_notes(self) -> None:
        """Print the notes that have come since the last time."""
        for text in self.notes[self._printed :]:
            self.field(_NOTE, text, "yellow")
        self._printed = len(self.notes)

    def _line(self, label: str, line: str, style: str = "bold cyan") -> None:
        if self.silent:
            return
        text = Text(label.ljust(LABEL), style=style if self.styled else "")
        text.append(printable(line, most=2000), style="default not bold" if self.styled else "")
        text.rstrip()
        if self._held is None:
            self.console.print(text)
        else:
            self._held.append(text)

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Turn our warnings into notes while the block runs; those of libraries do not reach the terminal."""
        from sklearn.exceptions import ConvergenceWarning

        ours = (HealthWarning, DataWarning, ConvergenceWarning)

        def show(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if issubclass(category, ours):
                self.note(str(message))
            elif sys.warnoptions:  # somebody who asked for warnings with -W is a developer
                usual(message, category, filename, lineno, file, line)

        with warnings.catch_warnings():
            usual, warnings.showwarning = warnings.showwarning, show
            for category in ours:
                warnings.simplefilter("always", category)
            # as in scikit-learn; a command tells of it in its own words
            warnings.filterwarnings("ignore", "Training interrupted by user")
            yield


def print_json(data: Any) -> None:
    """Print one JSON object; numbers that JSON does not have become null."""
    print(json.dumps(_finite(data), ensure_ascii=False, indent=2, default=str))


def _finite(data: Any) -> Any:
    if isinstance(data, dict):
        return {str(key): _finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in data]
    if isinstance(data, float) and not math.isfinite(data):
        return None
    return data
