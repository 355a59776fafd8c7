"""Mistakes in the step from layer l + 1 to layer l: dJ/da[l] = delta[l+1] @ W[l+1].T."""

from __future__ import annotations

import numpy as np

from chainrule.diagnosis.mistakes.mistake import Mistake, Place, hidden
from chainrule.equations.elementary import Array
from chainrule.network.architecture import Architecture


def _two_below_output(architecture: Architecture, l: int) -> bool:
    return l < architecture.n_layers - 1


def _next_is_active(architecture: Architecture, l: int) -> bool:
    return hidden(architecture, l) and not architecture.f[l + 1].is_identity


# right: p.delta_up @ p.W_up.T


def _before_prime(p: Place) -> Array:
    assert p.above is not None
    return p.above.upstream @ p.W_up.T


def _for_all(row: Array, p: Place) -> Array:
    return np.broadcast_to(row, (p.n, len(row)))


MISTAKES = (
    Mistake(
        "weights_not_transposed",
        "up",
        "dJ/da[{l}] = delta[{up}] @ W[{up}]",
        "W[{up}] is not transposed on the way back",
        "use W[{up}].T: what was summed over the inputs going forward is summed over the outputs going back",
        lambda p: p.delta_up @ p.W_up,
        hidden,
        "a square layer; elsewhere the shapes do not fit and it fails at once",
    ),
    Mistake(
        "weights_of_this_layer",
        "up",
        "dJ/da[{l}] = delta[{up}] @ W[{l}].T",
        "delta[{up}] is passed back through W[{l}] instead of W[{up}]",
        "shift the index: a[{l}] was read by W[{up}]",
        lambda p: p.delta_up @ p.W.T,
        hidden,
        "layers of one width",
    ),
    Mistake(
        "weights_of_next_but_one",
        "up",
        "dJ/da[{l}] = delta[{up}] @ W[{up}+1].T",
        "delta[{up}] is passed back through the layer above W[{up}]",
        "shift the index: a[{l}] was read by W[{up}]",
        lambda p: p.delta_up @ p.setting.W[p.l + 2].T,
        _two_below_output,
        "layers of one width",
    ),
    Mistake(
        "delta_of_output",
        "up",
        "dJ/da[{l}] = delta[L] @ W[{up}].T",
        "delta is not carried on: the output's delta is used at this layer too",
        "overwrite delta in each turn of the loop, and use delta[{up}] here",
        lambda p: p.top @ p.W_up.T,
        _two_below_output,
        "layers of one width",
    ),
    Mistake(
        "weights_missing",
        "up",
        "dJ/da[{l}] = delta[{up}]",
        "delta[{up}] is passed back without W[{up}]",
        "multiply by W[{up}].T",
        lambda p: p.delta_up,
        hidden,
        "a square layer; elsewhere the shapes do not fit and it fails at once",
    ),
    Mistake(
        "delta_not_propagated",
        "up",
        "delta[{l}] = delta[{up}]",
        "delta is never carried to this layer: delta[{up}] is used as it is, without W[{up}] and f'",
        "compute delta[{l}] = (delta[{up}] @ W[{up}].T) * f'(z[{l}]) in each turn of the loop",
        lambda p: p.delta_up,
        hidden,
        "a square layer; elsewhere dW and db have wrong shapes",
        whole_delta=True,
    ),
    Mistake(
        "upstream_lost",
        "up",
        "delta[{l}] = f'(z[{l}]) / n",
        "delta is f' alone: what came from above is lost",
        "multiply: delta[{l}] = (delta[{up}] @ W[{up}].T) * f'(z[{l}])",
        lambda p: p.f.prime(p.z, p.a) * (1.0 / p.n if p.setting.convention.mean else 1.0),
        hidden,
        whole_delta=True,
    ),
    Mistake(
        "delta_missing",
        "up",
        "dJ/da[{l}] = sum of W[{up}] over its units",
        "delta[{up}] is missing: only the weights are passed back",
        "multiply: delta[{up}] @ W[{up}].T",
        lambda p: _for_all(p.W_up.sum(axis=1), p),
        hidden,
    ),
    Mistake(
        "propagation_sign",
        "up",
        "dJ/da[{l}] = -delta[{up}] @ W[{up}].T",
        "the gradient changes its sign on the way from layer {up} to layer {l}",
        "drop the minus",
        lambda p: -(p.delta_up @ p.W_up.T),
        hidden,
    ),
    Mistake(
        "derivative_lost_above",
        "up",
        "dJ/da[{l}] = dJ/da[{up}] @ W[{up}].T",
        "what is passed down has lost f' of layer {up}: dJ/da[{up}] is passed instead of delta[{up}]",
        "store delta after multiplying by f', and pass that",
        _before_prime,
        _next_is_active,
        "a slope other than 1 in the next layer",
    ),
    Mistake(
        "mean_again",
        "up",
        "dJ/da[{l}] = delta[{up}] @ W[{up}].T / n",
        "the gradient is divided by the number of samples again on its way down",
        "divide by n once, at the output",
        lambda p: p.delta_up @ p.W_up.T / p.n,
        hidden,
        "more than one sample",
    ),
    Mistake(
        "mean_over_units",
        "up",
        "dJ/da[{l}] = delta[{up}] @ W[{up}].T / units of layer {up}",
        "the units of layer {up} are averaged on the way back where they should be summed",
        "every path counts fully: sum",
        lambda p: p.delta_up @ p.W_up.T / p.W_up.shape[1],
        hidden,
        "more than one unit in the next layer",
    ),
    Mistake(
        "samples_summed_early",
        "up",
        "dJ/da[{l}] = delta[{up}].sum(axis=0) @ W[{up}].T",
        "delta[{up}] is summed over the samples before it is passed back",
        "keep one row for each sample; only dW and db sum over samples",
        lambda p: _for_all(p.delta_up.sum(axis=0) @ p.W_up.T, p),
        hidden,
        "more than one sample",
    ),
    Mistake(
        "samples_averaged_early",
        "up",
        "dJ/da[{l}] = delta[{up}].mean(axis=0) @ W[{up}].T",
        "delta[{up}] is averaged over the samples before it is passed back",
        "keep one row for each sample; only dW and db sum over samples",
        lambda p: _for_all(p.delta_up.mean(axis=0) @ p.W_up.T, p),
        hidden,
        "more than one sample",
    ),
    Mistake(
        "nothing_propagated",
        "up",
        "dJ/da[{l}] = 0",
        "nothing is passed back to this layer",
        "pass delta[{up}] @ W[{up}].T down",
        lambda p: np.zeros_like(p.z),
        hidden,
    ),
    Mistake(
        "absolute_weights",
        "up",
        "dJ/da[{l}] = delta[{up}] @ |W[{up}]|.T",
        "the weights have lost their signs on the way back",
        "use W[{up}].T as it is",
        lambda p: p.delta_up @ np.abs(p.W_up).T,
        hidden,
        "weights of both signs",
    ),
)
