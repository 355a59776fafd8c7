"""A trace as plain text for a terminal, and the table of shapes."""

from __future__ import annotations

import textwrap

import numpy as np

from chainrule.errors import InputError
from chainrule.gradients.tracing.plan import shown_loss
from chainrule.gradients.tracing.steps import TraceStep
from chainrule.gradients.tracing.traced_pass import TracedPass

WIDTH = 100
_SHOWN = (
    60  #: numbers of an array that are printed whole; more are elided to the first and last three
)


def to_text(trace: TracedPass) -> str:
    """Return the whole trace, elided where arrays are large."""
    return "\n".join([*header(trace), "", *_steps(trace.steps)]).rstrip()


def layer_text(trace: TracedPass, layer: int) -> str:
    """Return the steps of one layer."""
    L = trace.architecture.n_layers
    if not 1 <= layer <= L:
        raise InputError.of("layer", got=layer, expected=f"1 to {L}")
    steps = [step for step in trace.steps if step.layer == layer]
    return "\n".join([*header(trace), "", *_steps(steps)]).rstrip()


def _steps(steps: list[TraceStep]) -> list[str]:
    lines: list[str] = []
    phase = ""
    width = min(66, max(len(step.text) for step in steps))
    for step in steps:
        if step.phase != phase:
            phase = step.phase
            lines += [f"-- {phase} {'-' * (WIDTH - len(phase) - 4)}", ""]
        lines += [*_step(step, width), ""]
    return lines


def header(trace: TracedPass) -> list[str]:
    """Return two lines that say what is traced and how it is written."""
    a = trace.architecture
    penalties = [f"{name} = {value:g}" for name, value in (("l2", a.l2), ("l1", a.l1)) if value]
    sizes = "-".join(map(str, a.sizes))
    functions = ", ".join(a.activations)
    parts = [f"{sizes}, {functions}, {shown_loss(a.loss_function)}", *penalties]
    samples = "1 sample" if trace.n == 1 else f"{trace.n} samples"
    return [
        f"Trace of {samples} through {', '.join(parts)}: J = {trace.J:.9g}",
        f"float64; {trace.convention}",
    ]


def numbers(value: np.ndarray, indent: str = "    ") -> str:
    """Return an array as indented text, elided if it is large."""
    value = np.asarray(value)
    if value.ndim == 0:
        return f"{indent}{float(value):.9g}"
    sizes = np.abs(value[np.isfinite(value) & (value != 0.0)])
    plain = sizes.size == 0 or (sizes.min() >= 1e-6 and 1e-3 <= sizes.max() < 1e6)
    written = np.array2string(
        value + 0.0,  # -0.0 reads like a secret
        precision=6,
        suppress_small=bool(plain),
        threshold=_SHOWN,
        edgeitems=3,
        max_line_width=WIDTH - len(indent),
    )
    return "\n".join(indent + line for line in written.splitlines())


def shape_text(shape: tuple[int, ...]) -> str:
    """Return a shape; a number has none."""
    return str(shape) if shape else "number"


def _step(step: TraceStep, width: int) -> list[str]:
    equation = textwrap.wrap(step.text, WIDTH - 12, subsequent_indent="        ")
    first = f"{equation[0]:<{width}}  {shape_text(step.shape)}"
    return [first, *equation[1:], f"    # {step.why}", numbers(step.value)]


_MEANINGS = {
    "X": "the samples",
    "Y": "the targets",
    "share": "the part of each sample in the mean",
    "W": "weights",
    "b": "biases",
    "mask": "dropout mask",
    "z": "weighted sums",
    "a": "activations",
    "h": "activations after dropout",
    "p": "predictions",
    "loss": "loss of each sample",
    "penalty": "penalty on the weights",
    "J": "objective",
    "f'": "slopes of the activation",
    "delta": "dJ/dz",
    "da": "dJ/da",
    "dh": "dJ/dh",
    "dW": "dJ/dW, shaped as W",
    "db": "dJ/db, shaped as b",
}


class ShapeTable(dict[str, tuple[int, ...]]):
    """The shape of every quantity by its symbol; prints as a table.

    Examples
    --------
    >>> from chainrule.gradients.trace import trace
    >>> from chainrule.network.network import Network
    >>> shapes = trace(Network([2, 3, 1]), [[1.0, 2.0]], [[1.0]]).shapes()
    >>> shapes["dW[1]"]
    (2, 3)
    """

    def __init__(self, trace: TracedPass) -> None:
        super().__init__((symbol, tuple(np.shape(trace[symbol]))) for symbol in trace.symbols)
        self.convention = trace.convention

    def __str__(self) -> str:
        width = max(map(len, self))
        across = "(samples, units)" if self.convention.samples == "rows" else "(units, samples)"
        lines = [f"{'symbol':<{width}}  {'shape':<14}  meaning; {across}"]
        for symbol, shape in self.items():
            meaning = _MEANINGS[symbol.partition("[")[0]]
            if symbol.startswith("delta"):
                meaning = f"dJ/d{self.convention.delta}"
            lines.append(f"{symbol:<{width}}  {shape_text(shape):<14}  {meaning}")
        return "\n".join(lines)
