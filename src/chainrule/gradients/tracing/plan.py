"""The equations of one forward and backward pass, in order, each as a formula with one line of why.

These are the lines of ``network.backprop`` written as trees; evaluated they give the same bits. A ``TraceConvention``
says how somebody's textbook writes them: samples in columns, delta for dJ/dh, the 1/n outside. It is for viewing only;
nothing trains with another convention than the default.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import NamedTuple

from chainrule.equations import penalties
from chainrule.equations.activations import Activation
from chainrule.equations.losses import Loss, losses
from chainrule.errors import InputError
from chainrule.gradients.tracing.formula import (
    Apply,
    Expression,
    MatMul,
    Plus,
    Scalar,
    Sum,
    Symbol,
    Times,
    Transpose,
)
from chainrule.network.architecture import Architecture

_CHOICES = {"samples": ("rows", "columns"), "delta": ("z", "h"), "mean": ("inside", "outside")}


@dataclass(frozen=True)
class TraceConvention:
    """How the equations are written.

    Parameters
    ----------
    samples : {"rows", "columns"}
        Whether a sample is a row, ``z = a W + b``, or a column, ``z = W a + b``.
    delta : {"z", "h"}
        Whether delta is dJ/dz or dJ/dh, the derivative with respect to what the next layer reads.
    mean : {"inside", "outside"}
        Whether delta contains the 1/n of the mean, or dW and db are divided by n.

    Examples
    --------
    >>> TraceConvention(samples="columns").samples
    'columns'
    >>> TraceConvention(samples="diagonals")
    Traceback (most recent call last):
        ...
    chainrule.errors.InputError: samples: got 'diagonals', expected one of 'rows', 'columns'
    """

    samples: str = "rows"
    delta: str = "z"
    mean: str = "inside"

    def __post_init__(self) -> None:
        for field in fields(self):
            chosen, choices = getattr(self, field.name), _CHOICES[field.name]
            if chosen not in choices:
                expected = f"one of {', '.join(map(repr, choices))}"
                raise InputError.of(field.name, got=repr(chosen), expected=expected)

    def __str__(self) -> str:
        mean = "the 1/n is inside delta" if self.mean == "inside" else "dW and db carry the 1/n"
        return f"samples are {self.samples}, delta = dJ/d{self.delta}, {mean}, relu'(0) = 0"


def shown_loss(loss: Loss) -> str:
    """Return the name of a loss, with its numbers if they are not the usual ones."""
    return loss.name if losses.get(loss.name).parameters == loss.parameters else loss.spec


class Equation(NamedTuple):
    """One line: ``symbol = formula``."""

    symbol: Symbol
    formula: Expression
    rule: str
    why: str
    phase: str  #: "forward" or "backward"


class Plan:
    """The equations of an architecture under a convention.

    Parameters
    ----------
    architecture : Architecture
        The network.
    n : int
        The number of samples.
    masked : set of int
        The hidden layers after which units are dropped.
    weighted : bool
        Whether the samples have weights.
    convention : TraceConvention
        How to write them.
    """

    def __init__(
        self,
        architecture: Architecture,
        n: int,
        masked: frozenset[int] = frozenset(),
        weighted: bool = False,
        convention: TraceConvention | None = None,
    ) -> None:
        self.architecture = architecture
        self.masked = masked
        self.convention = TraceConvention() if convention is None else convention
        self.share: Expression = Symbol("share") if weighted else Scalar("1/n", 1.0 / max(n, 1))
        self.l2 = Scalar("l2", architecture.l2)
        self.l1 = Scalar("l1", architecture.l1)

    def equations(self) -> list[Equation]:
        """Return all lines in the order in which they are computed."""
        lines = [*self._forward(), *self._backward()]
        if self.convention.samples == "rows":
            return lines
        return [line._replace(formula=line.formula.transposed()) for line in lines]

    def output_of(self, l: int) -> Symbol:
        """Return the symbol of what layer l + 1 reads."""
        return Symbol("X") if l == 0 else Symbol("h" if l in self.masked else "a", l)

    # ---- forward --------------------------------------------------------------------------------

    def _forward(self) -> Iterator[Equation]:
        L, f = self.architecture.n_layers, self.architecture.f
        for l in range(1, L + 1):
            z, a = Symbol("z", l), Symbol("a", l)
            product = MatMul(self.output_of(l - 1), Symbol("W", l))
            why = "each unit adds up its weighted inputs and its bias"
            yield Equation(z, Plus((product, Symbol("b", l))), "affine", why, "forward")
            if f[l].is_identity:
                yield Equation(a, z, "activation", "no activation: the score as it is", "forward")
            else:
                value = Apply(f[l].spec, f[l], (z,))
                why = f"{f[l].spec}(z) = {f[l].formula}"
                yield Equation(a, value, "activation", why, "forward")
            if l in self.masked:
                why = "dropout: the mask is 0 for a unit that is left out, else 1/(1 - rate)"
                masked = Times((a, Symbol("mask", l)))
                yield Equation(Symbol("h", l), masked, "mask", why, "forward")
        yield from self._objective(Symbol("a", L))

    def _objective(self, scores: Symbol) -> Iterator[Equation]:
        loss = self.architecture.loss_function
        if not loss.link.is_identity:
            link = Apply(loss.link.name, loss.link, (scores,), by_rows=True)
            why = "the output link makes predictions of raw scores; the loss has it built in"
            yield Equation(Symbol("p"), link, "link", why, "forward")
        losses = Apply(
            shown_loss(loss),
            lambda z, y: loss.rows(z, y)[:, None],
            (scores, Symbol("Y")),
            2,
            by_rows=True,
        )
        why = f"{loss.formula}; one number a sample, the sum over its outputs"
        yield Equation(Symbol("loss"), losses, "loss", why, "forward")
        terms: list[Expression] = [Sum(Times((self.share, Symbol("loss"))), "all")]
        if self.architecture.l2 or self.architecture.l1:
            why = "large weights cost; biases do not"
            yield Equation(Symbol("penalty"), self._penalty(), "penalty", why, "forward")
            terms.append(Symbol("penalty"))
        why = "the mean loss and the penalty: what training makes small"
        J = Plus(tuple(terms)) if len(terms) > 1 else terms[0]
        yield Equation(Symbol("J"), J, "objective", why, "forward")

    def _penalty(self) -> Expression:
        W = [Symbol("W", l) for l in range(1, self.architecture.n_layers + 1)]
        parts: list[Expression] = []
        if self.architecture.l2:
            squares = tuple(Sum(Times((Scalar("1/2", 0.5), w, w)), "all") for w in W)
            parts.append(Times((self.l2, Plus(squares))))
        if self.architecture.l1:
            sizes = tuple(Sum(Apply("abs", penalties.l1, (w,)), "all") for w in W)
            parts.append(Times((self.l1, Plus(sizes))))
        return Plus(tuple(parts)) if len(parts) > 1 else parts[0]

    # ---- backward -------------------------------------------------------------------------------

    def _backward(self) -> Iterator[Equation]:
        L, f = self.architecture.n_layers, self.architecture.f
        upstream: Expression = self._output_gradient(Symbol("a", L))
        why = f"derivative of the loss, {self.architecture.loss_function.derivative_formula}"
        why += ", with the share of each sample" if self.convention.mean == "inside" else ""
        for l in range(L, 0, -1):
            local: list[Expression] = []  # what the chain rule puts between dJ/dh and dJ/dz
            if l in self.masked:
                local.append(Symbol("mask", l))
            if not f[l].is_identity:
                yield self._slope(l, f[l])
                local.append(Symbol("f'", l))
            dz: Expression
            if self.convention.delta == "h":
                delta = Symbol("delta", l)
                yield Equation(delta, upstream, self._rule(l), why, "backward")
                dz = Times((delta, *local)) if local else delta
            else:
                dz = Symbol("delta", l)
                rule = self._rule(l)
                if local:
                    dh = Symbol("dh" if l in self.masked else "da", l)
                    yield Equation(dh, upstream, rule, why, "backward")
                    upstream, rule = Times((dh, *local)), "local"
                    why = "the chain rule through the activation: dJ/dz = dJ/da f'(z)"
                yield Equation(dz, upstream, rule, why, "backward")
            yield from self._parameters(l, dz)
            upstream = MatMul(dz, Transpose(Symbol("W", l)))
            why = f"dz[{l}]/d{self.output_of(l - 1).name} is W[{l}]: each unit takes its part of what follows it"

    def _rule(self, l: int) -> str:
        return "loss gradient" if l == self.architecture.n_layers else "backpropagation"

    def _output_gradient(self, scores: Symbol) -> Expression:
        loss = self.architecture.loss_function
        slope = Apply(f"{shown_loss(loss)}'", loss.gradient, (scores, Symbol("Y")), 2, by_rows=True)
        return Times((self.share, slope)) if self.convention.mean == "inside" else slope

    def _slope(self, l: int, f: Activation) -> Equation:
        z, a = Symbol("z", l), Symbol("a", l)
        why = f"{f.spec}'(z) = {f.derivative_formula}"
        return Equation(
            Symbol("f'", l), Apply(f"{f.spec}'", f.prime, (z, a)), "slope", why, "backward"
        )

    def _parameters(self, l: int, dz: Expression) -> Iterator[Equation]:
        """Yield dW[l] and db[l]."""
        outside = self.convention.mean == "outside"
        signal = Times((self.share, dz)) if outside else dz
        W, h = Symbol("W", l), self.output_of(l - 1)
        product: Expression = MatMul(Transpose(h), signal)
        if outside and isinstance(self.share, Scalar):
            product = Times((self.share, MatMul(Transpose(h), dz)))
        penalty: list[Expression] = []
        if self.architecture.l2:
            penalty.append(Times((self.l2, W)))
        if self.architecture.l1:
            penalty.append(Times((self.l1, Apply("sign", penalties.l1_derivative, (W,)))))
        why = f"dz[{l}]/dW[{l}] is {h.name}: input times delta, summed over the samples"
        if penalty:
            why += ", and the penalty's part"
            last = Plus(tuple(penalty)) if len(penalty) > 1 else penalty[0]
            product = Plus((product, last))
        yield Equation(Symbol("dW", l), product, "weight gradient", why, "backward")
        why = f"dz[{l}]/db[{l}] is 1: delta summed over the samples"
        total: Expression = Sum(signal)
        if outside and isinstance(self.share, Scalar):
            total = Times((self.share, Sum(dz)))
        yield Equation(Symbol("db", l), total, "bias gradient", why, "backward")
