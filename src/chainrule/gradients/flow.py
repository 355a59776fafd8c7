"""Gradient flow: what arrives in each layer, what it does to the weights, and which units take no part.

``gradient_flow`` is a pure function of a pass and its gradient. ``FlowRecorder`` calls it during a training, on the
rows that it is given, as a callback.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from chainrule.gradients.problem import Problem, as_problem
from chainrule.network.architecture import Architecture
from chainrule.network.backprop import Pass, forward
from chainrule.network.network import Network
from chainrule.network.parameters import Parameters

FLAT = 0.01  #: a slope below this is that of a saturated unit


@dataclass(frozen=True)
class LayerFlow:
    """One layer of a network at one moment.

    Attributes
    ----------
    layer : int
        From 1.
    weight_norm, gradient_norm, bias_gradient_norm : float
        The Euclidean norms of W, dW and db.
    update_ratio : float
        The norm of the update of W over the norm of W; about 1e-3 is usual. The update is what was given, else the
        learning rate times dW; NaN if neither is known.
    activation_mean, activation_spread : float
        Mean and standard deviation of a over samples and units.
    dead : tuple of int
        Units whose slope is exactly 0 for every sample, at an activation with a kink: nothing reaches their weights.
    saturated : float
        The part of all (sample, unit) pairs with a slope below 0.01 that is not the flat side of a kink.
    """

    layer: int
    weight_norm: float
    gradient_norm: float
    bias_gradient_norm: float
    update_ratio: float
    activation_mean: float
    activation_spread: float
    dead: tuple[int, ...]
    saturated: float


def gradient_flow(
    theta: Parameters,
    P: Pass,
    gradient: np.ndarray,
    *,
    learning_rate: float | None = None,
    update: np.ndarray | None = None,
) -> list[LayerFlow]:
    """Return the flow of every layer.

    Parameters
    ----------
    theta : Parameters
        The network.
    P : Pass
        Its forward pass.
    gradient : ndarray of shape (P,)
        The gradient at the same point.
    learning_rate : float, optional
        Of plain gradient descent.
    update : ndarray of shape (P,), optional
        What was really added to the parameters.

    Returns
    -------
    list of LayerFlow
        Layers 1 to L.

    Examples
    --------
    >>> net = Network([2, 3, 1], "relu")
    >>> X, Y = np.array([[1.0, -1.0], [0.5, 2.0]]), np.array([[1.0], [0.0]])
    >>> net.b[1][2] = -100.0
    >>> first, last = gradient_flow(net.parameters, net.forward(X), net.gradient(X, Y)[1])
    >>> 2 in first.dead, last.saturated
    (True, 0.0)
    """
    G = Parameters(theta.architecture, gradient)
    U = None if update is None else Parameters(theta.architecture, update)
    found = []
    for l in range(1, theta.architecture.n_layers + 1):
        f, W = theta.architecture.f[l], theta.W[l]
        slopes = np.abs(f.prime(P.z[l], P.a[l]))
        off = (slopes == 0.0) & bool(f.kinks)
        if U is not None:
            moved = _norm(U.W[l])
        else:
            moved = float("nan") if learning_rate is None else learning_rate * _norm(G.W[l])
        size = _norm(W)
        found.append(
            LayerFlow(
                layer=l,
                weight_norm=size,
                gradient_norm=_norm(G.W[l]),
                bias_gradient_norm=_norm(G.b[l]),
                update_ratio=moved / size if size else float("nan"),
                activation_mean=float(P.a[l].mean()),
                activation_spread=float(P.a[l].std()),
                dead=tuple(int(j) for j in np.flatnonzero(off.all(axis=0))),
                saturated=float(((slopes < FLAT) & ~off).mean()),
            )
        )
    return found


def flow_text(flows: list[LayerFlow]) -> str:
    """Return the flow as a table, one line a layer."""
    lines = [
        f"{'layer':>5} {'|W|':>10} {'|dW|':>10} {'|db|':>10} {'update/W':>10}"
        f" {'a mean':>10} {'a spread':>10} {'dead':>6} {'saturated':>10}"
    ]
    for flow in flows:
        numbers = (
            flow.weight_norm,
            flow.gradient_norm,
            flow.bias_gradient_norm,
            flow.update_ratio,
            flow.activation_mean,
            flow.activation_spread,
        )
        cells = " ".join(f"{number:>10.3g}" for number in numbers)
        lines.append(f"{flow.layer:>5} {cells} {len(flow.dead):>6} {flow.saturated:>10.1%}")
    return "\n".join(lines)


class FlowRecorder:
    """A callback that records the gradient flow during training.

    Parameters
    ----------
    parameters : callable
        Returns the parameters at the moment as a flat vector; ``lambda: state.theta``.
    architecture : Architecture
        The network.
    X, Y : ndarray
        The rows to look at, as the network and its loss receive them; a few hundred tell enough.
    every : int
        Look after every so many epochs.

    Attributes
    ----------
    epochs : list of int
        When it has looked.
    flows : list of list of LayerFlow
        What it has seen, one list a look. The update ratio is that of one epoch.

    Examples
    --------
    >>> from chainrule.training.events import EpochEnded
    >>> net = Network([1, 2, 1])
    >>> recorder = FlowRecorder(lambda: net.parameters.vector, net.architecture, [[1.0]], [[2.0]])
    >>> recorder(EpochEnded(1, 0.5, None, None, 0.1, 1.0, 0.0, True))
    >>> recorder.epochs, len(recorder.flows[0])
    ([1], 2)
    """

    def __init__(
        self,
        parameters: Callable[[], np.ndarray],
        architecture: Architecture,
        X: Any,
        Y: Any,
        *,
        every: int = 1,
    ) -> None:
        self._parameters = parameters
        self._every = max(1, every)
        self._before = np.array(parameters(), dtype=float)
        self._problem = as_problem(_network(architecture, self._before), X, Y)
        self.epochs: list[int] = []
        self.flows: list[list[LayerFlow]] = []

    def __call__(self, event: Any) -> None:
        """Look at the network if ``event`` is the end of an epoch whose turn it is."""
        epoch = getattr(event, "epoch", None)
        if epoch is None or not hasattr(event, "gradient_norm"):
            return
        vector = np.array(self._parameters(), dtype=float)
        if epoch % self._every == 0:
            at = Problem(
                Parameters(self._problem.architecture, vector),
                self._problem.X,
                self._problem.Y,
                self._problem.share,
            )
            P = forward(at.theta, at.X)
            update = vector - self._before
            self.epochs.append(int(epoch))
            self.flows.append(gradient_flow(at.theta, P, at.gradient(), update=update))
        self._before = vector

    def to_dict(self) -> dict[str, Any]:
        """Return what was recorded as plain data."""
        return {
            "epochs": list(self.epochs),
            "layers": [[asdict(flow) for flow in flows] for flows in self.flows],
        }


def _network(architecture: Architecture, vector: np.ndarray) -> Network:
    theta = Parameters(architecture, vector)
    places = (theta.W, theta.b)
    arrays = [place[l] for l in range(1, architecture.n_layers + 1) for place in places]
    return Network(
        architecture.sizes,
        architecture.activations,
        architecture.loss,
        l2=architecture.l2,
        l1=architecture.l1,
        initializer=arrays,
    )


def _norm(array: np.ndarray) -> float:
    return float(np.linalg.norm(array))
