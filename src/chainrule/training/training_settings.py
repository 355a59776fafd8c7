"""What a training is told besides data, network and optimizer: how long, in which batches, when to stop."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from chainrule.errors import InputError
from chainrule.optimizers.settings import (
    COUNT,
    COUNT_OR_INFINITE,
    NOT_NEGATIVE,
    POSITIVE,
    Limits,
    check,
)

#: What patience and the adaptive schedule may look at.
MONITORS = ("loss", "validation_loss", "validation_score")


@dataclass(frozen=True)
class TrainingSettings:
    """How long to train, in which batches, and when to stop.

    Parameters
    ----------
    max_epochs : int, default=200
        The most epochs of this call (iterations of L-BFGS); a continued training may make as many again.
    batch_size : int, default=200
        Rows a step; the last step of an epoch may have fewer. Above the number of rows it means all of them.
    seed : int, default=0
        The order of the rows and the dropout masks of each epoch are functions of it.
    shuffle : bool, default=True
        Take the rows in a new order each epoch; False leaves them as they are.
    tol : float, default=1e-4
        The least that counts as an improvement of the monitored value; for L-BFGS, the largest entry of the gradient
        at which it has converged.
    n_iter_no_change : int or inf, default=10
        Patience: training stops after more than so many epochs in a row without improvement.
    max_time : float or None, default=None
        Seconds; looked at when an epoch is over, so at least one epoch is run.
    clip_norm : float, default=inf
        Longer gradients are shortened to this norm.
    monitor : {"loss", "validation_loss", "validation_score"}, default="loss"
        What patience and the adaptive schedule look at.
    horizon_epochs : int or None, default=None
        The epochs of the whole training, counted from its very first, which cosine and one-cycle schedules are laid
        over. None: up to the end of this call. To be given where a training is cut into several calls that shall equal
        one.
    scale_factor : float, default=10
        How many times the rate the scales of columns learn with, in a network that has them. With Adam's steps, which
        are of the size of the rate, it is how much faster they move than weights.
    max_fun : int, default=15000
        The most evaluations of the objective; L-BFGS only.

    Raises
    ------
    InputError, InputTypeError
        If a setting is not accepted.

    Examples
    --------
    >>> TrainingSettings(max_epochs=50, n_iter_no_change=float("inf")).batch_size
    200
    >>> TrainingSettings(monitor="accuracy")
    Traceback (most recent call last):
        ...
    chainrule.errors.InputError: monitor: got 'accuracy', expected one of loss, validation_loss, validation_score
    """

    limits: ClassVar[Mapping[str, Limits]] = {
        "max_epochs": COUNT,
        "batch_size": COUNT,
        "seed": Limits(0.0, math.inf, low_included=True, whole=True),
        "tol": NOT_NEGATIVE,
        "n_iter_no_change": COUNT_OR_INFINITE,
        "clip_norm": Limits(0.0, math.inf, high_included=True),
        "scale_factor": POSITIVE,
        "max_fun": COUNT,
    }
    optional_limits: ClassVar[Mapping[str, Limits]] = {
        "max_time": POSITIVE,
        "horizon_epochs": COUNT,
    }

    max_epochs: int = 200
    batch_size: int = 200
    seed: int = 0
    shuffle: bool = True
    tol: float = 1e-4
    n_iter_no_change: float = 10
    max_time: float | None = None
    clip_norm: float = math.inf
    monitor: str = "loss"
    horizon_epochs: int | None = None
    scale_factor: float = 10.0
    max_fun: int = 15000

    def __post_init__(self) -> None:
        given = {
            name: limit
            for name, limit in self.optional_limits.items()
            if getattr(self, name) is not None
        }
        check(self, {**self.limits, **given})
        if self.monitor not in MONITORS:
            raise InputError.of(
                "monitor", got=repr(self.monitor), expected=f"one of {', '.join(MONITORS)}"
            )
