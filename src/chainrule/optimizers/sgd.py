"""Stochastic gradient descent: plain, with momentum, with Nesterov's momentum.

plain         theta <- theta - rate g                                         Robbins & Monro 1951
momentum      v <- momentum v - rate g;  theta <- theta + v                   Polyak 1964;
                                                                              Sutskever et al. 2013, eq. 1-2
Nesterov      v <- momentum v - rate g;  theta <- theta + momentum v - rate g

Nesterov's gradient is taken at theta + momentum v (Sutskever et al. 2013, eq. 3-4). Keeping that
shifted point as theta gives the last line (Bengio, Boulanger-Lewandowski & Pascanu 2013, eq. 7),
which needs the gradient at theta only.

The rate is inside the velocity, as in the papers and in scikit-learn, whose trajectories are equal
to these. PyTorch keeps ``v <- momentum v + g; theta <- theta - rate v``: the same path while the
rate is constant, another one when a schedule changes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from chainrule.optimizers.optimizer import Optimizer, Rule, columns
from chainrule.optimizers.settings import FLAG, POSITIVE, PROPORTION, Limits, Switch


def plain(theta: Any, g: Any, rate: Any) -> Any:
    """Step against the gradient."""
    return theta - rate * g


def heavy_ball(theta: Any, g: Any, velocity: Any, rate: Any, momentum: Any) -> tuple[Any, Any]:
    """Step with momentum."""
    velocity = momentum * velocity - rate * g
    theta = theta + velocity
    return theta, velocity


def nesterov(theta: Any, g: Any, velocity: Any, rate: Any, momentum: Any) -> tuple[Any, Any]:
    """Step with Nesterov's momentum: look ahead by the new velocity once more."""
    velocity = momentum * velocity - rate * g
    theta = theta + (momentum * velocity - rate * g)
    return theta, velocity


@dataclass(frozen=True)
class SGD(Optimizer):
    """Stochastic gradient descent.

    Parameters
    ----------
    learning_rate : float, default=0.001
    momentum : float, default=0.9
        Share of the velocity that is kept; 0 gives plain descent, without a moment.
    nesterov : bool, default=True
        Look ahead; without effect if ``momentum`` is 0.

    Raises
    ------
    InputError, InputTypeError
        If a setting is not accepted.

    Examples
    --------
    >>> SGD(learning_rate=0.1).n_moments, SGD(momentum=0.0).n_moments
    (1, 0)
    >>> SGD(momentum=1.5)
    Traceback (most recent call last):
        ...
    chainrule.errors.InputError: momentum: got 1.5, expected a number, 0 <= number <= 1
    """

    name: ClassVar[str] = "sgd"
    formula: ClassVar[str] = "v = momentum v - rate g; theta += momentum v - rate g"
    source: ClassVar[str] = "Robbins & Monro 1951; Sutskever, Martens, Dahl & Hinton 2013, eq. 1-4"
    rules: ClassVar[tuple[Rule, ...]] = (plain, heavy_ball, nesterov)
    limits: ClassVar[Mapping[str, Limits | Switch]] = {
        "learning_rate": POSITIVE,
        "momentum": PROPORTION,
        "nesterov": FLAG,
    }
    takes: ClassVar[Mapping[str, str]] = {"momentum": "momentum", "nesterov": "nesterovs_momentum"}
    usual_rate: ClassVar[float] = 0.03

    learning_rate: float = 1e-3
    momentum: float = 0.9
    nesterov: bool = True

    @property
    def n_moments(self) -> int:
        """1, the velocity; 0 without momentum."""
        return 1 if self.momentum > 0.0 else 0

    @property
    def rule(self) -> Rule:
        """``plain``, ``heavy_ball`` or ``nesterov``."""
        if self.momentum == 0.0:
            return plain
        return nesterov if self.nesterov else heavy_ball

    def coefficients(self, steps: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return (momentum,) for each step; no column without momentum."""
        return columns(steps, self.momentum) if self.n_moments else columns(steps)
