"""Adam: steps in units of the rate, by running means of g and g² (Kingma & Ba 2015, Algorithm 1).

m     <- beta_1 m + (1 - beta_1) g
v     <- beta_2 v + (1 - beta_2) g²
m_hat =  m / (1 - beta_1^t)
v_hat =  v / (1 - beta_2^t)
theta <- theta - rate m_hat / (sqrt(v_hat) + epsilon)

Where epsilon stands: it is added to sqrt(v_hat), after the bias correction, as in Algorithm 1, in
PyTorch and in most textbooks. scikit-learn (and the faster form at the end of section 2 of the
paper) adds it to sqrt(v), before the correction:

theta <- theta - rate sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon')

The two are equal when epsilon' = epsilon sqrt(1 - beta_2^t). With the same epsilon they differ
noticeably only where |g| is near epsilon, and only in the first thousands of steps.

In float32, g² overflows above |g| = 1.8e19: such a parameter stands still from then on. Clip
gradients, or scale inputs.
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


def adam(
    theta: Any,
    g: Any,
    m: Any,
    v: Any,
    rate: Any,
    beta_1: Any,
    one_minus_beta_1: Any,
    beta_2: Any,
    one_minus_beta_2: Any,
    correction_1: Any,
    correction_2: Any,
    epsilon: Any,
) -> tuple[Any, Any, Any]:
    """Make one step of Algorithm 1; correction_i is 1 - beta_i^t."""
    m = beta_1 * m + one_minus_beta_1 * g
    v = beta_2 * v + one_minus_beta_2 * (g * g)
    m_hat = m / correction_1
    v_hat = v / correction_2
    theta = theta - rate * m_hat / (sqrt(v_hat) + epsilon)
    return theta, m, v


def adam_coefficients(
    steps: npt.ArrayLike, beta_1: float, beta_2: float, epsilon: float
) -> npt.NDArray[np.float64]:
    """Return what ``adam`` takes after ``rate``, (n_steps, 7)."""
    t = np.asarray(steps, dtype=np.float64)
    return columns(
        t, beta_1, 1.0 - beta_1, beta_2, 1.0 - beta_2, 1.0 - beta_1**t, 1.0 - beta_2**t, epsilon
    )


@dataclass(frozen=True)
class Adam(Optimizer):
    """Adaptive moment estimation.

    Parameters
    ----------
    learning_rate : float, default=0.001
        About the largest change of a parameter in one step.
    beta_1 : float, default=0.9
        Memory of the mean of g, 0 <= beta_1 < 1.
    beta_2 : float, default=0.999
        Memory of the mean of g², 0 <= beta_2 < 1.
    epsilon : float, default=1e-8
        Added to sqrt(v_hat).

    Raises
    ------
    InputError, InputTypeError
        If a setting is not accepted.

    Examples
    --------
    >>> Adam().coefficients([1, 2]).round(6)[:, 4:6].tolist()  # 1 - beta_1^t, 1 - beta_2^t
    [[0.1, 0.001], [0.19, 0.001999]]
    """

    name: ClassVar[str] = "adam"
    formula: ClassVar[str] = (
        "m = beta_1 m + (1 - beta_1) g; v = beta_2 v + (1 - beta_2) g²; "
        "theta -= rate (m / (1 - beta_1^t)) / (sqrt(v / (1 - beta_2^t)) + epsilon)"
    )
    source: ClassVar[str] = "Kingma & Ba 2015, Algorithm 1"
    rules: ClassVar[tuple[Rule, ...]] = (adam,)
    limits: ClassVar[Mapping[str, Limits]] = {
        "learning_rate": POSITIVE,
        "beta_1": FRACTION,
        "beta_2": FRACTION,
        "epsilon": POSITIVE,
    }
    takes: ClassVar[Mapping[str, str]] = {
        "beta_1": "beta_1",
        "beta_2": "beta_2",
        "epsilon": "epsilon",
    }

    learning_rate: float = 1e-3
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8

    @property
    def n_moments(self) -> int:
        """2: m and v."""
        return 2

    @property
    def rule(self) -> Rule:
        """``adam``."""
        return adam

    def coefficients(self, steps: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the betas, their complements, 1 - beta^t and epsilon, (n_steps, 7).

        In the order of the rule: beta_1, 1 - beta_1, beta_2, 1 - beta_2, 1 - beta_1^t,
        1 - beta_2^t, epsilon.
        """
        return adam_coefficients(steps, self.beta_1, self.beta_2, self.epsilon)
