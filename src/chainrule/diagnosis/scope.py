"""What was really tried: a gradient that is right on one sample, or without hidden layers, is not called correct.

Half of all mistakes change no number there: a sum over samples, a mean, a transpose, an index of a layer.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from chainrule.diagnosis.behaviour import shown, where
from chainrule.diagnosis.calling.adapter import Adapter
from chainrule.diagnosis.calling.known import Known, make_probe
from chainrule.diagnosis.calling.trying import Recognised, run_on
from chainrule.diagnosis.conventions import words
from chainrule.diagnosis.explaining import Best
from chainrule.diagnosis.searching.evidence import of_whole
from chainrule.diagnosis.searching.findings import Finding
from chainrule.diagnosis.searching.runs import Run

_SLIPS = (IndexError, NameError)  # what a loop over layers raises that was written for one


@dataclass
class Scope:
    """For what a right gradient was seen to be right.

    Attributes
    ----------
    words : str
        To follow "correct", where it is less than everything.
    reasons : list of str
        Why nothing can be said, where that is so.
    notes : list of str
        What else was seen.
    findings : list of Finding
        What fails where more is asked of it.
    """

    words: str = ""
    reasons: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def for_one_sample(adapter: Adapter, best: Best, found: list[Finding]) -> list[Finding]:
    """Return the findings that say no more than that code for one sample x, y was given several."""
    x = next((name for name, r in adapter.roles.items() if r.kind == "X"), "")
    L = best.explanation.runs[0].setting.L
    return [
        finding
        for finding in found
        if x.islower() and finding.kind == "db_not_summed" and len(finding.layers) == L
        if not best.convention.mean
    ]


def another_objective(best: Best, known: Known) -> Finding:
    """Return the finding that the gradients, or what is left of them, belong to another J than the one given."""
    setting = best.explanation.runs[0].setting
    l2 = setting.architecture.l2
    theirs, given = words(best.convention, l2), words(known.convention, l2)
    return Finding(
        "another_objective",
        tuple(range(1, setting.L + 1)),
        "all",
        f"the gradient belongs to {theirs}, and J is {given}",
        f"the gradient of {theirs}",
        f"the gradient of {given}",
        "divide by n, by n k, or not at all, in J and in its gradient alike; the penalty too",
        of_whole(
            [
                replace(run, setting=run.setting.under(known.convention))
                for run in best.explanation.runs
            ]
        ),
    )


ONE_SAMPLE = (
    "for one sample its db is right; given several, it keeps db of each: if it is meant for several, db must be "
    "summed over them; if for one, give call=, a function of (function, probe) that calls it for each sample of "
    "probe.X and takes the mean"
)


def of(adapter: Adapter, recognised: Recognised, known: Known, best: Best) -> Scope:
    """Return for what a function was judged."""
    scope = Scope()
    _samples(scope, adapter, recognised, known, best)
    _layers(scope, adapter, recognised, known, best)
    _flat_targets(scope, adapter, recognised, known, best)
    return scope


def _samples(
    scope: Scope, adapter: Adapter, recognised: Recognised, known: Known, best: Best
) -> None:
    if known.n_samples is not None or any(run.setting.n > 1 for run in best.explanation.runs):
        return
    if recognised.form.samples == "vector":
        scope.words = "for one sample at a time"
        return
    p = make_probe("rectangular", best.network, known, 0.1, recognised.biases)
    failure = run_on(adapter, recognised.form, p)
    scope.reasons.append(
        "it is right for one sample, where many mistakes change no number, and gives no gradient for several"
        + (f": {shown(failure)}{where(failure, ', ')}" if isinstance(failure, Exception) else "")
        + "; give call=, a function of (function, probe) that calls it for each sample and takes the mean"
    )


def _layers(
    scope: Scope, adapter: Adapter, recognised: Recognised, known: Known, best: Best
) -> None:
    one_layer = best.explanation.runs[0].setting.L == 1
    asked_for = known.n_layers is not None or adapter.n_layers is not None
    if not one_layer or asked_for or recognised.form.container == "array" or adapter.custom:
        return
    error = recognised.deeper
    if isinstance(error, _SLIPS):
        scope.findings.append(
            Finding(
                "fails_with_hidden_layers",
                (),
                "all",
                f"with a hidden layer it raises {shown(error)}: only without one does it give a gradient",
                change="going back, delta[l] is computed from delta[l + 1] and W[l + 1], for l = L - 1 down to 1",
                evidence=tuple(filter(None, [where(error, "")])),
            )
        )
    elif error is not None and not isinstance(error, TypeError | LookupError | AttributeError):
        scope.reasons.append(
            "it is right without hidden layers, where most mistakes cannot be made; with one it raises "
            f"{shown(error)}{where(error, ', ')}"
        )
    else:
        scope.words = "without hidden layers"


def _flat_targets(
    scope: Scope, adapter: Adapter, recognised: Recognised, known: Known, best: Best
) -> None:
    """Say whether targets of shape (n,) broadcast against (n, 1) without an error."""
    network, form = best.network, recognised.form
    if network.n_outputs != 1 or form.targets != "2-D" or form.samples != "rows" or adapter.custom:
        return
    p = make_probe(recognised.families[0], network, known, 0.1, recognised.biases)
    right, flat = (run_on(adapter, replace(form, targets=t), p) for t in ("2-D", "flat"))
    if not isinstance(right, Run) or not isinstance(flat, Run):
        return
    pairs = zip(right.user.dW[1:], flat.user.dW[1:], strict=True)
    if all(
        a is not None and b is not None and a.size == b.size and np.allclose(a.ravel(), b.ravel())
        for a, b in pairs
    ):
        return
    scope.words = scope.words or "for targets of shape (n, 1)"
    scope.notes.append(
        "with targets of shape (n,) it raises no error and its gradient is wrong: (n, 1) - (n,) is (n, n); "
        "reshape y to (n, 1) first, or check its shape"
    )
