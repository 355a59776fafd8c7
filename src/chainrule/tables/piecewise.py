"""Piecewise-linear encoding of a number: how far it has come through each of several bins.

Bins have the edges b[0] < b[1] < ... < b[T], quantiles of the training rows; bin t puts out::

    e[t](x) = (x - b[t-1]) / (b[t] - b[t-1]), not below 0 and not above 1

so bins that lie below x give 1, those above it 0, the one that x is in a part. The first goes on below 0 and the last
above 1, to -1/2 and 3/2. A first layer on these outputs is any function of x that is linear between the edges: steps
and bends that a network would have to grow from one scaled number. Gorishniy, Rubachev & Babenko 2022, section 3.2.
"""

from __future__ import annotations

import numpy as np

from chainrule.tables.text import Floats

BEYOND = 0.5
"""How far the outer bins go on."""


def quantile_edges(x: Floats, bins: int) -> tuple[float, ...]:
    """Learn the edges of at most ``bins`` bins from the finite values of a column; empty where there are not two.

    Examples
    --------
    >>> quantile_edges(np.array([0.0, 1.0, 2.0, 3.0, 4.0, np.nan]), 2)
    (0.0, 2.0, 4.0)
    >>> quantile_edges(np.array([0.0, 0.0, 0.0, 1.0]), 2)
    ()
    """
    known = x[np.isfinite(x)]
    if not len(known):
        return ()
    # Halves, because the difference of two finite numbers can overflow.
    edges = np.unique(np.quantile(known * 0.5, np.linspace(0.0, 1.0, bins + 1)))
    apart = np.isfinite(1.0 / np.diff(edges))
    edges = edges[np.append(True, apart)] * 2.0
    return tuple(edges.tolist()) if len(edges) > 2 else ()


def piecewise(x: Floats, edges: tuple[float, ...]) -> Floats:
    """Apply the encoding: (n,) to (n, bins); what is not finite becomes 0 throughout.

    Examples
    --------
    >>> piecewise(np.array([-9.0, 0.5, 3.0]), (0.0, 2.0, 4.0)).tolist()
    [[-0.5, 0.0], [0.25, 0.0], [1.0, 0.5]]
    """
    b = np.array(edges) * 0.5
    with np.errstate(over="ignore", invalid="ignore"):
        e: Floats = (x[:, None] * 0.5 - b[:-1]) / np.diff(b)
    low, high = np.zeros(len(b) - 1), np.ones(len(b) - 1)
    low[0], high[-1] = -BEYOND, 1.0 + BEYOND
    np.clip(e, low, high, out=e)
    e[~np.isfinite(x)] = 0.0
    return e
