"""The backward passes of document 002, mistakes included. Columns are samples, ``w`` is (units, inputs)."""

from __future__ import annotations

import numpy as np


def sigmoid(z):
    s = 1 / (1 + np.exp(-z))
    return s, s * (1 - s)


def leaky_relu(z, beta=0.1):
    """The value is that of leaky relu, the derivative that of relu."""
    return np.maximum(z, beta * z), (~(z < 0)) * 1.0


def logistic_cost(x, y, w, b):
    """Logistic regression: J, dw, db. The mean is taken over m, which here is the number of features."""
    m, n = x.shape
    a = sigmoid(w.T @ x + b)[0].reshape(1, n)
    dz = a - y
    J = (-1 / n) * (np.log(a) @ y.T + np.log(1 - a) @ (1 - y).T)
    dw = (x @ dz.T) / m
    db = np.sum(dz) / m
    return J, dw, db


def shallow_backward(params, cache, x, y):
    """One hidden layer, tanh: delta1 is read before it has a value."""
    n = x.shape[1]
    a1, a2, w2 = cache["a1"], cache["a2"], params["w2"]
    delta2 = a2 - y
    delta1 = (w2.T @ delta1) * (1 - a1 * a1)  # noqa: F821 - the mistake of the document
    return {
        "dw2": delta2 @ a1.T / n,
        "db2": np.sum(delta2, axis=1, keepdims=True) / n,
        "dw1": delta1 @ x.T / n,
        "db1": np.sum(delta1, axis=1, keepdims=True) / n,
    }


def deep_backward(params, cache, activators, x, y):
    """Any number of layers: ``activators[l]`` is the activation of layer l + 1, and delta[L] is always a - y."""
    a, z, w = cache["a"], cache["z"], params["w"]
    n, L = x.shape[1], len(a) - 1
    delta = {L: a[L] - y}
    for l in range(L - 1, 0, -1):
        _, dg = activators[l](z[l])
        delta[l] = (delta[l + 1].T @ w[l + 1]).T * dg
    dw, db = {}, {}
    for l in range(1, L + 1):
        db[l] = np.sum(delta[l], axis=1, keepdims=True) / n
        dw[l] = delta[l] @ a[l - 1].T / n
    return {"dw": dw, "db": db}


def deep_backward_leaky(params, cache, x, y):
    """The same with the document's leaky relu in every hidden layer and the indices set right."""
    a, z, w = cache["a"], cache["z"], params["w"]
    n, L = x.shape[1], len(a) - 1
    delta = {L: a[L] - y}
    for l in range(L - 1, 0, -1):
        delta[l] = (w[l + 1].T @ delta[l + 1]) * leaky_relu(z[l])[1]
    dw = {l: delta[l] @ a[l - 1].T / n for l in range(1, L + 1)}
    db = {l: delta[l].sum(axis=1, keepdims=True) / n for l in range(1, L + 1)}
    return {"dw": dw, "db": db}


def softmax_backward(x, y, w1, b1, w2, b2):
    """A softmax output differentiated by the document's Jacobian, S_i (delta_ij + S_j)."""
    n = x.shape[1]
    a1 = np.tanh(w1 @ x + b1)
    e = np.exp(w2 @ a1 + b2)
    S = e / e.sum(axis=0)
    delta2 = np.zeros_like(S)
    for j in range(n):
        s = S[:, j]
        jacobian = np.diag(s) + np.outer(s, s)
        delta2[:, j] = jacobian.T @ (-y[:, j] / s)
    delta1 = (w2.T @ delta2) * (1 - a1**2)
    return {
        "dw1": delta1 @ x.T / n,
        "db1": delta1.sum(axis=1, keepdims=True) / n,
        "dw2": delta2 @ a1.T / n,
        "db2": delta2.sum(axis=1, keepdims=True) / n,
    }
