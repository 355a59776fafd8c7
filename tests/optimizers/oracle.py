"""The published updates, one parameter at a time in Python floats: slow, and nothing shared with the code.

Each function takes the gradients that one parameter meets and returns its values after each step.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def sgd(
    theta: float, gradients: Sequence[float], rate: float, momentum: float, nesterov: bool
) -> list[float]:
    """Sutskever et al. 2013, eq. 1-2; Nesterov as in Bengio et al. 2013, eq. 7."""
    path, velocity = [], 0.0
    for g in gradients:
        before, velocity = velocity, momentum * velocity - rate * g
        if nesterov:  # theta is the point that is looked ahead to, so the old look is taken back
            theta = theta - momentum * before + velocity + momentum * velocity
        else:
            theta = theta + velocity
        path.append(theta)
    return path


def adam(
    theta: float,
    gradients: Sequence[float],
    rate: float,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-8,
    weight_decay: float = 0.0,
) -> list[float]:
    """Kingma & Ba 2015, Algorithm 1, the means written out as sums over the whole past.

    With ``weight_decay`` it is Loshchilov & Hutter 2019, Algorithm 2, lambda times the rate.
    """
    path = []
    for t in range(1, len(gradients) + 1):
        m = sum((1 - beta_1) * beta_1 ** (t - i) * gradients[i - 1] for i in range(1, t + 1))
        v = sum((1 - beta_2) * beta_2 ** (t - i) * gradients[i - 1] ** 2 for i in range(1, t + 1))
        m_hat, v_hat = m / (1 - beta_1**t), v / (1 - beta_2**t)
        theta = theta - rate * (m_hat / (math.sqrt(v_hat) + epsilon) + weight_decay * theta)
        path.append(theta)
    return path


def rmsprop(
    theta: float,
    gradients: Sequence[float],
    rate: float,
    rho: float = 0.99,
    epsilon: float = 1e-8,
    momentum: float = 0.0,
) -> list[float]:
    """Tieleman & Hinton 2012, the mean and the buffer written out as sums over the whole past."""
    path, steps = [], []
    for t in range(1, len(gradients) + 1):
        v = sum((1 - rho) * rho ** (t - i) * gradients[i - 1] ** 2 for i in range(1, t + 1))
        steps.append(gradients[t - 1] / (math.sqrt(v) + epsilon))
        buffer = sum(momentum ** (t - i) * steps[i - 1] for i in range(1, t + 1))
        theta = theta - rate * buffer
        path.append(theta)
    return path
