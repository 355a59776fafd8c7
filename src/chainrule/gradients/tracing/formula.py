"""Formulas as small trees, so that what is shown is what is computed.

A step of a trace is one tree. ``evaluate`` computes its value from the values of its operands, ``views.entries`` writes
one entry of it as its sum of products, ``transposed`` turns it into the formula of those whose samples are columns, and
``notation`` writes it as text, LaTeX and MathML. None of them can say anything but what the others say.

Rows are samples, matrices are (rows, columns), a bias is a vector (units,) that is added to every row. With samples in
columns every matrix is transposed and a bias is a column (units, 1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

Values = Mapping[str, np.ndarray]


class Expression:
    """A formula: a symbol, a number, or an operation on formulas."""

    @property
    def children(self) -> tuple[Expression, ...]:
        """The formulas that this one is made of."""
        return ()

    def operands(self) -> tuple[str, ...]:
        """Return the names of all symbols in it, each once, in reading order."""
        names = [name for child in self.children for name in child.operands()]
        return tuple(dict.fromkeys(names))

    def evaluate(self, values: Values) -> Any:
        """Return its value, given the values of its symbols."""
        raise NotImplementedError

    def transposed(self) -> Expression:
        """Return the formula for transposed operands, whose value is the transpose of this one's."""
        raise NotImplementedError


@dataclass(frozen=True)
class Symbol(Expression):
    """A quantity by its name: ``Symbol("W", 2)`` is W[2], ``Symbol("J")`` is J."""

    letter: str
    layer: int | None = None

    @property
    def name(self) -> str:
        """Its name as text."""
        return self.letter if self.layer is None else f"{self.letter}[{self.layer}]"

    def operands(self) -> tuple[str, ...]:
        """Return its own name."""
        return (self.name,)

    def evaluate(self, values: Values) -> Any:
        """Look it up."""
        return values[self.name]

    def transposed(self) -> Symbol:
        """Return itself: the value under its name is transposed."""
        return self


@dataclass(frozen=True)
class Scalar(Expression):
    """A number with the text that is shown for it: ``Scalar("1/n", 0.25)``."""

    text: str
    value: float

    def evaluate(self, values: Values) -> float:
        """Return the number."""
        return self.value

    def transposed(self) -> Scalar:
        """Return itself."""
        return self


@dataclass(frozen=True)
class Transpose(Expression):
    """The transpose of a matrix."""

    of: Expression

    @property
    def children(self) -> tuple[Expression, ...]:
        """The matrix."""
        return (self.of,)

    def evaluate(self, values: Values) -> Any:
        """Return the transpose."""
        return self.of.evaluate(values).T

    def transposed(self) -> Transpose:
        """Transpose what is inside."""
        return Transpose(self.of.transposed())


@dataclass(frozen=True)
class MatMul(Expression):
    """The matrix product of two formulas."""

    left: Expression
    right: Expression

    @property
    def children(self) -> tuple[Expression, ...]:
        """Both factors."""
        return (self.left, self.right)

    def evaluate(self, values: Values) -> Any:
        """Return the product."""
        return self.left.evaluate(values) @ self.right.evaluate(values)

    def transposed(self) -> MatMul:
        """Return (A B)' = B' A'."""
        return MatMul(self.right.transposed(), self.left.transposed())


@dataclass(frozen=True)
class Times(Expression):
    """The elementwise product, from left to right."""

    factors: tuple[Expression, ...]

    @property
    def children(self) -> tuple[Expression, ...]:
        """The factors."""
        return self.factors

    def evaluate(self, values: Values) -> Any:
        """Return the product."""
        result = self.factors[0].evaluate(values)
        for factor in self.factors[1:]:
            result = result * factor.evaluate(values)
        return result

    def transposed(self) -> Times:
        """Transpose each factor."""
        return Times(tuple(factor.transposed() for factor in self.factors))


@dataclass(frozen=True)
class Plus(Expression):
    """The sum, from left to right."""

    terms: tuple[Expression, ...]

    @property
    def children(self) -> tuple[Expression, ...]:
        """The terms."""
        return self.terms

    def evaluate(self, values: Values) -> Any:
        """Return the sum."""
        result = self.terms[0].evaluate(values)
        for term in self.terms[1:]:
            result = result + term.evaluate(values)
        return result

    def transposed(self) -> Plus:
        """Transpose each term."""
        return Plus(tuple(term.transposed() for term in self.terms))


@dataclass(frozen=True)
class Sum(Expression):
    """The sum over the samples, or over everything."""

    of: Expression
    over: str = "samples"  #: "samples" or "all"
    axis: int = 0

    @property
    def children(self) -> tuple[Expression, ...]:
        """What is summed."""
        return (self.of,)

    def evaluate(self, values: Values) -> Any:
        """Return the sum; over samples in columns it stays a column."""
        value = self.of.evaluate(values)
        if self.over == "all":
            return np.asarray(value).ravel().sum()
        return value.sum(axis=self.axis, keepdims=self.axis == 1)

    def transposed(self) -> Sum:
        """Sum over the other axis."""
        return replace(self, of=self.of.transposed(), axis=1 - self.axis)


@dataclass(frozen=True)
class Apply(Expression):
    """A function of formulas: an activation, a loss, or one of their derivatives.

    Attributes
    ----------
    name : str
        As it is shown: ``"relu"``, ``"relu'"``.
    function : callable
        The very function that trains.
    arguments : tuple of Expression
        What it takes.
    shown : int
        How many of the arguments a reader needs to see; a derivative also takes the value, for speed.
    by_rows : bool
        Whether it takes samples as rows and must be given them so; else it is elementwise.
    """

    name: str
    function: Callable[..., Any]
    arguments: tuple[Expression, ...]
    shown: int = 1
    by_rows: bool = False
    columns: bool = False

    @property
    def children(self) -> tuple[Expression, ...]:
        """The arguments."""
        return self.arguments

    def evaluate(self, values: Values) -> Any:
        """Return the function's value."""
        arguments = [argument.evaluate(values) for argument in self.arguments]
        if self.by_rows and self.columns:
            return self.function(*(argument.T for argument in arguments)).T
        return self.function(*arguments)

    def transposed(self) -> Apply:
        """Transpose the arguments."""
        arguments = tuple(argument.transposed() for argument in self.arguments)
        return replace(self, arguments=arguments, columns=not self.columns)
