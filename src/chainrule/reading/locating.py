"""From a wrong step back to the statement that makes it wrong: all that it takes is right, and what it gives is not."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chainrule.reading.explained import Explained, next_value
from chainrule.reading.judgement import Judgement, Row
from chainrule.reading.proportion import multiple
from chainrule.reading.repairing import Repair, repair
from chainrule.reading.unequal import Scales
from chainrule.recording.tape import Node, words

_JOINED = words("concatenate hstack append array ravel flatten")


@dataclass(frozen=True)
class WrongLine:
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


def line_of(node: Node, kind: str, sentence: str, fix: Repair | None = None) -> WrongLine:
    """Return what is said of the line that made a node."""
    frame = node.stack[0] if node.stack else None
    return WrongLine(
        frame.line if frame else 0,
        frame.file if frame else "",
        kind,
        sentence,
        tuple(f.line for f in node.stack[1:]),
        fix,
    )


class Locator:
    """Finds the wrong statements for one judgement."""

    def __init__(self, judgement: Judgement) -> None:
        self.judgement, self.training = judgement, judgement.training
        self.explained = Explained(judgement)
        self.scales = Scales(self.explained)
        self.graph, self.nodes = self.training.graph, self.training.nodes
        self.values = judgement.values
        self._said: dict[object, WrongLine] = {}

    # ---- entry ------------------------------------------------------------------------------------------------------

    def findings(self) -> list[WrongLine]:
        """Return the wrong statements, each once."""
        rows = self.judgement.rows
        found: list[WrongLine] = []
        for row in rows:
            if row.gradient is None or (
                row.factor is None and row.weight.node not in self.judgement.gradients
            ):
                found.append(self._unused(row))
            elif row.factor is None:
                found += self._walk(row.weight.next, row, set())
            elif row.decay:
                where, sentence = self.scales.penalty(row)
                found.append(line_of(self.nodes[where], "penalty", sentence))
        if not found:
            found = [line_of(self.nodes[i], "scale", text) for i, text in self.scales.unequal(rows)]
        return self._joined(found)

    def _unused(self, row: Row) -> WrongLine:
        return line_of(
            self.nodes[row.weight.next], "not in J", "steps a weight that J does not depend on"
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

    def _walk(self, i: int, row: Row, seen: set[int]) -> list[WrongLine]:
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
                    line_of(
                        self.nodes[i],
                        "weight already updated",
                        f"reads a weight after its update in line {line}; its value before is needed",
                    )
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
                return [
                    line_of(
                        self.nodes[i],
                        "target lost",
                        "does not depend on the target: nothing is propagated",
                    )
                ]
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
        return [self._named(i, good, inside, inputs, row)]

    def _named(
        self, i: int, good: list[int], inside: set[int], inputs: list[int], row: Row
    ) -> WrongLine:
        """Name what is wrong with a statement; for one that runs many times the first says it."""
        statement = (
            tuple(frame.line for frame in self.nodes[i].stack),
            self.values[row.weight.node].shape,
        )
        if statement not in self._said:
            named = repair(self.explained, i, good, inside, inputs, row)
            self._said[statement] = line_of(self.nodes[i], *named)
        return self._said[statement]

    def _misplaced(
        self, i: int, row: Row, bad: list[int], good: list[int]
    ) -> tuple[list[int], list[int]]:
        """An update whose one input is another's gradient: that input is wrong, not the update."""
        if i != row.weight.next or len(good) != 1 or bad or row.gradient is None:
            return bad, good
        k = good[0]
        elsewhere = self.nodes[k].line != self.nodes[i].line
        same_size = self.values[k].size == self.values[i].size
        if (
            elsewhere
            and same_size
            and not self._used_rightly(k)
            and multiple(self.values[k], row.gradient) is None
        ):
            return good, []
        return bad, good

    def _used_rightly(self, i: int) -> bool:
        return any(
            r.factor is not None and self.graph.depends(r.weight.next, i)
            for r in self.judgement.rows
        )

    # ---- several findings ------------------------------------------------------------------------------------------

    def _joined(self, found: list[WrongLine]) -> list[WrongLine]:
        """Where one changed input repairs several statements, the statement that made the input is the wrong one."""
        merged = []
        for f in found:
            if f.repair and f.repair.node is not None and not self._used_rightly(f.repair.node):
                node = self.nodes[f.repair.node]
                if node.line != f.line:
                    merged.append(line_of(self.nodes[f.repair.node], f.kind, f.repair.made))
                    continue
            merged.append(f)
        shared: dict[tuple[int, str], list[WrongLine]] = {}
        for f in merged:
            if f.repair and f.repair.node is not None:
                shared.setdefault((f.repair.node, f.kind), []).append(f)
        for (made, kind), group in shared.items():
            repair_of = group[0].repair
            if repair_of and len({f.line for f in group}) > 1:
                merged = [f for f in merged if f not in group]
                merged.insert(0, line_of(self.nodes[made], kind, repair_of.made))
        lines = {f.line for f in merged if not f.repair}
        merged = [
            f for f in merged
            if not (f.repair and f.repair.node is not None and self.nodes[f.repair.node].line in lines - {f.line})
        ]  # fmt: skip
        unique: dict[tuple[str, int], WrongLine] = {}
        for f in merged:
            unique.setdefault((f.file, f.line), replace(f))
        return list(unique.values())
