"""A user's own J: which convention it follows, and whether it is clipped or overflows.

Gradients are right or wrong only with respect to a J. Where the user has one, its values at random parameters are
fitted as c0 * loss + c1 * sum W² + c2 * sum b², which tells mean from sum, ½ from none, and whether biases count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from chainrule.diagnosis.calling.adapter import Adapter
from chainrule.diagnosis.calling.forms import Form
from chainrule.diagnosis.calling.known import (
    Known,
    NetworkGuess,
    make_probe,
    penalty,
)
from chainrule.diagnosis.calling.trying import Recognised
from chainrule.diagnosis.conventions import words
from chainrule.diagnosis.mistakes import Convention
from chainrule.diagnosis.objective_values import (
    EXACT,
    FittedObjective,
    Measure,
    convention_of,
    reading,
)
from chainrule.diagnosis.probes import Probe
from chainrule.diagnosis.searching.findings import Finding
from chainrule.errors import InputError

_FAR = 40.0  # a score at which a probability is 1 in float64


@dataclass
class Fit:
    """What a user's J is.

    Attributes
    ----------
    convention : Convention
        What was recognised.
    known : Known
        With that convention, and with the loss.
    findings : list of Finding
        What is wrong with J itself.
    notes : list of str
        What was recognised, in words.
    """

    convention: Convention
    known: Known = field(default_factory=Known)
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.known = replace(self.known, convention=self.convention)


def diagnose_objective(
    objective: Callable[..., Any], adapter: Adapter, recognised: Recognised, known: Known
) -> Fit:
    """Return the convention of a user's J and what is wrong with it.

    Parameters
    ----------
    objective : callable
        J, with arguments named like those of the backward function; ``y_pred`` is the prediction.
    adapter : Adapter
        Of the backward function.
    recognised : Recognised
        Its form, which J shares unless it takes its parameters in another container.
    known : Known
        What the user has said.

    Raises
    ------
    InputError
        If J's arguments are not recognised, or its values are none that a loss with a penalty gives.
    """
    own = Adapter(objective)
    l2 = known.l2 if known.l2 is not None else 0.1 if own.has("l2") or adapter.has("l2") else 0.0
    first = make_probe(recognised.families[0], recognised.network, known, l2, recognised.biases)
    best: FittedObjective | None = None
    cause: Exception | None = None
    for form in (recognised.form, *own.forms(first)):
        try:
            found = reading(_valued(own, form), adapter, recognised, known, l2)
        except Exception as error:  # whatever a user's function may raise
            cause = cause or error
            continue
        if found is not None and (best is None or found.rest < best.rest):
            best = replace(found, form=form)
        if best is not None and best.rest < EXACT:
            break
    if best is None and cause is not None:
        raise InputError.of(
            "objective",
            got=f"{type(cause).__name__} from it: {cause}",
            expected="arguments named like those of the backward function; y_pred is the prediction, params or p "
            "the dictionary of the parameters",
            remedy="rename its arguments",
        ) from cause
    if best is None or not best.rest < 1e-6:
        raise InputError.of(
            "objective",
            got="values that no registered loss with a penalty gives",
            expected="a mean or sum of a loss over samples, plus a penalty",
            remedy="give loss= and convention= instead",
        )
    convention = convention_of(best.shapes, l2)
    return Fit(
        convention,
        replace(known, loss=known.loss or best.network.loss),
        _extremes(_valued(own, best.form), recognised, known, best.network),
        [f"judged against your own J: {words(convention, l2)}"],
    )


def returned_objective(adapter: Adapter, recognised: Recognised, known: Known) -> Fit | None:
    """Return the convention of the J that a function returns beside its gradients; None if it returns none."""

    def value(p: Probe) -> float:
        found = adapter.call(p, recognised.form).value
        return np.nan if found is None else found

    l2 = penalty(adapter, known)
    try:
        best = reading(value, adapter, recognised, known, l2)
    except Exception:  # whatever a user's function may raise: then its J says nothing
        return None
    if best is None or not best.rest < 1e-6:
        return None
    convention = convention_of(best.shapes, l2)
    return Fit(
        convention,
        replace(known, loss=known.loss or best.network.loss),
        notes=[f"judged against the J that it returns: {words(convention, l2)}"],
    )


def _valued(own: Adapter, form: Form) -> Measure:
    def value(p: Probe) -> float:
        result, _ = own.raw(p, form)
        if isinstance(result, tuple | list):
            result = result[0]
        return float(np.asarray(result, dtype=float).sum())

    return value


def _extremes(
    measure: Measure, recognised: Recognised, known: Known, network: NetworkGuess
) -> list[Finding]:
    """Look at a log-loss where a probability is 1 to the last bit."""
    if "log_loss" not in network.loss:
        return []
    p = make_probe(recognised.families[0], network, known, 0.0, recognised.biases)
    theta = p.theta.copy()
    theta.W[-1][...] = 0.0
    theta.b[-1][...] = -_FAR
    theta.b[-1][0] = _FAR
    Y = np.zeros_like(p.Y)
    Y[:, -1] = 1.0 if Y.shape[1] > 1 else 0.0
    far = replace(p, theta=theta, Y=Y)
    try:
        value = measure(far)
    except (ArithmeticError, ValueError):
        value = np.nan
    should = float(far.setting.loss.rows(far.setting.a[-1], Y).mean())
    scale = float(measure(p) / p.setting.loss.rows(p.setting.a[-1], p.Y).mean())
    should *= scale
    right = "log(1 + exp(s)) - y s, on the raw score s; for classes logsumexp(s) - s[y]"
    if not np.isfinite(value):
        return [
            Finding(
                "loss_overflows",
                (),
                "all",
                f"the loss is {value} where a score is {_FAR:g}: a logarithm meets 0",
                "-(y log p + (1 - y) log(1 - p))",
                right,
                "compute the loss from the raw score",
                (f"it should be {should:.6g}",),
            )
        ]
    if abs(value - should) > 1e-3 * abs(should):
        return [
            Finding(
                "loss_clipped",
                (),
                "all",
                "the loss is clipped, its gradient is not: far from the target they contradict each other",
                "p = clip(p, eps, 1 - eps) in the loss, p - y in the gradient",
                right,
                "compute the loss from the raw score; nothing needs clipping then",
                (
                    f"at score {_FAR:g}, target {'0' if network.n_outputs == 1 else 'another class'}: "
                    f"loss {value:.4g}, should be {should:.4g}",
                    "there a numerical derivative of the loss is 0, and the gradient 1",
                ),
            )
        ]
    return []
