"""Forward and backward: the whole of backpropagation, one line of code an equation.

Rows are samples; n rows, layers l = 1..L, layer l has ``fan_in`` inputs and ``fan_out`` units::

    X        (n, features)          Y        (n, outputs)          share   (n, 1)
    W[l]     (fan_in, fan_out)      b[l]     (fan_out,)
    z[l]     (n, fan_out)           a[l]     (n, fan_out)          mask[l] (n, fan_out) or 1
    h[l]     (n, fan_out), what layer l + 1 reads; h[0] = X * mask[0]
    V[l]     W[l], but V[1] = diag(s) W[1] where the columns of a table have scales s (``scales``)
    delta[l] (n, fan_out), dJ/dz[l]
    dW[l]    as W[l]                db[l]    as b[l]

``share`` is the part that each row has in the mean: 1/n, or w_i / sum(w) with sample weights. It
enters delta[L] once and is carried by the chain rule to every layer, so no later formula contains
n. relu'(0) = 0.

Everything else in chainrule that computes a gradient is tested against this page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chainrule.equations import penalties
from chainrule.equations.elementary import Array
from chainrule.network.parameters import Parameters
from chainrule.network.scales import scaled_derivative

Masks = Sequence[Array]  # mask[l] for l = 0..L; 1.0 where nothing is dropped


@dataclass
class Pass:
    """What the forward pass leaves for the backward pass; lists indexed by layer, as in the equations."""

    z: list[Array]
    a: list[Array]
    h: list[Array]
    mask: Masks

    @property
    def scores(self) -> Array:
        """The raw scores that the loss receives, a[L]."""
        return self.a[-1]


def forward(theta: Parameters, X: Array, mask: Masks | None = None) -> Pass:
    """Return every z[l], a[l] and h[l] for the rows of ``X``."""
    L, f, V, b = theta.architecture.n_layers, theta.architecture.f, theta.V, theta.b
    mask = [1.0] * (L + 1) if mask is None else mask
    z, a, h = [X], [X], [X * mask[0]]
    for l in range(1, L + 1):
        z.append(h[l - 1] @ V[l] + b[l])
        a.append(f[l](z[l]))
        h.append(a[l] * mask[l])
    return Pass(z, a, h, mask)


def objective(theta: Parameters, scores: Array, Y: Array, share: Array) -> Array:
    """Return J = sum_i share_i loss_i + (l2/2) sum W² + l1 sum |W|, over the biases too where asked."""
    loss = theta.architecture.loss_function
    return (share[:, 0] * loss.rows(scores, Y)).sum() + penalty(theta)


def penalty(theta: Parameters) -> Array:
    """Return (l2/2) sum W² + l1 sum |W|, over the biases too where asked."""
    l2, l1, W = theta.architecture.l2, theta.architecture.l1, theta.W[1:]
    if theta.architecture.penalize_biases:
        W = [*W, *theta.b[1:]]
    J = 0.0
    if l2:
        J = J + l2 * sum(penalties.l2(Wl).sum() for Wl in W)
    if l1:
        J = J + l1 * sum(penalties.l1(Wl).sum() for Wl in W)
    return J


def backward(theta: Parameters, P: Pass, Y: Array, share: Array, gradient: Array) -> Array:
    """Write dJ/dtheta into the flat vector ``gradient`` (overwritten) and return it."""
    L, f, W = theta.architecture.n_layers, theta.architecture.f, theta.W
    loss = theta.architecture.loss_function
    z, a, h, mask = P.z, P.a, P.h, P.mask
    G = Parameters(theta.architecture, gradient)
    dW, db = G.W, G.b

    delta = share * loss.gradient(a[L], Y) * f[L].prime(z[L], a[L])
    for l in range(L, 0, -1):
        dV = h[l - 1].T @ delta
        if l == 1 and theta.s.size:
            dV, G.s[...] = scaled_derivative(dV, W[1], theta.s, theta.architecture.columns)
        dW[l][...] = dV + penalty_gradient(theta, W[l])
        db[l][...] = delta.sum(axis=0)
        if theta.architecture.penalize_biases:
            db[l][...] += penalty_gradient(theta, theta.b[l])
        if l > 1:  # the input has no delta: nobody asks for it
            delta = (delta @ W[l].T) * mask[l - 1] * f[l - 1].prime(z[l - 1], a[l - 1])
    return gradient


def input_gradient(theta: Parameters, P: Pass, Y: Array, share: Array) -> Array:
    """Return dJ/dX, delta[1] @ V[1].T: the same steps as ``backward``, one further and without dW and db."""
    L, f, V = theta.architecture.n_layers, theta.architecture.f, theta.V
    z, a, mask = P.z, P.a, P.mask
    delta = share * theta.architecture.loss_function.gradient(a[L], Y) * f[L].prime(z[L], a[L])
    for l in range(L, 1, -1):
        delta = (delta @ V[l].T) * mask[l - 1] * f[l - 1].prime(z[l - 1], a[l - 1])
    return (delta @ V[1].T) * mask[0]


def penalty_gradient(theta: Parameters, W: Array) -> Array:
    """Return l2 W + l1 sign(W)."""
    l2, l1 = theta.architecture.l2, theta.architecture.l1
    dW = 0.0
    if l2:
        dW = dW + l2 * penalties.l2_derivative(W)
    if l1:
        dW = dW + l1 * penalties.l1_derivative(W)
    return dW


def equal_share(n: int, dtype: np.dtype) -> Array:
    """Return 1/n for each of n rows, (n, 1)."""
    return np.full((n, 1), 1.0 / max(n, 1), dtype=dtype)
