"""RMSprop: the gradient divided by a running root mean square of itself.

Tieleman & Hinton 2012, Neural Networks for Machine Learning, lecture 6.5.

v     <- rho v + (1 - rho) g²
theta <- theta - rate g / (sqrt(v) + epsilon)

With momentum a buffer of these steps is kept:

m     <- momentum m + g / (sqrt(v) + epsilon)
theta <- theta - rate m

This is PyTorch's form (its ``alpha`` is rho here, since alpha is the penalty in the estimators):
epsilon outside the root, v not corrected for its start at 0, not centred, the rate outside the
buffer. Keras and the lecture use rho = 0.9.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from chainrule.equations.elementary import sqrt
from chainrule.optimizers.optimizer import Optimizer, Rule, columns
from chainrule.optimizers.settings import FRACTION, POSITIVE, Limits


def rmsprop(
    theta: Any, g: Any, v: Any, rate: Any, rho: Any, one_minus_rho: Any, epsilon: Any
) -> tuple[Any, Any]:
    """Step by the normalised gradient."""
    v = rho * v + one_minus_rho * (g * g)
    theta = theta - rate * g / (sqrt(v) + epsilon)
    return theta, v


def rmsprop_with_momentum(
    theta: Any,
    g: Any,
    m: Any,
    v: Any,
    rate: Any,
    rho: Any,
    one_minus_rho: Any,
    epsilon: Any,
    momentum: Any,
) -> tuple[Any, Any, Any]:
    """Step by a buffer of normalised gradients."""
    v = rho * v + one_minus_rho * (g * g)
    m = momentum * m + g / (sqrt(v) + epsilon)
    theta = theta - rate * m
    return theta, m, v


@dataclass(frozen=True)
class RMSprop(Optimizer):
    """Root mean square propagation.

    Parameters
    ----------
    learning_rate : float, default=0.001
    rho : float, default=0.99
        Memory of the mean of g², 0 <= rho < 1.
    epsilon : float, default=1e-8
        Added to sqrt(v).
    momentum : float, default=0.0
        Share of the buffer that is kept; above 0 a second moment is needed.

    Raises
    ------
    InputError, InputTypeError
        If a setting is not accepted.

    Examples
    --------
    >>> RMSprop().n_moments, RMSprop(momentum=0.9).n_moments
    (1, 2)
    """

    name: ClassVar[str] = "rmsprop"
    formula: ClassVar[str] = "v = rho v + (1 - rho) g²; theta -= rate g / (sqrt(v) + epsilon)"
    source: ClassVar[str] = "Tieleman & Hinton 2012, Neural Networks for Machine Learning, 6.5"
    rules: ClassVar[tuple[Rule, ...]] = (rmsprop, rmsprop_with_momentum)
    limits: ClassVar[Mapping[str, Limits]] = {
        "learning_rate": POSITIVE,
        "rho": FRACTION,
        "epsilon": POSITIVE,
        "momentum": FRACTION,
    }
    takes: ClassVar[Mapping[str, str]] = {"epsilon": "epsilon"}

    learning_rate: float = 1e-3
    rho: float = 0.99
    epsilon: float = 1e-8
    momentum: float = 0.0

    @property
    def n_moments(self) -> int:
        """1, v; with momentum 2, m and v."""
        return 2 if self.momentum > 0.0 else 1

    @property
    def rule(self) -> Rule:
        """``rmsprop`` or ``rmsprop_with_momentum``."""
        return rmsprop_with_momentum if self.momentum > 0.0 else rmsprop

    def coefficients(self, steps: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return (rho, 1-rho, epsilon), with momentum also that, for each step."""
        settings = (self.rho, 1.0 - self.rho, self.epsilon)
        return (
            columns(steps, *settings, self.momentum) if self.momentum else columns(steps, *settings)
        )
