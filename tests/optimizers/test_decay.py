"""Decoupled decay keeps its share in float32, where the obvious formula does not."""

from __future__ import annotations

import numpy as np

from chainrule.optimizers.decay import decay


def test_takes_the_share_off() -> None:
    np.testing.assert_allclose(decay(np.array([2.0, -4.0, 0.0]), 0.1, 0.5), [1.9, -3.8, 0.0])


def test_the_mean_share_in_float32_is_unbiased(rng: np.random.Generator) -> None:
    """A million decays of 1e-5: within 0.1 % on average; through 1 - 1e-5 it is off by 0.13 %."""
    theta = rng.uniform(1.0, 2.0, size=1_000_000).astype(np.float32)
    exact = theta.astype(np.float64)

    def mean_share(decayed: np.ndarray) -> float:
        assert decayed.dtype == np.float32
        return float(np.mean((exact - decayed) / exact)) / 1e-5

    assert abs(mean_share(decay(theta, 1e-3, 1e-2)) - 1.0) < 1e-3
    assert abs(mean_share(theta * np.float32(1.0 - 1e-5)) - 1.0) > 1e-3
