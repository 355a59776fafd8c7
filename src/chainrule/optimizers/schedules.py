"""The schedules: how the learning rate changes during a training, with any first-order optimizer.

Those that are laid out for the length of the training, along cosines, stand in ``cosines``.

s is the absolute step from 0, e the whole epochs before it, S the steps of the whole training. What
is returned is the multiplier of the base rate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from chainrule.equations.registry import Registry
from chainrule.optimizers.adaptive import Adaptive
from chainrule.optimizers.cosines import Cosine, CosLog, FlatCosine, OneCycle
from chainrule.optimizers.schedule import Horizon, Multipliers, Schedule
from chainrule.optimizers.settings import (
    COUNT,
    NOT_NEGATIVE,
    POSITIVE_PROPORTION,
    Limits,
)
from chainrule.optimizers.warm_up import WarmUp


@dataclass(frozen=True)
class Constant(Schedule):
    """The base rate throughout.

    Examples
    --------
    >>> Constant().multipliers([0, 1], Horizon(10, 5, 32)).tolist()
    [1.0, 1.0]
    """

    name: ClassVar[str] = "constant"
    formula: ClassVar[str] = "1"

    def multipliers(self, steps: npt.ArrayLike, horizon: Horizon) -> Multipliers:
        """Return 1 for each step."""
        return np.ones(np.shape(steps))


@dataclass(frozen=True)
class InverseScaling(Schedule):
    """A power of the number of samples seen, as scikit-learn has it: changed after each epoch.

    scikit-learn's documentation says t, its code t + 1, the samples seen in whole epochs; this is
    the code. The power acts on samples, not on epochs: with 10,000 rows and power 0.5 the second
    epoch already runs at a hundredth of the rate.

    Parameters
    ----------
    power_t : float, default=0.5

    Examples
    --------
    >>> horizon = Horizon.of(n_samples=24, batch_size=6, epochs=3)
    >>> InverseScaling().multipliers([0, 3, 4, 8], horizon).tolist()
    [1.0, 1.0, 0.2, 0.142857...]
    """

    name: ClassVar[str] = "invscaling"
    formula: ClassVar[str] = "(t + 1)^-power_t, t = e * n_samples"
    source: ClassVar[str] = "scikit-learn, sklearn/neural_network/_stochastic_optimizers.py"
    limits: ClassVar[Mapping[str, Limits]] = {"power_t": NOT_NEGATIVE}
    takes: ClassVar[Mapping[str, str]] = {"power_t": "power_t"}

    power_t: float = 0.5

    def multipliers(self, steps: npt.ArrayLike, horizon: Horizon) -> Multipliers:
        """Return (samples seen before the epoch + 1) to the power -power_t."""
        seen = horizon.epochs(steps).astype(np.float64) * horizon.n_samples
        return 1.0 / (seen + 1.0) ** self.power_t


@dataclass(frozen=True)
class Step(Schedule):
    """A factor after every so many epochs.

    Parameters
    ----------
    gamma : float, default=0.1
        The factor, 0 < gamma <= 1.
    every : int, default=50
        Epochs between two changes.

    Examples
    --------
    >>> Step(gamma=0.5, every=2).multipliers([0, 5, 6, 12], Horizon(30, 3, 32)).tolist()
    [1.0, 1.0, 0.5, 0.25]
    """

    name: ClassVar[str] = "step"
    formula: ClassVar[str] = "gamma^floor(e / every)"
    source: ClassVar[str] = "He, Zhang, Ren & Sun 2016, section 3.4; PyTorch's StepLR"
    limits: ClassVar[Mapping[str, Limits]] = {"gamma": POSITIVE_PROPORTION, "every": COUNT}

    gamma: float = 0.1
    every: int = 50

    def multipliers(self, steps: npt.ArrayLike, horizon: Horizon) -> Multipliers:
        """Return gamma to the number of changes before each step."""
        changes = horizon.epochs(steps) // self.every
        return np.float64(self.gamma) ** changes.astype(np.float64)


@dataclass(frozen=True)
class Exponential(Schedule):
    """A factor an epoch, spread evenly over its steps.

    At the first step of each epoch it equals PyTorch's ExponentialLR.

    Parameters
    ----------
    gamma : float, default=0.98
        The factor of one epoch, 0 < gamma <= 1.

    Examples
    --------
    >>> Exponential(0.25).multipliers([0, 1, 2, 4], Horizon(20, 2, 32)).tolist()
    [1.0, 0.5, 0.25, 0.0625]
    """

    name: ClassVar[str] = "exponential"
    formula: ClassVar[str] = "gamma^(s / steps_per_epoch)"
    source: ClassVar[str] = "Darken & Moody 1990; PyTorch's ExponentialLR"
    limits: ClassVar[Mapping[str, Limits]] = {"gamma": POSITIVE_PROPORTION}

    gamma: float = 0.98

    def multipliers(self, steps: npt.ArrayLike, horizon: Horizon) -> Multipliers:
        """Return gamma to the number of epochs, fractions included."""
        epochs = np.asarray(steps, dtype=np.float64) / horizon.steps_per_epoch
        return np.float64(self.gamma) ** epochs


#: records by name; ``schedules.get("cosine(0.1)")``. Warm-up is not one: it multiplies one of them.
schedules: Registry[Schedule] = Registry("schedule", Schedule)  # type: ignore[type-abstract]

for _schedule in (
    Constant(),
    InverseScaling(),
    Adaptive(),
    Step(),
    Exponential(),
    Cosine(),
    OneCycle(),
    FlatCosine(),
    CosLog(),
):
    schedules.register(_schedule)


def make_schedule(schedule: str | Schedule, warmup: float = 0.0) -> Schedule:
    """Return the schedule that a name or a record stands for, with ``warmup`` epochs of warm-up.

    Raises
    ------
    InputError, InputTypeError
        If there is no such schedule, or a number is not accepted.

    Examples
    --------
    >>> make_schedule("cosine(0.1)")
    Cosine(floor=0.1)
    >>> make_schedule("constant", warmup=2)
    WarmUp(schedule=Constant(), epochs=2.0)
    """
    record = schedules.get(schedule)
    return WarmUp(record, epochs=warmup) if warmup else record


__all__ = [
    "Adaptive",
    "Constant",
    "CosLog",
    "Cosine",
    "Exponential",
    "FlatCosine",
    "InverseScaling",
    "OneCycle",
    "Step",
    "WarmUp",
    "make_schedule",
    "schedules",
]
