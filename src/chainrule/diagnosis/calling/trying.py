"""Find out in which form a backward function is written, and run it on probes.

The form is found on the most telling family of probes on which the function runs at all; where several forms run, the
one whose gradients need the fewest mistakes to explain is taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.diagnosis.calling.adapter import Adapter
from chainrule.diagnosis.calling.forms import Form, without_biases
from chainrule.diagnosis.calling.known import (
    NAMED,
    Known,
    NetworkGuess,
    families,
    guesses,
    make_probe,
    may_follow,
    penalty,
)
from chainrule.diagnosis.calling.returned import Read, Unreadable
from chainrule.diagnosis.mistakes.variant import Gradients
from chainrule.diagnosis.probes import Probe
from chainrule.diagnosis.searching.factors import agreeing
from chainrule.diagnosis.searching.runs import Run
from chainrule.diagnosis.searching.search import search

_TRIES = 4  # failures by KeyError and the like after which a container is given up
FLOAT64, FLOAT32 = 1e-6, 1e-4  # agreement of two gradients, relative to the largest entry


@dataclass
class Recognised:
    """How a function is called, and on what it runs."""

    form: Form
    network: NetworkGuess
    container: str
    biases: bool
    families: tuple[str, ...]
    deeper: Exception | None = None  #: what it raised on all networks of more layers


class NotRecognised(Exception):
    """The function ran in no form; ``cause`` is how far it got."""

    def __init__(self, cause: BaseException | None) -> None:
        super().__init__(str(cause))
        self.cause = cause


def _depths(adapter: Adapter, known: Known) -> Sequence[int]:
    """Return the numbers of layers to try."""
    if known.sizes is not None:
        return [len(known.sizes) - 1]
    if known.activations is not None:
        return [len(known.activations)]
    given = known.n_layers or adapter.n_layers
    if given:
        return [given]
    # a function that is told its depth and runs with one layer only has failed on its hidden layers
    return [3, 2] if adapter.takes_depth else [3, 2, 1, 4]


def _networks(adapter: Adapter, known: Known, depth: int) -> Iterator[NetworkGuess]:
    """Yield the kinds of networks on which a function may run, to find its form."""
    losses = [known.loss] if known.loss else ["squared_error", "multiclass_log_loss"]
    named = NAMED if adapter.takes_activations and known.activations is None else ((None, None),)
    for loss in losses:
        outputs = [3] if loss.startswith("multi") else [2, 1]
        if depth == 1 and adapter.takes_one_weight:
            outputs = outputs[::-1]  # w, b: logistic or linear regression, mostly of one target
        if known.sizes or known.n_outputs:
            outputs = [known.sizes[-1] if known.sizes else known.n_outputs or 1]
        for n_outputs in outputs:
            for hidden, last in named:
                if not may_follow(last, loss):
                    continue
                yield NetworkGuess(depth, n_outputs, hidden, last, loss)


class _Furthest:
    """The exception of the form in which the user's code got furthest."""

    def __init__(self) -> None:
        self.line = -1
        self.error: Exception | None = None

    def note(self, error: Exception) -> None:
        line = _reached(error)
        if line > self.line:
            self.line, self.error = line, error

    def take(self, other: _Furthest) -> None:
        if other.line > self.line:
            self.line, self.error = other.line, other.error


Candidate = tuple[float, Form, Read, bool]  # part of right shapes, form, result, has biases


def recognise(adapter: Adapter, known: Known) -> Recognised:
    """Return the form of a function.

    Raises
    ------
    NotRecognised
        If it runs in none; with the exception of the form in which it got furthest.
    """
    deeper, furthest = _Furthest(), _Furthest()
    fallback: Recognised | None = None
    for depth in _depths(adapter, known):
        seen: list[tuple[float, Recognised]] = []
        furthest = _Furthest()
        for family in families(known):
            misfits: Counter[tuple[Any, ...]] = Counter()
            for network in _networks(adapter, known, depth):
                found = _running(adapter, known, network, family, misfits, furthest)
                if not found:
                    continue
                shaped, form, result, biases = _simplest(adapter, known, network, family, found)
                form = replace(form, returns=result.container)
                here = Recognised(form, network, result.container, biases, (family,), deeper.error)
                if _unreached(result.gradients, depth):
                    fallback = fallback or here
                    continue
                right = most_right(adapter, form, known, network, family, biases)[1] / (2 * depth)
                # a vector can be cut in the wrong places without anybody noticing
                fits = shaped == 1.0 and (right > 0.0 or form.container != "vector")
                if fits and not any(earlier > 0.0 for earlier, _ in seen):
                    return here
                seen.append((right, here))
                break
        # With wrong shapes: the most telling family on which anything is right. A single sample would flatter.
        telling = next((here for right, here in seen if right > 0.0), None)
        if telling is not None:
            return telling
        fallback = fallback or (seen[0][1] if seen else None)
        deeper.take(furthest)
    if fallback is None:
        raise NotRecognised(deeper.error)
    return fallback


def _unreached(gradients: Gradients, depth: int) -> bool:
    """Tell whether the last layer got no gradient at all: code for fewer layers, called on a deeper network."""
    last = [gradients.dW[depth], gradients.db[depth]]
    rest = gradients.dW[1:depth]
    return not any(np.any(array) for array in last if array is not None) and any(
        np.any(array) for array in rest if array is not None
    )


def _running(
    adapter: Adapter,
    known: Known,
    network: NetworkGuess,
    family: str,
    misfits: Counter[tuple[Any, ...]],
    furthest: _Furthest,
) -> list[Candidate]:
    """Return the forms in which a function runs on a probe, those with most right shapes."""
    p = make_probe(family, network, known, 0.1)
    found: list[Candidate] = []
    for form in adapter.forms(p):
        structure = (
            network.hidden,
            form.words,
            form.cache,
            form.container,
            form.base,
            form.targets == "labels",
        )
        if misfits[structure] >= _TRIES:
            continue  # the wrong container fails in every convention
        for biases in (True, False):
            try:
                result = adapter.call(p if biases else without_biases(p), form)
            except Exception as error:  # whatever the user's code raises
                furthest.note(error)
                structural = isinstance(error, TypeError | LookupError | AttributeError)
                misfits[structure] += structural and not isinstance(error, IndexError)
                break
            without = all(x is None for x in result.gradients.db)
            if not (without and biases):  # a network without biases is run once more with b = 0
                found.append((_right_shapes(result, p), form, result, not without))
                break
        if found and found[-1][0] == 1.0 and family in ("rectangular", "yours"):
            break  # here only one form fits
    # the first way of naming activations: in another, code may take every name for the same function
    found = [f for f in found if f[1].words == found[0][1].words]
    best = max((f[0] for f in found), default=0.0)
    return [f for f in found if f[0] == best > 0.0]


def _reached(error: BaseException) -> int:
    """Return how far the user's code got: the line of its deepest own frame, 0 if it was never entered."""
    trace, line = error.__traceback__, 0
    while trace is not None:
        name = trace.tb_frame.f_globals.get("__name__", "")
        if not name.startswith(("chainrule.", "numpy")):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _right_shapes(result: Read, p: Probe) -> float:
    """Return the part of dW and db that has the right shape; 0 if a dW is missing."""
    fits, count = 0, 0
    for l in range(1, p.architecture.n_layers + 1):
        dW, db = result.gradients.dW[l], result.gradients.db[l]
        if dW is None:
            return 0.0
        fits += 2 * (dW.shape == p.theta.W[l].shape)
        fits += db is None or db.shape == p.theta.b[l].shape or db.size == 1
        count += 3
    return max(fits, 1e-3) / count


def _simplest(
    adapter: Adapter,
    known: Known,
    network: NetworkGuess,
    family: str,
    found: list[Candidate],
) -> Candidate:
    """Return the form whose gradients need the fewest mistakes."""
    if len(found) == 1:
        return found[0]
    scored = []
    for candidate in found:
        network_, count = most_right(adapter, candidate[1], known, network, family, candidate[3])
        scored.append((count, candidate, network_))
    most = max(count for count, _, _ in scored)
    left = [(candidate, guess) for count, candidate, guess in scored if count == most]
    best, best_cost = left[0][0], np.inf
    for candidate, guess in left[:6] if len(left) > 1 else []:
        p = make_probe(family, guess, known, penalty(adapter, known), candidate[3])
        run = run_on(adapter, candidate[1], p)
        cost = (
            search([run], limit=best_cost, pairs=False)[0].cost if isinstance(run, Run) else np.inf
        )
        if cost < best_cost - 1e-9:
            best, best_cost = candidate, cost
        if best_cost <= 0.01:
            break
    return best


def most_right(
    adapter: Adapter, form: Form, known: Known, network: NetworkGuess, family: str, biases: bool
) -> tuple[NetworkGuess, int]:
    """Return the guess under which most of dW and db are right, and how many."""
    best, most = network, -1
    for guess in guesses(adapter, known, network):
        p = make_probe(family, guess, known, penalty(adapter, known), biases)
        run = run_on(adapter, form, p)
        count = count_right(run) if isinstance(run, Run) else -1
        if count > most:
            best, most = guess, count
    return best, most


def count_right(run: Run) -> int:
    """Return how many dW and db are as they should be, but for one factor of them all."""
    return agreeing(run)[0]


def run_on(adapter: Adapter, form: Form, p: Probe) -> Run | Exception:
    """Return the user's gradients on a probe, or what the function raised."""
    try:
        result = adapter.call(p, form)
    except Exception as error:  # whatever the user's code raises
        return error
    gradients = result.gradients
    if all(array is None for array in gradients.dW):
        return Unreadable("no dW")
    return Run(p.family, p.setting, gradients, tolerance(gradients.dW + gradients.db))


def tolerance(arrays: Sequence[Any]) -> float:
    """Return how well right gradients agree: float32 numbers, however they are stored, agree less."""
    given = [np.asarray(a) for a in arrays if a is not None]
    with np.errstate(all="ignore"):
        single = all(bool(np.all(a == a.astype(np.float32))) for a in given)
    nonzero = any(bool(np.any(a != np.round(a, 3))) for a in given)
    return FLOAT32 if single and nonzero else FLOAT64
