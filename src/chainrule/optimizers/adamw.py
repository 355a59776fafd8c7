"""AdamW: Adam with decoupled weight decay (Loshchilov & Hutter 2019, Algorithm 2).

theta <- theta - rate weight_decay theta        weights only, biases stay
theta <- Adam's step, on the gradient without the decay

A penalty inside J would be divided by sqrt(v_hat) like the rest of the gradient; here each weight
shrinks by the same share. As in PyTorch the share of one step is rate * weight_decay, the rate as
scheduled, whatever the batch size. In the paper it is the schedule's multiplier times weight_decay,
without the base rate: theirs is ours times the base rate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from chainrule.optimizers.adam import Adam, adam, adam_coefficients
from chainrule.optimizers.decay import decay
from chainrule.optimizers.optimizer import Optimizer, Rule
from chainrule.optimizers.settings import NOT_NEGATIVE, Limits

__all__ = ["AdamW", "decay"]


@dataclass(frozen=True)
class AdamW(Optimizer):
    """Adam with decoupled weight decay.

    Parameters
    ----------
    learning_rate : float, default=0.001
    beta_1, beta_2, epsilon : float, default=0.9, 0.999, 1e-8
        As in ``Adam``.
    weight_decay : float, default=0.01
        Each step takes the share ``rate * weight_decay`` off every weight.

    Raises
    ------
    InputError, InputTypeError
        If a setting is not accepted.

    Examples
    --------
    >>> AdamW().rule is adam, AdamW().weight_decay
    (True, 0.01)
    """

    name: ClassVar[str] = "adamw"
    formula: ClassVar[str] = "theta -= rate weight_decay theta (weights only); then Adam's step"
    source: ClassVar[str] = "Loshchilov & Hutter 2019, Algorithm 2"
    rules: ClassVar[tuple[Rule, ...]] = (adam,)
    limits: ClassVar[Mapping[str, Limits]] = {**Adam.limits, "weight_decay": NOT_NEGATIVE}
    takes: ClassVar[Mapping[str, str]] = {**Adam.takes, "weight_decay": "weight_decay"}

    learning_rate: float = 1e-3
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 1e-2

    @property
    def n_moments(self) -> int:
        """2: m and v."""
        return 2

    @property
    def rule(self) -> Rule:
        """``adam``; the decay is applied before it."""
        return adam

    def coefficients(self, steps: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return what ``Adam.coefficients`` returns."""
        return adam_coefficients(steps, self.beta_1, self.beta_2, self.epsilon)
