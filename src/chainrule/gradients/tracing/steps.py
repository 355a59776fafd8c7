"""A step: one line of a forward or backward pass, with formula, numbers and reason."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chainrule.gradients.tracing.formula import Expression
from chainrule.gradients.tracing.notation import text


@dataclass(frozen=True)
class TraceStep:
    """One line of a pass.

    Attributes
    ----------
    symbol : str
        What is computed: ``"z[2]"``, ``"delta[1]"``, ``"dW[2]"``.
    rule : str
        Which equation: ``"affine"``, ``"activation"``, ``"backpropagation"``, ...
    formula : Expression
        How, as a tree; ``text`` has it written out.
    operands : tuple of str
        The symbols it is computed from.
    value : ndarray
        The result, float64.
    why : str
        The reason, one line.
    phase : str
        ``"forward"`` or ``"backward"``.
    layer : int or None
        The layer, from 1; None for J and its parts.
    """

    symbol: str
    rule: str
    formula: Expression
    operands: tuple[str, ...]
    value: np.ndarray
    why: str
    phase: str
    layer: int | None

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the value; () for a number."""
        return tuple(np.shape(self.value))

    @property
    def text(self) -> str:
        """The equation as text."""
        return f"{self.symbol} = {text(self.formula)}"
