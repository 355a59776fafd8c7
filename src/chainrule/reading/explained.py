"""What the backward pass holds: which value is which adjoint, times a factor that the program multiplies by."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

import numpy as np

from chainrule.reading.graph import SAME
from chainrule.reading.judgement import Judgement
from chainrule.reading.proportion import multiple, with_penalty

_MOST_APART = 25  # nodes between a unit's input and its output, for a slope


class Slope(NamedTuple):
    """The slope of an activation: dJ/du over dJ/dv for a forward u just before a v."""

    line: int
    before: int
    after: int
    value: np.ndarray


class Explained:
    """Matches values of the backward pass with adjoints of the forward pass."""

    def __init__(self, judgement: Judgement) -> None:
        self.judgement, self.training = judgement, judgement.training
        self.values, self.adjoints = judgement.values, judgement.adjoints
        self._of_size: dict[int, tuple[list[int], np.ndarray]] = {}
        self._known: dict[int, tuple[int, float] | None] = {}

    def _same_size(self, size: int) -> tuple[list[int], np.ndarray]:
        """Return the adjoints of a size, as rows of length 1."""
        if size not in self._of_size:
            us = sorted(u for u, A in self.adjoints.items() if A.size == size)
            rows = np.array([self.adjoints[u].ravel() for u in us]).reshape(len(us), size)
            lengths = np.linalg.norm(rows, axis=1, keepdims=True) if size > 1 else 1.0
            self._of_size[size] = us, rows / lengths
        return self._of_size[size]

    def _nearby(self, x: np.ndarray) -> list[int]:
        """Return the forward nodes whose adjoints may be multiples of a value."""
        us, rows = self._same_size(x.size)
        if x.size == 1:  # any number is a multiple of any other: the factor decides
            with np.errstate(all="ignore"):
                factors = x.ravel()[0] / rows[:, 0]
            return [
                u
                for u, good in zip(us, self.judgement.factors.all_known(factors), strict=True)
                if good
            ]
        flat = x.ravel()
        length = np.linalg.norm(flat)
        if not us or not length > 0:
            return []
        cosine = np.abs(rows @ flat)
        if x.ndim == 2 and 1 not in x.shape:
            cosine = np.maximum(cosine, np.abs(rows @ x.T.ravel()))
        return [us[k] for k in np.flatnonzero(cosine > (1.0 - 1e-6) * length)]

    def match(self, x: np.ndarray) -> tuple[int, float] | None:
        """Return the forward node whose adjoint a value is, and the factor; None if there is none."""
        x = np.asarray(x)
        if x.dtype.kind != "f" or not np.isfinite(x).all():
            return None
        known = self.judgement.factors.known
        for u in self._nearby(x):
            c = multiple(x, self.adjoints[u])
            if c is not None and known(c):
                return u, c
        for w in self._penalised if x.size >= 4 else ():
            if self.values[w].shape in (x.shape, x.shape[::-1]):
                both = with_penalty(x, self.adjoints[w], self.values[w])
                if both and known(both[0]):
                    return w, both[0]
        return None

    @cached_property
    def _penalised(self) -> list[int]:
        """The weights that may come with a penalty: a multiple of them is added in the backward pass."""
        found = []
        nodes, training = self.training.nodes, self.training
        for node in nodes[: training.last + 1]:
            if node.name in ("add", "subtract") and node.index not in training.nexts:
                for k in node.inputs:
                    if (
                        training.weighted[k]
                        and not training.is_backward(k)
                        and training.is_backward(node.index)
                    ):
                        found += [
                            w
                            for w in training.at & self.adjoints.keys()
                            if training.graph.depends(k, w)
                        ]
        found += [w.node for w in training.weights if w.node in self.adjoints and not found]
        return list(dict.fromkeys(found))

    def __call__(self, i: int) -> tuple[int, float] | None:
        """Return the same for a node."""
        if i not in self._known:
            self._known[i] = self.match(self.values[i])
        return self._known[i]

    def share(self) -> float:
        """Return the share of the backward pass that is explained."""
        training, objective = self.training, self.judgement.objective
        back = [
            n.index
            for n in training.nodes[: training.last + 1]
            if training.is_backward(n.index)
            and n.value.size
            and not (
                objective.stated is not None and training.graph.depends(objective.top, n.index)
            )
        ][:300]
        return sum(self(i) is not None for i in back) / max(1, len(back))

    @cached_property
    def slopes(self) -> list[Slope]:
        """The slopes of all activations, the widest first."""
        found = []
        nodes, graph = self.training.nodes, self.training.graph
        inner = sorted(u for u in self.adjoints if u not in self.training.at)
        with np.errstate(all="ignore"):
            for u in inner:
                for v in inner:
                    if not u < v <= u + _MOST_APART or nodes[u].value.shape != nodes[v].value.shape:
                        continue
                    if not graph.depends(v, u) or not np.abs(self.adjoints[v]).min() > 0:
                        continue
                    if not self._unary(u, v):
                        continue
                    q = self.adjoints[u] / self.adjoints[v]
                    varies = abs(abs(q).max() - 1) > 1e-6 if q.size == 1 else np.ptp(q) > 1e-6
                    if np.isfinite(q).all() and varies:
                        found.append((v - u, Slope(nodes[v].line, u, v, q)))
        return [slope for _, slope in sorted(found, key=lambda t: -t[0])][:200]

    def _unary(self, u: int, v: int) -> bool:
        """Tell whether v is made of u alone."""
        graph, todo, seen = self.training.graph, [v], {v}
        while todo:
            for k in self.training.nodes[todo.pop()].inputs:
                if k == u or k in seen or not self.training.weighted[k]:
                    continue
                if not graph.depends(k, u):
                    return False
                seen.add(k)
                todo.append(k)
                if len(seen) > 40:
                    return False
        return True


def next_value(explained: Explained, i: int) -> int | None:
    """Return the weight's next value that a node shows, or None."""
    training = explained.training
    while i not in training.nexts:
        node = training.nodes[i]
        if node.name not in SAME or not node.inputs:
            return None
        i = node.inputs[0]
    return i


Matcher = Callable[[np.ndarray], tuple[int, float] | None]
