"""What y may be for a loss: the numbers that it accepts, some of them to try it with, and draws of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from chainrule.equations.elementary import Array
from chainrule.errors import InputError

Draw = Callable[[np.random.Generator, int, int], Array]


@dataclass(frozen=True)
class Domain:
    """A set of targets.

    Attributes
    ----------
    name : str
        As in ``Loss.domain``.
    words : str
        What is expected, as it should read in an error.
    holds : callable
        From targets (n, k), not empty, to whether all of them belong to it.
    examples : tuple of float
        Single targets that a derivative is tried with; none where a row counts only as a whole.
    draw : callable or None
        ``draw(random, n, k)`` returns targets (n, k) of all kinds; None where any number will do.
    of_classes : bool
        Whether a target can say to which class a row belongs.
    """

    name: str
    words: str
    holds: Callable[[np.ndarray], bool]
    examples: tuple[float, ...] = ()
    draw: Draw | None = None
    of_classes: bool = False


def _counts(random: np.random.Generator, n: int, k: int) -> Array:
    return random.integers(1, 5, (n, k)).astype(float)


def _zeros_and_ones(random: np.random.Generator, n: int, k: int) -> Array:
    return (random.permutation(n * k) % 2).reshape(n, k).astype(float)


def _classes(random: np.random.Generator, n: int, k: int) -> Array:
    return np.eye(k)[(np.arange(n) + random.integers(k)) % k]


DOMAINS = {
    domain.name: domain
    for domain in (
        Domain("real", "any number", lambda y: True, (-1.5, 0.0, 0.7)),
        Domain(
            "nonnegative", "numbers >= 0", lambda y: bool(y.min() >= 0.0), (0.0, 0.7, 2.0), _counts
        ),
        Domain("positive", "numbers > 0", lambda y: bool(y.min() > 0.0), (0.4, 0.7, 2.0), _counts),
        Domain(
            "unit",
            "numbers from 0 to 1",
            lambda y: bool(y.min() >= 0.0 and y.max() <= 1.0),
            (0.0, 0.3, 1.0),
            _zeros_and_ones,
            of_classes=True,
        ),
        Domain(
            "one_hot",
            "rows of class probabilities that sum to 1",
            lambda y: bool(y.min() >= 0.0 and np.allclose(y.sum(axis=1), 1.0, atol=1e-5)),
            draw=_classes,
            of_classes=True,
        ),
    )
}


def domain_named(name: str, *, of_numbers: bool = False) -> Domain:
    """Return a domain by its name; ``of_numbers``: one that says of each target by itself whether it fits.

    Raises
    ------
    InputError
        If there is no such domain.

    Examples
    --------
    >>> domain_named("positive").words
    'numbers > 0'
    """
    known = [key for key, domain in DOMAINS.items() if domain.examples or not of_numbers]
    if name not in known:
        raise InputError.of("domain", got=repr(name), expected=f"one of {', '.join(known)}")
    return DOMAINS[name]
