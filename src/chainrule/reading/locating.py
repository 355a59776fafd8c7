"""From a wrong step back to the statement that makes it wrong: all that it takes is right, and what it gives is not."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from chainrule.reading.explained import Explained, next_value
from chainrule.reading.judging import Judgement, Row
from chainrule.reading.proportion import multiple, with_penalty
from chainrule.reading.repairing import Repair, repair
from chainrule.recording.tape import Node

_JOINED = frozenset("concatenate hstack append array ravel flatten".split())


@dataclass(frozen=True)
class Finding:
    """One wrong statement.

    Attributes
    ----------
    line, file
        Where it stands.
    kind : str
        The mistake's name.
    sentence : str
        What it holds and what is needed.
    calls : tuple of int
        The lines that called into it.
    """

    line: int
    file: str
    kind: str
    sentence: str
    calls: tuple[int, ...] = ()
    repair: Repair | None = None


class Locator:
    """Finds the wrong statements for one judgement."""

    def __init__(self, judgement: Judgement) -> None:
        self.judgement, self.training = judgement, judgement.training
        self.explained = Explained(judgement)
        self.graph, self.nodes = self.training.graph, self.training.nodes
        self.values = judgement.values

    # ---- entry ------------------------------------------------------------------------------------------------------

    def findings(self) -> list[Finding]:
        """Return the wrong statements, each once."""
        rows = self.judgement.rows
        found: list[Finding] = []
        for row in rows:
            if row.gradient is None or (row.factor is None and row.weight.node not in self.judgement.gradients):
                found.append(self._unused(row))
            elif row.factor is None:
                found += self._walk(row.weight.next, row, set())
            elif row.decay:
                found += self._penalty(row)
        if not found:
            found = self._scales(rows)
        return self._joined(found)

    def _finding(self, i: int, kind: str, sentence: str, fix: Repair | None = None) -> Finding:
        node = self.nodes[i]
        place = node.stack[0] if node.stack else None
        return Finding(
            place.line if place else 0,
            place.file if place else "",
            kind,
            sentence,
            tuple(p.line for p in node.stack[1:]),
            fix,
        )

    def _unused(self, row: Row) -> Finding:
        return self._finding(
            row.weight.next, "not in J", "steps a weight that J does not depend on"
        )

    # ---- statements -------------------------------------------------------------------------------------------------

    def _backward(self, i: int) -> bool:
        return self.training.is_backward(i)

    def _statement(self, i: int) -> tuple[set[int], list[int]]:
        """Return the nodes of the one execution of the statement that made a node, and what it takes from elsewhere."""
        node = self.nodes[i]
        depth = len(node.stack)
        low = i
        while low > 0 and self._same_execution(self.nodes[low - 1], node, depth):
            low -= 1
        inside, inputs, todo = {i}, [], [i]
        while todo:
            for k in self.nodes[todo.pop()].inputs:
                own = k >= low and self.training.weighted[k] and k not in self.training.at
                if own and next_value(self.explained, k) is None:
                    if k not in inside:
                        inside.add(k)
                        todo.append(k)
                elif k not in inputs:
                    inputs.append(k)
        return inside, inputs

    @staticmethod
    def _same_execution(before: Node, node: Node, depth: int) -> bool:
        stack = before.stack
        if len(stack) < depth or not depth:
            return False
        here, mine = stack[len(stack) - depth], node.stack[0]
        outer = [p.line for p in stack[len(stack) - depth + 1 :]]
        return (
            here.line == mine.line
            and here.function == mine.function
            and outer == [p.line for p in node.stack[1:]]
        )

    def _walk(self, i: int, row: Row, seen: set[int]) -> list[Finding]:
        """Go back from a wrong value to where it becomes wrong."""
        if i in seen:
            return []
        seen.add(i)
        inside, inputs = self._statement(i)
        if i == row.weight.next:
            inputs = [k for k in inputs if k != row.weight.node]
        for k in inputs:
            stale = next_value(self.explained, k)
            if stale is not None and stale != i:
                line = self.nodes[stale].line
                return [
                    self._finding(i, "weight already updated", f"reads a weight after its update in line {line}; the gradient needs its value before")
                ]
        weights = self.training.at
        live = [k for k in inputs if self.training.weighted[k] and k not in weights]
        bad = [k for k in live if self._backward(k) and not self.explained(k)]
        good = [k for k in live if self._backward(k) and self.explained(k)]
        bad, good = self._misplaced(i, row, bad, good)
        forward = self.explained.adjoints.keys() | weights
        if self.nodes[i].name in _JOINED:
            bad = bad + [k for k in live if not self._backward(k) and k not in forward]
        if not bad and not good:
            bad = [k for k in live if k not in forward and not self._backward(k)]
            if not bad and not self._backward(i):
                return [self._finding(i, "target lost", "does not depend on the target: nothing is propagated")]
        found, went = [], False
        for k in bad:
            if k in seen:
                went = True
                continue
            further = self._walk(k, row, seen)
            found += further
            went = went or not further
        if found or went:
            return found
        kind, sentence, fix = repair(self.explained, i, good, inside, inputs, row)
        return [self._finding(i, kind, sentence, fix)]

    def _misplaced(self, i: int, row: Row, bad: list[int], good: list[int]) -> tuple[list[int], list[int]]:
        """An update whose one input is another's gradient: that input is wrong, not the update."""
        if i != row.weight.next or len(good) != 1 or bad or row.gradient is None:
            return bad, good
        k = good[0]
        elsewhere = self.nodes[k].line != self.nodes[i].line
        same_size = self.values[k].size == self.values[i].size
        if elsewhere and same_size and not self._used_rightly(k) and multiple(self.values[k], row.gradient) is None:
            return good, []
        return bad, good

    def _used_rightly(self, i: int) -> bool:
        return any(
            r.factor is not None and self.graph.depends(r.weight.next, i) for r in self.judgement.rows
        )

    # ---- penalties and scales -----------------------------------------------------------------------------------------

    def _gradient_statement(self, row: Row) -> int:
        """Return the last node of the gradient, before the line that takes the step."""
        i, line = row.weight.next, self.nodes[row.weight.next].line
        while self.nodes[i].line == line:
            above = [k for k in self.nodes[i].inputs if k != row.weight.node and self._backward(k)]
            if not above:
                break
            i = above[0]
        return i

    def _penalty(self, row: Row) -> list[Finding]:
        A = row.gradient
        assert A is not None and row.factor is not None
        w = row.weight.node
        where, i, seen = None, row.weight.next, set()
        while i not in seen:  # where a multiple of W comes in
            seen.add(i)
            node = self.nodes[i]
            above = [k for k in node.inputs if self._backward(k)]
            others = [k for k in node.inputs if not self._backward(k) and self.graph.depends(k, w) and k != w]
            if node.name in ("add", "subtract") and others and with_penalty(self.values[i], A, self.values[w]):
                where = i
            if not above:
                break
            i = above[0]
        if where is None:
            where = self._gradient_statement(row)
        sentence = (
            f"the step is {row.factor:.4g} dJ/dW {row.decay:+.4g} W: data part and penalty do not have J's proportion"
        )
        return [self._finding(where, "penalty", sentence)]

    def _chain(self, i: int) -> list[tuple[int, float]]:
        """Return where, on the way back from a gradient, the factor to its adjoint changes: (node, change)."""
        chain: list[tuple[int, float]] = []
        seen: set[int] = set()
        current: int | None = i
        while current is not None and current not in seen:
            seen.add(current)
            match = self.explained(current)
            if match:
                chain.append((current, match[1]))
            above = [k for k in self.nodes[current].inputs if self._backward(k)]
            current = above[0] if above else None
        return [
            (node, later / earlier)
            for (node, later), (_, earlier) in zip(chain, chain[1:], strict=False)
            if abs(later - earlier) > 1e-6 * abs(earlier)
        ]

    def _scales(self, rows: list[Row]) -> list[Finding]:
        """Every step is a multiple of its gradient, but not the same: where does another factor come in?"""
        live = [r for r in rows if r.factor is not None and r.factor == r.factor and not r.through]
        if not live:
            return []
        rounded = [float(f"{r.factor:.5g}") for r in live]
        counts = {c: rounded.count(c) for c in rounded}
        most = max(counts.values())
        common = [c for c in rounded if counts[c] == most]
        last = max(live, key=lambda r: self._depth(r))  # the output's delta comes first
        of_last = float(f"{last.factor:.5g}")
        reference = of_last if of_last in common else common[0]
        peers = [r for r, c in zip(live, rounded, strict=True) if c == reference]
        found = []
        for row, c in zip(live, rounded, strict=True):
            if c != reference:
                peer = max(peers, key=self._depth)
                found += self._another_factor(row, c / reference, peer)
        return found

    def _depth(self, row: Row) -> int:
        readers = [n.index for n in self.nodes if row.weight.node in n.inputs]
        return min(readers, default=0)

    def _another_factor(self, row: Row, ratio: float, peer: Row) -> list[Finding]:
        start = max(row.weight.step, key=self._backward, default=row.weight.next)
        of_peer = [f for _, f in self._chain(max(peer.weight.step, key=self._backward, default=peer.weight.next))]
        left = []
        for node, f in self._chain(start):
            same = next((x for x in of_peer if abs(x - f) < 1e-4 * abs(f)), None)
            if same is None:
                left.append((node, f))
            else:
                of_peer.remove(same)
        shape = self.values[row.weight.node].shape
        text = f"the step of a weight of shape {shape} is {ratio:.4g} times what the others' scale asks for"
        if ratio < 0:
            text = f"the step of a weight of shape {shape} goes up where the others' go down"
        if left:
            return [self._finding(node, "scale", f"{text}: a factor of {f:.4g} comes in here") for node, f in left[:1]]
        missing = f"; a factor of {of_peer[0]:.4g} is missing here" if of_peer else ""
        return [self._finding(self._gradient_statement(row), "scale", text + missing)]

    # ---- several findings ---------------------------------------------------------------------------------------------

    def _joined(self, found: list[Finding]) -> list[Finding]:
        """Where one changed input repairs several statements, the statement that made the input is the wrong one."""
        merged = []
        for f in found:
            if f.repair and f.repair.node is not None and not self._used_rightly(f.repair.node):
                node = self.nodes[f.repair.node]
                if node.line != f.line:
                    merged.append(self._finding(f.repair.node, f.kind, f.repair.made))
                    continue
            merged.append(f)
        shared: dict[object, list[Finding]] = {}
        for f in merged:
            if f.repair and f.repair.node is not None:
                shared.setdefault((f.repair.node, f.kind), []).append(f)
        for (node, kind), group in shared.items():  # type: ignore[misc]
            if len({f.line for f in group}) > 1:
                merged = [f for f in merged if f not in group]
                merged.insert(0, self._finding(node, kind, group[0].repair.made))  # type: ignore[union-attr]
        lines = {f.line for f in merged if not f.repair}
        merged = [
            f for f in merged
            if not (f.repair and f.repair.node is not None and self.nodes[f.repair.node].line in lines - {f.line})
        ]  # fmt: skip
        unique: dict[tuple[str, int], Finding] = {}
        for f in merged:
            unique.setdefault((f.file, f.line), replace(f))
        return list(unique.values())


def sizes(values: list[np.ndarray]) -> list[tuple[int, ...]]:
    """Return the shapes of values."""
    return [v.shape for v in values]
