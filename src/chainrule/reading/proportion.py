"""Whether one value is a multiple of another, and by a factor that the program itself multiplies with."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np

from chainrule.reading.graph import Values
from chainrule.reading.roles import TrainingRun
from chainrule.recording.tape import Reference, words

TOLERANCE = 2e-5
NOTHING = 1e-9
_SCALING = words("multiply divide true_divide mean log10 log2")


def forms(value: np.ndarray, shape: tuple[int, ...]) -> Iterator[np.ndarray]:
    """Yield a value in a shape, as it is, transposed, or with dimensions of 1 put elsewhere."""
    if value.shape == shape:
        yield value
    if value.ndim == 2 and value.T.shape == shape and 1 not in value.shape:
        yield value.T
    elif (
        value.shape != shape
        and value.size == math.prod(shape)
        and _long(value.shape) == _long(shape)
    ):
        yield value.reshape(shape)


def _long(shape: tuple[int, ...]) -> list[int]:
    return [k for k in shape if k != 1]


def multiple(value: np.ndarray, of: np.ndarray) -> float | None:
    """Return c where value = c * of, or None."""
    if not of.size or np.abs(of).max() < NOTHING:
        return None
    for x in forms(np.asarray(value, float), of.shape):
        c = float((x * of).sum() / (of * of).sum())
        if c and math.isfinite(c) and np.abs(x - c * of).max() <= TOLERANCE * np.abs(x).max():
            return c
    return None


def with_penalty(
    value: np.ndarray, of: np.ndarray, weight: np.ndarray
) -> tuple[float, float] | None:
    """Return c, l where value = c * of + l * weight, or None."""
    for x in forms(np.asarray(value, float), of.shape):
        if x.size < 4 or weight.shape != of.shape or not np.isfinite(x).all():
            continue
        if not np.isfinite(of).all():
            continue
        # least squares in two unknowns: the weight's part beside the gradient first
        beside = weight - of * ((weight * of).sum() / (of * of).sum())
        norm = (beside * beside).sum()
        if not norm > 0:
            continue
        l = float((x * beside).sum() / norm)
        c = float(((x - l * weight) * of).sum() / (of * of).sum())
        if abs(c) > 1e-12 and np.abs(c * of + l * weight - x).max() <= TOLERANCE * np.abs(x).max():
            return c, l
    return None


def alike(numbers: list[float]) -> bool:
    """Tell whether all numbers are one."""
    return bool(numbers) and max(numbers) - min(numbers) <= 1e-4 * max(abs(c) for c in numbers)


class Factors:
    """Products of the sizes and constants that a program multiplies by, and of their inverses."""

    def __init__(self, training: TrainingRun, values: Values, nodes: tuple[int, ...]) -> None:
        self.logarithms = np.array(sorted(self._products(self._base(training, values, nodes))))

    @staticmethod
    def _base(training: TrainingRun, values: Values, nodes: tuple[int, ...]) -> list[float]:
        found = {2.0}
        data = set(training.X) | set(training.Y)
        for node in training.nodes[: training.last + 1]:
            if not training.weighted[node.index] or node.name not in _SCALING:
                continue
            if node.name.startswith("log"):
                found.add(math.log(float(node.name[3:])))
            for x in node.arguments:
                if isinstance(x, (int, float, np.generic)) and node.name != "mean":
                    found.add(abs(float(x)))
                elif isinstance(x, Reference):
                    value = values[x.index]
                    if node.name == "mean":
                        found |= {float(k) for k in (*value.shape, value.size)}
                    elif (
                        value.size == 1
                        and not training.weighted[x.index]
                        and not data & {x.index, training.graph.source_of(x.index)}
                    ):
                        found.add(abs(float(value.reshape(-1)[0])))
        for i in (*nodes, *training.X):
            found |= {float(k) for k in training.nodes[i].value.shape}
        found -= {0.0, 1.0}
        return sorted(b for b in found if math.isfinite(b))[:24]

    @staticmethod
    def _products(base: list[float]) -> set[float]:
        logarithms = [math.log(b) for b in base]
        logarithms += [-x for x in logarithms] + [0.0]
        several = 4 if len(logarithms) < 14 else 3
        return {sum(t) for t in itertools.combinations_with_replacement(logarithms, several)} | {
            0.0
        }

    def all_known(self, factors: np.ndarray) -> np.ndarray:
        """Tell of each of several factors whether it is such a product."""
        with np.errstate(all="ignore"):
            x = np.log(np.abs(factors))
        k = np.clip(np.searchsorted(self.logarithms, x), 1, len(self.logarithms) - 1)
        near = np.minimum(np.abs(self.logarithms[k - 1] - x), np.abs(self.logarithms[k] - x))
        return np.asarray(near < 3e-6)

    def known(self, c: float) -> bool:
        """Tell whether a factor is such a product."""
        x = math.log(abs(c))
        k = int(np.searchsorted(self.logarithms, x))
        near = self.logarithms[max(0, k - 1) : k + 1]
        return bool(near.size and np.abs(near - x).min() < 3e-6)
