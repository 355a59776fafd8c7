"""Gradient flow: what arrives in each layer, what it does to the weights, and which units take no part.

``gradient_flow`` is a pure function of a pass and its gradient. ``FlowRecorder`` is a callback that calls it during a
training, on some of its rows.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from chainrule.errors import InputError
from chainrule.gradients.problem import Problem
from chainrule.network.backprop import Pass, forward
from chainrule.network.parameters import Parameters
from chainrule.training.events import EpochEnded, Event, TrainingStarted

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
    >>> from chainrule.network.network import Network
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
    """A callback that records the gradient flow during training, for an estimator or for ``train``.

    Parameters
    ----------
    every : int
        Look after every so many epochs.
    rows : int
        How many of the training rows to look at, evenly spaced; a few hundred tell enough.

    Attributes
    ----------
    epochs : list of int
        When it has looked.
    flows : list of list of LayerFlow
        What it has seen, one list a look. The update ratio is that of one epoch.

    Examples
    --------
    >>> from chainrule import MLPRegressor
    >>> recorder = FlowRecorder(every=2)
    >>> model = MLPRegressor(hidden_layer_sizes=(4,), max_iter=5, tol=0.0, callbacks=[recorder])
    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     _ = model.set_params(engine="reference").fit([[0.0], [1.0], [2.0]], [1.0, 0.0, 3.0])
    >>> recorder.epochs, len(recorder.flows[0])
    ([2, 4], 2)
    """

    def __init__(self, *, every: int = 1, rows: int = 256) -> None:
        if every < 1 or rows < 1:
            raise InputError.of("every and rows", got=(every, rows), expected="numbers >= 1")
        self.every = every
        self.rows = rows
        self.epochs: list[int] = []
        self.flows: list[list[LayerFlow]] = []
        self._problem: Problem | None = None
        self._live = self._before = np.empty(0)

    def __call__(self, event: Event) -> None:
        """Take note of the network at the start, and look at it at the end of an epoch whose turn it is."""
        if isinstance(event, TrainingStarted):
            self._start(event)
        elif isinstance(event, EpochEnded) and self._problem is not None:
            now = self._live.astype(float)
            if event.epoch % self.every == 0:
                self._look(self._problem, event.epoch, now)
            self._before = now

    def __str__(self) -> str:
        if not self.flows:
            return "nothing recorded"
        return f"after epoch {self.epochs[-1]}\n{flow_text(self.flows[-1])}"

    def to_dict(self) -> dict[str, Any]:
        """Return what was recorded as plain data."""
        return {
            "epochs": list(self.epochs),
            "layers": [[asdict(flow) for flow in flows] for flows in self.flows],
        }

    def _start(self, event: TrainingStarted) -> None:
        if event.theta is None or event.data is None:
            return  # an event that somebody made by hand
        self._live = event.theta
        self._before = event.theta.astype(float)
        n = event.data.n
        chosen = np.unique(np.linspace(0, n - 1, min(n, self.rows)).astype(int))
        X = event.data.X[chosen]
        X = np.asarray(X.toarray() if hasattr(X, "toarray") else X, dtype=float)
        weights = np.ones(len(chosen))
        if event.data.weights is not None:
            weights = event.data.weights[chosen].astype(float)
        share = weights[:, None] / weights.sum()
        theta = Parameters(event.architecture, self._before)
        self._problem = Problem(theta, X, event.data.Y[chosen].astype(float), share)

    def _look(self, at: Problem, epoch: int, now: np.ndarray) -> None:
        at = replace(at, theta=Parameters(at.architecture, now))
        with np.errstate(all="ignore"):
            P, gradient = forward(at.theta, at.X), at.gradient()
            flows = gradient_flow(at.theta, P, gradient, update=now - self._before)
        self.epochs.append(epoch)
        self.flows.append(flows)


def _norm(array: np.ndarray) -> float:
    return float(np.linalg.norm(array))
