"""Kinks: the samples, layers and units where a step of the parameters crosses a point without a derivative.

A difference quotient that reaches over a kink of an activation (relu at 0), of a loss (absolute error at z = y) or of
the l1 penalty (at W = 0) is no estimate of the derivative, and no fault of the gradient that it is compared with.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chainrule.network.backprop import forward
from chainrule.network.parameters import Parameters

MOST = 1000  #: kinks that are listed; nobody reads more


@dataclass(frozen=True)
class Kink:
    """One crossing.

    Attributes
    ----------
    sample, layer, unit : int
        Row of X from 0, layer from 1, unit from 0. For a weight of the l1 penalty ``sample`` is the input unit.
    z : float
        The value between the two sides: z[layer] of this sample and unit.
    at : float
        The kink.
    what : str
        ``"activation"``, ``"loss"`` or ``"penalty"``.
    """

    sample: int
    layer: int
    unit: int
    z: float
    at: float
    what: str = "activation"

    def __str__(self) -> str:
        if self.what == "penalty":
            return f"l1 penalty at W[{self.layer}][{self.sample}, {self.unit}] = {self.z:.3g}"
        name = f"z[{self.layer}] = {self.z:.3g}"
        place = f"sample {self.sample}, layer {self.layer}, unit {self.unit}"
        return f"{place} ({self.what}, {name}, kink at {self.at:.3g})"


def kinks_between(
    plus: Parameters, minus: Parameters, X: np.ndarray, Y: np.ndarray | None = None
) -> list[Kink]:
    """Return the kinks whose side differs between the parameters ``plus`` and ``minus``.

    Parameters
    ----------
    plus, minus : Parameters
        The two ends of a step, of one architecture.
    X : ndarray of shape (n, m)
        The samples.
    Y : ndarray of shape (n, k), optional
        The targets, for losses with a kink at z = y.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule.network.network import Network
    >>> net = Network([1, 1, 1], "relu", initializer=[[[1.0]], [0.0], [[1.0]], [0.0]])
    >>> plus, minus = net.parameters.copy(), net.parameters.copy()
    >>> plus.b[1][0], minus.b[1][0] = 1e-3, -1e-3
    >>> print(kinks_between(plus, minus, np.zeros((1, 1)))[0])
    sample 0, layer 1, unit 0 (activation, z[1] = 0, kink at 0)
    """
    architecture = plus.architecture
    P, M = forward(plus, X), forward(minus, X)
    found = []
    for l in range(1, architecture.n_layers + 1):
        middle = 0.5 * (P.z[l] + M.z[l])
        for at in architecture.f[l].kinks:
            for i, j in np.argwhere((P.z[l] > at) != (M.z[l] > at))[:MOST]:
                found.append(Kink(int(i), l, int(j), float(middle[i, j]), at))
        if architecture.l1:
            W = 0.5 * (plus.W[l] + minus.W[l])
            for i, j in np.argwhere((plus.W[l] > 0.0) != (minus.W[l] > 0.0))[:MOST]:
                found.append(Kink(int(i), l, int(j), float(W[i, j]), 0.0, "penalty"))
    if Y is not None and architecture.loss_function.kinks:
        scores = 0.5 * (P.scores + M.scores)
        for i, j in np.argwhere((P.scores > Y) != (M.scores > Y))[:MOST]:
            L = architecture.n_layers
            found.append(Kink(int(i), L, int(j), float(scores[i, j]), float(Y[i, j]), "loss"))
    return found[:MOST]


def kinks_near(
    theta: Parameters, X: np.ndarray, Y: np.ndarray | None = None, distance: float = 0.0
) -> list[Kink]:
    """Return the kinks that the parameters themselves stand on, or within ``distance`` of.

    Exactly on a kink there is no derivative; chainrule takes the one from the left there (relu'(0) = 0), another
    implementation may rightly take another.

    Parameters
    ----------
    theta : Parameters
        The point.
    X : ndarray of shape (n, m)
        The samples.
    Y : ndarray of shape (n, k), optional
        The targets, for losses with a kink at z = y.
    distance : float
        How near counts.
    """
    architecture = theta.architecture
    P = forward(theta, X)
    found = []
    for l in range(1, architecture.n_layers + 1):
        for at in architecture.f[l].kinks:
            for i, j in np.argwhere(np.abs(P.z[l] - at) <= distance)[:MOST]:
                found.append(Kink(int(i), l, int(j), float(P.z[l][i, j]), at))
        if architecture.l1:
            for i, j in np.argwhere(np.abs(theta.W[l]) <= distance)[:MOST]:
                found.append(Kink(int(i), l, int(j), float(theta.W[l][i, j]), 0.0, "penalty"))
    if Y is not None and architecture.loss_function.kinks:
        for i, j in np.argwhere(np.abs(P.scores - Y) <= distance)[:MOST]:
            L = architecture.n_layers
            z = float(P.scores[i, j])
            found.append(Kink(int(i), L, int(j), z, float(Y[i, j]), "loss"))
    return found[:MOST]
