"""What the backward pass holds: which value is which adjoint, times a factor that the program multiplies by."""

from __future__ import annotations

from collections import defaultdict
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
        self._by_size: dict[int, list[int]] = defaultdict(list)
        for u, A in self.adjoints.items():
            self._by_size[A.size].append(u)
        self._known: dict[int, tuple[int, float] | None] = {}

    def match(self, x: np.ndarray) -> tuple[int, float] | None:
        """Return the forward node whose adjoint a value is, and the factor; None if there is none."""
        if x.dtype.kind != "f" or not np.isfinite(x).all():
            return None
        known = self.judgement.factors.known
        for u in self._by_size.get(x.size, ()):
            c = multiple(x, self.adjoints[u])
            if c is not None and known(c):
                return u, c
        for w in self.training.at & self.adjoints.keys():
            if self.adjoints[w].size == x.size:
                both = with_penalty(x, self.adjoints[w], self.values[w])
                if both and known(both[0]):
                    return w, both[0]
        return None

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
