"""Finds the weights of a run: what is replaced, at the place where it is read, by itself plus a step.

No name and no class is looked at. A weight is a value w that some operation reads, and that the same operation of the
source reads again later as ``w + step``, where the step was computed with w. Weights written entry by entry, in lists
of numbers or as parts of one vector are found alike.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from chainrule.reading.graph import SAME, is_number
from chainrule.recording.tape import Node, words

_MOST_BACK = 400  # nodes gone back from one that may be a weight's next value
_JOINED = words("concatenate hstack vstack append stack")


@dataclass(frozen=True)
class Weight:
    """A weight: the node of its first value, that of its next, and what its step was made of."""

    node: int
    next: int
    step: tuple[int, ...]


def _carried(nodes: list[Node], i: int) -> tuple[int, ...]:
    """Return the inputs that a node may be the next value of."""
    node = nodes[i]
    name, inputs = node.name, node.inputs
    if name == "add":
        return inputs
    if name == "subtract":
        first = node.arguments[0]
        return (
            (first.index,)
            if hasattr(first, "index") and not isinstance(first, (list, tuple))
            else ()
        )
    if name in ("setitem", "scatter"):
        return inputs[:1] + inputs[-1:]
    if name in SAME or name in _JOINED:
        return inputs if name != "getitem" else inputs[:1]
    if name == "multiply":  # decay: W * (1 - rate * lambda)
        if len(inputs) == 1:
            return inputs
        number = [k for k in inputs if nodes[k].value.size == 1 and not nodes[k].inputs]
        return tuple(k for k in inputs if k not in number) if len(number) == 1 else ()
    return ()


def _may_replace(node: Node, old: Node) -> bool:
    """Tell whether shapes allow it; a step of another shape may have broadcast a weight to its own."""
    if old.value.shape == node.value.shape:
        return True
    stepped = node.name in ("add", "subtract") and old.index in node.inputs
    return stepped and old.value.ndim > 0 and old.value.ndim == node.value.ndim


_STEPS = frozenset(("add", "subtract", "scatter", "setitem"))


def _steps(nodes: list[Node]) -> list[tuple[int, int, frozenset[int]]]:
    """Return (w, next, nodes between) wherever a next value is read at w's place."""
    readers: dict[int, dict[object, list[int]]] = defaultdict(lambda: defaultdict(list))
    for node in nodes:
        for slot, i in enumerate(node.inputs):
            readers[i][node.stack, node.name, slot].append(node.index)
    found = []
    for node in nodes:
        if node.name not in _STEPS or not is_number(node) or node.index not in readers:
            continue
        mine = readers[node.index]
        seen, todo = {node.index}, [node.index]
        while todo and len(seen) < _MOST_BACK:
            todo.sort()
            i = todo.pop()
            old = nodes[i]
            if i != node.index and old.value.dtype.kind in "fiu" and _may_replace(node, old):
                places = [p for p in readers[i] if p in mine]
                outside = [p for p in places if not seen & set(readers[i][p])]
                if outside:
                    found.append((i, node.index, frozenset(seen)))
                    break
            for k in _carried(nodes, i):
                if k not in seen:
                    seen.add(k)
                    todo.append(k)
    return found


def _between(nodes: list[Node], w: int, after: int, seen: frozenset[int]) -> set[int]:
    """Return the nodes on ways from w to its next value that carry it."""
    carrying = {w}
    for i in sorted(seen):
        if any(k in carrying for k in _carried(nodes, i)):
            carrying.add(i)
    return carrying


def _made_of(nodes: list[Node], w: int, after: int, seen: frozenset[int]) -> tuple[int, ...]:
    carrying = _between(nodes, w, after, seen)
    outside = {k for i in carrying if i != w for k in nodes[i].inputs if k not in carrying}
    # w - w * g: a carrying product has the step inside it
    return tuple(sorted(outside))


def _bits(nodes: list[Node], sources: list[int]) -> list[int]:
    """Return for each node a set of bits: which sources it depends on."""
    bit = {s: 1 << k for k, s in enumerate(sources)}
    bits: list[int] = []
    for node in nodes:
        here = bit.get(node.index, 0)
        for i in node.inputs:
            here |= bits[i]
        bits.append(here)
    return bits


def find_weights(nodes: list[Node]) -> list[Weight]:
    """Return the weights of a run, in the order in which they are first read; empty if there are none.

    Parameters
    ----------
    nodes : list of Node
        The whole tape.
    """
    steps = _steps(nodes)
    nexts = {after for _, after, _ in steps}
    first: dict[int, tuple[int, frozenset[int]]] = {}
    for w, after, seen in steps:
        if w not in nexts and w not in first:
            first[w] = after, seen
    if not first:
        return _single_step(nodes)
    sources = sorted(first)
    bits = _bits(nodes, sources)
    bit = {s: 1 << k for k, s in enumerate(sources)}
    made = {w: _made_of(nodes, w, *first[w]) for w in sources}
    sure = [w for w in sources if is_number(nodes[w]) or nodes[w].value.dtype.kind in "iu"]
    sure = [w for w in sure if any(bits[k] & bit[w] for k in made[w])]
    # what depends on another weight is no first value: a momentum, a running mean
    sure = [w for w in sure if not any(bits[w] & bit[v] for v in sure if v != w)]
    read: dict[int, int] = {}
    for node in nodes:
        for i in node.inputs:
            read.setdefault(i, node.index)
    if not sure:
        return _single_step(nodes)
    mask = sum(bit[w] for w in sure)
    last = max(read[w] for w in sure) + 3
    for w in sources:  # stepped by what does not depend on it, though others' steps depend on it
        if w in sure or bits[w] & mask or read.get(w, last + 1) > last or not is_number(nodes[w]):
            continue
        stepped = any(bits[k] & mask for k in made[w])
        forward = any(bits[k] & bit[w] for v in sure for k in made[v])
        if stepped and forward:
            sure.append(w)
    return [Weight(w, first[w][0], made[w]) for w in sorted(sure, key=lambda w: read[w])]


def feeding(nodes: list[Node], weights: list[Weight]) -> set[int]:
    """Return all that any value of a weight is made of, those of later steps too: no J is among them."""
    values = {w.next for w in weights}
    for w, after, _ in _steps(nodes):
        if w in values:
            values.add(after)
    found = set(values)
    for node in reversed(nodes):
        if node.index in found:
            found.update(node.inputs)
    return found


def _single_step(nodes: list[Node]) -> list[Weight]:
    """Return the weights of a run of one step: what is read, and then stepped by what was made of it."""
    read: dict[int, int] = {}
    for node in nodes:
        for i in node.inputs:
            read.setdefault(i, node.index)
    found: list[Weight] = []
    candidates = []
    for node in nodes:
        if node.name not in ("add", "subtract") or len(node.inputs) != 2 or not is_number(node):
            continue
        w, step = node.inputs
        if nodes[w].inputs or nodes[w].value.shape != node.value.shape or not is_number(nodes[w]):
            continue
        if read[w] < node.index:
            candidates.append((w, node.index, step))
    bits = _bits(nodes, [w for w, _, _ in candidates])
    used = set()
    for k, (w, after, step) in enumerate(candidates):
        reader = nodes[read[w]]
        forward = reader.name in ("dot", "matmul", "add", "multiply", "T", "transpose", "getitem")
        if bits[step] >> k & 1 and forward and w not in used:
            used.add(w)
            found.append(Weight(w, after, (step,)))
    return found


def seen_enough(nodes: list[Node]) -> bool:
    """Tell whether a tape holds a whole step and as much again."""
    weights = find_weights(nodes)
    return bool(weights) and 2.5 * max(w.next for w in weights) < len(nodes)
