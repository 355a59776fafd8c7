"""One trainable scale for each column of a table, shared by all inputs that the column became.

    V = diag(s) W[1]            value: what layer 1 multiplies its inputs by
    dW[1] = diag(s) dV          derivatives, from dV = h[0].T @ delta[1]
    ds[c] = sum of W[1] * dV over the inputs of column c

A column that says nothing is turned down as a whole, in the space of parameters: no further product of matrices, and
once training is over V takes the place of W[1]. RealMLP (arXiv 2407.04491) has a scale for each input instead.

Shapes: W, V, dV (fan_in, fan_out); s, ds (columns,); ``columns`` says how many inputs, side by side, each column has.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chainrule.equations.elementary import Array


def scaled(W: Array, s: Array, columns: Sequence[int]) -> Array:
    """Return V = diag(s) W.

    Examples
    --------
    >>> scaled(np.ones((3, 1)), np.array([2.0, 5.0]), (1, 2)).ravel().tolist()
    [2.0, 5.0, 5.0]
    """
    return np.repeat(s, columns)[:, None] * W


def scaled_derivative(dV: Array, W: Array, s: Array, columns: Sequence[int]) -> tuple[Array, Array]:
    """Return dW and ds."""
    first = np.cumsum(columns) - np.asarray(columns)
    return scaled(dV, s, columns), np.add.reduceat((W * dV).sum(axis=1), first)
