"""Fit a J that is known by its values as c0 * sum of losses + c1 * sum W² + c2 * sum b², on networks of two shapes.

The factors tell a mean from a sum, ½ from none, and whether biases count; on one shape alone 2/k may look like 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from chainrule.diagnosis.calling.adapter import Adapter
from chainrule.diagnosis.calling.forms import Form
from chainrule.diagnosis.calling.known import Known, NetworkGuess, families, guesses, make_probe
from chainrule.diagnosis.calling.trying import Recognised
from chainrule.diagnosis.mistakes import Convention
from chainrule.diagnosis.probes import Probe

_DRAWS = 8
EXACT = 1e-8  # what a J leaves that is understood, relative

Measure = Callable[[Probe], float]


@dataclass(frozen=True)
class Shape:
    """J on networks of n samples and k outputs is loss * sum of losses + weights * sum W² + biases * sum b²."""

    n: int
    k: int
    loss: float
    weights: float
    biases: float


@dataclass(frozen=True)
class FittedObjective:
    """A J as it fits best, and what it leaves."""

    shapes: list[Shape]
    rest: float
    network: NetworkGuess
    form: Form = field(default_factory=Form)


def reading(
    value: Measure, adapter: Adapter, recognised: Recognised, known: Known, l2: float
) -> FittedObjective | None:
    """Return the loss that J holds and its factors, on networks of two shapes: on one, 2/k may look like 1."""
    best: FittedObjective | None = None
    for network in guesses(adapter, known, recognised.network):
        shapes: list[Shape] = []
        rest = 0.0
        for family in dict.fromkeys((recognised.families[0], *families(known)[:2])):
            probes = [
                make_probe(family, network, known, l2, recognised.biases, seed)
                for seed in range(_DRAWS)
            ]
            try:
                values = [value(p) for p in probes]
            except Exception:
                if not shapes:
                    raise
                continue  # code for one shape only
            (loss, weights, biases), off = _fitted(probes, values)
            n, k = probes[0].Y.shape
            shapes.append(Shape(n, k, loss, weights, biases))
            rest = max(rest, off)
            if off > EXACT:
                break
        if best is None or rest < best.rest:
            best = FittedObjective(shapes, rest, network)
        if rest < EXACT:
            break
    return best


def _fitted(probes: list[Probe], values: list[float]) -> tuple[tuple[float, float, float], float]:
    rows = []
    for p in probes:
        loss = float(p.setting.loss.rows(p.setting.a[-1], p.Y).sum())
        W = sum(float((w * w).sum()) for w in p.W)
        b = sum(float((x * x).sum()) for x in p.b)
        rows.append((loss, W, b))
    A, y = np.array(rows), np.array(values)
    if not np.all(np.isfinite(y)) or np.ptp(y) == 0.0:
        return (0.0, 0.0, 0.0), np.inf
    c, *_ = np.linalg.lstsq(A, y, rcond=None)
    if c[0] < 1e-9:
        return (0.0, 0.0, 0.0), np.inf
    rest = float(np.abs(A @ c - y).max() / max(np.abs(y).max(), 1e-300))
    return (float(c[0]), float(c[1]), float(c[2])), rest


def convention_of(shapes: list[Shape], l2: float) -> Convention:
    """Return the convention that the factors belong to, on all shapes."""
    options = []
    for i, (mean, outputs) in enumerate(product((True, False), (False, True))):
        factors = [s.loss * (s.n if mean else 1) * (s.k if outputs else 1) for s in shapes]
        if min(factors) > 0 and _equal(factors):
            # the reading whose factor is nearest to 1: 1 itself, else 2 or 1/2
            options.append((round(abs(np.log2(factors[0])), 6), i, factors[0], mean, outputs))
    if not options:  # a factor of the shape that is none of these: take the first as it stands
        return convention_of(shapes[:1], l2)
    _, _, factor, mean, outputs = min(options)
    penalties = [2.0 * s.weights / l2 if l2 else 1.0 for s in shapes]
    times_n = [p * s.n for p, s in zip(penalties, shapes, strict=True)]
    nearly_whole = abs(times_n[0] - round(times_n[0])) < 1e-6 and 0 < times_n[0] < 2.5
    over = shapes[0].n > 1 and _equal(times_n) and (nearly_whole or not _equal(penalties))
    return Convention(
        float(np.round(factor, 9)),
        mean,
        float(np.round(times_n[0] if over else penalties[0], 9)),
        over,
        bool(abs(shapes[0].biases) > 1e-9 and l2 > 0),
        outputs,
    )


def _equal(numbers: list[float]) -> bool:
    return max(numbers) - min(numbers) <= 1e-6 * max(map(abs, numbers))
