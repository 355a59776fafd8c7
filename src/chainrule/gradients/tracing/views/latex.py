"""A trace as LaTeX: each equation, its reason, and its value as a matrix, elided if large."""

from __future__ import annotations

import numpy as np

from chainrule.gradients.tracing.formula import Symbol
from chainrule.gradients.tracing.notation import latex, latex_symbol, latex_text
from chainrule.gradients.tracing.traced_pass import TracedPass
from chainrule.gradients.tracing.views.elide import elided
from chainrule.gradients.tracing.views.plain_text import header


def to_latex(trace: TracedPass, *, values: bool = True) -> str:
    """Return the trace for a document that loads amsmath."""
    lines = [rf"\noindent {_prose(line)}\\" for line in header(trace)]
    phase = ""
    for step in trace.steps:
        if step.phase != phase:
            phase = step.phase
            lines.append(rf"\paragraph{{{phase.capitalize()}}}")
        symbol = Symbol(step.symbol.partition("[")[0], step.layer)
        equation = f"{latex_symbol(symbol)} = {latex(step.formula)}"
        if values:
            equation += f" = {latex_value(step.value)}"
        lines += [_prose(step.why), rf"\[ {equation} \]"]
    return "\n".join(lines) + "\n"


def latex_value(value: np.ndarray) -> str:
    """Return a number or a matrix; a vector is a row, as it is added to every row."""
    value = np.asarray(value)
    if value.ndim == 0:
        return latex_number(float(value))
    rows = [
        " & ".join(r"\cdots" if cell is None else latex_number(cell) for cell in row)
        for row in elided(np.atleast_2d(value))
    ]
    body = r" \\ ".join(rows)
    return rf"\begin{{pmatrix}} {body} \end{{pmatrix}}"


def latex_number(number: float) -> str:
    r"""Return a number with six digits.

    Examples
    --------
    >>> print(latex_number(-1.5e-7), latex_number(float("inf")))
    -1.5 \cdot 10^{-7} \infty
    """
    if np.isnan(number):
        return r"\mathrm{NaN}"
    if np.isinf(number):
        return r"\infty" if number > 0 else r"-\infty"
    mantissa, _, exponent = f"{number:.6g}".partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if exponent else mantissa


def _prose(line: str) -> str:
    """Return a line of text, with what LaTeX's text mode cannot take replaced."""
    written = latex_text(line).replace(r"\backslash ", r"\textbackslash{}")
    written = written.replace(r"\sim ", r"\textasciitilde{}").replace(
        r"\hat{\ }", r"\textasciicircum{}"
    )
    for sign, command in (("²", "^2"), ("³", "^3"), ("<", "<"), (">", ">"), ("|", "|")):
        written = written.replace(sign, f"${command}$")
    return written
