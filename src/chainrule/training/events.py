"""What a training tells those who listen: three events, and one way to stop it.

Progress, checkpoints and figures are listeners; neither the loop nor a kernel contains a line for
any of them. A listener (callback) is any callable that takes one event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from chainrule.engines.engine import Data
from chainrule.errors import InputTypeError
from chainrule.network.architecture import Architecture
from chainrule.training.training_settings import TrainingSettings


class StopTraining(Exception):
    """Raised by a callback, it ends the training cleanly after this epoch, as returning True does."""


@dataclass(frozen=True)
class TrainingStarted:
    """Before the first epoch of a call.

    Attributes
    ----------
    architecture : Architecture
    optimizer : str
        "adam", "lbfgs", ...
    settings : TrainingSettings
    n_rows, n_validation_rows : int
    epoch : int
        Epochs done by earlier calls.
    theta : ndarray of shape (P,) or None
        The parameters themselves, not a copy: training goes on changing them. For listeners that look inside.
    data : Data or None
        The rows to learn from.
    """

    architecture: Architecture
    optimizer: str
    settings: TrainingSettings
    n_rows: int
    n_validation_rows: int = 0
    epoch: int = 0
    theta: np.ndarray | None = field(default=None, repr=False, compare=False)
    data: Data | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class EpochEnded:
    """After each epoch, validation included; the fields are those of ``History``.

    Attributes
    ----------
    epoch : int
        From 1, counted over all calls.
    best : bool
        Whether this epoch has the best value so far of what chooses the weights.
    """

    epoch: int
    loss: float
    validation_loss: float | None
    validation_score: float | None
    learning_rate: float | None
    gradient_norm: float
    seconds: float
    best: bool


@dataclass(frozen=True)
class TrainingEnded:
    """After the last epoch of a call, however it ended.

    Attributes
    ----------
    reason : str
        As in ``TrainingResult``; when an exception is on its way, "diverged" or, if it is any other, "error".
    epochs : int
        Epochs done so far, over all calls.
    best_epoch : int
        The epoch with the best value; 0 if there was none.
    seconds : float
        What this call took.
    """

    reason: str
    epochs: int
    best_epoch: int
    seconds: float


Event = TrainingStarted | EpochEnded | TrainingEnded
Callback = Callable[[Event], object]


class Listeners:
    """The callbacks of a training, told of each event in their order.

    Examples
    --------
    >>> Listeners([print]).tell(TrainingEnded("max_epochs", epochs=3, best_epoch=3, seconds=0.1))
    TrainingEnded(reason='max_epochs', epochs=3, best_epoch=3, seconds=0.1)
    False
    """

    def __init__(self, callbacks: Iterable[Callback]) -> None:
        self.callbacks = tuple(callbacks)
        for callback in self.callbacks:
            if not callable(callback):
                raise InputTypeError.of(
                    "callbacks", got=repr(callback), expected="callables that take one event"
                )

    def __bool__(self) -> bool:
        return bool(self.callbacks)

    def tell(self, event: Event) -> bool:
        """Hand the event to every callback and return whether one of them wants to stop.

        An exception of a callback is raised when all the others have heard of the event, so that
        none of them misses the end; a second one is noted on the first.
        """
        stop, failure = False, None
        for callback in self.callbacks:
            try:
                answer = callback(event)
                # Only a truth value counts: a callback that happens to return something goes on.
                stop = stop or (isinstance(answer, bool | np.bool_) and bool(answer))
            except StopTraining:
                stop = True
            except Exception as error:
                if failure is None:
                    failure = error
                else:
                    failure.add_note(f"The callback {callback!r} failed too: {error!r}")
        if failure is not None:
            raise failure
        return stop

    def tell_of_error(self, event: TrainingEnded, error: BaseException) -> None:
        """Hand over the end of a training that ``error`` has ended; a callback's failure is only noted on it."""
        try:
            self.tell(event)
        except Exception as failure:
            error.add_note(f"A callback failed at the end of the training: {failure!r}")
