"""Compare one layer's dW and db with what follows from a delta, each term right or replaced by a mistake.

Which explanation is cheapest is decided here for one layer, and in ``search`` for all.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from chainrule.diagnosis.mistakes import Mistake, Place
from chainrule.diagnosis.mistakes.variant import WrongShape, descend, evaluate, together
from chainrule.diagnosis.searching.runs import UNKNOWN, Run, Slot, State, distance
from chainrule.equations.elementary import Array

Pair = tuple[Mistake | None, Mistake | None]
#: What an explanation costs whose numbers agree only after broadcasting; the layers below may still prefer it.
SHAPE = 0.001
TERMS_OF = {"dW": ("outer", "penalty"), "db": ("sum", "bias_penalty")}


def standing(bank: tuple[Mistake, ...], term: str, l: int, runs: list[Run]) -> list[Mistake]:
    """Return the kinds of a term that can stand at layer l of any of the networks."""
    architectures = dict.fromkeys(run.setting.architecture for run in runs)
    return [m for m in bank if m.term == term and any(m.where(a, l) for a in architectures)]


class Matcher:
    """Compares dW[l] and db[l] of all runs with what follows from a delta."""

    def __init__(self, l: int, runs: list[Run], bank: tuple[Mistake, ...]) -> None:
        self.l, self.runs = l, runs
        self.kinds: dict[str, list[Mistake | None]] = {
            term: [None, *standing(bank, term, l, runs)]
            for terms in TERMS_OF.values()
            for term in terms
        }
        self._extras: dict[
            tuple[int, str, tuple[int, ...]], tuple[list[Mistake | None], Array]
        ] = {}

    def given(self, state: State) -> bool:
        """Tell whether any dW[l] or db[l] came back: without, a delta of layer l shows only below it."""
        return any(
            self._user(i, quantity) is not None
            for i in state.known(self.runs)
            for quantity in TERMS_OF
        )

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
            if cost > best + SHAPE or cost >= UNKNOWN:
                break
            shaped = [self._fits(terms, i, quantity, pair) for i in given]
            if all(shaped):
                # of two that agree in their numbers, the one that agrees in its shapes too
                cost += 0.0 if min(shaped) == 2 else SHAPE
                found.append((tuple(Slot(self.l, quantity, m) for m in pair if m), cost))
                best = min(best, cost)
                if best == 0.0:
                    break
        return [f for f in found if f[1] <= best + 1.5 * SHAPE] or [
            ((Slot(self.l, quantity, None),), UNKNOWN)
        ]

    def _candidates(self, terms: _Terms, i: int, quantity: str) -> list[Pair]:
        """Return the pairs of data term and penalty that fit on run i."""
        data, extra = TERMS_OF[quantity]
        user, expected = self._user(i, quantity), terms.expected(i, quantity)
        assert user is not None
        try:
            user = np.broadcast_to(user, expected)  # one number for all biases, say
        except ValueError:
            expected = user.shape  # a wrong shape, which only some kinds have
        # all pairs at once: user - data term - penalty
        rows = [
            (m, v)
            for m in self.kinds[data]
            if (v := terms.shaped(i, data, m, expected)) is not None
        ]
        columns, right = self._extra(terms, i, extra, expected)
        if not rows or not columns:
            return []
        left = user.ravel() - np.array([v for _, v in rows])
        gap = np.abs(left[:, None, :] - right[None, :, :]).max(axis=2)
        near = gap <= 2.0 * self.runs[i].rtol * (
            np.abs(user).max()
            + self.runs[i].cancelled * terms.scale(i, data)
            + self.runs[i].floor(quantity, self.l)
            + 1e-300
        )
        pairs = [(rows[a][0], columns[b]) for a, b in np.argwhere(near)]
        return [pair for pair in pairs if self._fits(terms, i, quantity, pair)]

    def _extra(
        self, terms: _Terms, i: int, extra: str, expected: tuple[int, ...]
    ) -> tuple[list[Mistake | None], Array]:
        """Return the penalties of run i as rows; they do not depend on delta."""
        key = (i, extra, expected)
        if key not in self._extras:
            known = [(m, terms.shaped(i, extra, m, expected)) for m in self.kinds[extra]]
            fitting = [(m, v) for m, v in known if v is not None]
            self._extras[key] = [m for m, _ in fitting], np.array([v for _, v in fitting])
        return self._extras[key]

    def _fits(self, terms: _Terms, i: int, quantity: str, pair: Pair) -> int:
        """Return 0 where the prediction differs, 1 where it agrees after broadcasting, 2 where it agrees."""
        data, extra = TERMS_OF[quantity]
        user = self._user(i, quantity)
        assert user is not None
        try:
            predicted = together(terms.get(i, data, pair[0]), terms.get(i, extra, pair[1]))
        except WrongShape:
            return 0
        floor = max(
            self.runs[i].cancelled * terms.scale(i, data), self.runs[i].floor(quantity, self.l)
        )
        if distance(user, predicted, terms.expected(i, quantity), floor) > self.runs[i].rtol:
            return 0
        return 2 if user.shape == predicted.shape or user.size == predicted.size == 1 else 1

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
            value = self.get(i, term, mistake)
            if not np.any(value):  # a penalty of 0 is never added
                return np.zeros(expected).ravel()
            return np.broadcast_to(value, expected).ravel()
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
