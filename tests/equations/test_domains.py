"""What y may be: each domain holds its own examples and draws, and not what lies outside."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.equations.domains import DOMAINS, domain_named
from chainrule.equations.losses import losses
from chainrule.errors import InputError

OUTSIDE = {
    "nonnegative": [[-1e-9]],
    "positive": [[0.0]],
    "unit": [[1.0 + 1e-9], [-0.1]],
    "one_hot": [[0.5, 0.6], [-0.5, 1.5]],
}


@pytest.mark.parametrize("name", DOMAINS)
def test_examples_and_draws_belong_to_the_domain(name: str, rng: np.random.Generator) -> None:
    domain = domain_named(name)
    for example in domain.examples:
        assert domain.holds(np.array([[example]]))
    if domain.draw is not None:
        y = domain.draw(rng, 12, 3)
        assert y.shape == (12, 3)
        assert domain.holds(y)
        assert len(np.unique(y)) > 1


@pytest.mark.parametrize(("name", "row"), [(n, row) for n, rows in OUTSIDE.items() for row in rows])
def test_what_lies_outside_is_not_held(name: str, row: list[float]) -> None:
    inside = np.full((3, len(row)), 1.0 / len(row))
    assert DOMAINS[name].holds(inside)
    assert not DOMAINS[name].holds(np.vstack([inside, row]))


def test_every_loss_names_a_domain() -> None:
    assert {loss.domain for loss in losses} <= set(DOMAINS)


def test_an_unknown_domain_is_told_with_those_that_there_are() -> None:
    with pytest.raises(InputError, match=r"domain: got 'reals', expected one of real, .* one_hot"):
        domain_named("reals")
    with pytest.raises(InputError, match=r"expected one of real, nonnegative, positive, unit$"):
        domain_named("one_hot", of_numbers=True)
