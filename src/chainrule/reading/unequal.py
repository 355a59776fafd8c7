"""Steps that are gradients but for a factor or a penalty of their own: the statement where that comes in."""

from __future__ import annotations

from itertools import pairwise

from chainrule.reading.explained import Explained
from chainrule.reading.judgement import ELEMENTWISE, Row
from chainrule.reading.proportion import multiple, with_penalty

Where = tuple[int, str]  # a node and what is said of its statement


class Scales:
    """Compares what the steps are multiplied with."""

    def __init__(self, explained: Explained) -> None:
        self.explained, self.training = explained, explained.training
        self.nodes, self.values = self.training.nodes, explained.values

    def _above(self, i: int) -> int | None:
        return next((k for k in self.nodes[i].inputs if self.training.is_backward(k)), None)

    def _gradient_statement(self, row: Row) -> int:
        """Return the last node of the gradient, before the line that takes the step."""
        i, line = row.weight.next, self.nodes[row.weight.next].line
        while self.nodes[i].line == line:
            above = [
                k
                for k in self.nodes[i].inputs
                if k != row.weight.node and self.training.is_backward(k)
            ]
            if not above:
                break
            i = above[0]
        return i

    def penalty(self, row: Row) -> Where:
        """Return where a multiple of the weight comes in that J does not have."""
        w, A = row.weight.node, row.gradient
        assert A is not None
        where, i, seen = None, row.weight.next, set()
        while i not in seen:
            seen.add(i)
            node = self.nodes[i]
            others = [
                k for k in node.inputs
                if k != w and not self.training.is_backward(k) and self.training.graph.depends(k, w)
            ]  # fmt: skip
            joins = node.name in ("add", "subtract") and others
            if joins and with_penalty(self.values[i], A, self.values[w]):
                where = i
            above = self._above(i)
            if above is None:
                break
            i = above
        sentence = (
            f"the step is {row.factor:.4g} dJ/dW {row.decay:+.4g} W: "
            "data part and penalty do not have J's proportion"
        )
        return (self._gradient_statement(row) if where is None else where), sentence

    def _chain(self, start: int) -> list[tuple[int, float]]:
        """Return where, on the way back from a gradient, the factor to the adjoint changes: (node, change)."""
        chain: list[tuple[int, float]] = []
        seen: set[int] = set()
        i: int | None = start
        while i is not None and i not in seen:
            seen.add(i)
            match = self.explained(i)
            if match:
                chain.append((i, match[1]))
            i = self._above(i)
        return [
            (node, f / g) for (node, f), (_, g) in pairwise(chain) if abs(f - g) > 1e-6 * abs(g)
        ]

    def where_it_turns(self, row: Row) -> int:
        """Return the update if it adds what it is given; else the first value before it with the wrong sign."""
        given = self._gradient_statement(row)
        match = self.explained(given)
        if match is None or match[1] > 0:
            return row.weight.next
        found, i, seen = given, self._above(given), {given}
        while i is not None and i not in seen:
            seen.add(i)
            match = self.explained(i)
            if match and match[1] < 0:
                found = i
            i = self._above(i)
        return found

    def _depth(self, row: Row) -> int:
        return next((n.index for n in self.nodes if row.weight.node in n.inputs), 0)

    def unequal(self, rows: list[Row]) -> list[Where]:
        """Return where another factor comes in, though every step is a multiple of its gradient."""
        live = [r for r in rows if r.factor is not None and r.factor == r.factor and not r.through]
        if not live:
            return []
        rounded = [float(f"{r.factor:.5g}") for r in live]
        down = [
            c for c in rounded if c > 0
        ] or rounded  # where some go up, those that go down are right
        most = max(down.count(c) for c in down)
        common = [c for c in down if down.count(c) == most]
        of_last = float(
            f"{max(live, key=self._depth).factor:.5g}"
        )  # the output's delta comes first
        reference = of_last if of_last in common else common[0]
        peer = max(
            (r for r, c in zip(live, rounded, strict=True) if c == reference), key=self._depth
        )
        return [
            self._another_factor(row, c / reference, peer)
            for row, c in zip(live, rounded, strict=True)
            if c != reference
        ]

    def _step(self, row: Row) -> int:
        return max(row.weight.step, key=self.training.is_backward, default=row.weight.next)

    def _another_factor(self, row: Row, ratio: float, peer: Row) -> Where:
        of_peer = [f for _, f in self._chain(self._step(peer))]
        left: list[tuple[int, float]] = []
        for node, f in reversed(self._chain(self._step(row))):  # what both share comes first of all
            same = next((x for x in of_peer if abs(x - f) < 1e-4 * abs(f)), None)
            if same is None:
                left.insert(0, (node, f))
            else:
                of_peer.remove(same)
        shape = self.values[row.weight.node].shape
        text = f"the step of a weight of shape {shape} is {ratio:.4g} times what the others' scale asks for"
        if ratio < 0:
            text = f"the step of a weight of shape {shape} goes up where the others' go down"
        proper = [
            (i, f) for i, f in left if any(abs(f / p / ratio - 1) < 1e-3 for p in (1.0, *of_peer))
        ]
        if ratio < 0 and not proper:
            return row.weight.next, text
        if left:
            i, f = (proper or left)[0]
            return i, f"{text}: a factor of {f:.4g} comes in here"
        missing = f"; a factor of {of_peer[0]:.4g} is missing here" if of_peer else ""
        return self._gradient_statement(row), text + missing


def is_gradient_before(explained: Explained, row: Row) -> bool:
    """Tell whether something that the step is made of, entry by entry, is the gradient itself."""
    training, A = explained.training, row.gradient
    todo, seen = list(row.weight.step), set(row.weight.step)
    while todo and A is not None:
        i = todo.pop()
        if training.is_backward(i) and multiple(explained.values[i], A) is not None:
            return True
        if training.nodes[i].name in ELEMENTWISE:
            more = [k for k in training.nodes[i].inputs if k not in seen]
            seen.update(more)
            todo += more
    return False
