"""Adam against scikit-learn, against Algorithm 1 written out, and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer
from tests.optimizers import oracle

from chainrule.errors import InputError
from chainrule.optimizers.adam import Adam
from chainrule.optimizers.optimizer import apply


def test_equals_scikit_learn_where_epsilon_is_made_to_agree(rng: np.random.Generator) -> None:
    """Theirs stands before the bias correction, so it must be epsilon sqrt(1 - beta_2^t)."""
    epsilon = 1e-3  # large, so that its place matters
    adam = Adam(learning_rate=0.01, epsilon=epsilon)
    ours = rng.normal(size=20)
    theirs = ours.copy()
    state = adam.start(20, dtype=np.float64)
    peer = AdamOptimizer([theirs], 0.01)
    for t in range(1, 51):
        g = rng.normal(size=20) * 10.0 ** rng.integers(-4, 2, size=20)
        peer.epsilon = epsilon * math.sqrt(1.0 - 0.999**t)
        apply(adam, ours, g, state)
        peer.update_params([theirs], [g])
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, err_msg=f"step {t}")


def test_is_close_to_scikit_learn_with_the_same_epsilon(rng: np.random.Generator) -> None:
    ours = rng.normal(size=20)
    theirs = ours.copy()
    adam, peer = Adam(), AdamOptimizer([theirs])
    state = adam.start(20, dtype=np.float64)
    for _ in range(50):
        g = rng.normal(size=20)
        apply(adam, ours, g, state)
        peer.update_params([theirs], [g])
    np.testing.assert_allclose(ours, theirs, atol=1e-7)


@pytest.mark.parametrize(
    "adam", [Adam(0.1), Adam(0.02, beta_1=0.5, beta_2=0.9, epsilon=1e-2), Adam(0.1, 0.0, 0.0)]
)
def test_equals_algorithm_1(adam: Adam, rng: np.random.Generator) -> None:
    G = rng.normal(size=(50, 3)) * [1e-3, 1.0, 1e3]
    theta0 = rng.normal(size=3)
    theta, state = theta0.copy(), adam.start(3, dtype=np.float64)
    paths = [
        oracle.adam(
            theta0[i], list(G[:, i]), adam.learning_rate, adam.beta_1, adam.beta_2, adam.epsilon
        )
        for i in range(3)
    ]
    for step in range(50):
        apply(adam, theta, G[step], state)
        expected = [path[step] for path in paths]
        np.testing.assert_allclose(theta, expected, rtol=1e-11, atol=1e-13)


def test_two_steps_by_hand() -> None:
    """Rate 1, betas 1/2, epsilon 1, g = 3 then -1.

    Step 1: m_hat = 3, v_hat = 9, theta = 0 - 3 / (3 + 1) = -0.75.
    Step 2: m = 0.25, v = 2.75, m_hat = 1/3, v_hat = 11/3.
    """
    adam = Adam(1.0, 0.5, 0.5, 1.0)
    theta, state = np.zeros(1), adam.start(1, dtype=np.float64)
    apply(adam, theta, np.array([3.0]), state)
    assert theta[0] == pytest.approx(-0.75, rel=1e-15)
    np.testing.assert_allclose(state.moments[:, 0], [1.5, 4.5], rtol=1e-15)
    apply(adam, theta, np.array([-1.0]), state)
    assert theta[0] == pytest.approx(-0.75 - (1 / 3) / (math.sqrt(11 / 3) + 1), rel=1e-15)
    np.testing.assert_allclose(state.moments[:, 0], [0.25, 2.75], rtol=1e-15)


def test_coefficients_depend_on_the_absolute_step_only() -> None:
    adam = Adam(beta_1=0.8, beta_2=0.95)
    whole = adam.coefficients(np.arange(1, 101))
    assert whole.shape == (100, 7)
    assert whole.dtype == np.float64
    np.testing.assert_array_equal(whole[40:47], adam.coefficients(np.arange(41, 48)))
    np.testing.assert_allclose(whole[1], [0.8, 0.2, 0.95, 0.05, 0.36, 0.0975, 1e-8], rtol=1e-14)
    late = adam.coefficients([10**9])
    np.testing.assert_array_equal(late[0, 4:6], [1.0, 1.0])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("learning_rate", float("inf")),
        ("beta_1", 1.0),
        ("beta_1", -0.1),
        ("beta_2", 1.0),
        ("epsilon", 0.0),
    ],
)
def test_settings_are_checked(name: str, value: float) -> None:
    with pytest.raises(InputError, match=f"^{name}: got "):
        Adam(**{name: value})
