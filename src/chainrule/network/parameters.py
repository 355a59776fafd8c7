"""One flat vector holds all parameters; W[l] and b[l] are named views into it.

Layout: W[1], b[1], W[2], b[2], ..., W[L], b[L], each row by row, then the scales s of columns if
there are any. A gradient, a moment or an average of networks is
another vector of the same layout, so the same class names its parts.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from chainrule.errors import InputError
from chainrule.network.architecture import Architecture
from chainrule.network.scales import scaled


class Segment(NamedTuple):
    """The place of one W or b in the flat vector."""

    name: str  #: "W[1]", "b[1]", ..., "s"
    layer: int  #: from 1
    start: int
    stop: int
    is_weight: bool


def segments(sizes: tuple[int, ...], n_columns: int = 0) -> list[Segment]:
    """Return where each W[l] and b[l], and the scales of columns, lie in the flat vector.

    Examples
    --------
    >>> [s[:4] for s in segments((2, 3, 1))]
    [('W[1]', 1, 0, 6), ('b[1]', 1, 6, 9), ('W[2]', 2, 9, 12), ('b[2]', 2, 12, 13)]
    """
    places, start = [], 0
    for layer, (fan_in, fan_out) in enumerate(pairwise(sizes), start=1):
        middle, stop = start + fan_in * fan_out, start + (fan_in + 1) * fan_out
        places.append(Segment(f"W[{layer}]", layer, start, middle, True))
        places.append(Segment(f"b[{layer}]", layer, middle, stop, False))
        start = stop
    if n_columns:
        places.append(Segment("s", 1, start, start + n_columns, False))
    return places


class Parameters:
    """Named views into a flat vector.

    Parameters
    ----------
    architecture : Architecture
        Gives the shapes.
    vector : ndarray of shape (P,), optional
        Contiguous; it is used, not copied. Zeros of dtype float64 if not given.

    Attributes
    ----------
    vector : ndarray of shape (P,)
    W : list
        ``W[l]`` is (fan_in, fan_out) for l = 1..L; ``W[0]`` is empty, so that the indices are those of
        the equations.
    b : list
        ``b[l]`` is (fan_out,).
    s : ndarray of shape (columns,)
        The scales of the columns; empty for an architecture without columns.

    Examples
    --------
    >>> theta = Parameters(Architecture((2, 3, 1), ("relu", "identity"), "squared_error"))
    >>> theta.W[1][0, 2] = 5.0
    >>> theta.vector[2]
    np.float64(5.0)
    """

    def __init__(self, architecture: Architecture, vector: np.ndarray | None = None) -> None:
        size = architecture.n_parameters
        self.architecture = architecture
        self.vector = np.zeros(size) if vector is None else vector
        if self.vector.shape != (size,) or not self.vector.flags.c_contiguous:
            raise InputError.of(
                "parameter vector",
                got=f"shape {self.vector.shape}",
                expected=f"a contiguous vector of {size} numbers for sizes {architecture.sizes}",
            )
        self.W: list[np.ndarray] = [np.empty((0, 0))]
        self.b: list[np.ndarray] = [np.empty(0)]
        self.s = self.vector[size - len(architecture.columns) :]
        for _, layer, start, stop, is_weight in segments(architecture.sizes):
            part = self.vector[start:stop]
            if is_weight:
                self.W.append(
                    part.reshape(architecture.sizes[layer - 1], architecture.sizes[layer])
                )
            else:
                self.b.append(part)

    @property
    def V(self) -> list[np.ndarray]:
        """What the layers multiply by: ``V[1] = diag(s) W[1]`` where columns have scales, else ``V[l] = W[l]``."""
        if not self.s.size:
            return self.W
        return [self.W[0], scaled(self.W[1], self.s, self.architecture.columns), *self.W[2:]]

    def without_scales(self) -> Parameters:
        """Return the parameters of the same function with the scales multiplied into W[1]; itself if there are none."""
        if not self.s.size:
            return self
        folded = Parameters(self.architecture.without_columns(), self.vector[: -self.s.size].copy())
        folded.W[1][...] = self.V[1]
        return folded

    def copy(self) -> Parameters:
        """Return parameters with a vector of their own."""
        return Parameters(self.architecture, self.vector.copy())
