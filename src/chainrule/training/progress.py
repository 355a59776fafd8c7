"""A progress bar by Rich: epochs, loss, validation score, rate and the time left. Silent where nobody looks."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from chainrule.training.events import EpochEnded, Event, TrainingEnded, TrainingStarted

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

#: Seconds between two refreshes: small networks run a thousand epochs a second.
INTERVAL = 0.1


class RichProgress:
    """A callback that shows the training on a terminal.

    It has no thread of its own: it draws when an epoch has ended, at most every ``INTERVAL`` seconds.

    Parameters
    ----------
    console : rich.console.Console, optional
        Where to draw; standard error if not given, so that standard output stays clean for results. If it is not a
        terminal, nothing is written at all.
    description : str, default="training"
        What stands before the bar.

    Examples
    --------
    >>> import io
    >>> from rich.console import Console
    >>> file = io.StringIO()
    >>> RichProgress(Console(file=file))(EpochEnded(1, 0.5, None, None, 0.001, 1.0, 0.01, best=True))
    >>> file.getvalue()
    ''
    """

    def __init__(self, console: Console | None = None, description: str = "training") -> None:
        self._console = console
        self._description = description
        self._bar: tuple[Progress, TaskID] | None = None
        self._last: EpochEnded | None = None
        self._first = 0
        self._drawn = 0.0

    def __call__(self, event: Event) -> None:
        """Draw what the event says."""
        if isinstance(event, EpochEnded):
            if self._bar is not None and perf_counter() - self._drawn >= INTERVAL:
                self._update(event, described(event))
                self._bar[0].refresh()
                self._drawn = perf_counter()
            self._last = event
        elif isinstance(event, TrainingStarted):
            self._start(event)
        else:
            self._end(event)

    def _start(self, event: TrainingStarted) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        console = self._console or Console(stderr=True)
        self._last = None
        if not console.is_terminal:
            return
        self._first = event.epoch
        progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[values]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            auto_refresh=False,
        )
        task = progress.add_task(self._description, total=event.settings.max_epochs, values="")
        self._bar = progress, task
        progress.start()
        self._drawn = perf_counter()

    def _update(self, event: EpochEnded, values: str) -> None:
        if self._bar is not None:
            progress, task = self._bar
            progress.update(task, completed=event.epoch - self._first, values=values)

    def _end(self, event: TrainingEnded) -> None:
        if self._bar is None:
            return
        if self._last is not None:
            self._update(self._last, f"{described(self._last)}  {event.reason}")
        self._bar[0].stop()  # draws once more and gives the cursor back
        self._bar = None


def described(event: EpochEnded) -> str:
    """Return an epoch's values in one short line.

    Examples
    --------
    >>> described(EpochEnded(7, 0.25, 0.31, 0.9, 0.001, 1.0, 0.01, best=True))
    'loss 0.2500  val loss 0.3100  score 0.9000  rate 0.001'
    """
    parts = [f"loss {event.loss:.4f}"]
    if event.validation_loss is not None:
        parts.append(f"val loss {event.validation_loss:.4f}")
    if event.validation_score is not None:
        parts.append(f"score {event.validation_score:.4f}")
    if event.learning_rate is not None:
        parts.append(f"rate {event.learning_rate:.3g}")
    return "  ".join(parts)
