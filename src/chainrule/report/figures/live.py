"""In a notebook: the loss curve while training runs, drawn anew in place."""

from __future__ import annotations

import sys
from importlib import import_module
from time import perf_counter
from typing import Any

from chainrule.report.figures.curves import LossCurveDisplay
from chainrule.training.events import EpochEnded, Event, TrainingEnded, TrainingStarted
from chainrule.training.history import History

#: Seconds between two drawings, and the least part of the time that is left to training.
INTERVAL, SHARE = 0.5, 0.9


class LiveLoss:
    """A callback that shows `LossCurveDisplay` in a notebook and keeps it up to date; elsewhere it does nothing.

    A drawing takes about a tenth of a second, so they come at most twice a second, and never take more than a tenth of
    the time.

    Examples
    --------
    >>> LiveLoss()(EpochEnded(1, 0.5, None, None, 0.001, 1.0, 0.01, best=True))
    """

    def __init__(self) -> None:
        self._shown: Any = None
        self._history = History()
        self._best = 0
        self._next = 0.0

    def __call__(self, event: Event) -> None:
        """Draw what the event says."""
        if isinstance(event, TrainingStarted):
            self._history, self._best, self._next = History(), 0, perf_counter() + INTERVAL
            self._shown = _place()
        elif self._shown is None:
            return
        elif isinstance(event, EpochEnded):
            self._history.append(
                event.loss,
                event.validation_loss,
                event.validation_score,
                event.learning_rate,
                event.gradient_norm,
                event.seconds,
            )
            validated = event.validation_loss is not None
            self._best = len(self._history) if event.best and validated else self._best
            if perf_counter() >= self._next:
                self._draw(None)
        elif isinstance(event, TrainingEnded):
            if len(self._history):
                self._draw(event.reason)
            self._shown = None

    def _draw(self, reason: str | None) -> None:
        import matplotlib.pyplot as plt

        began = perf_counter()
        history = self._history.to_dict()
        display = LossCurveDisplay(history, best_epoch=self._best, stop_reason=reason).plot()
        self._shown.update(display.figure_)
        plt.close(display.figure_)  # or the notebook would show it once more
        took = perf_counter() - began
        self._next = began + took + max(INTERVAL, took * SHARE / (1.0 - SHARE))

    def __getstate__(self) -> dict[str, Any]:
        # A model that is copied or pickled takes no notebook along.
        return {**self.__dict__, "_shown": None}


def _place() -> Any:
    """Return a place in a notebook whose content can be replaced; None if there is no notebook."""
    ipython = sys.modules.get("IPython")  # loaded by every notebook, and never by us
    shell = None if ipython is None else ipython.get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return None
    display = import_module("IPython.display").display
    return display({"text/plain": "training"}, raw=True, display_id=True)
