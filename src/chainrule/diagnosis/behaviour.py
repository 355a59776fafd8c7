"""What a function does besides its numbers: fail, change its arguments, remember its last call, return NaN."""

from __future__ import annotations

import traceback
from typing import Any

import numpy as np

from chainrule.diagnosis.calling.adapter import Adapter
from chainrule.diagnosis.calling.known import Known, NetworkGuess, make_probe, penalty
from chainrule.diagnosis.calling.returned import Unreadable
from chainrule.diagnosis.calling.stepping import AFTER
from chainrule.diagnosis.calling.trying import FLOAT32, Recognised
from chainrule.diagnosis.mistakes.variant import Gradients
from chainrule.diagnosis.searching.explanation import Explanation
from chainrule.diagnosis.searching.findings import Finding
from chainrule.diagnosis.searching.runs import Run


def failed(name: str, cause: BaseException | None) -> Finding:
    """Return what is to be said of a function that gave no gradient on any network."""
    lines: tuple[str, ...]
    if cause is None:
        text, lines = f"{name} could not be called", ()
    elif isinstance(cause, Unreadable):
        text, lines = f"{name} runs, but its result holds no gradients: {cause}", ()
    else:
        text, lines = f"{name} raises {shown(cause)}", _where(cause)
    change = "call it yourself on small arrays first; if its arguments are unusual, give call="
    if isinstance(cause, UnboundLocalError | NameError):
        change = (
            "a name is used before it has a value; going back, layer l is computed from layer l + 1, "
            "as in delta1 = (delta2 @ W2.T) * f'(z1)"
        )
    return Finding("fails", (), "all", text, change=change, evidence=lines)


def shown(error: BaseException) -> str:
    """Return an exception as people read it."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def where(error: BaseException, before: str) -> str:
    """Return the user's own line that raised it, after ``before``; nothing if there is none."""
    return "".join(before + line for line in _where(error))


def _where(error: BaseException) -> tuple[str, ...]:
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "chainrule/diagnosis" not in frame.filename.replace("\\", "/")
        and "numpy" not in frame.filename
    ]
    return (f"line {own[-1].lineno}: {own[-1].line}",) if own and own[-1].line else ()


def of(
    adapter: Adapter, recognised: Recognised, runs: list[Run], known: Known, network: Any
) -> list[Finding]:
    """Return findings about changed arguments, memory of earlier calls, and numbers that are not finite."""
    found = []
    family = runs[0].name
    p = make_probe(family, network, known, penalty(adapter, known), recognised.biases, seed=5)
    try:
        first, changed = adapter.call_and_watch(p, recognised.form)
        second, _ = adapter.call_and_watch(p, recognised.form)
    except Exception:  # reported with the runs
        return []
    if changed and not recognised.container.endswith(AFTER):
        names = ", ".join(changed)
        found.append(
            Finding(
                "arguments_changed",
                (),
                "all",
                f"the function changes its argument {names} in place",
                wrong=f"{names} -= ... or {names}[...] = ...",
                right="a gradient function leaves its arguments as they are",
                change="work on a copy, and make the step outside",
            )
        )
    one, two = _flat(first.gradients), _flat(second.gradients)
    if (
        not changed
        and one.shape == two.shape
        and np.all(np.isfinite(one))
        and not np.allclose(one, two, rtol=1e-9, atol=0)
    ):
        grows = float(np.abs(two).sum() / max(np.abs(one).sum(), 1e-300))
        found.append(
            Finding(
                "not_repeatable",
                (),
                "all",
                "the same call gives another gradient the second time",
                change="set the gradients to zero at the start of each call, and draw no random numbers in it",
                evidence=(f"the second result is {grows:.3g} times as large as the first",),
            )
        )
    for run in runs:
        for l in range(run.setting.L, 0, -1):
            for quantity, array in (("dW", run.user.dW[l]), ("db", run.user.db[l])):
                if array is not None and not np.all(np.isfinite(array)):
                    return [
                        *found,
                        Finding(
                            "not_finite",
                            (l,),
                            quantity,
                            f"layer {l}: {quantity} holds NaN or infinity on {run.name}",
                            change="look for log(0), a division by 0, or exp of a large number",
                        ),
                    ]
    return found


def _flat(gradients: Gradients) -> Any:
    return np.concatenate([np.ravel(x) for x in (*gradients.dW, *gradients.db) if x is not None])


def notes(explanation: Explanation, failures: dict[str, Exception]) -> list[str]:
    """Return remarks on precision, on networks where the function fails, and on its own deltas."""
    texts = []
    if any(run.rtol == FLOAT32 for run in explanation.runs):
        texts.append(
            "its numbers are exact only to float32 (about 1e-7 of each term): a numerical check of them needs "
            "float64, or differences of 1e-4 to 1e-3 appear that are no mistake"
        )
    for family, error in failures.items():
        where = "".join(f", {line}" for line in _where(error))
        texts.append(f"on the {family} network it fails: {shown(error)}{where}")
    texts += _deltas(explanation)
    return texts


def _deltas(explanation: Explanation) -> list[str]:
    """Compare the user's own deltas, where they were returned, with those that explain the gradients."""
    places = explanation.ties[0].places
    for i, place in places.items():
        run = explanation.judged[i]
        above = place
        while above is not None:
            user = run.user.delta[above.l]
            if user is not None and user.shape == above.delta.shape and np.any(above.delta):
                scale = float((user * above.delta).sum() / max((above.delta**2).sum(), 1e-300))
                if np.allclose(user, scale * above.delta, rtol=1e-6, atol=1e-12):
                    return _convention(scale, run.setting.n)
            if above.above is None:
                break
            above = above.above
    return []


def _convention(scale: float, n: int) -> list[str]:
    texts = {
        1.0: "",
        -1.0: "your deltas have the opposite sign (y - p, of the log-likelihood); your gradients turn it back",
        float(n): "your deltas do not contain 1/n; your gradients divide",
        -float(
            n
        ): "your deltas have the opposite sign (y - p, of the log-likelihood) and no 1/n; your gradients set "
        "both right",
    }
    for value, text in texts.items():
        if abs(scale - value) < 1e-6 * abs(value):
            return [text] if text else []
    return [f"your deltas are {scale:.4g} times dJ/dz"]


def form_text(recognised: Recognised, network: NetworkGuess, known: Known, adapter: Adapter) -> str:
    """Say in which form the function was called and what it was taken to compute."""
    parts = [
        "by your call=" if adapter.custom else str(recognised.form),
        f"returns {recognised.container}",
    ]
    if not recognised.biases:
        parts.append("no biases")
    if not adapter.takes_activations:
        names = known.activations or network.activations() or ()
        if names:
            parts.append(
                f"activations {', '.join(names)}"
                + ("" if known.activations or known.hidden else " (guessed)")
            )
    else:
        parts.append("activations as given")
    parts.append(f"loss {network.loss}" + ("" if known.loss else " (guessed)"))
    if not adapter.has("l2") and known.l2 is None:
        parts.append("no penalty")
    return "; ".join(parts)
