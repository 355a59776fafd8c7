"""What every schedule is: a multiplier of the learning rate, as a pure function of the step.

Steps are absolute and counted from 0 (step s is the update that optimizers call s + 1), so a
training can stop anywhere and go on: no schedule remembers anything, except in the explicit
``ScheduleState``, which is plain data.

The rate of a step is ``learning_rate * multipliers(steps, horizon) * state.multiplier``. Only
``adaptive`` ever changes the state; for the others it stays as it started, so that the training
loop treats all of them alike.

Shapes: ``steps`` and the multipliers are (n_steps,), int64 and float64.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from chainrule.errors import InputError
from chainrule.optimizers.settings import COUNT, SettingsRecord, check

Multipliers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Horizon:
    """How long a training is meant to be, in its several units.

    Attributes
    ----------
    total_steps : int
        Updates in the whole training, from its very first step.
    steps_per_epoch : int
        Batches in one epoch, the last and perhaps shorter one included.
    batch_size : int
        Rows of a full batch.
    n_samples : int
        Rows of the table; ``steps_per_epoch * batch_size`` if 0 is given.

    Examples
    --------
    >>> Horizon.of(n_samples=1000, batch_size=300, epochs=50)
    Horizon(total_steps=200, steps_per_epoch=4, batch_size=300, n_samples=1000)
    """

    total_steps: int
    steps_per_epoch: int
    batch_size: int
    n_samples: int = 0

    def __post_init__(self) -> None:
        if self.n_samples == 0:
            object.__setattr__(self, "n_samples", self.steps_per_epoch * self.batch_size)
        check(self, {field.name: COUNT for field in fields(self)})

    @classmethod
    def of(cls, n_samples: int, batch_size: int, epochs: int) -> Self:
        """Return the horizon of ``epochs`` passes over ``n_samples`` rows."""
        steps_per_epoch = math.ceil(n_samples / batch_size)
        return cls(epochs * steps_per_epoch, steps_per_epoch, batch_size, n_samples)

    def epochs(self, steps: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the number of whole epochs before each step."""
        return np.asarray(steps, dtype=np.int64) // self.steps_per_epoch


@dataclass(frozen=True)
class ScheduleState:
    """What an adaptive schedule has seen so far; plain data.

    Attributes
    ----------
    multiplier : float
        Multiplies every rate.
    best : float or None
        The lowest monitored value so far.
    stale : int
        Epochs in a row without enough improvement.
    finished : bool
        The rate has become too small: training should stop.
    """

    multiplier: float = 1.0
    best: float | None = None
    stale: int = 0
    finished: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the state as JSON-able data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what ``to_dict`` wrote.

        Raises
        ------
        InputError
            If a field is missing, unknown or of the wrong type.

        Examples
        --------
        >>> ScheduleState.from_dict(ScheduleState(best=0.5, stale=2).to_dict())
        ScheduleState(multiplier=1.0, best=0.5, stale=2, finished=False)
        """
        kinds: dict[str, tuple[type, ...]] = {
            "multiplier": (float,),
            "best": (float, type(None)),
            "stale": (int,),
            "finished": (bool,),
        }
        if set(data) != set(kinds):
            raise InputError.of("schedule state", got=sorted(data), expected=f"{sorted(kinds)}")
        for name, accepted in kinds.items():
            if type(data[name]) not in accepted:
                expected = " or ".join(kind.__name__ for kind in accepted)
                raise InputError.of(
                    f"schedule state {name}", got=repr(data[name]), expected=expected
                )
        return cls(**data)


class Schedule(SettingsRecord):
    """Base of the schedules: frozen dataclasses, their numbers part of the name: ``"cosine(0.1)"``.

    What a record has besides its multipliers stands in ``SettingsRecord``. In a ``formula`` s is the
    step, e the epoch and S the number of steps.

    Attributes
    ----------
    ends : bool
        Whether it is laid out for exactly S steps, so that to end there is the plan.
    """

    ends: ClassVar[bool] = False
    _kind: ClassVar[str] = "schedule"

    @abstractmethod
    def multipliers(self, steps: npt.ArrayLike, horizon: Horizon) -> Multipliers:
        """Return the factor of the learning rate at each step.

        Parameters
        ----------
        steps : array of int64, shape (n_steps,)
            Absolute step numbers, the first of a training is 0.
        horizon : Horizon
            How long the training is meant to be; beyond it the last value is kept or the law goes
            on.

        Returns
        -------
        ndarray of float64, shape (n_steps,)
        """

    def start(self) -> ScheduleState:
        """Return the state before the first epoch."""
        return ScheduleState()

    def observe(self, state: ScheduleState, value: float, learning_rate: float) -> ScheduleState:
        """Return the state after an epoch whose monitored value was ``value``; lower is better.

        Parameters
        ----------
        state : ScheduleState
            The state before.
        value : float
            A loss, or a score with its sign turned.
        learning_rate : float
            The optimizer's base rate.
        """
        return state

    def rates(
        self, learning_rate: float, steps: npt.ArrayLike, horizon: Horizon, state: ScheduleState
    ) -> npt.NDArray[np.float64]:
        """Return the learning rate at each step, (n_steps,)."""
        return learning_rate * state.multiplier * self.multipliers(steps, horizon)
