"""A trace as plain data, for JSON."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np

from chainrule.gradients.tracing.notation import latex, text
from chainrule.gradients.tracing.traced_pass import TracedPass


def to_dict(trace: TracedPass) -> dict[str, Any]:
    """Return the whole trace; arrays are nested lists, and a number that is not finite is a text."""
    return {
        "architecture": trace.architecture.to_dict(),
        "convention": asdict(trace.convention),
        "features": trace.features,
        "n": trace.n,
        "J": plain(trace["J"]),
        "given": {
            symbol: {"shape": list(np.shape(value)), "value": plain(value)}
            for symbol, value in trace.given.items()
        },
        "steps": [
            {
                "symbol": step.symbol,
                "rule": step.rule,
                "phase": step.phase,
                "layer": step.layer,
                "formula": text(step.formula),
                "latex": latex(step.formula),
                "operands": list(step.operands),
                "shape": list(step.shape),
                "why": step.why,
                "value": plain(step.value),
            }
            for step in trace.steps
        ],
    }


def plain(value: Any) -> Any:
    """Return a number or an array as JSON can hold it.

    Examples
    --------
    >>> plain(np.array([1.0, float("nan"), -float("inf")]))
    [1.0, 'NaN', '-Infinity']
    """
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return value.tolist() if value.ndim and np.isfinite(value).all() else plain(value.tolist())
    number = float(value)
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else ("Infinity" if number > 0 else "-Infinity")
