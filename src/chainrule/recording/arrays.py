"""Arrays that write what is done with them onto a tape.

``Traced`` is an ndarray, so a program does not notice. Arrays that share memory share a ``Buffer``; each write makes a
new node and raises the buffer's version, and a view reads itself anew from the buffer once that is ahead of it.

It is over 300 lines because an array, its methods and the functions that write for them are of each other's making.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from chainrule.recording.session import Buffer, Session, active, current
from chainrule.recording.tape import Reference, words

# These return a view of their first argument; a write into it is a write into that.
VIEWS = words(
    "transpose reshape ravel squeeze swapaxes getitem T asarray atleast_1d atleast_2d expand_dims "
    "broadcast_to diagonal array_split split vsplit hsplit asanyarray ascontiguousarray view moveaxis "
    "asmatrix"
)
IN_PLACE = words("fill_diagonal copyto put place putmask put_along_axis")
METHODS = words(
    "dot sum mean transpose reshape ravel flatten copy astype max min argmax argmin var std clip squeeze swapaxes "
    "repeat cumsum prod round any all diagonal nonzero take trace conj argsort ptp cumprod compress choose"
)


def map_nested(x: Any, change: Callable[[Any], Any]) -> Any:
    """Return nested arguments with every leaf changed."""
    if type(x) is list or (isinstance(x, list) and not isinstance(x, Traced)):
        return [map_nested(y, change) for y in x]
    if isinstance(x, tuple):
        return tuple(map_nested(y, change) for y in x)
    if isinstance(x, dict):
        return {k: map_nested(v, change) for k, v in x.items()}
    if isinstance(x, slice):
        return slice(*(map_nested(y, change) for y in (x.start, x.stop, x.step)))
    return change(x)


def plain(x: Any) -> Any:
    """Return nested arguments with ordinary arrays and scalars in the place of traced ones."""
    return map_nested(x, _plain)


def _plain(x: Any) -> Any:
    if isinstance(x, Traced):
        base = np.ndarray.view(x, np.ndarray)
        return base[()] if getattr(x, "_scalar", False) else base
    return getattr(x, "untraced__", x) if callable(x) else x


def referred(x: Any) -> Any:
    """Return nested arguments with references to nodes in the place of arrays."""
    return map_nested(x, _referred)


def _referred(x: Any) -> Any:
    if isinstance(x, Traced):
        return Reference(node_of(x))
    if isinstance(x, np.ndarray) and x.dtype.kind in "fiub":
        return Reference(_node_of_plain(x))
    return getattr(x, "untraced__", x) if callable(x) else x


def is_traced(x: Any) -> bool:
    """Tell whether anything in nested arguments is traced."""
    if isinstance(x, Traced):
        return True
    if isinstance(x, (list, tuple)):
        return any(is_traced(y) for y in x)
    if isinstance(x, dict):
        return any(is_traced(y) for y in x.values())
    return isinstance(x, slice) and is_traced((x.start, x.stop, x.step))


def _node_of_plain(array: np.ndarray) -> int:
    known = Session.plain.get(id(array))
    if known is None:
        known = Session.plain[id(array)] = (array, current().leaf("leaf", array))
    return known[1]


def make(value: Any, node: int, buffer: Buffer | None = None, path: tuple[Any, ...] = ()) -> Traced:
    """Return a value as a traced array that stands for a node."""
    traced = np.ndarray.view(np.asarray(value), Traced)
    traced._node, traced._buffer, traced._path = node, buffer or Buffer(node), path
    traced._scalar = not isinstance(value, np.ndarray)
    traced._version = traced._buffer.version
    return traced


def literal(value: Any) -> Any:
    """Return a number of the program's as a traced scalar."""
    if active() is None:
        return value
    return make(np.asarray(value)[()], current().leaf("literal", value))


def wrap(x: Any) -> Any:
    """Follow a plain array, or a list of them, that another library gave."""
    if type(x) is np.ndarray and x.dtype.kind in "fiub" and active() is not None:
        known = Session.wrapped.get(id(x))
        if known is None:
            known = Session.wrapped[id(x)] = (make(x, _node_of_plain(x)), x)
        return known[0]
    if type(x) in (list, tuple) and x and any(type(y) is np.ndarray for y in x):
        return type(x)(wrap(y) for y in x)
    return x


def _along(path: tuple[Any, ...], array: Any) -> Any:
    for step in path:
        array = step(array)
    return array


def node_of(traced: Traced) -> int:
    """Return the node that holds what an array holds now."""
    if not hasattr(traced, "_node"):  # made by a way that is not followed
        traced._node = current().leaf("leaf", np.ndarray.view(traced, np.ndarray))
        traced._buffer, traced._path, traced._version = Buffer(traced._node), (), 0
    buffer, path = traced._buffer, traced._path
    if buffer.version != traced._version:
        if not path:
            traced._node = buffer.node
        else:
            value = np.ndarray.view(traced, np.ndarray)
            traced._node = current().add(
                "getitem", lambda base: _along(path, base), (Reference(buffer.node),), {}, value
            )
        traced._version = buffer.version
    return traced._node


def write(traced: Traced, node: int) -> None:
    """Note that an array was overwritten by a node's value, and with it what it is a view of."""
    node_of(traced)
    buffer, path = traced._buffer, traced._path
    if not path:
        buffer.node = node
    else:

        def scatter(base: np.ndarray, new: np.ndarray) -> np.ndarray:
            base = np.array(base, dtype=np.result_type(base, new))
            _along(path, base)[...] = new
            return base

        arguments = (Reference(buffer.node), Reference(node))
        nodes = current().nodes
        value = scatter(nodes[buffer.node].value, nodes[node].value)
        buffer.node = current().add("scatter", scatter, arguments, {}, value)
    buffer.version += 1
    traced._version, traced._node = buffer.version, node


def call(name: str, function: Callable[..., Any], arguments: Any, keywords: dict[str, Any]) -> Any:
    """Call a function on plain values and write it onto the tape, if one is being written."""
    arguments = tuple(list(a) if _runs_out(a) else a for a in arguments)
    target = keywords.get("out")
    target = target[0] if isinstance(target, tuple) else target
    if target is not None:
        keywords = {k: v for k, v in keywords.items() if k != "out"}
    given, named = plain(arguments), plain(keywords)
    if active() is None:
        if target is not None:
            named["out"] = plain(target)
        return function(*given, **named)
    if name in IN_PLACE and isinstance(arguments[0], Traced):
        return _changed(name, function, arguments, keywords)
    references = referred(arguments), referred(keywords)
    result = function(*given, **named)
    if target is not None:
        _store(target, current().add(name, function, references[0], references[1], result), result)
        return target
    return _traced_result(result, name, function, references, arguments, (given[1:], named))


def _runs_out(x: Any) -> bool:
    return isinstance(x, Iterator) and not isinstance(x, np.ndarray)


def _store(target: Any, node: int, result: Any) -> None:
    memory = plain(target)
    memory[...] = np.asarray(result).astype(memory.dtype, copy=False)
    if isinstance(target, Traced):
        write(target, node)
    else:
        Session.plain[id(target)] = (target, node)


def _changed(name: str, function: Any, arguments: Any, keywords: dict[str, Any]) -> None:
    """A function that writes into its first argument."""

    def changed(array: np.ndarray, *rest: Any, **named: Any) -> np.ndarray:
        array = np.array(array)
        function(array, *rest, **named)
        return array

    references = referred(arguments), referred(keywords)
    function(*plain(arguments), **plain(keywords))
    node = current().add(name, changed, references[0], references[1], plain(arguments[0]))
    write(arguments[0], node)


def _traced_result(
    result: Any, name: str, function: Any, references: Any, arguments: Any, rest: Any
) -> Any:
    if isinstance(result, (np.ndarray, np.generic)) and result.dtype.kind in "fiub":
        first = arguments[0] if arguments else None
        node = current().add(name, function, references[0], references[1], result)
        if (
            name in VIEWS
            and isinstance(first, Traced)
            and isinstance(result, np.ndarray)
            and np.may_share_memory(result, plain(first))
        ):
            others, named = rest
            node_of(first)
            path = (*first._path, lambda base: function(base, *others, **named))
            return make(result, node, first._buffer, path)
        return make(result, node)
    if (
        isinstance(result, (list, tuple))
        and result
        and all(isinstance(r, (np.ndarray, np.generic)) for r in result)
    ):
        parts = []
        for k, part in enumerate(result):

            def one(*a: Any, _k: int = k, **kw: Any) -> Any:
                return function(*a, **kw)[_k]

            parts.append(_traced_result(part, name, one, references, arguments, rest))
        return type(result)(parts) if type(result) in (list, tuple) else tuple(parts)
    return result


def _get(array: Any, index: Any) -> Any:
    return array[index]


def _set(array: Any, index: Any, value: Any) -> Any:
    array = np.array(array, dtype=np.result_type(array, value))
    array[index] = value
    return array


class Traced(np.ndarray):
    """An array whose operations are recorded; a scalar is one without dimensions."""

    __array_priority__ = 1000
    _node: int
    _buffer: Buffer
    _path: tuple[Any, ...]
    _version: int
    _scalar: bool

    def __array_finalize__(self, other: Any) -> None:
        pass

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
        if method == "at":

            def function(*a: Any) -> None:
                ufunc.at(*a)

            return _changed(f"{ufunc.__name__}.at", function, inputs, {})
        name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
        return call(
            name, ufunc if method == "__call__" else getattr(ufunc, method), inputs, keywords
        )

    def __array_function__(self, function: Any, types: Any, arguments: Any, keywords: Any) -> Any:
        return call(function.__name__, function, arguments, keywords)

    def __getitem__(self, index: Any) -> Any:
        return call("getitem", _get, (self, index), {})

    def __setitem__(self, index: Any, value: Any) -> None:
        if active() is None:
            np.ndarray.view(self, np.ndarray)[plain(index)] = plain(value)
            return
        arguments = (Reference(node_of(self)), referred(index), referred(value))
        memory = np.ndarray.view(self, np.ndarray)
        memory[plain(index)] = plain(value)
        write(self, current().add("setitem", _set, arguments, {}, memory))

    def __iter__(self) -> Iterator[Any]:
        return (self[k] for k in range(len(self)))

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(plain(self)) if self.ndim == 0 else id(self)

    def __format__(self, specification: str) -> str:
        return format(
            np.asarray(plain(self)).item() if self.ndim == 0 else plain(self), specification
        )

    def __repr__(self) -> str:
        return repr(plain(self))

    def __str__(self) -> str:
        return str(plain(self))

    def __index__(self) -> int:
        return operator.index(plain(self))

    def __round__(self, digits: int = 0) -> Any:
        return call("round", np.round, (self, digits), {})

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __copy__(self) -> Any:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Any:
        return self.copy()

    @property
    def T(self) -> Any:
        """The transpose."""
        return call("T", np.transpose, (self,), {})

    @property
    def flat(self) -> Any:
        """All entries, one after another."""
        return self.reshape(-1)

    def item(self, *index: Any) -> Any:
        """Return one entry."""
        if index:
            return self[index[0] if len(index) == 1 else index]
        return call("reshape", lambda x: np.reshape(x, ())[()], (self,), {})

    def tolist(self) -> Any:
        """Return nested lists of traced scalars."""
        return self if self.ndim == 0 else [row.tolist() for row in self]

    def fill(self, value: Any) -> None:
        """Set every entry."""
        self[...] = value

    def sort(self, *arguments: Any, **keywords: Any) -> None:
        """Sort in place."""
        self[...] = call("sort", np.sort, (self, *arguments), keywords)


def _method(name: str) -> Callable[..., Any]:
    def function(x: Any, *arguments: Any, **keywords: Any) -> Any:
        return getattr(np.asarray(x), name)(*arguments, **keywords)

    return lambda self, *arguments, **keywords: call(name, function, (self, *arguments), keywords)


def _in_place(name: str) -> Callable[..., Any]:
    changing, returning = getattr(np.ndarray, f"__i{name}__"), getattr(operator, name)
    # a scalar is no memory: `total += x` makes a new one
    return lambda self, other: (
        returning(self, other) if getattr(self, "_scalar", False) else changing(self, other)
    )


for _name in METHODS:
    setattr(Traced, _name, _method(_name))
for _name in ("add", "sub", "mul", "truediv", "pow"):
    setattr(Traced, f"__i{_name}__", _in_place(_name))
