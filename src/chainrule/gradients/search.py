"""Find the mistakes that explain a gradient, from the output to the input.

At each layer the user's dW and db are compared with what follows from the delta above, each term right or replaced
by a mistake of the bank. The delta that explains them is carried down *with its mistake*, so a mistake is found once,
where it is made, and those below it are judged with the user's own upstream gradient. Explanations are compared on all
runs at once and must agree with each to rounding; of several, the one with the fewest mistakes counts, and a kind that
already stood in the layer above costs little, because people write a loop.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from chainrule.equations.elementary import Array
from chainrule.gradients.mistakes import BANK, Mistake, Place, Setting
from chainrule.gradients.mistakes.variant import (
    Gradients,
    WrongShape,
    descend,
    evaluate,
    together,
)

COST = 1.0  # a mistake
REPEATED = 0.25  # the same kind as in a layer above
UNKNOWN = 3.5  # a dW or db that nothing explains
KEPT = 0.6  # explanations this much dearer than the best are followed further down
_MOST_STATES = 24


@dataclass
class Run:
    """The user's gradients on one probe.

    Attributes
    ----------
    name : str
        The probe's family.
    setting : Setting
        The network.
    user : Gradients
        What came back.
    rtol : float
        How far two equal numbers may lie apart, relative to the largest of their array.
    """

    name: str
    setting: Setting
    user: Gradients
    rtol: float = 1e-6


@dataclass(frozen=True)
class Slot:
    """A place in the backward pass where something is wrong: a named mistake, or None for an unknown one."""

    layer: int
    quantity: str
    mistake: Mistake | None


@dataclass
class State:
    """An explanation of the layers so far."""

    slots: tuple[Slot, ...] = ()
    cost: float = 0.0
    places: dict[int, Place] = field(default_factory=dict)  #: by the index of the run
    stopped: int = 0  #: the first layer, from the top, that could not be judged; 0 if none

    @property
    def kinds(self) -> set[str]:
        """Names of the mistakes so far."""
        return {slot.mistake.name for slot in self.slots if slot.mistake}

    def known(self, runs: list[Run]) -> list[int]:
        """Return the indices of the runs whose delta above is known."""
        return list(self.places) or list(range(len(runs)))

    def price(self, *mistakes: Mistake | None) -> float:
        """Return what these mistakes add to the cost."""
        return sum(REPEATED if m.name in self.kinds else COST for m in mistakes if m is not None)


def search(runs: list[Run], bank: tuple[Mistake, ...] = BANK) -> list[State]:
    """Return the cheapest explanations of ``runs``, all of equal cost; the first one is to be reported.

    Parameters
    ----------
    runs : list of Run
        On networks of equally many layers.
    bank : tuple of Mistake
        The kinds that are known.

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
            extended += _extend(state, l, runs, bank)
        extended.sort(key=lambda s: s.cost)
        limit = extended[0].cost + KEPT
        states = [s for s in extended if s.cost <= limit][:_MOST_STATES]
    best = states[0].cost
    ties = [s for s in states if s.cost <= best + 1e-9]
    # of equal explanations the one with fewer places, then the one whose kinds come first in the bank
    order = {m.name: i for i, m in enumerate(bank)}
    ties.sort(key=lambda s: (len(s.slots), [order[t.mistake.name] for t in s.slots if t.mistake]))
    return ties


def _extend(state: State, l: int, runs: list[Run], bank: tuple[Mistake, ...]) -> list[State]:
    """Return the explanations of layer l that continue ``state``."""
    if state.stopped:
        return [state]
    found: list[State] = []
    best = np.inf
    matcher = _Matcher(l, runs, bank)
    right = _places(state, l, runs, None, None)
    for first, prime in _deltas(state, l, runs, bank):
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
        if best == 0.0:
            return found  # right: nothing else can be simpler
    if all(s.cost - state.cost >= 2 * UNKNOWN for s in found):
        return [_unknown_delta(state, l, runs)]
    return [s for s in found if s.cost <= state.cost + best + KEPT]


def _deltas(
    state: State, l: int, runs: list[Run], bank: tuple[Mistake, ...]
) -> Iterator[tuple[Mistake | None, Mistake | None]]:
    """Yield the ways in which delta[l] can have been computed, cheapest first; the right one is the first."""
    architecture = runs[0].setting.architecture
    term = "error" if l == runs[0].setting.L else "up"
    firsts = [m for m in bank if m.term == term and m.where(architecture, l)]
    primes = [m for m in bank if m.term == "prime" and m.where(architecture, l)]
    pairs: list[tuple[Mistake | None, Mistake | None]] = [(None, None)]
    pairs += [(m, None) for m in firsts] + [(None, m) for m in primes]
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


Pair = tuple[Mistake | None, Mistake | None]
TERMS_OF = {"dW": ("outer", "penalty"), "db": ("sum", "bias_penalty")}


class _Matcher:
    """Compares dW[l] and db[l] of all runs with what follows from a delta."""

    def __init__(self, l: int, runs: list[Run], bank: tuple[Mistake, ...]) -> None:
        architecture = runs[0].setting.architecture
        self.l, self.runs = l, runs
        self.kinds: dict[str, list[Mistake | None]] = {
            term: [None, *(m for m in bank if m.term == term and m.where(architecture, l))]
            for terms in TERMS_OF.values()
            for term in terms
        }

    def promising(self, state: State, first: Mistake | None, prime: Mistake | None) -> bool:
        """Tell quickly, on one run, whether this delta can explain dW[l] or db[l]."""
        i = state.known(self.runs)[0]
        try:
            place = descend(self.runs[i].setting, self.l, state.places.get(i), first, prime)
        except WrongShape:
            return False
        if not np.all(np.isfinite(place.delta)):
            return False
        terms = _Terms({i: place})
        given = [q for q in TERMS_OF if self._user(i, q) is not None]
        return not given or any(self._candidates(terms, i, q) for q in given)

    def explain(self, state: State) -> Iterator[tuple[tuple[Slot, ...], float]]:
        """Yield pairs of slots and cost that explain dW[l] and db[l] with the delta of ``state``."""
        for w_slots, w_cost in self._cheapest(state, "dW"):
            for b_slots, b_cost in self._cheapest(state, "db"):
                yield w_slots + b_slots, w_cost + b_cost

    def _cheapest(self, state: State, quantity: str) -> list[tuple[tuple[Slot, ...], float]]:
        given = [i for i in state.places if self._user(i, quantity) is not None]
        if not given:
            return [((), 0.0)]
        found: list[tuple[tuple[Slot, ...], float]] = []
        best = np.inf
        terms = _Terms(state.places)
        candidates = self._candidates(terms, given[0], quantity)
        for pair in sorted(candidates, key=lambda pair: state.price(*pair)):
            cost = state.price(*pair)
            if cost > best + 1e-9 or cost >= UNKNOWN:
                break
            shaped = [self._fits(terms, i, quantity, pair) for i in given]
            if all(shaped):
                # of two that agree in their numbers, the one that agrees in its shapes too
                cost += 0.0 if min(shaped) == 2 else 0.001
                found.append((tuple(Slot(self.l, quantity, m) for m in pair if m), cost))
                best = min(best, cost)
                if best == 0.0:
                    break
        return [f for f in found if f[1] <= best + 1e-9] or [
            ((Slot(self.l, quantity, None),), UNKNOWN)
        ]

    def _candidates(self, terms: _Terms, i: int, quantity: str) -> list[Pair]:
        """Return the pairs of data term and penalty that fit on run i."""
        data, extra = TERMS_OF[quantity]
        user, expected = self._user(i, quantity), terms.expected(i, quantity)
        assert user is not None
        if user.shape != expected:
            pairs = [(a, b) for a in self.kinds[data] for b in self.kinds[extra]]
            return [pair for pair in pairs if self._fits(terms, i, quantity, pair)]
        # all pairs at once: user - data term - penalty
        rows = [
            (m, v)
            for m in self.kinds[data]
            if (v := terms.shaped(i, data, m, expected)) is not None
        ]
        columns = [
            (m, v)
            for m in self.kinds[extra]
            if (v := terms.shaped(i, extra, m, expected)) is not None
        ]
        left = user.ravel() - np.array([v for _, v in rows])
        right = np.array([v for _, v in columns])
        gap = np.abs(left[:, None, :] - right[None, :, :]).max(axis=2)
        near = gap <= 2.0 * self.runs[i].rtol * (np.abs(user).max() + terms.scale(i, data) + 1e-300)
        pairs = [(rows[a][0], columns[b][0]) for a, b in np.argwhere(near)]
        return [pair for pair in pairs if self._fits(terms, i, quantity, pair)]

    def _fits(self, terms: _Terms, i: int, quantity: str, pair: Pair) -> int:
        """Return 0 where the prediction differs, 1 where it agrees after broadcasting, 2 where it agrees."""
        data, extra = TERMS_OF[quantity]
        user = self._user(i, quantity)
        assert user is not None
        try:
            predicted = together(terms.get(i, data, pair[0]), terms.get(i, extra, pair[1]))
        except WrongShape:
            return 0
        floor = terms.scale(i, data)
        if distance(user, predicted, terms.expected(i, quantity), floor) > self.runs[i].rtol:
            return 0
        return 2 if user.shape == predicted.shape else 1

    def _user(self, i: int, quantity: str) -> Array | None:
        user = self.runs[i].user
        return (user.dW if quantity == "dW" else user.db)[self.l]


class _Terms:
    """The terms of one delta, computed when they are asked for."""

    def __init__(self, places: dict[int, Place]) -> None:
        self.places = places
        self._known: dict[tuple[int, str, str], Array | None] = {}

    def get(self, i: int, term: str, mistake: Mistake | None) -> Array:
        key = (i, term, mistake.name if mistake else "")
        if key not in self._known:
            try:
                self._known[key] = evaluate(self.places[i], term, mistake)
            except WrongShape:
                self._known[key] = None
        value = self._known[key]
        if value is None:
            raise WrongShape(term)
        return value

    def expected(self, i: int, quantity: str) -> tuple[int, ...]:
        """Return the right shape of dW or db."""
        fan_in, fan_out = self.places[i].W.shape
        return (fan_in, fan_out) if quantity == "dW" else (fan_out,)

    def shaped(
        self, i: int, term: str, mistake: Mistake | None, expected: tuple[int, ...]
    ) -> Array | None:
        """Return a term as a row of numbers in the right shape; None if it does not have it."""
        try:
            return np.broadcast_to(self.get(i, term, mistake), expected).ravel()
        except ValueError:  # WrongShape is one
            return None

    def scale(self, i: int, term: str) -> float:
        """Return what the sum would be if nothing cancelled: what rounding is relative to."""
        key = (i, term, "|scale|")
        if key not in self._known:
            p = self.places[i]
            size = (
                np.abs(p.inputs).T @ np.abs(p.delta)
                if term == "outer"
                else np.abs(p.delta).sum(axis=0)
            )
            self._known[key] = size
        value = self._known[key]
        return 0.0 if value is None else float(value.max(initial=0.0))


def distance(
    user: Array, predicted: Array, expected: tuple[int, ...] | None = None, floor: float = 0.0
) -> float:
    """Return the largest difference of two arrays, relative to the largest number in them.

    Parameters
    ----------
    user, predicted : ndarray
        Of equal shapes, or such that both broadcast to ``expected``.
    expected : tuple of int, optional
        The right shape.
    floor : float
        The largest number counts as at least this.

    Returns
    -------
    float
        Infinite where the shapes do not fit.

    Examples
    --------
    >>> distance(np.array([1.0, 2.0]), np.array([1.0, 2.2]))
    0.0909090909090909...
    """
    if user.shape != predicted.shape:
        if expected is None:
            return np.inf
        try:
            user, predicted = np.broadcast_to(user, expected), np.broadcast_to(predicted, expected)
        except ValueError:
            return np.inf
    if user.size == 0:
        return 0.0
    largest = max(np.abs(user).max(), np.abs(predicted).max(), floor)
    if not np.isfinite(largest):
        return np.inf
    return float(np.abs(user - predicted).max() / largest) if largest else 0.0


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
    return State(slots, state.cost + 2 * UNKNOWN, places, stopped=0 if places else l)


def _seen_delta(run: Run, l: int) -> Array | None:
    """Return the user's delta[l]: given, or read off a single sample, where db is delta and dW has rank 1."""
    delta, dW, db = run.user.delta[l], run.user.dW[l], run.user.db[l]
    s = run.setting
    if delta is not None and delta.shape == s.z[l].shape:
        return delta
    if s.n != 1 or dW is None or db is None or db.shape != s.b[l].shape:
        return None
    outer = np.outer(s.a[l - 1][0], db) + s.l2 * s.W[l]
    return db[None, :] if distance(dW, outer) <= run.rtol else None
