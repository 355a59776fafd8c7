"""The backward passes of document 000, mistakes included, to be diagnosed.

Columns are samples, ``W[l]`` is (units, inputs), everything lives in dictionaries under W1, B1, Z1, H1. The document's
own J is half the squared error plus lambda times the sum of the squares of *all* parameters.
"""

from __future__ import annotations

import numpy as np


def activation(z, name):
    return 1 / (1 + np.exp(-z)) if name == "sigmoid" else np.maximum(0, z)


def activation_derivative(name, z):
    if name == "sigmoid":
        s = 1 / (1 + np.exp(-z))
        return s * (1 - s)
    return np.where(z > 0, 1, 0)


def objective(y, y_pred, lambd, parameters):
    """Half the squared error plus lambda (not lambda/2) times all squares, biases included."""
    squares = sum(np.sum(parameters[name] ** 2) for name in parameters)
    return 0.5 * np.linalg.norm(y - y_pred) ** 2 + lambd * squares


def backward(nl, nh, Y, lambd, parameters, forward, act):
    """The final version: works for one sample, and is wrong in three ways."""
    p, f, g = parameters, forward, {}
    g[f"dLoss_dZ{nl}"] = (f[f"H{nl}"] - Y) * activation_derivative(act[-1], f[f"Z{nl}"])
    g[f"dLoss_dW{nl}"] = g[f"dLoss_dZ{nl}"] @ f[f"H{nl - 1}"].T + lambd * p[f"W{nl}"]
    g[f"dLoss_dB{nl}"] = g[f"dLoss_dZ{nl}"] @ np.ones((nh[-1], 1)) + lambd * p[f"B{nl}"]
    for l in range(nl - 1, 0, -1):
        upstream = p[f"W{l + 1}"].T @ g[f"dLoss_dZ{l + 1}"]
        # act is 0-based, so act[l] is the activation of layer l + 1
        g[f"dLoss_dZ{l}"] = upstream * activation_derivative(act[l], f[f"Z{l}"])
        g[f"dLoss_dW{l}"] = g[f"dLoss_dZ{l}"] @ f[f"H{l - 1}"].T + lambd * p[f"W{l}"]
        # the transpose sums over the units
        g[f"dLoss_dB{l}"] = g[f"dLoss_dZ{l}"].T @ np.ones((nh[l], 1)) + lambd * p[f"B{l}"]
    return g


def backward_first_draft(nl, nh, Y, lambd, parameters, forward, act):
    """The version before: its products do not fit."""
    p, f, g = parameters, forward, {}
    g[f"dLoss_Z{nl}"] = (f[f"H{nl}"] - Y) * activation_derivative(act[-1], f[f"Z{nl}"])
    g[f"dLoss_W{nl}"] = g[f"dLoss_Z{nl}"] @ f[f"H{nl - 1}"].T + lambd * p[f"W{nl}"]
    g[f"dLoss_B{nl}"] = g[f"dLoss_Z{nl}"] @ np.ones((nh[-1], 1)) + lambd * p[f"B{nl}"]
    for l in range(nl - 1, 0, -1):
        step = activation_derivative(act[l], f[f"Z{l}"]) @ p[f"W{l + 1}"].T
        g[f"dLoss_Z{l}"] = g[f"dLoss_Z{l + 1}"] @ step
        g[f"dLoss_W{l}"] = g[f"dLoss_Z{l}"] @ f[f"H{l - 1}"].T + lambd * p[f"W{l}"]
        g[f"dLoss_B{l}"] = g[f"dLoss_Z{l}"] @ np.ones((nh[l], 1)) + lambd * p[f"B{l}"]
    return g
