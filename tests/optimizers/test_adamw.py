"""AdamW: Adam's step, and a decay that the gradient does not see."""

from __future__ import annotations

import numpy as np
import pytest
from tests.optimizers import oracle

from chainrule.errors import InputError
from chainrule.optimizers.adam import Adam
from chainrule.optimizers.adamw import AdamW
from chainrule.optimizers.optimizer import apply


def test_equals_algorithm_2(rng: np.random.Generator) -> None:
    G = rng.normal(size=(50, 4))
    theta0 = rng.normal(size=4)
    is_weight = np.array([True, False, True, False])
    adamw = AdamW(0.05, weight_decay=0.3)
    theta, state = theta0.copy(), adamw.start(4, dtype=np.float64)
    paths = [
        oracle.adam(theta0[i], list(G[:, i]), 0.05, weight_decay=0.3 * is_weight[i])
        for i in range(4)
    ]
    for step in range(50):
        apply(adamw, theta, G[step], state, is_weight=is_weight)
        expected = [path[step] for path in paths]
        np.testing.assert_allclose(theta, expected, rtol=1e-11, atol=1e-13)


def test_without_a_gradient_only_weights_shrink_and_by_the_share() -> None:
    adamw = AdamW(0.1, weight_decay=0.5)
    theta = np.array([2.0, 2.0])
    state = adamw.start(2, dtype=np.float64)
    for _ in range(10):
        apply(adamw, theta, np.zeros(2), state, is_weight=np.array([True, False]))
    np.testing.assert_allclose(theta, [2.0 * 0.95**10, 2.0], rtol=1e-14)
    np.testing.assert_array_equal(state.moments, 0.0)


def test_the_decay_follows_the_scheduled_rate() -> None:
    adamw = AdamW(0.1, weight_decay=0.5)
    theta = np.ones(1)
    apply(adamw, theta, np.zeros(1), adamw.start(1, np.float64), 0.01, np.array([True]))
    assert theta[0] == pytest.approx(0.995, rel=1e-15)


def test_no_decay_is_adam_bit_for_bit(rng: np.random.Generator) -> None:
    theta = rng.normal(size=5).astype(np.float32)
    other = theta.copy()
    adam, adamw = Adam(0.1), AdamW(0.1, weight_decay=0.0)
    state, other_state = adam.start(5), adamw.start(5)
    for _ in range(10):
        g = rng.normal(size=5).astype(np.float32)
        apply(adam, theta, g, state)
        apply(adamw, other, g, other_state)
    np.testing.assert_array_equal(theta, other)


def test_settings_are_checked() -> None:
    with pytest.raises(InputError, match=r"weight_decay: got -0\.1"):
        AdamW(weight_decay=-0.1)
    assert Adam().weight_decay == 0.0
