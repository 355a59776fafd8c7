"""Large matrices cut to their corners."""

from __future__ import annotations

import numpy as np

_MOST, _EDGE = 8, 3


def places(length: int) -> list[int | None]:
    """Return the indices to show along an axis, with None for those that are left out.

    Examples
    --------
    >>> places(3), places(100)
    ([0, 1, 2], [0, 1, 2, None, 97, 98, 99])
    """
    if length <= _MOST:
        return list(range(length))
    return [*range(_EDGE), None, *range(length - _EDGE, length)]


def elided(value: np.ndarray) -> list[list[float | None]]:
    """Return the rows of a matrix, with None where something is left out.

    Examples
    --------
    >>> elided(np.zeros((1, 2)))
    [[0.0, 0.0]]
    """
    columns = places(value.shape[1])
    return [
        [None if i is None or j is None else float(value[i, j]) for j in columns]
        for i in places(value.shape[0])
    ]
