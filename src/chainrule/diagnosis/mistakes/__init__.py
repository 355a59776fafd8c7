"""The bank of mistakes: what people write in place of each term of the backward pass, beside the right term."""

from __future__ import annotations

from chainrule.diagnosis.mistakes import (
    bias_gradients,
    output,
    penalty_gradients,
    prime,
    propagation,
    weight_gradients,
)
from chainrule.diagnosis.mistakes.convention import CHAINRULE, Convention
from chainrule.diagnosis.mistakes.mistake import TERMS, Mistake, Place, Setting
from chainrule.diagnosis.mistakes.whole import WHOLE, WholeMistake

#: Every kind, in the order in which a backward pass could meet it. Of two that nothing tells apart, the first is named.
BANK: tuple[Mistake, ...] = (
    *output.MISTAKES,
    *prime.MISTAKES,
    *propagation.MISTAKES,
    *weight_gradients.MISTAKES,
    *bias_gradients.MISTAKES,
    *penalty_gradients.MISTAKES,
)


def named(name: str) -> Mistake:
    """Return the kind called ``name``; KeyError if there is none.

    Examples
    --------
    >>> named("db_over_units").sentence
    'db is summed over units, not samples'
    """
    for mistake in BANK:
        if mistake.name == name:
            return mistake
    raise KeyError(name)


__all__ = [
    "BANK",
    "WHOLE",
    "CHAINRULE",
    "TERMS",
    "Convention",
    "Mistake",
    "Place",
    "Setting",
    "WholeMistake",
    "named",
]
