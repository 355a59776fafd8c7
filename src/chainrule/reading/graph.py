"""A tape as a graph: who depends on whom, and all values again with some of them replaced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.recording.tape import Node, Reference, words

# These hold what they are made of, in another order or form.
SAME = words(
    "getitem T transpose reshape ravel flatten squeeze swapaxes expand_dims asarray array copy astype "
    "asmatrix atleast_2d atleast_1d asanyarray ascontiguousarray moveaxis"
)
MADE = words(
    "zeros zeros_like ones ones_like arange eye full empty identity full_like linspace empty_like"
)
GUARD = 1e-3  # log(p + 1e-8): no part of the mathematics

Values = list[np.ndarray]


def substitute(x: Any, values: Sequence[np.ndarray]) -> Any:
    """Return nested arguments with values in the place of references."""
    if isinstance(x, Reference):
        value = values[x.index]
        return value[()] if value.ndim == 0 else value
    if isinstance(x, list):
        return [substitute(y, values) for y in x]
    if isinstance(x, tuple):
        return tuple(substitute(y, values) for y in x)
    if isinstance(x, dict):
        return {k: substitute(v, values) for k, v in x.items()}
    if isinstance(x, slice):
        return slice(*(substitute(y, values) for y in (x.start, x.stop, x.step)))
    return x


def is_number(node: Node) -> bool:
    """Tell whether a node holds floating-point numbers."""
    return node.value.dtype.kind == "f"


class Graph:
    """The first operations of a tape.

    Parameters
    ----------
    nodes : list of Node
        The operations, in order.
    """

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes
        self.above: list[int] = []  # for each node a set of bits: itself and all that it depends on
        for node in nodes:
            bits = 1 << node.index
            for i in node.inputs:
                bits |= self.above[i]
            self.above.append(bits)

    def depends(self, i: int, on: int) -> bool:
        """Tell whether node i depends on another (or is it)."""
        return bool(self.above[i] >> on & 1)

    def value(self, i: int) -> np.ndarray:
        """Return a node's recorded value."""
        return self.nodes[i].value

    def is_made(self, i: int) -> bool:
        """Tell whether a node is zeros, ones or a range, made of no data."""
        return self.nodes[i].value.size == 0 or self.nodes[i].name in MADE

    def evaluate(
        self,
        replaced: Mapping[int, Any],
        base: Values | None = None,
        only: Iterable[int] | None = None,
        guards: bool = False,
    ) -> Values:
        """Return all nodes' values with some replaced.

        Parameters
        ----------
        replaced : mapping of int to array
            Nodes and what they hold instead.
        base : list of ndarray, optional
            The values to start from; those recorded.
        only : iterable of int, optional
            The nodes to compute again, in order; all that depend on a replaced one.
        guards : bool
            Keep small constants as they stand; else they are 0.
        """
        values = list(base) if base is not None else [n.value for n in self.nodes]
        bits = 0
        for i, value in replaced.items():
            values[i] = np.asarray(value)
            bits |= 1 << i
        for i in range(len(self.nodes)) if only is None else only:
            node = self.nodes[i]
            if i in replaced or node.function is None or not self.above[i] & bits:
                continue
            arguments = node.arguments if guards else self._unguarded(node)
            values[i] = np.asarray(
                node.function(*substitute(arguments, values), **substitute(node.keywords, values))
            )
        return values

    def _unguarded(self, node: Node) -> tuple[Any, ...]:
        """Return a node's arguments without guards against log(0) and division by 0; an optimizer's stay."""
        if node.name not in ("add", "subtract") or any(
            self.nodes[k].name == "sqrt" for k in node.inputs
        ):
            return node.arguments
        return tuple(
            0.0 if isinstance(x, float) and 0 < abs(x) <= GUARD else x for x in node.arguments
        )

    def source_of(self, i: int, stop: int = 0) -> int:
        """Return the node whose content a node shows, through transposes, parts and copies.

        ``stop``: bits of nodes that are not gone beyond, and what depends on them.
        """
        while self.nodes[i].name in SAME and self.nodes[i].inputs:
            node = self.nodes[i]
            if len(set(node.inputs)) > 1 and node.name != "getitem":
                break
            above = node.inputs[0]
            if (
                self.value(above).dtype.kind not in "fiub"
                or self.above[above] & stop
                or self.is_made(above)
            ):
                break
            i = above
        return i
