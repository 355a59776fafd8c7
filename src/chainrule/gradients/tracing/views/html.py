"""A trace as one HTML page: formulas as MathML, values as tables. No script, and nothing is loaded from a network."""

from __future__ import annotations

from html import escape

import numpy as np

from chainrule.gradients.tracing.formula import Symbol
from chainrule.gradients.tracing.notation import mathml, mathml_symbol
from chainrule.gradients.tracing.steps import TraceStep
from chainrule.gradients.tracing.traced_pass import TracedPass
from chainrule.gradients.tracing.views.elide import places
from chainrule.gradients.tracing.views.plain_text import header, shape_text

# All of it is scoped, with a background of its own: a notebook shows the trace among other things, in any theme. The
# wide parts scroll by themselves, under a shadow that says so, so that the page never does.
_STYLE = """
.chainrule-trace { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 0 auto; padding: .5rem 1rem;
  color-scheme: light dark; color: CanvasText; background: Canvas;
  --muted: color-mix(in srgb, CanvasText 70%, transparent); --line: color-mix(in srgb, CanvasText 20%, transparent);
  --negative: #b42318; }
@media (prefers-color-scheme: dark) { .chainrule-trace { --negative: #ff8a80; } }
.chainrule-trace h1 { font-size: clamp(1.1rem, 4.5vw, 1.4rem); line-height: 1.3; overflow-wrap: anywhere; }
.chainrule-trace h2 { font-size: 1.1rem; margin: 1.6rem 0 .8rem; border-bottom: 1px solid var(--line); }
.chainrule-trace article { margin: 0 0 1.2rem; padding: .3rem 0 .3rem 1rem; border-left: 3px solid #8250df; }
.chainrule-trace article.forward { border-color: #0969da; }
.chainrule-trace article.given { border-color: #8c959f; }
.chainrule-trace .head { display: flex; flex-wrap: wrap; gap: 0 1rem; justify-content: space-between;
  align-items: center; }
.chainrule-trace .shape { color: var(--muted); font: 13px monospace; white-space: nowrap; }
.chainrule-trace .why { color: var(--muted); margin: .2rem 0 .4rem; overflow-wrap: anywhere; }
.chainrule-trace .number { font: 14px/1.4 monospace; margin: .3rem 0; }
.chainrule-trace .wide { overflow-x: auto; background:
  linear-gradient(to right, Canvas 40%, transparent) left / 2rem 100% no-repeat local,
  linear-gradient(to left, Canvas 40%, transparent) right / 2rem 100% no-repeat local,
  linear-gradient(to right, var(--line), transparent) left / .7rem 100% no-repeat scroll,
  linear-gradient(to left, var(--line), transparent) right / .7rem 100% no-repeat scroll; }
.chainrule-trace .head .wide { padding: .2rem 0; max-width: 100%; }
.chainrule-trace math { font-size: 1.2rem; white-space: nowrap; }
.chainrule-trace mfrac > * { padding: .12em .15em; }
.chainrule-trace table { border-collapse: collapse; font: 13px/1.5 monospace; margin: 0; }
.chainrule-trace td, .chainrule-trace th { padding: .1rem .6rem; text-align: right; white-space: nowrap;
  border: 1px solid var(--line); background: none; }
.chainrule-trace th { color: var(--muted); font-weight: normal; }
.chainrule-trace td.negative { color: var(--negative); }
"""


def to_html(trace: TracedPass, *, title: str = "Trace") -> str:
    """Return the page."""
    parts = [
        "<!DOCTYPE html>",
        # The scheme is an attribute, which a notebook drops, so that the rest of it stays as it is.
        '<html lang="en" style="color-scheme: light dark"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
        '<main class="chainrule-trace">',
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
    return "\n".join([*parts, "</main></body></html>\n"])


def _symbol(name: str, layer: int | None) -> Symbol:
    return Symbol(name.partition("[")[0], layer)


def _given(trace: TracedPass, name: str) -> str:
    letter, _, rest = name.partition("[")
    layer = int(rest[:-1]) if rest else None
    value = trace.given[name]
    return (
        f'<article class="given">{_head(mathml_symbol(Symbol(letter, layer)), value)}'
        f"{_values(value, *_labels(trace, name))}</article>"
    )


def _step(trace: TracedPass, step: TraceStep) -> str:
    formula = f"{mathml_symbol(_symbol(step.symbol, step.layer))}<mo>=</mo>{mathml(step.formula)}"
    return (
        f'<article class="{step.phase}">{_head(formula, step.value)}'
        f'<p class="why">{escape(step.why)}</p>{_values(step.value, *_labels(trace, step.symbol))}</article>'
    )


def _head(formula: str, value: np.ndarray) -> str:
    shape = escape(shape_text(np.shape(value)))
    return (
        f'<div class="head"><div class="wide"><math displaystyle="true"><mrow>{formula}</mrow></math></div>'
        f'<span class="shape">{shape}</span></div>'
    )


def _labels(trace: TracedPass, symbol: str) -> tuple[list[str], list[str]]:
    """Return the names of rows and columns, where the input columns have names."""
    if not trace.features or symbol not in ("X", "W[1]", "dW[1]"):
        return [], []
    across = (symbol == "X") != (trace.convention.samples == "columns")
    return ([], trace.features) if across else (trace.features, [])


def _values(value: np.ndarray, row_names: list[str], column_names: list[str]) -> str:
    value = np.asarray(value)
    if value.ndim == 0:
        return f'<p class="number">{_written(float(value))}</p>'
    matrix = np.atleast_2d(value)
    rows, columns = places(matrix.shape[0]), places(matrix.shape[1])

    def name(names: list[str], index: int | None) -> str:
        if index is None:
            return "…"
        return escape(names[index]) if names else str(index)

    def row_head(index: int | None) -> str:  # a vector has one row, and that has no number
        return f"<th>{name(row_names, index)}</th>" if value.ndim > 1 else ""

    corner = "<th></th>" if value.ndim > 1 else ""
    head = "".join(f"<th>{name(column_names, j)}</th>" for j in columns)
    lines = [f"<tr>{corner}{head}</tr>"]
    for i in rows:
        cells = "".join(
            "<td>…</td>" if i is None or j is None else _cell(float(matrix[i, j])) for j in columns
        )
        lines.append(f"<tr>{row_head(i)}{cells}</tr>")
    return f'<div class="wide"><table>{"".join(lines)}</table></div>'


def _cell(number: float) -> str:
    return f"<td{' class=negative' if number < 0 else ''}>{_written(number)}</td>"


def _written(number: float) -> str:
    return f"{number + 0.0:.6g}"  # -0.0 reads like a secret
