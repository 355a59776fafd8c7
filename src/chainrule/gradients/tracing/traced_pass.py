"""The record of one pass: every quantity by its symbol, and the steps that compute them.

A step's value is its formula evaluated from its operands, and the formulas are those of ``network.backprop`` line by
line, with the same functions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from chainrule.errors import InputError
from chainrule.gradients.problem import Problem
from chainrule.gradients.tracing.plan import Plan, TraceConvention
from chainrule.gradients.tracing.steps import TraceStep
from chainrule.network.architecture import Architecture


class TracedPass:
    """A forward and backward pass, step by step.

    Attributes
    ----------
    architecture : Architecture
    convention : TraceConvention
        How it is written.
    given : dict of str to ndarray
        What the steps start from: X, Y, W[l], b[l], and masks and shares where there are any.
    steps : list of TraceStep
        In the order in which they are computed.
    features : list of str
        The names of the input columns; empty if they have none.
    """

    def __init__(
        self,
        problem: Problem,
        convention: TraceConvention | None = None,
        features: Sequence[str] = (),
    ) -> None:
        self.architecture: Architecture = problem.architecture
        self.convention = TraceConvention() if convention is None else convention
        self.features = [str(name) for name in features]
        self._problem = problem
        plan = Plan(
            problem.architecture, problem.n, problem.masked, problem.weighted, self.convention
        )
        self.given = problem.given(columns=self.convention.samples == "columns")
        self.steps: list[TraceStep] = []
        self._values = dict(self.given)
        with np.errstate(all="ignore"):
            for symbol, formula, rule, why, phase in plan.equations():
                value = np.asarray(formula.evaluate(self._values))
                self._values[symbol.name] = value
                operands = formula.operands()
                self.steps.append(
                    TraceStep(symbol.name, rule, formula, operands, value, why, phase, symbol.layer)
                )

    def __iter__(self) -> Iterator[TraceStep]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, symbol: str) -> np.ndarray:
        """Return the value of a symbol, given or computed; ``"a[0]"`` is X."""
        name = "X" if symbol in ("a[0]", "h[0]") else symbol
        if name not in self._values:
            raise InputError.of(
                "symbol", got=repr(symbol), expected=f"one of {', '.join(self._values)}"
            )
        return self._values[name]

    @property
    def symbols(self) -> list[str]:
        """All symbols, those given first."""
        return list(self._values)

    @property
    def n(self) -> int:
        """The number of samples."""
        return self._problem.n

    @property
    def J(self) -> float:
        """The objective."""
        return float(self["J"])

    def step(self, symbol: str) -> TraceStep:
        """Return the step that computes ``symbol``."""
        for step in self.steps:
            if step.symbol == symbol:
                return step
        computed = ", ".join(step.symbol for step in self.steps)
        raise InputError.of("symbol", got=repr(symbol), expected=f"one of {computed}")

    def gradient(self) -> np.ndarray:
        """Return dJ/dtheta as a flat vector, in the layout of ``Parameters``, whatever the convention."""
        parts = []
        for l in range(1, self.architecture.n_layers + 1):
            dW, db = self[f"dW[{l}]"], self[f"db[{l}]"]
            parts += [(dW.T if self.convention.samples == "columns" else dW).ravel(), db.ravel()]
        return np.concatenate(parts)
