"""What would make a wrong statement right: one input changed, the statement run again, and its result asked for.

The change that works is the mistake's name: another slope, another axis, the adjoint of another quantity.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from chainrule.reading.explained import Explained
from chainrule.reading.judgement import Row
from chainrule.reading.proportion import forms, multiple, with_penalty

UNNAMED = "wrong"
UNSTATED = "unstated"  # the slope of a J that is not stated and fits none of the usual ones
_MOST_TRIED = 600  # changes of one statement


class Repair(NamedTuple):
    """The input that would have to be another, and what is then said of the line that made it."""

    node: int | None
    made: str


Named = tuple[str, str, Repair | None]


class _Statement:
    """A wrong statement, to be run again with one input changed."""

    def __init__(self, explained: Explained, i: int, inside: set[int], row: Row) -> None:
        self.explained, self.i, self.inside = explained, i, inside
        self.training, self.values = explained.training, explained.values
        self.weight = row.weight.node if row.weight.next == i else None
        self.left = _MOST_TRIED

    def fits(self, result: np.ndarray | None, other_than: int | None = None) -> bool:
        """Tell whether a result would be an adjoint, and of another node than a given one."""
        if result is None or not np.isfinite(result).all():
            return False
        if self.weight is not None:
            result = self.values[self.weight] - result
        match = self.explained.match(np.asarray(result, float))
        return match is not None and match[0] != other_than

    def again(self, k: int, value: np.ndarray, other_than: int | None = None) -> bool:
        """Tell whether the statement is right with another value of one input."""
        self.left -= 1
        if self.left < 0:
            return False
        try:
            results = self.training.graph.evaluate(
                {k: value}, self.values, only=sorted(self.inside | {k})
            )
        except Exception:  # the value does not fit there
            return False
        return self.fits(results[self.i], other_than)

    def line(self, k: int) -> int:
        return self.training.nodes[k].line


def repair(
    explained: Explained, i: int, good: list[int], inside: set[int], inputs: list[int], row: Row
) -> Named:
    """Return kind, sentence and repair of a wrong statement whose inputs are right.

    Parameters
    ----------
    explained : Explained
    i : int
        The statement's result.
    good : list of int
        Its inputs from the backward pass.
    inside, inputs
        Its own nodes, and all that it takes.
    row : Row
        The weight whose step is wrong.
    """
    statement = _Statement(explained, i, inside, row)
    with np.errstate(all="ignore"):
        for attempt in (_axes, _slopes, _adjoints, _stands_for, _whole):
            for named in attempt(statement, good, inputs, row):
                return named
    A = row.gradient
    if statement.weight is not None and A is not None:
        both = with_penalty(
            explained.values[statement.weight] - explained.values[i],
            A,
            explained.values[statement.weight],
        )
        if both:
            return (
                "penalty",
                f"is {both[0]:.4g} dJ/dW {both[1]:+.4g} W: the penalty does not fit J",
                None,
            )
    judgement = explained.judgement
    told = [
        r for r in judgement.rows if explained.values[r.weight.node].size > 1
    ]  # one number fits any
    if judgement.objective.stated is None and all(r.factor is None for r in told):
        return UNSTATED, "is the slope of no usual loss", None
    return UNNAMED, "is not what the chain rule gives, though all that it takes is", None


def _axes(s: _Statement, good: list[int], inputs: list[int], row: Row) -> Iterator[Named]:
    A = row.gradient
    if A is None:
        return
    for k in good:
        G = s.values[k]
        for axis in range(G.ndim if G.ndim == 2 else 0):
            if s.values[s.i].size <= G.size and multiple(G.sum(axis=axis), A.squeeze()) is not None:
                yield "axis of the sum", f"should be the sum over axis {axis}", None


def _slopes(s: _Statement, good: list[int], inputs: list[int], row: Row) -> Iterator[Named]:
    for k in good:
        G = s.values[k].astype(float)
        match = s.explained(k)
        own = match[0] if match else None  # a slope takes it from its own node to the one before
        for slope in s.explained.slopes:
            for q in forms(slope.value, G.shape):
                if s.again(k, G * q, own):
                    what = f"the slope of line {slope.line}"
                    yield "slope missing", f"lacks {what}", Repair(k, f"lacks {what}")
                if np.isfinite(G / q).all() and s.again(k, G / q, own):
                    what = f"the slope of line {slope.line} once too often"
                    yield "slope twice", f"takes {what}", Repair(k, f"takes {what}")


def _adjoints(s: _Statement, good: list[int], inputs: list[int], row: Row) -> Iterator[Named]:
    for k in good:
        G = s.values[k].astype(float)
        for u, A in s.explained.adjoints.items():
            if u in s.training.at or A.size != G.size or multiple(G, A) is not None:
                continue
            for y in forms(A, G.shape):
                if s.again(k, y):
                    match = s.explained(k)
                    held = s.line(match[0]) if match else 0
                    yield (
                        "another layer's delta",
                        f"uses dJ/d(line {held}) where dJ/d(line {s.line(u)}) is needed",
                        Repair(k, f"should hold dJ/d(line {s.line(u)})"),
                    )


def _stands_for(s: _Statement, good: list[int], inputs: list[int], row: Row) -> Iterator[Named]:
    training = s.training
    swapped = [
        k for k in sorted(s.inside | set(inputs))
        if k != s.i
        and not training.is_backward(k)
        and k not in training.at
        and (training.weighted[k] or k in training.X)
        and any(k in training.nodes[m].inputs and training.is_backward(m) for m in s.inside)
    ]  # fmt: skip
    for k in swapped:
        D = s.values[k].astype(float)
        for slope in s.explained.slopes:
            for q in forms(slope.value, D.shape):
                if s.again(k, q):
                    yield (
                        "not the slope",
                        f"has something else where the slope of line {slope.line} is needed",
                        None,
                    )
        for u in (*s.explained.adjoints, *training.X):
            V = s.values[u].astype(float)
            if u == k or V.size != D.size:
                continue
            for y in forms(V, D.shape):
                if s.again(k, y):
                    yield (
                        "another value",
                        f"takes the value of line {s.line(k)} where that of line {s.line(u)} is needed",
                        None,
                    )
    for k in [k for k in inputs if k in training.at]:
        D = s.values[k]
        for w in training.weights:
            V = s.values[w.node]
            if w.node == k or V.size != D.size:
                continue
            for y in forms(V, D.shape):
                if s.again(k, y):
                    yield (
                        "another layer's weights",
                        "goes back through another layer's weights",
                        None,
                    )
        if D.ndim == 2 and D.shape[0] == D.shape[1] and s.again(k, D.T):
            yield (
                "weights not transposed",
                "takes the weights without the transpose (or with one too many)",
                None,
            )


def _whole(s: _Statement, good: list[int], inputs: list[int], row: Row) -> Iterator[Named]:
    x = s.values[s.i]
    for slope in s.explained.slopes:
        for q in forms(slope.value, x.shape):
            if s.explained.match(x * q):
                yield "slope missing", f"lacks the slope of line {slope.line}", None
            y = x / q
            if np.isfinite(y).all() and s.explained.match(y):
                yield "slope twice", f"has the slope of line {slope.line} too much", None
