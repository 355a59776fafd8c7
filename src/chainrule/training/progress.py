"""How far a training is: a bar by Rich on a terminal (silent where nobody looks), or a printed line for each epoch."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import TYPE_CHECKING

from chainrule.training.events import EpochEnded, Event, TrainingEnded, TrainingStarted

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

#: Seconds between two refreshes: small networks run a thousand epochs a second.
INTERVAL = 0.1
#: Characters that the whole line needs; on a narrower terminal it is shortened.
WIDE = 110
#: What stands in the line until the first epoch is over.
BEFORE = "starting; the very first time compiles for some seconds"


#: Characters of the curve of the loss, and of the bar beside it.
CURVE, BAR = 16, 22


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
        self._brief = False
        self._losses: list[float] = []
        self._drawn = 0.0

    def __call__(self, event: Event) -> None:
        """Draw what the event says."""
        if isinstance(event, EpochEnded):
            if self._bar is not None:
                seen = event.loss if event.validation_loss is None else event.validation_loss
                self._losses.append(seen)
            if self._bar is not None and perf_counter() - self._drawn >= INTERVAL:
                self._update(event, described(event, self._brief))
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
        self._last, self._losses = None, []
        if not console.is_terminal:
            return
        self._first = event.epoch
        self._brief = console.width < WIDE
        values, left = TextColumn("{task.fields[values]}"), TimeRemainingColumn()
        if self._brief:
            columns = [BarColumn(5), MofNCompleteColumn(), values, left]
        else:
            description, elapsed = TextColumn("{task.description}"), TimeElapsedColumn()
            curve = TextColumn("{task.fields[curve]}", markup=False)
            columns = [description, BarColumn(BAR), curve, MofNCompleteColumn(), values]
            columns += [elapsed, TextColumn("left"), left]
        progress = Progress(*columns, console=console, auto_refresh=False)
        task = progress.add_task(
            self._description, total=event.settings.max_epochs, values=BEFORE, curve=""
        )
        self._bar = progress, task
        progress.start()
        self._drawn = perf_counter()

    def _update(self, event: EpochEnded, values: str) -> None:
        if self._bar is not None:
            progress, task = self._bar
            curve = curve_of(self._losses)
            progress.update(task, completed=event.epoch - self._first, values=values, curve=curve)

    def _end(self, event: TrainingEnded) -> None:
        if self._bar is None:
            return
        if self._last is not None:
            reason = "" if self._brief else f"  {event.reason}"
            self._update(self._last, described(self._last, self._brief) + reason)
        self._bar[0].stop()  # draws once more and gives the cursor back
        self._bar = None


class PrintedProgress:
    """A callback that prints a line an epoch on standard output, in scikit-learn's words.

    Examples
    --------
    >>> PrintedProgress()(EpochEnded(7, 0.25, 0.31, 0.9, 0.001, 1.0, 0.01, best=True))
    Iteration 7, loss = 0.25000000, validation loss = 0.31000000
    Validation score: 0.900000
    """

    def __call__(self, event: Event) -> None:
        """Print what the event says."""
        if isinstance(event, EpochEnded):
            line = f"Iteration {event.epoch}, loss = {event.loss:.8f}"
            if event.validation_loss is not None:
                line += f", validation loss = {event.validation_loss:.8f}"
            print(line)
            if event.validation_score is not None:
                print(f"Validation score: {event.validation_score:.6f}")
        elif isinstance(event, TrainingEnded):
            print(f"Training ended: {event.reason}")


def shown_progress() -> Callable[[Event], None]:
    """Return what ``verbose`` shows: a bar where standard error is a terminal, else a printed line an epoch."""
    return RichProgress() if sys.stderr.isatty() else PrintedProgress()


def described(event: EpochEnded, brief: bool = False) -> str:
    """Return an epoch's values in one short line, ``brief`` in a still shorter one.

    Examples
    --------
    >>> described(EpochEnded(7, 0.25, 0.31, 0.9, 0.001, 1.0, 0.01, best=True))
    'loss 0.2500  val loss 0.3100  score 0.9000  rate 0.001'
    >>> described(EpochEnded(7, 0.25, 0.31, 0.9, 0.001, 1.0, 0.01, best=True), brief=True)
    'loss 0.2500 val 0.3100 score 0.9000 rate 0.001'
    """
    parts = [f"loss {event.loss:.4f}"]
    if event.validation_loss is not None:
        parts.append(f"{'val' if brief else 'val loss'} {event.validation_loss:.4f}")
    if event.validation_score is not None:
        parts.append(f"score {event.validation_score:.4f}")
    if event.learning_rate is not None:
        parts.append(f"rate {event.learning_rate:.3g}")
    return (" " if brief else "  ").join(parts)


def curve_of(losses: Sequence[float], width: int = CURVE) -> str:
    """Return the course of a loss as a line of bars, low where it was low; on a logarithmic scale where it can be.

    Of a long course each bar shows the last of its epochs, so that the line ends with the present.

    Examples
    --------
    >>> curve_of([8.0, 4.0, 2.0, 1.0]), curve_of([1.0]), curve_of([])
    ('█▆▃▁', '▁', '')
    """
    n = len(losses)
    pieces = min(n, width)
    shown = [losses[(i + 1) * n // pieces - 1] for i in range(pieces)]
    if not all(map(math.isfinite, shown)):
        return ""
    if shown and min(shown) > 0.0:
        shown = [math.log(loss) for loss in shown]
    low, high = min(shown, default=0.0), max(shown, default=0.0)
    bars = "▁▂▃▄▅▆▇█"
    scale = (len(bars) - 1) / (high - low) if high > low else 0.0
    return "".join(bars[int((value - low) * scale + 0.5)] for value in shown)
