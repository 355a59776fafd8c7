"""One entry written as its sum of products, with the numbers in; and all that concerns one unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

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
    Values,
)
from chainrule.gradients.tracing.notation import text
from chainrule.gradients.tracing.traced_pass import TracedPass

Index = tuple[int, ...]
MOST = 8  #: terms that are written out; more are elided
WIDTH = 100


@dataclass(frozen=True)
class Term:
    """One summand: in symbols, in numbers, and its value."""

    symbols: str
    numbers: str
    value: float


@dataclass(frozen=True)
class Expansion:
    """One entry of a quantity as a sum.

    Attributes
    ----------
    name : str
        The entry: ``"dW[2][0, 1]"``.
    terms : tuple of Term
        All of them, also those that are elided in print.
    value : float
        The entry.
    """

    name: str
    terms: tuple[Term, ...]
    value: float

    def __str__(self) -> str:
        left = " " * len(self.name)
        lines = [
            *_filled(f"{self.name} = ", self.pieces("symbols")),
            *_filled(f"{left} = ", self.pieces("numbers")),
        ]
        total = f"{left} = {number(self.value)}"
        return "\n".join(lines if lines[-1] == total else [*lines, total])

    def pieces(self, which: str) -> list[str]:
        """Return the terms as text, by ``"symbols"`` or ``"numbers"``, elided if there are many."""
        written = [getattr(term, which) for term in self.terms]
        if len(written) <= MOST:
            return written
        left_out = self.terms[MOST - 2 : -1]
        rest = f"{len(left_out)} more terms"
        if which == "numbers":
            rest += f": {number(sum(term.value for term in left_out))}"
        return [*written[: MOST - 2], f"({rest})", written[-1]]


def _filled(start: str, pieces: list[str]) -> list[str]:
    """Join pieces by plus signs into lines of readable width."""
    lines, line = [], start + pieces[0]
    for piece in pieces[1:]:
        first, _, rest = piece.partition(" ")
        if first.startswith("-"):
            piece = f"({first}) {rest}".rstrip()
        if len(line) + len(piece) + 3 > WIDTH:
            lines.append(line)
            line = f"{' ' * len(start)}+ {piece}"
        else:
            line += f" + {piece}"
    return [*lines, line]


def expand(trace: TracedPass, symbol: str, index: Index) -> Expansion:
    """Return one entry of a computed quantity as its sum of products."""
    step = trace.step(symbol)
    shape = step.shape
    fits = len(index) == len(shape) and all(-k <= i < k for i, k in zip(index, shape, strict=True))
    if not fits:
        raise InputError.of(
            f"index of {symbol}",
            got=index,
            expected=f"{len(shape)} numbers within {shape}" if shape else "nothing: it is a number",
        )
    index = tuple(i % k for i, k in zip(index, shape, strict=True))
    values = {name: trace[name] for name in step.operands}
    found = tuple(_terms(step.formula, values, index))
    return Expansion(_entry_name(symbol, index), found, float(step.value[index]))


def number(value: float) -> str:
    """Return a number with six digits; there is one zero."""
    return f"{value + 0.0:.6g}"


def _entry_name(symbol: str, index: Index) -> str:
    return f"{symbol}[{', '.join(map(str, index))}]" if index else symbol


def _within(value: Any, index: Index) -> Index:
    """Return the index into an operand that NumPy broadcasts to ``index``."""
    shape = np.shape(value)
    tail = index[len(index) - len(shape) :]
    return tuple(0 if k == 1 else i for i, k in zip(tail, shape, strict=True))


def _terms(formula: Expression, values: Values, index: Index) -> list[Term]:
    """Return the summands of one entry."""
    match formula:
        case Plus(parts):
            return [term for part in parts for term in _terms(part, values, index)]
        case MatMul(left, right):
            i, j = index
            inner = np.shape(left.evaluate(values))[1]
            return [
                _product(_factors(left, values, (i, k)) + _factors(right, values, (k, j)))
                for k in range(inner)
            ]
        case Sum(of, over, axis):
            shape = np.shape(of.evaluate(values))
            if over == "all":
                return [term for place in np.ndindex(shape) for term in _terms(of, values, place)]
            if axis == 0:
                return [
                    term for k in range(shape[0]) for term in _terms(of, values, (k, index[-1]))
                ]
            return [term for k in range(shape[1]) for term in _terms(of, values, (index[0], k))]
    return [_product(_factors(formula, values, index))]


def _product(factors: list[Term]) -> Term:
    """Return the product of factors as one term."""
    value = 1.0
    for factor in factors:
        value *= factor.value
    numbers = [
        f"({factor.numbers})" if position and factor.numbers.startswith("-") else factor.numbers
        for position, factor in enumerate(factors)
    ]
    return Term(" ".join(factor.symbols for factor in factors), " * ".join(numbers), value)


def _factors(formula: Expression, values: Values, index: Index) -> list[Term]:
    """Return one entry of a formula as a product."""
    match formula:
        case Symbol():
            place = _within(values[formula.name], index)
            value = float(values[formula.name][place])
            return [Term(_entry_name(formula.name, place), number(value), value)]
        case Scalar(written, value):
            return [Term(written, number(value), value)]
        case Transpose(of):
            return _factors(of, values, index[::-1])
        case Times(factors):
            return [term for factor in factors for term in _factors(factor, values, index)]
        case Apply(name, _, arguments, shown, by_rows):
            whole = np.asarray(formula.evaluate(values))
            value = float(whole[_within(whole, index)])
            if by_rows:  # a loss reads a whole row: its entry is looked up
                name = f"{text(formula)}[{', '.join(map(str, index))}]"
                return [Term(name, number(value), value)]
            inner = [_product(_factors(part, values, index)) for part in arguments[:shown]]
            symbols = f"{name}({', '.join(part.symbols for part in inner)})"
            numbers = f"{name}({', '.join(part.numbers for part in inner)})"
            return [Term(symbols, numbers, value)]
    parts = _terms(formula, values, index)
    whole_sum = Expansion("", tuple(parts), sum(part.value for part in parts))
    symbols, numbers = (" + ".join(whole_sum.pieces(which)) for which in ("symbols", "numbers"))
    return [Term(f"({symbols})", f"({numbers})", whole_sum.value)]


# ---- one unit -----------------------------------------------------------------------------------


def unit_text(trace: TracedPass, layer: int, unit: int, sample: int = 0) -> str:
    """Return what one unit gets, gives and is told, for one sample, and the gradient of its weights."""
    L = trace.architecture.n_layers
    if not 1 <= layer <= L:
        raise InputError.of("layer", got=layer, expected=f"1 to {L}")
    fan_in, fan_out = trace.architecture.sizes[layer - 1 : layer + 1]
    if not 0 <= unit < fan_out:
        raise InputError.of("unit", got=unit, expected=f"0 to {fan_out - 1} in layer {layer}")
    if not 0 <= sample < trace.n:
        raise InputError.of("sample", got=sample, expected=f"0 to {trace.n - 1}")
    columns = trace.convention.samples == "columns"
    place = (unit, sample) if columns else (sample, unit)
    name = trace.architecture.activations[layer - 1]
    lines = [f"Layer {layer}, unit {unit} ({name}), sample {sample}", ""]
    computed = {step.symbol for step in trace.steps}
    for letter in ("z", "a", "h", "f'", "da", "dh", "delta"):
        if f"{letter}[{layer}]" in computed:
            lines += [str(expand(trace, f"{letter}[{layer}]", place)), ""]
    return "\n".join([*lines, *_weights_table(trace, layer, unit, sample, fan_in)])


def _weights_table(trace: TracedPass, layer: int, unit: int, sample: int, fan_in: int) -> list[str]:
    def rows(symbol: str) -> np.ndarray:
        return trace[symbol].T if trace.convention.samples == "columns" else trace[symbol]

    before = next(
        symbol
        for symbol in (f"h[{layer - 1}]", f"a[{layer - 1}]")
        if symbol in trace.symbols or layer == 1
    )
    inputs, W, dW = (
        rows(before)[sample],
        rows(f"W[{layer}]")[:, unit],
        rows(f"dW[{layer}]")[:, unit],
    )
    shown = np.arange(fan_in)
    note = f"its {fan_in} weights"
    if fan_in > 2 * MOST:
        shown = np.argsort(-np.abs(dW), kind="stable")[: 2 * MOST]
        note = f"the {len(shown)} of its {fan_in} weights with the largest gradient"
    names = trace.features if layer == 1 and trace.features else [str(i) for i in range(fan_in)]
    width = max(5, *(len(names[i]) for i in shown))
    lines = [note, f"{'input':>{width}} {'value':>13} {'W':>13} {'value * W':>13} {'dW':>13}"]
    for i in shown:
        cells = (inputs[i], W[i], inputs[i] * W[i], dW[i])
        lines.append(f"{names[i]:>{width}} " + " ".join(f"{number(cell):>13}" for cell in cells))
    b, db = trace[f"b[{layer}]"].ravel()[unit], trace[f"db[{layer}]"].ravel()[unit]
    lines.append(f"{'bias':>{width}} {'':>13} {number(b):>13} {number(b):>13} {number(db):>13}")
    return lines
