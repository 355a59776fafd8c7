"""Functions over vectors at addresses, compiled into the blocks that call them: fill, repeat, take one of each.

Sizes are in numbers, addresses in bytes. Every vector is indexed from 0 on: of another index that is signed Numba
supposes that it may be negative and count from the end, and the loop is then not vectorised.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from chainrule.engines.fused.compiler import inlined
from chainrule.engines.fused.loops import vector_at


@cache
def fill(dtype: np.dtype) -> Any:
    """Return a function that sets ``size`` numbers to a value."""
    vector = vector_at(dtype)

    def fill(at: int, size: int, value: Any) -> None:
        target = vector(at, size)
        for i in range(size):
            target[i] = value

    return inlined(fill)


@cache
def repeat(dtype: np.dtype) -> Any:
    """Return a function that copies ``k`` numbers until ``size`` are filled, each time all that are there."""
    vector, number = vector_at(dtype), dtype.itemsize

    def repeat(from_at: int, k: int, to_at: int, size: int) -> None:
        filled = 0
        while filled < size:
            more = min(max(filled, k), size - filled)
            source = vector(to_at if filled else from_at, more)
            target = vector(to_at + filled * number, more)
            for i in range(more):
                target[i] = source[i]
            filled += more

    return inlined(repeat)


@cache
def of_each(n: int, dtype: np.dtype) -> Any:
    """Return a function that gives number ``i`` of each of ``n`` vectors, which lie one behind another, as a tuple."""
    if n == 0:
        return inlined(lambda at, size, i: ())
    before, vector, behind = of_each(n - 1, dtype), vector_at(dtype), (n - 1) * dtype.itemsize
    return inlined(lambda at, size, i: (*before(at, size, i), vector(at + behind * size, size)[i]))
