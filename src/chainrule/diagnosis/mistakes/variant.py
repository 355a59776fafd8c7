"""A backward pass with mistakes planted in it: the reference, term by term, some of the terms replaced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from chainrule.diagnosis.mistakes.mistake import (
    RIGHT_TERM,
    Mistake,
    Place,
    Setting,
)
from chainrule.equations.elementary import Array

Planted = Mapping[tuple[str, int], Mistake]  # (term, layer) -> what stands in its place


@dataclass
class Gradients:
    """What a backward pass returns, indexed by layer as in the equations; index 0 is not used.

    Attributes
    ----------
    dW, db : list of ndarray or None
        None where nothing was returned. A wrong shape is kept as it came.
    delta : list of ndarray or None
        dJ/dz, where it is known.
    """

    dW: list[Array | None]
    db: list[Array | None]
    delta: list[Array | None]


class WrongShape(ValueError):
    """Two arrays of a planted term do not fit: this code would have failed."""


def evaluate(place: Place, term: str, mistake: Mistake | None = None) -> Array:
    """Return one term, right or as ``mistake`` has it; WrongShape if its operands do not fit.

    A mistake that cannot stand here, such as one about tanh at a layer of sigmoids, leaves the term right: where code
    takes its activations as an argument, it shows at another layer on each network.
    """
    if mistake and not mistake.where(place.setting.architecture, place.l):
        mistake = None
    try:
        with np.errstate(all="ignore"):
            value = np.asarray((mistake.compute if mistake else RIGHT_TERM[term])(place))
    except (ValueError, IndexError) as error:
        raise WrongShape(str(error)) from None
    if mistake and mistake.whole_delta:
        return value
    if term in ("error", "up") and value.shape != place.setting.z[place.l].shape:
        raise WrongShape(f"{term}: {value.shape}")
    return value


def descend(
    setting: Setting,
    l: int,
    above: Place | None,
    first: Mistake | None = None,
    prime: Mistake | None = None,
) -> Place:
    """Return layer l with its upstream gradient and delta; ``first`` replaces error (l = L) or up.

    Raises
    ------
    WrongShape
        If the planted term does not fit here.
    """
    place = Place(setting, l, above=above)
    if above is None:
        place.upstream = evaluate(place, "error", first)
    else:
        place.top = above.top
        place.upstream = evaluate(place, "up", first)
    if first and first.whole_delta and first.where(setting.architecture, l):
        if prime:
            raise WrongShape("f' is part of what is replaced")
        place.delta = place.upstream
        return place
    factor = evaluate(place, "prime", prime)
    if factor.shape != place.upstream.shape and factor.size > 1:
        raise WrongShape(f"f': {factor.shape}")
    with np.errstate(all="ignore"):
        place.delta = place.upstream * factor
    if above is None:
        place.top = place.delta
    return place


def together(data: Array, penalty: Array) -> Array:
    """Return data term plus penalty as NumPy broadcasts them; WrongShape if it does not.

    A penalty of 0 is not added: code without one never meets the two shapes.
    """
    if not np.any(penalty):
        return data
    try:
        return data + penalty
    except ValueError as error:
        raise WrongShape(str(error)) from None


def backward_with(setting: Setting, planted: Planted) -> Gradients:
    """Return the gradients of the reference backward pass with mistakes in it.

    Parameters
    ----------
    setting : Setting
        The network, its data and what J is.
    planted : mapping of (term, layer) to Mistake
        Empty for the right gradients.

    Returns
    -------
    Gradients

    Raises
    ------
    WrongShape
        If the mistake's operands do not fit on this network.

    Examples
    --------
    >>> from chainrule.diagnosis.mistakes import named
    >>> from chainrule.diagnosis.probes import probe
    >>> right = backward_with(probe("rectangular").setting, {})
    >>> wrong = backward_with(probe("rectangular").setting, {("sum", 2): named("db_over_units")})
    >>> right.db[2].shape, wrong.db[2].shape
    ((4,), (11,))
    """
    L = setting.L
    gradients = Gradients([None] * (L + 1), [None] * (L + 1), [None] * (L + 1))
    place: Place | None = None
    for l in range(L, 0, -1):
        first = planted.get(("up" if place else "error", l))
        place = descend(setting, l, place, first, planted.get(("prime", l)))
        gradients.delta[l] = place.delta
        gradients.dW[l] = together(
            evaluate(place, "outer", planted.get(("outer", l))),
            evaluate(place, "penalty", planted.get(("penalty", l))),
        )
        gradients.db[l] = together(
            evaluate(place, "sum", planted.get(("sum", l))),
            evaluate(place, "bias_penalty", planted.get(("bias_penalty", l))),
        )
    return gradients
