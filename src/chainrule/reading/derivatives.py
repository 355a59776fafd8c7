"""dJ/du for all u of a tape, by one sweep from J back to the weights.

The table has the adjoint of each common operation beside its name; an operation that is not in it is differentiated by
central differences of the very function that was recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from chainrule.reading.differences import by_differences
from chainrule.reading.graph import Graph, Values, substitute
from chainrule.recording.tape import Node, Reference, references, words

Adjoints = dict[int, np.ndarray]

# Entries of the input, in another order: the adjoint is found by following each entry's number through the operation.
MOVES = words(
    "getitem T transpose reshape ravel flatten squeeze swapaxes expand_dims asarray array copy astype "
    "asmatrix atleast_2d atleast_1d concatenate hstack vstack append setitem scatter repeat broadcast_to "
    "diagonal asanyarray stack tile moveaxis ascontiguousarray column_stack row_stack flip roll insert delete "
    "pad fill_diagonal copyto put"
)
FLAT = words(
    "greater less greater_equal less_equal equal not_equal argmax argmin sign zeros_like ones_like round "
    "logical_and logical_not logical_or floor ceil isnan argsort nonzero shape isfinite rint heaviside "
    "full_like empty_like"
)

_UNARY: Mapping[str, Callable[[Any, Any], Any]] = {  # slope from input and output
    "negative": lambda x, y: -1.0,
    "positive": lambda x, y: 1.0,
    "square": lambda x, y: 2.0 * x,
    "exp": lambda x, y: y,
    "expm1": lambda x, y: y + 1.0,
    "log": lambda x, y: 1.0 / x,
    "log1p": lambda x, y: 1.0 / (1.0 + x),
    "log10": lambda x, y: 1.0 / x / np.log(10.0),
    "log2": lambda x, y: 1.0 / x / np.log(2.0),
    "tanh": lambda x, y: 1.0 - y**2,
    "expit": lambda x, y: y * (1.0 - y),
    "sqrt": lambda x, y: 0.5 / y,
    "absolute": lambda x, y: np.sign(x),
    "fabs": lambda x, y: np.sign(x),
    "reciprocal": lambda x, y: -(y**2),
    "sin": lambda x, y: np.cos(x),
    "cos": lambda x, y: -np.sin(x),
    "nan_to_num": lambda x, y: 1.0,
}


def _power(x: Any, p: Any, y: Any) -> Any:
    return p * np.power(np.asarray(x, float), np.asarray(p, float) - 1.0), y * np.log(
        np.abs(x) + 1e-300
    )


_BINARY: Mapping[
    str, Callable[[Any, Any, Any], Any]
] = {  # both slopes from both inputs and the output
    "add": lambda a, b, y: (1.0, 1.0),
    "subtract": lambda a, b, y: (1.0, -1.0),
    "multiply": lambda a, b, y: (b, a),
    "divide": lambda a, b, y: (1.0 / b, -y / b),
    "true_divide": lambda a, b, y: (1.0 / b, -y / b),
    "power": _power,
    "float_power": _power,
    "pow": _power,
    "maximum": lambda a, b, y: (np.greater(a, b), np.greater(b, a)),  # relu'(0) = 0
    "minimum": lambda a, b, y: (np.less(a, b), np.less(b, a)),
}


def _fit(g: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Sum a gradient over what was broadcast."""
    g = np.asarray(g, float)
    while g.ndim > len(shape):
        g = g.sum(0)
    g = g.reshape((1,) * (len(shape) - g.ndim) + g.shape)
    for k, size in enumerate(shape):
        if size == 1 and g.shape[k] != 1:
            g = g.sum(k, keepdims=True)
    return np.broadcast_to(g, shape) if g.shape != shape else g


def _product(A: Any, B: Any, G: Any) -> tuple[Any, Any] | None:
    A, B, G = (np.asarray(x, float) for x in (A, B, G))
    if A.ndim == 0 or B.ndim == 0:
        return G * B, G * A
    match A.ndim, B.ndim:
        case 2, 2:
            return G @ B.T, A.T @ G
        case 1, 2:
            return B @ G, np.outer(A, G)
        case 2, 1:
            return np.outer(G, B), A.T @ G
        case 1, 1:
            return G * B, G * A
    return None


def _reduced(name: str, node: Node, given: list[Any], named: Any, G: Any, y: Any) -> Any:
    x = np.asarray(given[0], float)
    axis = named.get("axis", given[1] if len(given) > 1 else 0 if "." in name else None)
    G, y = np.asarray(G, float), np.asarray(y)
    if axis is not None and G.ndim < x.ndim:
        G, y = np.expand_dims(G, axis), np.expand_dims(y, axis)
    if name in ("max", "amax", "min", "amin"):
        return G * (x == y)
    return np.broadcast_to(G / (x.size / max(1, y.size)) if name == "mean" else G, x.shape)


def _moved(node: Node, values: Values, G: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Number all entries, let the operation move them, and hand each its gradient back."""
    skipped = set()
    if node.name in ("getitem", "setitem", "repeat", "tile", "put"):
        skipped = set(references(node.arguments[1]))
    spans: list[tuple[int, int, tuple[int, ...]]] = []
    count = 0

    def numbered(x: Any) -> Any:
        nonlocal count
        if isinstance(x, Reference):
            value = values[x.index]
            if x.index in skipped or value.dtype.kind == "b":
                return value[()] if value.ndim == 0 else value
            numbers = np.arange(count, count + value.size, dtype=float).reshape(value.shape)
            spans.append((x.index, count, value.shape))
            count += value.size
            return numbers[()] if numbers.ndim == 0 else numbers
        if isinstance(x, (list, tuple)):
            return type(x)(numbered(y) for y in x)
        if isinstance(x, slice):
            return slice(numbered(x.start), numbered(x.stop), numbered(x.step))
        return x

    def constant(x: Any) -> Any:
        if isinstance(x, (list, tuple)):
            return type(x)(constant(y) for y in x)
        return -1.0 if isinstance(x, (int, float)) and not isinstance(x, bool) else x

    given = list(node.arguments)
    if node.name in (
        "array",
        "asarray",
        "concatenate",
        "hstack",
        "vstack",
        "stack",
        "append",
        "column_stack",
    ):
        given[0] = constant(given[0])
    if node.name in ("setitem", "scatter", "fill_diagonal", "copyto"):
        given[-1] = constant(given[-1])
    kept = (
        given[1:] if node.name in ("reshape", "getitem", "transpose", "swapaxes", "astype") else []
    )
    given = (
        [numbered(given[0]), *substitute(kept, values)] if kept else [numbered(x) for x in given]
    )
    named = {k: v for k, v in node.keywords.items() if k != "dtype"}
    if node.name == "astype":
        given = [*given[:1], float]
    assert node.function is not None
    moved = np.asarray(node.function(*given, **substitute(named, values)), float)
    where = moved.round().astype(int).ravel()
    total = np.zeros(count + 1)
    valid = where >= 0
    np.add.at(total, where[valid], np.broadcast_to(G, moved.shape).ravel()[valid])
    for i, start, shape in spans:
        yield i, total[start : start + int(np.prod(shape))].reshape(shape)


def adjoints_of_inputs(
    node: Node, values: Values, G: np.ndarray, wanted: Callable[[int], bool]
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (input, its share of the gradient) for one operation whose result has gradient G.

    Raises
    ------
    NotImplementedError
        If the operation is not in the table and too large for differences.
    """
    name, y = node.name, values[node.index]
    if name in FLAT:
        return
    arguments = node.arguments
    given = [substitute(x, values) for x in arguments]
    if name in MOVES:
        yield from _moved(node, values, G)
        return
    slots = [(k, x.index) for k, x in enumerate(arguments) if isinstance(x, Reference)]
    shares: Any = None
    if name in _UNARY and len(given) == 1:
        shares = [G * _UNARY[name](np.asarray(given[0], float), y)]
    elif name in _BINARY and len(given) == 2:
        shares = [G * slope for slope in _BINARY[name](given[0], given[1], y)]
    elif name in ("dot", "matmul"):
        shares = _product(given[0], given[1], G) if len(given) == 2 else None
    elif name == "outer":
        shares = (G @ np.ravel(given[1]), np.ravel(given[0]) @ G)
    elif name in ("sum", "mean", "max", "amax", "min", "amin", "add.reduce") and slots[:1] == [
        (0, slots[0][1] if slots else -1)
    ]:
        shares = [_reduced(name, node, given, substitute(node.keywords, values), G, y)]
    elif name == "where" and len(given) == 3:
        chosen = np.asarray(given[0], bool)
        shares = (0.0, G * chosen, G * ~chosen)
    elif name == "clip":
        shares = [G * (y == given[0])]
    if shares is not None:
        for k, i in slots:
            if k < len(shares):
                yield i, _fit(shares[k], values[i].shape)
        return
    yield from by_differences(node, values, G, {i for i in node.inputs if wanted(i)})


def sweep(
    graph: Graph,
    values: Values,
    seeds: Mapping[int, np.ndarray],
    weighted: list[bool],
    stop: set[int],
) -> Adjoints:
    """Return dJ/du for every u between the weights and J.

    Parameters
    ----------
    graph : Graph
    values : list of ndarray
        The point.
    seeds : mapping of int to ndarray
        dJ/du where J looks directly: 1 at J itself.
    weighted : list of bool
        What depends on weights; nothing else is followed.
    stop : set of int
        The weights.
    """
    found: Adjoints = {i: np.asarray(g, float) for i, g in seeds.items()}
    for i in range(max(seeds), -1, -1):
        node = graph.nodes[i]
        if i not in found or not node.inputs or not weighted[i] or i in stop:
            continue
        for k, share in adjoints_of_inputs(node, values, found[i], weighted.__getitem__):
            if weighted[k]:
                found[k] = found[k] + share if k in found else np.asarray(share, float)
    return found
