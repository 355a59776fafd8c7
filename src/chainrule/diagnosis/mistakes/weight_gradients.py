"""Mistakes in dW[l] = a[l-1].T @ delta[l] + l2 * W[l]; here its data term."""

from __future__ import annotations

import numpy as np

from chainrule.diagnosis.mistakes.mistake import (
    Mistake,
    Place,
    above_first,
    active,
    hidden,
)
from chainrule.equations.elementary import Array
from chainrule.network.architecture import Architecture


def _above_second(architecture: Architecture, l: int) -> bool:
    return l >= 3


# right: p.inputs.T @ p.delta


def _sums(p: Place) -> Array:
    return np.outer(p.inputs.sum(axis=0), p.delta.sum(axis=0))


def _without_inputs(p: Place) -> Array:
    return np.broadcast_to(p.delta.sum(axis=0), p.W.shape)


MISTAKES = (
    Mistake(
        "dW_own_activation",
        "outer",
        "dW[{l}] = a[{l}].T @ delta[{l}]",
        "dW uses the layer's own activation a[{l}] instead of its input a[{down}]",
        "use a[{down}], what layer {l} has read",
        lambda p: p.a.T @ p.delta,
        needs="a square layer; elsewhere the shape is wrong",
    ),
    Mistake(
        "dW_z_for_a",
        "outer",
        "dW[{l}] = z[{down}].T @ delta[{l}]",
        "dW uses z[{down}] instead of a[{down}]: the activation of the layer below is skipped",
        "use a[{down}], what layer {l} has read",
        lambda p: p.setting.z[p.l - 1].T @ p.delta,
        above_first,
        "an activation that is not the identity in the layer below",
    ),
    Mistake(
        "dW_x_for_a",
        "outer",
        "dW[{l}] = X.T @ delta[{l}]",
        "dW uses the network's input X instead of a[{down}]",
        "use a[{down}], what layer {l} has read",
        lambda p: p.setting.X.T @ p.delta,
        above_first,
        "as many units in the layer below as features; elsewhere the shape is wrong",
    ),
    Mistake(
        "dW_earlier_activation",
        "outer",
        "dW[{l}] = a[{down}-1].T @ delta[{l}]",
        "dW uses the activation of one layer too far below",
        "use a[{down}], what layer {l} has read",
        lambda p: p.setting.a[p.l - 2].T @ p.delta,
        _above_second,
        "two neighbouring layers of one width",
    ),
    Mistake(
        "dW_outer_of_sums",
        "outer",
        "dW[{l}] = outer(a[{down}].sum(axis=0), delta[{l}].sum(axis=0))",
        "dW is the outer product of two sums over samples instead of the sum of the outer products",
        "multiply first, then sum: a[{down}].T @ delta[{l}]",
        _sums,
        needs="more than one sample",
    ),
    Mistake(
        "dW_outer_of_means",
        "outer",
        "dW[{l}] = outer(a[{down}].mean(axis=0), delta[{l}].sum(axis=0))",
        "dW is the outer product of two means over samples instead of the mean of the outer products",
        "multiply first, then sum: a[{down}].T @ delta[{l}]",
        lambda p: _sums(p) / p.n,
        needs="more than one sample",
    ),
    Mistake(
        "dW_last_sample",
        "outer",
        "dW[{l}] = outer(a[{down}][-1], delta[{l}][-1])",
        "dW comes from the last sample alone: each sample overwrites the one before",
        "accumulate over samples (+=), or use a[{down}].T @ delta[{l}]",
        lambda p: np.outer(p.inputs[-1], p.delta[-1]),
        needs="more than one sample",
    ),
    Mistake(
        "dW_first_sample",
        "outer",
        "dW[{l}] = outer(a[{down}][0], delta[{l}][0])",
        "dW comes from the first sample alone",
        "sum over all samples: a[{down}].T @ delta[{l}]",
        lambda p: np.outer(p.inputs[0], p.delta[0]),
        needs="more than one sample",
    ),
    Mistake(
        "dW_transposed",
        "outer",
        "dW[{l}] = delta[{l}].T @ a[{down}]",
        "dW is transposed",
        "swap the factors, so that dW has the shape of W",
        lambda p: p.delta.T @ p.inputs,
    ),
    Mistake(
        "dW_mean_missing",
        "outer",
        "dW[{l}] = n * a[{down}].T @ delta[{l}]",
        "the 1/n of the mean is missing in dW",
        "divide the sum over samples by n here as in the other gradients",
        lambda p: p.inputs.T @ p.delta * p.n,
        needs="more than one sample",
    ),
    Mistake(
        "dW_mean_twice",
        "outer",
        "dW[{l}] = a[{down}].T @ delta[{l}] / n",
        "dW is divided by the number of samples twice",
        "divide by n once: delta already carries 1/n, or dW divides, not both",
        lambda p: p.inputs.T @ p.delta / p.n,
        needs="more than one sample",
    ),
    Mistake(
        "dW_features_for_samples",
        "outer",
        "dW[{l}] = a[{down}].T @ delta[{l}] * n / m",
        "dW is divided by m, the number of features, instead of n, the number of samples",
        "divide by the number of samples (the other axis of X)",
        lambda p: p.inputs.T @ p.delta * p.n / p.setting.sizes[0],
        needs="another number of samples than of features",
    ),
    Mistake(
        "dW_fan_in_for_samples",
        "outer",
        "dW[{l}] = a[{down}].T @ delta[{l}] * n / fan_in",
        "dW is divided by the number of the layer's inputs (a side of W) instead of n, the number of samples",
        "divide by the number of samples, a side of X and not of W",
        lambda p: p.inputs.T @ p.delta * p.n / p.W.shape[0],
        needs="another number of samples than of inputs",
    ),
    Mistake(
        "dW_sign",
        "outer",
        "dW[{l}] = -a[{down}].T @ delta[{l}]",
        "the data term of dW has the wrong sign",
        "drop the minus; the step, not the gradient, goes downhill",
        lambda p: -(p.inputs.T @ p.delta),
    ),
    Mistake(
        "dW_doubled",
        "outer",
        "dW[{l}] = 2 * a[{down}].T @ delta[{l}]",
        "the data term of dW is doubled",
        "drop the 2: the derivative of the loss is already in delta",
        lambda p: 2.0 * (p.inputs.T @ p.delta),
    ),
    Mistake(
        "dW_halved",
        "outer",
        "dW[{l}] = a[{down}].T @ delta[{l}] / 2",
        "the data term of dW is halved",
        "drop the half: the derivative of the loss is already in delta",
        lambda p: 0.5 * (p.inputs.T @ p.delta),
    ),
    Mistake(
        "dW_derivative_missing",
        "outer",
        "dW[{l}] = a[{down}].T @ dJ/da[{l}]",
        "dW uses dJ/da[{l}] instead of delta[{l}]: f' is missing in dW, though it is passed down",
        "multiply by f'(z[{l}]) before dW is formed",
        lambda p: p.inputs.T @ p.upstream,
        active,
        "an activation whose slope is not 1",
    ),
    Mistake(
        "dW_delta_of_next_layer",
        "outer",
        "dW[{l}] = a[{down}].T @ delta[{up}]",
        "dW uses the next layer's delta",
        "use delta[{l}]",
        lambda p: p.inputs.T @ p.delta_up,
        hidden,
        "layers of one width",
    ),
    Mistake(
        "dW_inputs_missing",
        "outer",
        "dW[{l}] = ones @ delta[{l}]",
        "dW does not contain a[{down}]: all its rows equal db",
        "multiply: a[{down}].T @ delta[{l}]",
        _without_inputs,
    ),
    Mistake(
        "dW_delta_missing",
        "outer",
        "dW[{l}] = a[{down}].T @ ones / n",
        "dW does not contain delta: all its columns are the mean of a[{down}]",
        "multiply: a[{down}].T @ delta[{l}]",
        lambda p: np.broadcast_to(p.inputs.mean(axis=0)[:, None], p.W.shape),
    ),
    Mistake(
        "dW_data_missing",
        "outer",
        "dW[{l}] = l2 * W[{l}]",
        "dW has no data term",
        "add a[{down}].T @ delta[{l}]",
        lambda p: np.zeros_like(p.W),
    ),
    Mistake(
        "dW_times_W",
        "outer",
        "dW[{l}] = (a[{down}].T @ delta[{l}]) * W[{l}]",
        "the data term of dW is multiplied by W, entry by entry",
        "drop W: z is linear in it, so its derivative is a[{down}] alone",
        lambda p: (p.inputs.T @ p.delta) * p.W,
    ),
)
