"""Read what a user's function returns: dictionaries, lists, tuples or one flat vector become dW[l] and db[l].

Wrong shapes are kept as they come, because they are evidence; only what belongs to the convention (transposed weights,
columns as samples, a bias of shape (k, 1)) is turned into ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from chainrule.diagnosis.calling.spelling import role
from chainrule.diagnosis.mistakes.variant import Gradients
from chainrule.equations.elementary import Array

_PREFIX = re.compile(
    r"^(dloss|dcost|djd|dj|dl|dc|grads?|gradients?|nabla|delta|partial|g|p|d)+(?=[wbz]|theta)"
)


class Unreadable(ValueError):
    """The result holds no gradient that can be recognised."""


@dataclass(frozen=True)
class Layout:
    """How the user's arrays lie."""

    columns: bool = False  #: whether columns are samples
    out_in: bool = False  #: whether W is (fan_out, fan_in)
    container: str = ""  #: what they came in on a network whose shapes tell dW from db


@dataclass
class Read:
    """What was found in a result, and what it was found in."""

    gradients: Gradients
    container: str
    value: float | None = None  #: J, where it was returned as well


def read(result: Any, L: int, sizes: Sequence[int], layout: Layout) -> Read:
    """Return the gradients in ``result``.

    Parameters
    ----------
    result : object
        What the function returned.
    L : int
        The number of layers.
    sizes : sequence of int
        The widths.
    layout : Layout
        How its arrays lie.

    Raises
    ------
    Unreadable
        If dW and db cannot be made out.
    """
    value = None
    if isinstance(result, tuple | list) and not isinstance(result, Mapping):
        scalars = [x for x in result if _is_number(x)]
        rest = [x for x in result if not _is_number(x)]
        first = _is_number(result[0]) if result else False
        if len(rest) == 1 and scalars and (first or isinstance(rest[0], Mapping | tuple | list)):
            value, result = float(np.asarray(scalars[0]).item()), rest[0]
        elif L == 1 and len(result) == 3 and np.size(result[0]) == 1:  # (J, dw, db)
            value, result = float(np.asarray(result[0]).item()), list(result[1:])
    dW, db, delta, container = _parts(result, L, sizes, layout)
    if not any(array is not None for array in dW[1:]):
        raise Unreadable(f"no dW in what it returned ({_shown(result)})")
    gradients = Gradients(
        [None, *(_weight(array, layout) for array in dW[1:])],
        [None, *(_bias(array, layout) for array in db[1:])],
        [None, *(None if x is None else (x.T if layout.columns else x) for x in delta[1:])],
    )
    return Read(gradients, container, value)


Parts = tuple[list[Array | None], list[Array | None], list[Array | None], str]


def _parts(result: Any, L: int, sizes: Sequence[int], layout: Layout) -> Parts:
    empty: list[Array | None] = [None] * (L + 1)
    if isinstance(result, Mapping):
        return _from_mapping(result, L)
    if isinstance(result, np.ndarray) and result.ndim <= 2 and result.dtype != object:
        total = sum((m + 1) * k for m, k in pairwise(sizes))
        if result.size == total and L >= 1 and (result.ndim == 1 or 1 in result.shape):
            return (*_from_vector(result.ravel(), sizes, layout), list(empty), "one flat vector")
        if L == 1:
            return [None, _array(result)], list(empty), list(empty), "one array, dW"
    if isinstance(result, tuple | list):
        return _from_sequence(list(result), L, sizes, layout)
    raise Unreadable(f"it returned {_shown(result)}")


def _from_vector(
    vector: Array, sizes: Sequence[int], layout: Layout
) -> tuple[list[Any], list[Any]]:
    dW: list[Any] = [None]
    db: list[Any] = [None]
    start = 0
    for m, k in pairwise(sizes):
        shape = (k, m) if layout.out_in else (m, k)
        dW.append(vector[start : start + m * k].reshape(shape))
        db.append(vector[start + m * k : start + (m + 1) * k])
        start += (m + 1) * k
    return dW, db


def _from_mapping(result: Mapping[Any, Any], L: int) -> Parts:
    found: dict[str, dict[int, Any]] = {"W": {}, "b": {}, "z": {}}
    nested = False
    for key, item in result.items():
        if isinstance(key, int | np.integer) or (isinstance(key, str) and key.isdigit()):
            if isinstance(item, Mapping):  # {1: {"W": ..., "b": ...}}
                for name, array in item.items():
                    kind = _kind(str(name))
                    if kind:
                        found[kind[0]][int(key)] = array
            elif isinstance(item, tuple | list) and len(item) == 2:
                found["W"][int(key)], found["b"][int(key)] = item
            nested = True
            continue
        kind = _kind(str(key))
        if kind is None:
            continue
        if isinstance(item, Mapping):
            found[kind[0]].update({int(l): array for l, array in item.items()})
            nested = True
        elif isinstance(item, list | tuple):
            items = [x for x in item if x is not None]
            found[kind[0]].update(enumerate(items, start=1))
            nested = True
        elif kind[1] is not None:
            found[kind[0]].setdefault(kind[1], item)
        elif L == 1:
            found[kind[0]][1] = item
    base = min(found["W"] or {1: None})
    lists = []
    for kind_name in ("W", "b", "z"):
        by_layer = found[kind_name]
        shift = 1 - base if kind_name != "z" else 0
        lists.append([None, *(_array(by_layer.get(l - shift)) for l in range(1, L + 1))])
    return lists[0], lists[1], lists[2], "a nested dict" if nested else "a dict"


def _kind(key: str) -> tuple[str, int | None] | None:
    """Tell what a key of a dictionary of gradients stands for: ("W", 2) for dW2, dLoss_dW2, grad_w_2."""
    plain = re.sub(r"[^a-z0-9]", "", key.lower())
    if re.match(r"d[zh]\d*d[a-z]", plain):  # dZ5_dW5, a local derivative and no gradient of J
        return None
    if re.fullmatch(r"(delta|deltas)\d*", plain):
        digits = plain.removeprefix("deltas").removeprefix("delta")
        return "z", int(digits) if digits else None
    stripped = _PREFIX.sub("", plain)
    found = role(stripped)
    if found and found.kind in ("W", "b") and (stripped != plain or found.kind in ("W", "b")):
        return found.kind, found.index
    if found and found.kind == "z" and stripped != plain:
        return "z", found.index
    return None


def _from_sequence(items: list[Any], L: int, sizes: Sequence[int], layout: Layout) -> Parts:
    empty: list[Array | None] = [None] * (L + 1)
    if len(items) == 1 and isinstance(items[0], tuple | list | Mapping):
        items = list(items[0]) if not isinstance(items[0], Mapping) else items
    mappings = [item for item in items if isinstance(item, Mapping)]
    if (mappings and len(mappings) < len(items)) or len(mappings) == 1:
        return _from_mapping(mappings[0], L)
    if len(mappings) == len(items) == L and not all(map(_is_container, items)):
        return _from_mapping(dict(enumerate(items, start=1)), L)  # [{"dW": ..., "db": ...}, ...]
    read: list[tuple[float, list[Array | None], list[Array | None], str]] = []
    if len(items) == 2 and all(_is_container(item) for item in items):  # (dWs, dbs)
        one, two = (_layers(item, L) for item in items)
        for dW, db, how in ((one, two, "two lists, dW and db"), (two, one, "two lists, db and dW")):
            read.append((_fit(dW[1:], db[1:], sizes, layout), dW, db, how))
    if len(items) == L and all(isinstance(item, tuple | list) and len(item) == 2 for item in items):
        dW = [None, *(_array(w) for w, _ in items)]
        db = [None, *(_array(b) for _, b in items)]
        read.append((_fit(dW[1:], db[1:], sizes, layout), dW, db, "pairs (dW, db)"))
    if read:  # two layers of two: the shapes tell
        _, dW, db, how = max(read, key=lambda item: (item[3] == layout.container, item[0]))
        return dW, db, empty, how
    arrays = [_array(item) for item in items if item is not None]
    if len(arrays) == 2 * L:
        return (*_arranged(arrays, L, sizes, layout), empty, "one list of W and b")
    if len(arrays) == L:
        return [None, *arrays], list(empty), list(empty), "one list, dW"
    raise Unreadable(f"it returned {len(items)} items for {L} layers")


def _fit(
    W: Sequence[Array | None], b: Sequence[Array | None], sizes: Sequence[int], layout: Layout
) -> float:
    """Return how well arrays fit as dW and db."""
    fit = 0.0
    for l, (w, c) in enumerate(zip(W, b, strict=True), start=1):
        shape = (sizes[l], sizes[l - 1]) if layout.out_in else (sizes[l - 1], sizes[l])
        fit += 2.0 * (w is not None and w.shape == shape)
        fit += c is not None and c.size == sizes[l]
    return fit + 0.1 * (sum(map(_matrix, W)) - sum(map(_matrix, b)))  # where shapes are wrong


def _arranged(
    arrays: list[Array | None], L: int, sizes: Sequence[int], layout: Layout
) -> tuple[list[Array | None], list[Array | None]]:
    """Tell W from b in one list: in turn or one kind after the other, as the shapes fit best."""
    halves, turns = (arrays[:L], arrays[L:]), (arrays[0::2], arrays[1::2])
    options = [(W, b) for one, two in (turns, halves) for W, b in ((one, two), (two, one))]
    W, b = max(options, key=lambda option: _fit(option[0], option[1], sizes, layout))
    return [None, *W], [None, *b]


def _layers(item: Any, L: int) -> list[Array | None]:
    if isinstance(item, Mapping):
        base = min(int(key) for key in item)
        return [None, *(_array(item.get(l - 1 + base)) for l in range(1, L + 1))]
    arrays = [_array(x) for x in item]
    if len(arrays) == L + 1:  # a list with a place for index 0
        arrays = arrays[1:]
    if len(arrays) != L:
        raise Unreadable(f"{len(arrays)} gradients for {L} layers")
    return [None, *arrays]


def _array(item: Any) -> Array | None:
    if item is None:
        return None
    try:
        array = np.asarray(item)
        if array.dtype.kind not in "fiub" or array.ndim > 2:
            raise Unreadable(f"an entry is {_shown(item)}")
        return array if array.dtype.kind == "f" else array.astype(float)
    except (ValueError, TypeError) as error:
        raise Unreadable(str(error)) from None


def _matrix(array: Array | None) -> int:
    """Return 2 for a matrix, 1 for what could be a vector, 0 for one number."""
    if array is None or array.size <= 1:
        return 0
    return 2 if array.ndim == 2 and 1 not in array.shape else 1


def _weight(array: Array | None, layout: Layout) -> Array | None:
    return array.T if array is not None and layout.out_in else array


def _bias(array: Array | None, layout: Layout) -> Array | None:
    if array is None or array.ndim == 0:
        return array
    if array.size == 1:
        return array.reshape(())
    if 1 in array.shape or array.ndim == 1:
        return array.ravel()
    return array.T if layout.columns else array


def _is_number(item: Any) -> bool:
    if isinstance(item, np.ndarray):
        return bool(item.ndim == 0)
    return bool(isinstance(item, int | float | np.number))


def _is_container(item: Any) -> bool:
    if isinstance(item, Mapping):
        return all(isinstance(key, int) for key in item)
    if isinstance(item, np.ndarray):
        return bool(item.dtype == object)
    return isinstance(item, tuple | list)


def _shown(item: Any) -> str:
    if item is None:
        return "None"
    if isinstance(item, Mapping):
        return f"a dict with the keys {', '.join(map(repr, list(item)[:6]))}"
    if isinstance(item, np.ndarray):
        return f"an array of shape {item.shape}"
    if isinstance(item, tuple | list):
        return f"{len(item)} items"
    return f"a {type(item).__name__}"
