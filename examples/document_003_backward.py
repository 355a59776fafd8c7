"""The backward pass of document 003 in its two signs, and its clipped loss. Samples are rows, layers keep columns."""

from __future__ import annotations

import numpy as np


def forward(X, W, b):
    """Return all pre-activations s and activations h, columns are samples; the output is a probability."""
    s, h, L = {}, {0: X.T}, len(W)
    for l in range(1, L + 1):
        s[l] = W[l] @ h[l - 1] + b[l][:, np.newaxis]
        h[l] = np.maximum(0, s[l]) if l < L else 1 / (1 + np.exp(-np.clip(s[l], -500, 500)))
    return s, h


def loss(y_true, y_pred):
    """Binary cross-entropy of clipped probabilities."""
    p = np.clip(y_pred, 1e-15, 1 - 1e-15)
    return -np.mean(y_true * np.log(p) + (1 - y_true) * np.log(1 - p))


def backward(X, y_true, W, b):
    """Go up the log-likelihood, delta = y - p, and turn the sign of every gradient at the end: right."""
    return _backward(X, y_true, W, b, -1.0)


def backward_sign_forgotten(X, y_true, W, b):
    """The text's dJ/ds = y - p taken at its word: the sign is never turned."""
    return _backward(X, y_true, W, b, 1.0)


def _backward(X, y_true, W, b, sign):
    s, h = forward(X, W, b)
    n, L = X.shape[0], len(W)
    delta = (y_true - h[L].flatten())[:, np.newaxis].T
    gradients = {}
    for l in range(L, 0, -1):
        gradients[l] = {
            "W": sign * (delta @ h[l - 1].T / n),
            "b": sign * np.mean(delta, axis=1),
            "delta": delta.T,
        }
        if l > 1:
            delta = (W[l].T @ delta) * (s[l - 1] > 0)
    return gradients
