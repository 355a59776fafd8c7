"""A progress bar of the members of an ensemble, on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Told = Callable[[str, int, int], None]


@contextmanager
def members_progress(shown: bool | Told) -> Iterator[Told]:
    """Give a function that is told what is trained, how many nets of it are ready, and how many there will be.

    ``shown`` may be such a function itself. The bar is there from the first time that something is told.
    """
    from rich.console import Console

    console = Console(stderr=True)
    if callable(shown) or not shown or not console.is_terminal:
        yield shown if callable(shown) else _nothing
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    progress = Progress(*columns, TimeElapsedColumn(), console=console)
    task = progress.add_task("", total=None)

    def told(what: str, done: int, of: int) -> None:
        progress.start()
        progress.update(task, description=what, completed=done, total=of)

    try:
        yield told
    finally:
        progress.stop()


def _nothing(what: str, done: int, of: int) -> None:
    """Show nothing."""
