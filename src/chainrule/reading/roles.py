"""The roles of a run's values: weights, inputs X, targets Y, forward pass and backward pass.

X is what meets a bare weight. Y is what meets something that depends on weights, is no part of X, and was there before
the forward pass began: what is drawn later is noise (a dropout mask). The forward pass is all that depends on weights
and not on Y or on a next weight; the backward pass depends on both.
"""

from __future__ import annotations

from chainrule.reading.graph import SAME, Graph, is_number
from chainrule.reading.moving import feeding, find_weights
from chainrule.recording.tape import Node, words

PRODUCTS = words("multiply dot matmul outer einsum vectorized tensordot inner")
_MEETING = words("dot matmul add einsum tensordot inner vectorized")
_BARE = SAME | frozenset(("concatenate", "hstack", "vstack"))


def bits_of(indices: object) -> int:
    """Return a set of bits for node indices."""
    return sum(1 << i for i in set(indices))  # type: ignore[call-overload]


class TrainingRun:
    """What a tape tells about a training: see the module.

    Attributes
    ----------
    graph : Graph
        The tape up to the last of the weights' next values and of J.
    weights : list of Weight
    X, Y : list of int
        Nodes that hold inputs and targets.
    feeding : set of int
        What steps are made of.
    meets : list of (int, int)
        An operation where the forward pass meets a target, and the target as it is there.
    """

    def __init__(self, nodes: list[Node]) -> None:
        self.weights = find_weights(nodes)
        self.nodes = nodes
        if not self.weights:
            return
        self.at = {w.node for w in self.weights}
        self.nexts = {w.next for w in self.weights}
        self.last = max(self.nexts)
        self.feeding = feeding(nodes, self.weights)
        self.graph = Graph(nodes[: self._end(nodes) + 1])
        self.nodes = self.graph.nodes
        above = self.graph.above
        self.weight_bits, self.next_bits = bits_of(self.at), bits_of(self.nexts)
        self.weighted = [bool(a & self.weight_bits) for a in above]
        self.fresh = [
            w and not a & self.next_bits for w, a in zip(self.weighted, above, strict=True)
        ]
        self._find_bare()
        self.X = self._find_inputs()
        self.meets = self._find_meets()
        met = {self.graph.source_of(d, self.weight_bits) for _, d in self.meets}
        self.Y = sorted(y for y in met if not any(z != y and self.graph.depends(y, z) for z in met))
        self.meet_bits = bits_of(m for m, _ in self.meets)

    def _end(self, nodes: list[Node]) -> int:
        """Return the last operation of interest: a loss may be computed after the step, of values before it."""
        weighted, stepped, end = set(self.at), set(self.nexts), self.last
        for node in nodes:
            if any(i in stepped for i in node.inputs):
                stepped.add(node.index)
            elif any(i in weighted for i in node.inputs):
                weighted.add(node.index)
                if node.index not in stepped and node.index < 3 * self.last:
                    end = max(end, node.index)
        return end

    # ---- roles ------------------------------------------------------------------------------------------------------

    def _find_bare(self) -> None:
        self.bare = [False] * len(self.nodes)  # a weight as it stands, or a part of it
        for node in self.nodes:
            i = node.index
            if i in self.at:
                self.bare[i] = True
            elif self.fresh[i] and node.name in _BARE:
                self.bare[i] = all(
                    self.bare[k] for k in node.inputs if self.weighted[k]
                ) and not any(
                    is_number(self.nodes[k]) and not self.weighted[k] for k in node.inputs
                )

    def _find_inputs(self) -> list[int]:
        found = set()
        for node in self.nodes[: self.last + 1]:
            if not self.fresh[node.index] or node.name not in PRODUCTS or node.index in self.at:
                continue
            data = [k for k in node.inputs if not self.weighted[k] and self._is_data(k)]
            if data and all(self.bare[k] for k in node.inputs if self.weighted[k]):
                if node.name == "multiply" and all(
                    not self.nodes[k].inputs
                    and self.nodes[k].value.size == 1
                    and self.nodes[k].name != "literal"
                    for k in data
                ):
                    continue
                found |= {self.graph.source_of(k, self.weight_bits) for k in data}
        return sorted(found)

    def _is_data(self, i: int) -> bool:
        return self.graph.value(i).dtype.kind in "fiub" and not self.graph.is_made(i)

    def _find_meets(self) -> list[tuple[int, int]]:
        inputs = set(self.X)
        started = [
            n.index
            for n in self.nodes[: self.last + 1]
            if self.weighted[n.index]
            and any(self.graph.source_of(k, self.weight_bits) in inputs for k in n.inputs)
        ]
        start = min(started, default=len(self.nodes))
        found: list[tuple[int, int]] = []
        nought: list[tuple[int, int]] = []
        for node in self.nodes:
            if not self.fresh[node.index] or node.index in self.at:
                continue
            if not any(self.weighted[k] and not self.bare[k] for k in node.inputs):
                continue
            for k in node.inputs:
                if self.weighted[k] or not self._is_data(k):
                    continue
                source = self.graph.source_of(k, self.weight_bits)
                value = self.graph.value(k)
                if source in inputs:
                    continue
                if node.name == "add" and not value.any():
                    nought.append(
                        (node.index, k)
                    )  # an accumulator, a momentum that starts at nought
                    continue
                number = value.size == 1 and not self.nodes[k].inputs
                if (
                    number
                    and node.name in ("multiply", "divide")
                    and self.nodes[k].name != "literal"
                ):
                    continue
                if not self._is_noise(k, start):
                    found.append((node.index, k))
        if not found:  # or a target of nought, if there is no other
            found = [(m, k) for m, k in nought if self.nodes[k].name == "literal"]
        return found

    def _is_noise(self, i: int, start: int) -> bool:
        """Tell whether all that a value was made of came after the forward pass began."""
        above = self.graph.above[i]
        leaves = [
            k for k in range(i + 1)
            if above >> k & 1 and not self.nodes[k].inputs and not self.graph.is_made(k)
        ]  # fmt: skip
        return (
            bool(leaves)
            and min(leaves) > start
            and not all(self.nodes[k].name in ("literal", "leaf") for k in leaves)
        )

    # ---- questions --------------------------------------------------------------------------------------------------

    def is_forward(self, i: int) -> bool:
        """Tell whether a node is of the forward pass."""
        return self.fresh[i] and not self.graph.above[i] & self.meet_bits

    def is_backward(self, i: int) -> bool:
        """Tell whether a node depends on weights and targets."""
        return bool(self.graph.above[i] & self.meet_bits)

    def is_index(self, i: int) -> bool:
        """Tell whether a node serves as an index: class numbers, an order of rows."""
        if self.nodes[i].value.dtype.kind not in "iub":
            return False
        for node in self.nodes[: self.last + 1]:
            if node.name in ("getitem", "setitem"):
                for k in node.inputs[1:]:
                    if self.graph.depends(k, i) and self.nodes[k].value.dtype.kind in "iu":
                        return True
        return False

    def strangers(self) -> list[int]:
        """Return forward operations with an array that is neither weight nor data: a weight that never moves."""
        known = set(self.X) | set(self.Y)
        found = []
        for node in self.nodes[: self.last + 1]:
            i = node.index
            if not self.is_forward(i) or self.bare[i] or node.name not in _MEETING:
                continue
            for k in node.inputs:
                if self.weighted[k] or not self._is_data(k):
                    continue
                leaf = self.graph.source_of(k, self.weight_bits)
                if leaf not in known and (self._is_array(leaf) or self._is_product(leaf)):
                    found.append(i)
        return found

    def _is_array(self, i: int) -> bool:
        node = self.nodes[i]
        named = node.inputs or node.name == "literal"
        return not named and node.value.size > 1 and node.value.dtype.kind == "f"

    def _is_product(self, i: int) -> bool:
        """Tell whether data is a product of two arrays that came from outside: one may be a weight."""
        node = self.nodes[i]
        return node.name in ("dot", "matmul") and all(
            self.nodes[k].value.ndim > 1 and is_number(self.nodes[k]) for k in node.inputs
        )
