"""Run a recognised function on all families of probes and find the simplest explanation of its gradients."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.diagnosis.calling.adapter import Adapter
from chainrule.diagnosis.calling.known import (
    Known,
    NetworkGuess,
    families,
    guesses,
    make_probe,
    penalty,
)
from chainrule.diagnosis.calling.stepping import AFTER, in_units_of_the_rate
from chainrule.diagnosis.calling.trying import (
    FLOAT32,
    FLOAT64,
    Recognised,
    count_right,
    run_on,
)
from chainrule.diagnosis.conventions import FACTORS, inferred, under
from chainrule.diagnosis.mistakes import Convention, Mistake
from chainrule.diagnosis.searching.explanation import Explanation, explain
from chainrule.diagnosis.searching.runs import COST, UNKNOWN, Run
from chainrule.diagnosis.searching.search import search


@dataclass
class Best:
    """The simplest explanation, of what network and J, and on which families the function fails."""

    explanation: Explanation
    network: NetworkGuess
    convention: Convention
    failures: dict[str, Exception]


def best_explanation(
    adapter: Adapter,
    recognised: Recognised,
    known: Known,
    bank: tuple[Mistake, ...],
    infer: bool = False,
) -> Best:
    """Return the simplest explanation over all guesses of what the function has built in; ``infer`` its J as well."""
    network = _built_in(adapter, recognised, known, bank)
    runs, failures = _runs(adapter, recognised, known, network)
    if recognised.container.endswith(AFTER) and not adapter.has("rate"):
        runs = in_units_of_the_rate(runs)
    convention = inferred(runs) if infer else known.convention
    explanation = _explained(under(runs, convention), bank)
    if not infer and explanation.unknown and (other := inferred(runs)) != convention:
        # the gradient of another J may explain what is unknown
        of_other = _explained(under(runs, other), bank)
        if of_other.cost + COST < explanation.cost:
            explanation, convention = of_other, other
    for _ in FACTORS if infer else ():
        factor = next((kind for kind in _kinds(explanation) if kind in FACTORS), None)
        if factor is None:
            break
        convention = FACTORS[factor](convention)
        explanation = _explained(under(runs, convention), bank)
    return Best(explanation, network, convention, failures)


def _kinds(explanation: Explanation) -> list[str]:
    return [slot.mistake.name for slot in explanation.ties[0].slots if slot.mistake]


def _explained(runs: list[Run], bank: tuple[Mistake, ...]) -> Explanation:
    explanation = explain(runs, bank)
    several = [run for run in runs if run.setting.n > 1]
    if explanation.unknown and 0 < len(several) < len(runs):
        # one sample may be a case of its own: one label does not tell how many classes there are
        other = explain(several, bank)
        if not other.unknown:
            explanation = other
    if explanation.unknown and all(run.rtol == FLOAT64 for run in runs):
        # stored as float64, but float32 on the way?
        coarse = [replace(run, rtol=FLOAT32) for run in runs]
        other = explain(coarse, bank)
        if not other.unknown:
            explanation = other
    return explanation


def _built_in(
    adapter: Adapter, recognised: Recognised, known: Known, bank: tuple[Mistake, ...]
) -> NetworkGuess:
    """Return what the function has built in: activations where they are no argument, and the loss."""
    scored = []
    for network in guesses(adapter, known, recognised.network):
        runs, _ = _runs(adapter, recognised, known, network, few=True)
        if runs:
            scored.append((sum(count_right(run) for run in runs), network, runs))
    if len(scored) <= 1:
        return scored[0][1] if scored else recognised.network
    most = max(count for count, _, _ in scored)
    given = sum(array is not None for run in scored[0][2] for array in (*run.user.dW, *run.user.db))
    rest: list[tuple[int, NetworkGuess, list[Run]]] = []
    if adapter.takes_activations:
        # The first activations that leave nothing unexplained: others may be more flattering only because the code
        # takes their names for something else. Of each, the loss that fits best.
        best: dict[Any, tuple[int, NetworkGuess, list[Run]]] = {}
        for entry in scored:
            key = (entry[1].hidden, entry[1].last)
            if key not in best or entry[0] > best[key][0]:
                best[key] = entry
        order = list(best.values())
    else:
        order = sorted(scored, key=lambda entry: -entry[0])
        split = sum(entry[0] > 0.5 * most for entry in order) if most else len(order)
        order, rest = order[:split], order[split:]
    cheapest: tuple[float, NetworkGuess] = (np.inf, order[0][1])
    for place, (count, network, runs) in enumerate([*order, *rest]):
        if place == len(order) and cheapest[0] < UNKNOWN:
            break  # the likely ones explain it all
        if count == given:
            return network
        limit = np.inf if adapter.takes_activations else cheapest[0]
        state = search(runs, bank, limit=limit, pairs=False)[0]
        explained = not state.stopped and all(slot.mistake for slot in state.slots)
        if state.cost < cheapest[0] - 1e-9:
            cheapest = (state.cost, network)
        if explained and adapter.takes_activations and not any(c == given for c, _, _ in order):
            return network
    return cheapest[1]


def _runs(
    adapter: Adapter, recognised: Recognised, known: Known, network: NetworkGuess, few: bool = False
) -> tuple[list[Run], dict[str, Exception]]:
    runs: list[Run] = []
    failures: dict[str, Exception] = {}
    todo = list(families(known))
    if recognised.families == ("single",):
        todo = ["single", "single square"]  # with more samples it may run and mean nothing
    if few:
        todo = [f for f in todo if f in ("rectangular", "square", "yours", *recognised.families)]
    if recognised.form.targets == "labels" and "single" not in recognised.families[0]:
        # one label does not tell how many classes there are
        todo = [f for f in todo if "single" not in f]
    for family in todo:
        seeds = (
            (0, 1, 2) if family == "single" and not few and family in recognised.families else (0,)
        )
        for seed in seeds:
            p = make_probe(family, network, known, penalty(adapter, known), recognised.biases, seed)
            run = run_on(adapter, recognised.form, p)
            if family == "single" and not isinstance(run, Run) and known.sizes is None:
                one = replace(network, n_outputs=1)
                again = make_probe(
                    family, one, known, penalty(adapter, known), recognised.biases, seed
                )
                other = run_on(adapter, recognised.form, again)
                run, p = (other, again) if isinstance(other, Run) else (run, p)
            if isinstance(run, Run):
                run.probe = p
                runs.append(run)
            else:
                failures[family] = run
    runs.sort(key=lambda run: run.setting.n == 1)  # the telling ones first
    return runs, failures
