"""Code that makes the step itself: W - rate * dW comes back, or W is changed in place. The step is what is judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from chainrule.diagnosis.calling.returned import Read
from chainrule.diagnosis.mistakes.variant import Gradients
from chainrule.diagnosis.probes import Probe
from chainrule.diagnosis.searching.factors import agreeing
from chainrule.diagnosis.searching.runs import Run
from chainrule.equations.elementary import Array

AFTER = " after a step"
_NEAR = 0.5  # of the size of W: further than this a step does not go


def is_step(found: Read, p: Probe) -> bool:
    """Tell whether what came back are the weights of the probe after a step, and not gradients."""
    pairs = list(zip(found.gradients.dW[1:], p.theta.W[1:], strict=True))
    return all(
        given is not None
        and given.shape == W.shape
        and bool(np.abs(given - W).max() <= _NEAR * np.abs(W).max())
        for given, W in pairs
    )


def as_gradients(found: Read, p: Probe, rate: float | None) -> Read:
    """Return the step as gradients, divided by the rate where it is known."""
    gradients = Gradients(
        _stepped(found.gradients.dW, p.theta.W, rate),
        _stepped(found.gradients.db, p.theta.b, rate),
        [None] * len(found.gradients.dW),
    )
    return replace(found, gradients=gradients, container=f"{found.container}{AFTER}")


def in_units_of_the_rate(runs: list[Run]) -> list[Run]:
    """Return runs of code with a rate of its own, divided by it, where it can be told: one number on all networks."""
    several = [run for run in runs if run.setting.n > 1]
    factors = [agreeing(run)[1] for run in several]
    per_sample = [c / run.setting.n for c, run in zip(factors, several, strict=True)]  # J is a sum
    rate = next(
        (min(c) for c in (factors, per_sample) if c and max(c) - min(c) <= 1e-6 * max(map(abs, c))),
        None,
    )
    if rate is None:
        return runs

    def divided(arrays: Sequence[Array | None]) -> list[Array | None]:
        return [None if array is None else array / rate for array in arrays]

    return [
        replace(run, user=Gradients(divided(run.user.dW), divided(run.user.db), run.user.delta))
        for run in runs
    ]


def _stepped(
    after: Sequence[Array | None], before: Sequence[Array], rate: float | None
) -> list[Array | None]:
    pairs = zip(after[1:], before[1:], strict=True)
    return [None, *(None if a is None else (W - a) / (rate or 1.0) for a, W in pairs)]
