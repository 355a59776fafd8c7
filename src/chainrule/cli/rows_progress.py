"""How many rows are done, while there are many of them: one line on standard error, if that is a terminal."""

from __future__ import annotations

from time import perf_counter
from typing import Any, Self

from rich.console import Console

#: Seconds between two refreshes.
INTERVAL = 0.1
#: Seconds that may pass without a word: nobody wants to see a bar flash up.
PATIENCE = 0.5


class RowsProgress:
    """Told of rows, draws a bar; when the work is over the line is gone.

    Parameters
    ----------
    console : rich.console.Console
    silent : bool
        Draw nothing.

    Examples
    --------
    >>> import io
    >>> file = io.StringIO()
    >>> with RowsProgress(Console(file=file)) as progress:
    ...     progress("reading", 1000)
    ...     progress("predicting", 500, 1000)
    >>> file.getvalue()
    ''
    """

    def __init__(self, console: Console, silent: bool = False) -> None:
        self._console = console
        self._silent = silent or not console.is_terminal
        self._bar: Any = None
        self._task: Any = None
        self._drawn = 0.0
        self._began = perf_counter()

    def __call__(self, what: str, done: int, total: int | None = None) -> None:
        """Say that so many rows are done, of how many if that is known."""
        now = perf_counter()
        if self._silent or now - self._began < PATIENCE or now - self._drawn < INTERVAL:
            return
        if self._bar is None:
            self._start()
        values = f"{done:,} rows" if total is None else f"{done:,} of {total:,} rows"
        description = f"{what:<10}"
        self._bar.update(
            self._task, description=description, completed=done, total=total, values=values
        )
        self._bar.refresh()
        self._drawn = now

    def _start(self) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(22),
            TextColumn("{task.fields[values]}"),
            TimeElapsedColumn(),
            console=self._console,
            auto_refresh=False,
            transient=True,
        )
        self._task = self._bar.add_task("", total=None, values="")
        self._bar.start()

    def stop(self) -> None:
        """Take the line away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
