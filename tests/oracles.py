"""Slow and plain: what the fast code is compared with.

Two kinds of truth that share nothing with ``chainrule.network.backprop``: backpropagation in Python loops over samples
and units, with its own formulas; and derivatives without calculus, by complex step and by differences that know their
error.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

Vector = np.ndarray
Scalar = Callable[[float], float]

# ---- derivatives without calculus ----------------------------------------------------------------


def complex_step(
    function: Callable[[Vector], complex], theta: Vector, step: float = 1e-30
) -> Vector:
    """Return the gradient of ``function`` at ``theta``: Im f(theta + i h e) / h, exact as h² vanishes."""
    point = theta.astype(complex)
    gradient = np.empty(theta.size)
    for i in range(theta.size):
        point[i] += 1j * step
        gradient[i] = function(point).imag / step
        point[i] = theta[i]
    return gradient


def differences(
    function: Callable[[Vector], float], theta: Vector, step: float = 1e-3
) -> tuple[Vector, Vector]:
    """Return the gradient by central differences at h and h/2, extrapolated, and each entry's error bar."""
    gradient, bar = np.empty(theta.size), np.empty(theta.size)
    rounding = 16.0 * np.finfo(float).eps * (abs(function(theta)) + 1.0) / step

    def central(i: int, h: float) -> float:
        shift = np.zeros(theta.size)
        shift[i] = h
        return (function(theta + shift) - function(theta - shift)) / (2.0 * h)

    for i in range(theta.size):
        wide, near = central(i, step), central(i, step / 2.0)
        gradient[i] = (4.0 * near - wide) / 3.0
        bar[i] = abs(gradient[i] - near) + rounding
    return gradient, bar


def relative_error(got: Vector, expected: Vector) -> float:
    """Return the largest difference over the largest expected number, infinity if anything is not finite.

    Where all that is expected is below 1e-3 (terms that cancel leave little to be relative to), over 1e-3.
    """
    finite = np.all(np.isfinite(got)) and np.all(np.isfinite(expected))
    if got.shape != expected.shape or not finite:
        return math.inf
    difference = np.max(np.abs(got - expected), initial=0.0)
    return float(difference / np.max(np.abs(expected), initial=1e-3))


# ---- formulas of its own, one number at a time ----------------------------------------------------

ACTIVATIONS: dict[str, tuple[Scalar, Scalar]] = {
    "identity": (lambda z: z, lambda z: 1.0),
    "sigmoid": (
        lambda z: 1.0 / (1.0 + math.exp(-z)),
        lambda z: math.exp(-z) / (1.0 + math.exp(-z)) ** 2,
    ),
    "tanh": (math.tanh, lambda z: 1.0 / math.cosh(z) ** 2),
    "relu": (lambda z: max(z, 0.0), lambda z: 1.0 if z > 0.0 else 0.0),
    "softplus": (lambda z: math.log(1.0 + math.exp(z)), lambda z: 1.0 / (1.0 + math.exp(-z))),
}


def _squared_error(z: Sequence[float], y: Sequence[float]) -> float:
    return sum((zj - yj) ** 2 / 2.0 for zj, yj in zip(z, y, strict=True))


def _log_loss(z: Sequence[float], y: Sequence[float]) -> float:
    p = [1.0 / (1.0 + math.exp(-zj)) for zj in z]
    return -sum(
        yj * math.log(pj) + (1.0 - yj) * math.log(1.0 - pj) for pj, yj in zip(p, y, strict=True)
    )


def _softmax(z: Sequence[float]) -> list[float]:
    e = [math.exp(zj) for zj in z]
    return [ej / sum(e) for ej in e]


def _cross_entropy(z: Sequence[float], y: Sequence[float]) -> float:
    return -sum(yj * math.log(pj) for pj, yj in zip(_softmax(z), y, strict=True))


def _softmax_derivative(z: Sequence[float], y: Sequence[float]) -> list[float]:
    """By the softmax Jacobian in full, S_i (delta_ij - S_j), so that p - y is not assumed."""
    p, k = _softmax(z), range(len(z))
    return [sum(-y[i] / p[i] * p[i] * ((i == j) - p[j]) for i in k) for j in k]


LOSSES: dict[
    str,
    tuple[
        Callable[[Sequence[float], Sequence[float]], float],
        Callable[[Sequence[float], Sequence[float]], list[float]],
    ],
] = {
    "squared_error": (_squared_error, lambda z, y: [a - b for a, b in zip(z, y, strict=True)]),
    "binary_log_loss": (
        _log_loss,
        lambda z, y: [1.0 / (1.0 + math.exp(-a)) - b for a, b in zip(z, y, strict=True)],
    ),
    "multiclass_log_loss": (_cross_entropy, _softmax_derivative),
}

# ---- backpropagation in loops ---------------------------------------------------------------------


@dataclass
class LoopNetwork:
    """A perceptron in lists of floats: W[l][i][j] from unit i to unit j, b[l][j]; l from 0.

    ``masks[l][s][j]`` is what dropout multiplies unit j of hidden layer l by in sample s.
    """

    W: list[list[list[float]]]
    b: list[list[float]]
    activations: Sequence[str]
    loss: str
    l2: float = 0.0
    l1: float = 0.0
    masks: list[list[list[float]]] | None = None

    def _mask(self, l: int, s: int, j: int) -> float:
        return 1.0 if self.masks is None or l == len(self.W) - 1 else self.masks[l][s][j]

    def forward(self, s: int, x: Sequence[float]) -> tuple[list[list[float]], list[list[float]]]:
        """Return z[l][j] and h[l][j] of sample number s; h[0] is x."""
        z, h = [], [list(x)]
        for l, (W, b) in enumerate(zip(self.W, self.b, strict=True)):
            f = ACTIVATIONS[self.activations[l]][0]
            z.append([sum(h[l][i] * W[i][j] for i in range(len(W))) + b[j] for j in range(len(b))])
            h.append([f(zj) * self._mask(l, s, j) for j, zj in enumerate(z[l])])
        return z, h

    def objective(
        self, X: Sequence[Sequence[float]], Y: Sequence[Sequence[float]], w: Sequence[float]
    ) -> float:
        """Return J with sample weights w."""
        value = LOSSES[self.loss][0]
        J = sum(
            w[s] * value(self.forward(s, x)[1][-1], y)
            for s, (x, y) in enumerate(zip(X, Y, strict=True))
        ) / sum(w)
        weights = [number for W in self.W for row in W for number in row]
        return J + self.l2 / 2.0 * sum(v * v for v in weights) + self.l1 * sum(map(abs, weights))

    def gradient(
        self, X: Sequence[Sequence[float]], Y: Sequence[Sequence[float]], w: Sequence[float]
    ) -> Vector:
        """Return dJ/dtheta in the order W1, b1, W2, b2, ..., one sample and one unit at a time."""
        dW = [
            [[self.l2 * v + self.l1 * ((v > 0) - (v < 0)) for v in row] for row in W]
            for W in self.W
        ]
        db = [[0.0] * len(b) for b in self.b]
        for s, (x, y) in enumerate(zip(X, Y, strict=True)):
            z, h = self.forward(s, x)
            upstream = LOSSES[self.loss][1](h[-1], y)  # dloss/dh of the layer in hand
            for l in reversed(range(len(self.W))):
                prime = ACTIVATIONS[self.activations[l]][1]
                W, fan_in, fan_out = self.W[l], len(self.W[l]), len(self.b[l])
                delta = [upstream[j] * self._mask(l, s, j) * prime(z[l][j]) for j in range(fan_out)]
                for j in range(fan_out):
                    db[l][j] += w[s] / sum(w) * delta[j]
                    for i in range(fan_in):
                        dW[l][i][j] += w[s] / sum(w) * delta[j] * h[l][i]
                upstream = [sum(W[i][j] * delta[j] for j in range(fan_out)) for i in range(fan_in)]
        parts = [np.ravel(part) for pair in zip(dW, db, strict=True) for part in pair]
        return np.concatenate(parts)
