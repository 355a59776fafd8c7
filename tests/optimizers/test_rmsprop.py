"""RMSprop against the published form written out, and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.optimizers import oracle

from chainrule.errors import InputError
from chainrule.optimizers.optimizer import apply
from chainrule.optimizers.rmsprop import RMSprop, rmsprop, rmsprop_with_momentum


@pytest.mark.parametrize(
    "optimizer",
    [RMSprop(0.01), RMSprop(0.05, rho=0.9, epsilon=1e-2), RMSprop(0.01, momentum=0.9)],
)
def test_equals_the_published_form(optimizer: RMSprop, rng: np.random.Generator) -> None:
    G = rng.normal(size=(50, 3)) * [1e-3, 1.0, 1e3]
    theta0 = rng.normal(size=3)
    theta, state = theta0.copy(), optimizer.start(3, dtype=np.float64)
    settings = (optimizer.learning_rate, optimizer.rho, optimizer.epsilon, optimizer.momentum)
    paths = [oracle.rmsprop(theta0[i], list(G[:, i]), *settings) for i in range(3)]
    for step in range(50):
        apply(optimizer, theta, G[step], state)
        expected = [path[step] for path in paths]
        np.testing.assert_allclose(theta, expected, rtol=1e-11, atol=1e-13)


def test_two_steps_by_hand() -> None:
    """Rate 1, rho 3/4, epsilon 1, g = 4 then 0: v is 4, then 3; steps are 4/3, then 0."""
    g = [np.array([4.0]), np.array([0.0])]
    for momentum, second in ((0.0, -4 / 3), (0.5, -4 / 3 - 2 / 3)):
        optimizer = RMSprop(1.0, rho=0.75, epsilon=1.0, momentum=momentum)
        theta, state = np.zeros(1), optimizer.start(1, dtype=np.float64)
        apply(optimizer, theta, g[0], state)
        assert theta[0] == pytest.approx(-4 / (math.sqrt(4) + 1), rel=1e-15)
        apply(optimizer, theta, g[1], state)
        assert theta[0] == pytest.approx(second, rel=1e-15)
        assert state.moments[-1, 0] == pytest.approx(3.0)


def test_rule_and_moments_follow_the_settings() -> None:
    assert (RMSprop().rule, RMSprop().n_moments, RMSprop().n_coefficients) == (rmsprop, 1, 3)
    with_momentum = RMSprop(momentum=0.5)
    assert (with_momentum.rule, with_momentum.n_moments) == (rmsprop_with_momentum, 2)
    np.testing.assert_allclose(with_momentum.coefficients([9]), [[0.99, 0.01, 1e-8, 0.5]])


def test_settings_are_checked() -> None:
    for name in ("rho", "momentum"):
        with pytest.raises(InputError, match=f"^{name}: got 1.0"):
            RMSprop(**{name: 1.0})
    with pytest.raises(InputError, match="epsilon"):
        RMSprop(epsilon=-1e-8)
