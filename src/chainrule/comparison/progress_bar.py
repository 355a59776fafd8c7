"""One bar for all trainings of a comparison, on a terminal."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from chainrule.comparison.trials import TrialEvent
from chainrule.report.wording import count

#: Seconds between two refreshes.
INTERVAL = 0.1


class ComparisonProgress:
    """Told of every event of a comparison, draws one line on standard error if that is a terminal.

    Parameters
    ----------
    console : rich.console.Console, optional

    Examples
    --------
    >>> import io
    >>> from rich.console import Console
    >>> file = io.StringIO()
    >>> ComparisonProgress(Console(file=file))(TrialEvent("start", 4, 0, 100))
    >>> file.getvalue()
    ''
    """

    def __init__(self, console: Any = None) -> None:
        self._console = console
        self._bar: Any = None
        self._task: Any = None
        self._drawn = 0.0
        self._running: dict[str, int] = {}
        self._best: tuple[float, str] | None = None

    def __call__(self, event: TrialEvent) -> None:
        """Draw what the event says."""
        if event.kind == "start":
            self._start(event)
        if self._bar is None:
            return
        if event.kind == "epoch":
            self._running[event.candidate] = event.epoch
        elif event.kind == "trial":
            self._running.pop(event.candidate, None)
            if event.score is not None and event.score == event.score:
                found = (event.score, event.candidate)
                self._best = found if self._best is None else max(self._best, found)
        if event.kind == "end":
            self._draw(event)
            self._bar.stop()
            self._bar = None
        elif event.kind == "trial" or perf_counter() - self._drawn >= INTERVAL:
            self._draw(event)
            self._drawn = perf_counter()

    def _start(self, event: TrialEvent) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        console = self._console or Console(stderr=True)
        if not console.is_terminal:
            return
        self._bar = Progress(
            TextColumn("comparing"),
            BarColumn(),
            TextColumn("{task.fields[values]}"),
            TimeElapsedColumn(),
            console=console,
            auto_refresh=False,
        )
        self._task = self._bar.add_task(
            "comparing", total=event.trials * event.epochs, values="compiling"
        )
        self._bar.start()

    def _draw(self, event: TrialEvent) -> None:
        values = f"{event.finished} of {count(event.trials, 'training')}"
        if self._best is not None:
            values += f"  best {self._best[0]:.4f} ({self._best[1]})"
        # A training that stops early counts as whole, so the bar never goes back.
        done = event.finished * event.epochs + sum(self._running.values())
        self._bar.update(self._task, completed=done, values=values)
        self._bar.refresh()
