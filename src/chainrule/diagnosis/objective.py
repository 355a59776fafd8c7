"""A user's own J: which convention it follows, and whether it is clipped or overflows.

Gradients are right or wrong only with respect to a J. Where the user has one, its values at random parameters are
fitted as c0 * loss + c1 * sum W² + c2 * sum b², which tells mean from sum, ½ from none, and whether biases count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import numpy as np

from chainrule.diagnosis.calling.adapter import Adapter
from chainrule.diagnosis.calling.known import Known, Network, guesses, make_probe
from chainrule.diagnosis.calling.trying import Recognised
from chainrule.diagnosis.mistakes import Convention
from chainrule.diagnosis.probes import Probe
from chainrule.diagnosis.searching.findings import Finding
from chainrule.errors import InputError

_DRAWS = 8
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
        Its form, which J shares.
    known : Known
        What the user has said.

    Raises
    ------
    InputError
        If J's arguments are not recognised, or its values are none that a loss with a penalty gives.
    """
    own = Adapter(objective)
    best: tuple[float, Any, Network] | None = None
    l2 = known.l2 if known.l2 is not None else 0.1 if own.has("l2") or adapter.has("l2") else 0.0
    for network in guesses(adapter, known, recognised.network):
        probes = [
            make_probe(recognised.families[0], network, known, l2, recognised.biases, seed)
            for seed in range(_DRAWS)
        ]
        values = [_value(own, p, recognised) for p in probes]
        fit, rest = _fitted(probes, values)
        if best is None or rest < best[0]:
            best = rest, fit, network
        if rest < 1e-8:
            break
    if best is None or not best[0] < 1e-6:
        raise InputError.of(
            "objective",
            got="values that no registered loss with a penalty gives",
            expected="a mean or sum of a loss over samples, plus a penalty",
            remedy="give loss= and convention= instead",
        )
    _, (loss_factor, weights, biases), network = best
    n, k = make_probe(recognised.families[0], network, known, l2).Y.shape
    convention = _convention(loss_factor, weights, biases, l2, n, k)
    return Fit(
        convention,
        replace(known, loss=known.loss or network.loss),
        _extremes(own, recognised, known, network),
        [f"judged against your own J: {_words(convention, l2)}"],
    )


def _value(own: Adapter, p: Probe, recognised: Recognised) -> float:
    try:
        result, _ = own.raw(p, recognised.form)
    except InputError:
        raise
    except Exception as error:  # whatever a user's function may raise
        raise InputError.of(
            "objective",
            got=f"{type(error).__name__} from it: {error}",
            expected="arguments named like those of the backward function; y_pred is the prediction, params or p "
            "the dictionary of the parameters",
            remedy="rename its arguments",
        ) from error
    if isinstance(result, tuple | list):
        result = result[0]
    return float(np.asarray(result, dtype=float).sum())


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


def _convention(
    loss: float, weights: float, biases: float, l2: float, n: int, k: int
) -> Convention:
    options = [
        (abs(np.log2(factor)), i, factor, mean, outputs)
        for i, (mean, outputs) in enumerate(product((True, False), (False, True)))
        if (factor := loss * (n if mean else 1) * (k if outputs else 1)) > 0
    ]
    # the reading whose factor is nearest to 1: 1 itself, else 2 or 1/2
    _, _, factor, mean, outputs = min((round(o[0], 6), *o[1:]) for o in options)
    penalty, over = (2.0 * weights / l2 if l2 else 1.0), False
    if n > 1 and abs(penalty * n - round(penalty * n)) < 1e-6 and 0 < penalty < 2.5 / n:
        penalty, over = penalty * n, True
    return Convention(
        float(np.round(factor, 9)),
        mean,
        float(np.round(penalty, 9)),
        over,
        bool(abs(biases) > 1e-9 and l2 > 0),
        outputs,
    )


def _words(c: Convention, l2: float) -> str:
    factor = "" if c.loss_factor == 1.0 else f"{c.loss_factor:g} times "
    text = f"{factor}the {'mean' if c.mean else 'sum'} of the losses"
    text += " over samples and outputs" if c.over_outputs else ""
    if l2 and c.penalty_factor:
        over = "/n" if c.penalty_over_n else ""
        what = "W² + b²" if c.biases_penalised else "W²"
        text += f" + {c.penalty_factor / 2:g} l2{over} sum({what})"
    return text


def _extremes(
    own: Adapter, recognised: Recognised, known: Known, network: Network
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
        value = _value(own, far, recognised)
    except (ArithmeticError, ValueError):
        value = np.nan
    should = float(far.setting.loss.rows(far.setting.a[-1], Y).mean())
    scale = float(_value(own, p, recognised) / p.setting.loss.rows(p.setting.a[-1], p.Y).mean())
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
