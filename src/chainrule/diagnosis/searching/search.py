"""Find the mistakes that explain a gradient, from the output to the input.

At each layer the user's dW and db are compared with what follows from the delta above, each term right or replaced
by a mistake of the bank. The delta that explains them is carried down *with its mistake*, so a mistake is found once,
where it is made, and those below it are judged with the user's own upstream gradient. Explanations are compared on all
runs at once and must agree with each to rounding; of several, the one with the fewest mistakes counts, and a kind that
already stood in the layer above costs little, because people write a loop.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from chainrule.diagnosis.mistakes import BANK, Mistake, Place
from chainrule.diagnosis.mistakes.variant import WrongShape, descend
from chainrule.diagnosis.searching.matching import Matcher, standing
from chainrule.diagnosis.searching.runs import KEPT, UNKNOWN, Run, Slot, State, distance
from chainrule.equations.elementary import Array

_MOST_STATES = 24


def search(
    runs: list[Run],
    bank: tuple[Mistake, ...] = BANK,
    *,
    limit: float = np.inf,
    pairs: bool = True,
) -> list[State]:
    """Return the cheapest explanations of ``runs``, all of equal cost; the first one is to be reported.

    Parameters
    ----------
    runs : list of Run
        On networks of equally many layers.
    bank : tuple of Mistake
        The kinds that are known.
    limit : float
        Stop as soon as every explanation costs more.
    pairs : bool
        Whether a delta may contain two mistakes of one layer.

    Returns
    -------
    list of State
        Never empty. Slots without a mistake are what nothing in the bank explains.
    """
    states = [State()]
    L = runs[0].setting.L
    for l in range(L, 0, -1):
        extended: list[State] = []
        for state in states:
            extended += _extend(state, l, runs, bank, pairs)
        extended.sort(key=lambda s: s.cost)
        kept = extended[0].cost + KEPT
        states = [s for s in extended if s.cost <= kept][:_MOST_STATES]
        if states[0].cost > limit:
            break
    best = states[0].cost
    ties = [s for s in states if s.cost <= best + 1e-9]
    # of equal explanations the one with fewer places, then the one whose kinds come first in the bank
    order = {m.name: i for i, m in enumerate(bank)}
    ties.sort(key=lambda s: (len(s.slots), [order[t.mistake.name] for t in s.slots if t.mistake]))
    return ties


def _extend(
    state: State, l: int, runs: list[Run], bank: tuple[Mistake, ...], both: bool
) -> list[State]:
    """Return the explanations of layer l that continue ``state``."""
    if state.stopped:
        return [state]
    found: list[State] = []
    best = np.inf
    matcher = Matcher(l, runs, bank)
    right = _places(state, l, runs, None, None)
    for first, prime in _deltas(state, l, runs, bank, both):
        chosen = state.price(first, prime)
        if chosen > best + KEPT:
            break
        if first or prime:
            if not matcher.promising(state, first, prime):
                continue
            places = _places(state, l, runs, first, prime)
            if not places or _all_equal(places, right, runs):
                continue
        else:
            places = right
            if not places:
                continue
        for slots, cost in matcher.explain(replace(state, places=places)):
            delta = tuple(Slot(l, "delta", m) for m in (first, prime) if m)
            found.append(State(state.slots + delta + slots, state.cost + chosen + cost, places))
            best = min(best, chosen + cost)
        if best == 0.0 and matcher.given(state):
            return found  # right: nothing else can be simpler
    if all(s.cost - state.cost >= 2 * UNKNOWN for s in found):
        return [_unknown_delta(state, l, runs)]
    return [s for s in found if s.cost <= state.cost + best + KEPT]


def _deltas(
    state: State, l: int, runs: list[Run], bank: tuple[Mistake, ...], both: bool
) -> Iterator[tuple[Mistake | None, Mistake | None]]:
    """Yield the ways in which delta[l] can have been computed, cheapest first; the right one is the first."""
    term = "error" if l == runs[0].setting.L else "up"
    firsts = standing(bank, term, l, runs)
    primes = standing(bank, "prime", l, runs)
    pairs: list[tuple[Mistake | None, Mistake | None]] = [(None, None)]
    pairs += [(m, None) for m in firsts] + [(None, m) for m in primes]
    if both:
        pairs += [(a, b) for a in firsts for b in primes]
    return iter(sorted(pairs, key=lambda pair: state.price(*pair)))


def _places(
    state: State, l: int, runs: list[Run], first: Mistake | None, prime: Mistake | None
) -> dict[int, Place]:
    """Return layer l on every run; empty if it fails on one, since the user's code ran there."""
    places = {}
    for i in state.known(runs):
        try:
            places[i] = descend(runs[i].setting, l, state.places.get(i), first, prime)
        except WrongShape:
            return {}
        if not np.all(np.isfinite(places[i].delta)):
            return {}
    return places


def _all_equal(places: dict[int, Place], right: dict[int, Place], runs: list[Run]) -> bool:
    return bool(right) and all(
        distance(p.delta, right[i].delta) <= 0.01 * runs[i].rtol
        and distance(p.upstream, right[i].upstream) <= 0.01 * runs[i].rtol
        for i, p in places.items()
    )


def _unknown_delta(state: State, l: int, runs: list[Run]) -> State:
    """Nothing explains delta[l]: go on with the user's own one where it can be seen."""
    places = {}
    for i in state.known(runs):
        run = runs[i]
        delta = _seen_delta(run, l)
        if delta is None:
            continue
        place = Place(run.setting, l, above=state.places.get(i), delta=delta, upstream=delta)
        place.top = place.above.top if place.above else delta
        places[i] = place
    slots = (*state.slots, Slot(l, "delta", None))
    # layers that cannot be judged count as unknown too, so that nothing is gained by stopping early
    layers = 1 if places else l
    return State(slots, state.cost + 2 * UNKNOWN * layers, places, stopped=0 if places else l)


def _seen_delta(run: Run, l: int) -> Array | None:
    """Return the user's delta[l]: given, or read off a single sample, where db is delta and dW has rank 1.

    A delta that was given may lack 1/n or have another sign; it is scaled so that dW and db follow from it.
    """
    delta, dW, db = run.user.delta[l], run.user.dW[l], run.user.db[l]
    s = run.setting
    if dW is None or db is None or db.shape != s.b[l].shape or dW.shape != s.W[l].shape:
        return None
    if delta is None or delta.shape != s.z[l].shape:
        delta = db[None, :] if s.n == 1 else None
    if delta is None or not np.any(total := delta.sum(axis=0)):
        return None
    delta = delta * float(db @ total / (total @ total))
    if distance(db, delta.sum(axis=0)) > run.rtol:
        return None
    outer = s.a[l - 1].T @ delta + s.l2 * s.W[l]
    return delta if distance(dW, outer) <= run.rtol else None
