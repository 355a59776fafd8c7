"""Clipping by the global norm: a gradient that is too long is shortened as a whole.

Pascanu, Mikolov & Bengio 2013, Algorithm 1.

norm = sqrt(sum g²) over all parameters of all layers;  g <- g * max_norm / norm  if norm > max_norm

The direction stays; clipping each entry by itself would turn it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt


def factor(norm: float, max_norm: float) -> float:
    """Return what to multiply the gradient by: 1 unless ``norm`` is above ``max_norm``.

    A plain function of two scalars, compiled as it stands. ``max_norm`` infinite means no clipping.
    A NaN norm gives 1 and an infinite one 0, so that a gradient that is not finite stays so and is
    noticed.

    Examples
    --------
    >>> factor(5.0, 1.0), factor(0.5, 1.0), factor(5.0, float("inf"))
    (0.2, 1.0, 1.0)
    """
    if norm > max_norm:
        return max_norm / norm
    return 1.0


def global_norm(gradient: npt.NDArray[Any]) -> float:
    """Return the Euclidean norm, summed in float64, where no float32 gradient overflows.

    Examples
    --------
    >>> import numpy as np
    >>> round(global_norm(np.array([3e30, 4e30], dtype=np.float32)) / 1e30, 6)
    5.0
    """
    return math.sqrt(float(np.sum(np.square(gradient, dtype=np.float64))))


def clip(gradient: npt.NDArray[Any], max_norm: float) -> float:
    """Clip ``gradient`` in place and return its norm before that.

    Parameters
    ----------
    gradient : ndarray of shape (P,)
        Overwritten where its norm is above ``max_norm``; keeps its dtype.
    max_norm : float
        The longest that is left as it is; infinite for no clipping.

    Examples
    --------
    >>> import numpy as np
    >>> gradient = np.array([3.0, 4.0])
    >>> clip(gradient, 1.0), gradient.tolist()
    (5.0, [0.6..., 0.8])
    """
    norm = global_norm(gradient)
    scale = factor(norm, max_norm)
    if scale != 1.0:
        gradient *= scale
    return norm
