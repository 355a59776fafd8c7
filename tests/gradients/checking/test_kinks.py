"""Kinks are named by sample, layer and unit."""

from __future__ import annotations

import numpy as np

from chainrule.gradients.checking.kinks import kinks_between, kinks_near
from chainrule.network.network import Network


def planted(rng: np.random.Generator) -> tuple[Network, np.ndarray]:
    """A network with z[2] of sample 3, unit 1 exactly at 0."""
    net = Network([3, 4, 2, 1], "relu", "absolute_error", random_state=3)
    net.parameters.vector += 0.3 * rng.standard_normal(net.parameters.vector.size)
    X = rng.standard_normal((5, 3))
    net.b[2][1] -= net.forward(X).z[2][3, 1]
    return net, X


def test_the_kink_a_step_crosses_is_named(rng: np.random.Generator) -> None:
    net, X = planted(rng)
    plus, minus = net.parameters.copy(), net.parameters.copy()
    plus.b[2][1] += 1e-9
    minus.b[2][1] -= 1e-9
    (kink,) = kinks_between(plus, minus, X)
    assert (kink.sample, kink.layer, kink.unit, kink.what) == (3, 2, 1, "activation")
    assert str(kink).startswith("sample 3, layer 2, unit 1")


def test_the_kink_that_the_parameters_stand_on_is_named(rng: np.random.Generator) -> None:
    net, X = planted(rng)
    found = kinks_near(net.parameters, X, distance=1e-12)
    assert [(k.sample, k.layer, k.unit) for k in found] == [(3, 2, 1)]


def test_kinks_of_loss_and_penalty_are_told_apart(rng: np.random.Generator) -> None:
    net, X = planted(rng)
    net = Network(
        net.architecture.sizes,
        "relu",
        "absolute_error",
        l1=0.1,
        initializer=[array for l in (1, 2, 3) for array in (net.W[l], net.b[l])],
    )
    net.W[3][1, 0] = 0.0
    Y = net.scores(X) + 1.0
    Y[2, 0] -= 1.0
    found = {k.what: k for k in kinks_near(net.parameters, X, Y, distance=1e-12)}
    assert set(found) == {"activation", "loss", "penalty"}
    assert (found["loss"].sample, found["loss"].unit) == (2, 0)
    assert (found["penalty"].layer, found["penalty"].sample, found["penalty"].unit) == (3, 1, 0)
    assert "l1 penalty at W[3][1, 0]" in str(found["penalty"])


def test_a_smooth_network_has_none(rng: np.random.Generator) -> None:
    net = Network([3, 4, 1], "tanh")
    X = rng.standard_normal((5, 3))
    moved = net.parameters.copy()
    moved.vector += 0.5
    assert kinks_between(net.parameters, moved, X, np.zeros((5, 1))) == []
