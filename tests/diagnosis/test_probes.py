"""Probes show everything: other widths than samples, no z near a kink, deltas of a good size."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from chainrule.diagnosis.mistakes.variant import backward_with
from chainrule.diagnosis.probes import FAMILIES, probe, shape

LOSSES = ("squared_error", "binary_log_loss", "multiclass_log_loss")


@pytest.mark.parametrize("n_layers", [1, 2, 3, 4, 5])
def test_nothing_coincides_in_a_rectangular_probe(n_layers: int) -> None:
    sizes, n = shape("rectangular", n_layers)
    assert len(sizes) == n_layers + 1
    assert len({*sizes, n}) == n_layers + 2


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("n_layers", [1, 2, 3])
def test_every_layer_has_a_gradient_and_no_kink_is_near(
    family: str, loss: str, n_layers: int
) -> None:
    p = probe(family, loss=loss, n_layers=n_layers)
    right = backward_with(p.setting, {})
    for l in range(1, n_layers + 1):
        assert 0.01 < np.abs(right.delta[l]).max() * len(p.X) < 20.0
        if p.setting.f[l].kinks:
            z = p.setting.z[l]
            assert np.abs(z).min() > 0.01
            assert z.min() < 0 < z.max()


def test_the_same_arguments_give_the_same_probe() -> None:
    assert probe("square", seed=3) is probe("square", seed=3)
    assert not np.array_equal(probe("square", seed=3).X, probe("square", seed=4).X)


def test_neighbouring_activations_differ_and_the_families_differ() -> None:
    for family in FAMILIES:
        names = probe(family).activations
        assert all(one != two for one, two in itertools.pairwise(names))
    assert probe("rectangular").activations != probe("square").activations


def test_a_users_own_network_is_kept() -> None:
    p = probe("yours", sizes=[7, 3, 1], activations=["relu", "identity"], n_samples=2, l2=0.0)
    assert (p.sizes, p.activations, p.X.shape, p.l2) == (
        (7, 3, 1),
        ("relu", "identity"),
        (2, 7),
        0.0,
    )
