"""SGD against scikit-learn, against the papers, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neural_network._stochastic_optimizers import SGDOptimizer
from tests.optimizers import oracle

from chainrule.errors import InputError, InputTypeError
from chainrule.optimizers.optimizer import apply
from chainrule.optimizers.sgd import SGD, heavy_ball, nesterov, plain

VARIANTS = [
    SGD(learning_rate=0.05, momentum=0.0),
    SGD(learning_rate=0.05, momentum=0.9, nesterov=False),
    SGD(learning_rate=0.05, momentum=0.9, nesterov=True),
]


@pytest.mark.parametrize("sgd", VARIANTS)
def test_equals_scikit_learn_bit_for_bit(sgd: SGD, rng: np.random.Generator) -> None:
    ours = rng.normal(size=12)
    theirs = ours.copy()
    state = sgd.start(12, dtype=np.float64)
    peer = SGDOptimizer([theirs], 0.05, momentum=sgd.momentum, nesterov=sgd.nesterov)
    for step in range(50):
        g = rng.normal(size=12)
        apply(sgd, ours, g, state)
        peer.update_params([theirs], [g])
        # without momentum theirs adds the negated step: the same number
        np.testing.assert_array_equal(ours, theirs, err_msg=f"step {step + 1}")
    assert state.step == 50


@pytest.mark.parametrize("sgd", VARIANTS)
def test_equals_the_papers(sgd: SGD, rng: np.random.Generator) -> None:
    G = rng.normal(size=(50, 3))
    theta0 = rng.normal(size=3)
    theta, state = theta0.copy(), sgd.start(3, dtype=np.float64)
    paths = [
        oracle.sgd(theta0[i], list(G[:, i]), 0.05, sgd.momentum, sgd.nesterov) for i in range(3)
    ]
    for step in range(50):
        apply(sgd, theta, G[step], state)
        expected = [path[step] for path in paths]
        np.testing.assert_allclose(theta, expected, rtol=1e-12, atol=1e-13)


def test_two_steps_by_hand() -> None:
    """Rate 0.1, momentum 0.5, g = 1 twice: v is -0.1, then -0.15."""
    g = np.ones(1)
    for sgd, expected in (
        (SGD(0.1, 0.0), [0.9, 0.8]),
        (SGD(0.1, 0.5, nesterov=False), [0.9, 0.75]),
        (SGD(0.1, 0.5), [0.85, 0.675]),
    ):
        theta, state, path = np.ones(1), sgd.start(1, dtype=np.float64), []
        for _ in range(2):
            apply(sgd, theta, g, state)
            path.append(theta[0])
        assert path == pytest.approx(expected, rel=1e-15)


def test_rule_and_moments_follow_the_settings() -> None:
    assert (SGD(momentum=0.0).rule, SGD(momentum=0.0).n_moments) == (plain, 0)
    assert (SGD(nesterov=False).rule, SGD(nesterov=False).n_moments) == (heavy_ball, 1)
    assert (SGD().rule, SGD().n_moments) == (nesterov, 1)
    assert SGD(momentum=0.0).coefficients([1, 2, 3]).shape == (3, 0)
    np.testing.assert_array_equal(SGD(momentum=0.8).coefficients([1, 2]), [[0.8], [0.8]])


def test_settings_are_checked() -> None:
    assert SGD(momentum=1.0).momentum == 1.0  # scikit-learn takes it too
    with pytest.raises(InputError, match="momentum"):
        SGD(momentum=1.01)
    with pytest.raises(InputError, match="learning_rate"):
        SGD(learning_rate=0.0)
    with pytest.raises(InputTypeError, match="nesterov: got 'no', expected True or False"):
        SGD(nesterov="no")  # type: ignore[arg-type]  # what is tested
    assert SGD(nesterov=np.bool_(False)).parameters[2] is False
