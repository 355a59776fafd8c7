"""The adjoint of an operation that no table knows, by central differences of the function that was recorded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from chainrule.reading.graph import Values, substitute
from chainrule.recording.tape import Node, words

_STEP = 1e-6
_MOST_DIFFERENCES = 4000


def by_differences(
    node: Node, values: Values, G: Any, wanted: set[int]
) -> Iterator[tuple[int, np.ndarray]]:
    """Central differences of the recorded function; an elementwise one is asked for all entries at once."""
    assert node.function is not None

    def value_with(i: int, x: np.ndarray) -> np.ndarray:
        local = _Overlay(values, {i: x})
        assert node.function is not None
        return np.asarray(
            node.function(*substitute(node.arguments, local), **substitute(node.keywords, local)),
            float,
        )

    G = np.asarray(G, float)
    for i in wanted:
        x = np.asarray(values[i], float)
        if (
            len(node.inputs) == 1
            and x.shape == values[node.index].shape
            and node.name in _ELEMENTWISE
        ):
            yield i, G * (value_with(i, x + _STEP) - value_with(i, x - _STEP)) / (2 * _STEP)
            continue
        if x.size > _MOST_DIFFERENCES:
            raise NotImplementedError(node.name)
        gradient = np.zeros(x.shape)
        for k in np.ndindex(x.shape):
            up, down = x.copy(), x.copy()
            up[k] += _STEP
            down[k] -= _STEP
            gradient[k] = (G * (value_with(i, up) - value_with(i, down))).sum() / (2 * _STEP)
        yield i, gradient


_ELEMENTWISE = words(
    "vectorized sinh cosh tan arctan arctanh arcsinh erf softplus log_expit exp2 cbrt"
)


class _Overlay(list):  # type: ignore[type-arg]
    """Values with some replaced, without a copy of all."""

    def __init__(self, values: Values, changed: dict[int, np.ndarray]) -> None:
        super().__init__()
        self._values, self._changed = values, changed

    def __getitem__(self, i: Any) -> Any:
        return self._changed.get(i, self._values[i])
