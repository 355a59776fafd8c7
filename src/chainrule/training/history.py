"""What every epoch measured: lists of one entry an epoch, from the very first."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from chainrule.errors import InputError


@dataclass
class History:
    """One entry an epoch in every list; None where a quantity was not measured.

    Attributes
    ----------
    loss : list of float
        The mean over the epoch of J as each step saw it, penalties and dropout included; for L-BFGS, J at the accepted
        point.
    validation_loss : list of float or None
        J on the validation rows after the epoch, without dropout.
    validation_score : list of float or None
        The score on the validation rows after the epoch; greater is better.
    learning_rate : list of float or None
        The rate of the epoch's last step; L-BFGS has none.
    gradient_norm : list of float
        The largest norm of a step's gradient, before clipping; for L-BFGS, the norm at the accepted point.
    seconds : list of float
        What the epoch took, validation included, callbacks not.

    Examples
    --------
    >>> history = History()
    >>> history.append(0.7, None, None, 0.001, 1.5, 0.01)
    >>> len(history), history.to_dict()["validation_loss"]
    (1, [None])
    """

    loss: list[float] = field(default_factory=list)
    validation_loss: list[float | None] = field(default_factory=list)
    validation_score: list[float | None] = field(default_factory=list)
    learning_rate: list[float | None] = field(default_factory=list)
    gradient_norm: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.loss)

    def append(
        self,
        loss: float,
        validation_loss: float | None,
        validation_score: float | None,
        learning_rate: float | None,
        gradient_norm: float,
        seconds: float,
    ) -> None:
        """Add one epoch."""
        self.loss.append(loss)
        self.validation_loss.append(validation_loss)
        self.validation_score.append(validation_score)
        self.learning_rate.append(learning_rate)
        self.gradient_norm.append(gradient_norm)
        self.seconds.append(seconds)

    def cut(self, epochs: int) -> None:
        """Forget everything after the first ``epochs`` epochs."""
        for name in NAMES:
            del getattr(self, name)[epochs:]

    def to_dict(self) -> dict[str, list[float | None]]:
        """Return the lists as JSON-able data: a value that is not finite becomes None."""
        return {
            name: [v if v is not None and math.isfinite(v) else None for v in getattr(self, name)]
            for name in NAMES
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what ``to_dict`` wrote.

        Raises
        ------
        InputError
            If a list is missing, unknown, of another length or does not hold numbers.
        """
        if set(data) != set(NAMES):
            raise InputError.of("history", got=sorted(data), expected=f"exactly {', '.join(NAMES)}")
        lengths = set()
        for name in NAMES:
            values = data[name]
            if not isinstance(values, list) or not all(
                value is None or type(value) in (int, float) for value in values
            ):
                raise InputError.of(
                    f"history {name}", got=type(values).__name__, expected="a list of numbers"
                )
            lengths.add(len(values))
        if len(lengths) > 1:
            raise InputError.of(
                "history", got=f"lists of lengths {sorted(lengths)}", expected="one length"
            )
        return cls(**{name: list(data[name]) for name in NAMES})


NAMES = tuple(field.name for field in fields(History))
