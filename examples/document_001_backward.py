"""The backward pass of document 001, its mistake included: three layers, relu, squared error, rows are samples."""

from __future__ import annotations

import numpy as np


def relu(z):
    return np.maximum(z, 0)


def relu_derivative(z):
    return (z > 0) * 1.0


def compute_gradient(x, y, W0, W1, W2, b0, b1, b2, a1, a2):
    """Gradients of (1/2n) times the sum of the squared errors; the sums of the biases lack their axis."""
    n = x.shape[0]
    pz3 = (a2 @ W2 + b2 - y) / n
    pb2 = np.sum(pz3)
    pw2 = a2.T @ pz3
    pz2 = relu_derivative(a1 @ W1 + b1) * (pz3 @ W2.T)
    pb1 = np.sum(pz2)
    pw1 = a1.T @ pz2
    pz1 = relu_derivative(x @ W0 + b0) * (pz2 @ W1.T)
    pb0 = np.sum(pz1)
    pw0 = x.T @ pz1
    return [pw0, pw1, pw2, pb0, pb1, pb2]
