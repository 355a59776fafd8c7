"""A trace as one HTML page: formulas as MathML, values as tables. No script, and nothing is loaded from a network."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from chainrule.gradients.formula import Symbol
from chainrule.gradients.views.elide import places
from chainrule.gradients.views.notation import mathml, mathml_symbol
from chainrule.gradients.views.text import header, shape_text

if TYPE_CHECKING:
    from chainrule.gradients.steps import Step
    from chainrule.gradients.trace import Trace

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem;
       color: #1b1f24; background: #fff; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; border-bottom: 1px solid #d0d7de; }
article { margin: 0 0 1.2rem; padding: .6rem 1rem; border-left: 3px solid #8250df; overflow-x: auto; }
article.forward { border-color: #0969da; } article.given { border-color: #8c959f; }
.why { color: #57606a; margin: .2rem 0; } .shape { color: #57606a; float: right; font: 13px monospace; }
math { font-size: 1.15rem; }
table { border-collapse: collapse; font: 13px/1.4 monospace; margin-top: .3rem; }
td, th { padding: .1rem .6rem; text-align: right; border: 1px solid #d8dee4; }
th { color: #8c959f; font-weight: normal; }
td.negative { color: #b42318; }
@media (prefers-color-scheme: dark) {
  body { color: #e6edf3; background: #0d1117; } .why, .shape, th { color: #9aa4af; }
  td, th, h2 { border-color: #30363d; } td.negative { color: #ff8a80; } }
"""


def to_html(trace: Trace, *, title: str = "Trace") -> str:
    """Return the page."""
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(title)}</h1>",
        *(f"<p>{escape(line)}</p>" for line in header(trace)),
        "<h2>Given</h2>",
        *(_given(trace, symbol) for symbol in trace.given),
    ]
    phase = ""
    for step in trace.steps:
        if step.phase != phase:
            phase = step.phase
            parts.append(f"<h2>{phase.capitalize()}</h2>")
        parts.append(_step(trace, step))
    return "\n".join([*parts, "</body></html>\n"])


def _symbol(name: str, layer: int | None) -> Symbol:
    return Symbol(name.partition("[")[0], layer)


def _given(trace: Trace, name: str) -> str:
    letter, _, rest = name.partition("[")
    layer = int(rest[:-1]) if rest else None
    value = trace.given[name]
    return (
        f'<article class="given"><span class="shape">{escape(shape_text(value.shape))}</span>'
        f"<math>{mathml_symbol(Symbol(letter, layer))}</math>{_table(value, *_labels(trace, name))}</article>"
    )


def _step(trace: Trace, step: Step) -> str:
    formula = f"{mathml_symbol(_symbol(step.symbol, step.layer))}<mo>=</mo>{mathml(step.formula)}"
    return (
        f'<article class="{step.phase}"><span class="shape">{escape(shape_text(step.shape))}</span>'
        f'<math display="block"><mrow>{formula}</mrow></math>'
        f'<p class="why">{escape(step.why)}</p>{_table(step.value, *_labels(trace, step.symbol))}</article>'
    )


def _labels(trace: Trace, symbol: str) -> tuple[list[str], list[str]]:
    """Return the names of rows and columns, where the input columns have names."""
    if not trace.features or symbol not in ("X", "W[1]", "dW[1]"):
        return [], []
    across = (symbol == "X") != (trace.convention.samples == "columns")
    return ([], trace.features) if across else (trace.features, [])


def _table(value: np.ndarray, row_names: list[str], column_names: list[str]) -> str:
    matrix = np.atleast_2d(np.asarray(value))
    rows, columns = places(matrix.shape[0]), places(matrix.shape[1])

    def name(names: list[str], index: int | None) -> str:
        if index is None:
            return "…"
        return escape(names[index]) if names else str(index)

    head = "".join(f"<th>{name(column_names, j)}</th>" for j in columns)
    lines = [f"<tr><th></th>{head}</tr>"]
    for i in rows:
        cells = "".join(
            "<td>…</td>" if i is None or j is None else _cell(float(matrix[i, j])) for j in columns
        )
        lines.append(f"<tr><th>{name(row_names, i)}</th>{cells}</tr>")
    return f"<table>{''.join(lines)}</table>"


def _cell(number: float) -> str:
    return f"<td{' class=negative' if number < 0 else ''}>{number:.6g}</td>"
