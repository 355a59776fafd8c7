"""Mistakes in the penalty: l2 * W[l] in dW[l], and nothing in db[l] unless J penalises the biases."""

from __future__ import annotations

import numpy as np

from chainrule.diagnosis.mistakes.mistake import Mistake

_PENALTY = "a penalty (l2 > 0)"

# right: p.setting.l2 * p.W

WEIGHTS = (
    Mistake(
        "l2_missing",
        "penalty",
        "dW[{l}] = a[{down}].T @ delta[{l}]",
        "the penalty is missing in dW",
        "add l2 * W[{l}]",
        lambda p: 0.0 * p.W,
        needs=_PENALTY,
    ),
    Mistake(
        "l2_doubled",
        "penalty",
        "... + 2 * l2 * W[{l}]",
        "the penalty in dW is twice what J says",
        "J has l2/2 * sum W², so dW gains l2 * W; keep the 2 only where J has l2 * sum W²",
        lambda p: 2.0 * p.setting.l2 * p.W,
        needs=_PENALTY,
    ),
    Mistake(
        "l2_halved",
        "penalty",
        "... + (what J says) / 2",
        "the penalty in dW is half of what J says",
        "l2/2 * sum W² gives l2 * W, and l2 * sum W² gives 2 * l2 * W",
        lambda p: 0.5 * p.setting.l2 * p.W,
        needs=_PENALTY,
    ),
    Mistake(
        "l2_over_n",
        "penalty",
        "... + l2 * W[{l}] / n",
        "the penalty is divided by the number of samples",
        "right only where J has l2/(2n) * sum W² (penalty_over_n); else drop the 1/n",
        lambda p: p.setting.l2 * p.W / p.n,
        needs=_PENALTY + " and more than one sample",
    ),
    Mistake(
        "l2_times_n",
        "penalty",
        "... + n * l2 * W[{l}]",
        "the penalty is multiplied by the number of samples",
        "it belongs to J once, not to every sample",
        lambda p: p.setting.l2 * p.W * p.n,
        needs=_PENALTY + " and more than one sample",
    ),
    Mistake(
        "l2_sign",
        "penalty",
        "... - l2 * W[{l}]",
        "the penalty has the wrong sign: weights are pushed away from 0",
        "add it to the gradient; the step subtracts it",
        lambda p: -p.setting.l2 * p.W,
        needs=_PENALTY,
    ),
    Mistake(
        "l1_for_l2",
        "penalty",
        "... + l2 * sign(W[{l}])",
        "the penalty is that of the absolute values (L1), not of the squares (L2)",
        "use l2 * W[{l}]",
        lambda p: p.setting.l2 * np.sign(p.W),
        needs=_PENALTY,
    ),
    Mistake(
        "l2_without_lambda",
        "penalty",
        "... + W[{l}]",
        "W is added without its factor l2",
        "add l2 * W[{l}]",
        lambda p: 1.0 * p.W,
    ),
    Mistake(
        "l2_squared",
        "penalty",
        "... + l2/2 * W[{l}]²",
        "the penalty itself is added where its derivative belongs",
        "the derivative of l2/2 * W² is l2 * W",
        lambda p: 0.5 * p.setting.l2 * p.W**2,
        needs=_PENALTY,
    ),
    Mistake(
        "l2_of_squares",
        "penalty",
        "... + l2 * W[{l}]²",
        "the penalty contains W² where W belongs",
        "the derivative of l2/2 * W² is l2 * W",
        lambda p: p.setting.l2 * p.W**2,
        needs=_PENALTY,
    ),
    Mistake(
        "l2_sum",
        "penalty",
        "... + l2/2 * sum W[{l}]²",
        "the value of the penalty, one number, is added to every entry of dW",
        "add its derivative l2 * W[{l}], entry by entry",
        lambda p: np.full_like(p.W, 0.5 * p.setting.l2 * (p.W**2).sum()),
        needs=_PENALTY,
    ),
    Mistake(
        "l2_norm",
        "penalty",
        "... + l2 * W[{l}] / |W[{l}]|",
        "the penalty is that of the norm, not of its square",
        "use l2 * W[{l}]",
        lambda p: p.setting.l2 * p.W / np.linalg.norm(p.W),
        needs=_PENALTY,
    ),
    Mistake(
        "l2_of_squared_lambda",
        "penalty",
        "... + l2² * W[{l}]",
        "the factor l2 is multiplied in twice",
        "multiply by l2 once",
        lambda p: p.setting.l2 * p.setting.architecture.l2 * p.W,
        needs=_PENALTY,
    ),
)

# right: p.setting.bias_l2 * p.b, which is 0 unless J penalises the biases

BIASES = (
    Mistake(
        "bias_penalised",
        "bias_penalty",
        "db[{l}] = delta[{l}].sum(axis=0) + l2 * b[{l}]",
        "the penalty is applied to the bias as well",
        "drop it, or penalise the biases in J too (biases_penalised)",
        lambda p: p.setting.l2 * p.b,
        needs=_PENALTY,
    ),
    Mistake(
        "bias_penalty_missing",
        "bias_penalty",
        "db[{l}] = delta[{l}].sum(axis=0)",
        "the penalty on the bias, which J has, is missing in db",
        "add the derivative of J's penalty to db, or leave the biases out of J",
        lambda p: 0.0 * p.b,
        needs="a penalty on the biases",
    ),
    Mistake(
        "bias_penalty_halved",
        "bias_penalty",
        "... + (what J says) / 2 for the bias",
        "the penalty on the bias is half of what it is on the weights in J",
        "l2/2 * sum b² gives l2 * b, and l2 * sum b² gives 2 * l2 * b; chainrule does not penalise biases",
        lambda p: 0.5 * p.setting.l2 * p.b,
        needs=_PENALTY,
    ),
    Mistake(
        "bias_penalty_doubled",
        "bias_penalty",
        "... + 2 * l2 * b[{l}]",
        "twice the penalty is applied to the bias",
        "drop it, or penalise the biases in J too (biases_penalised)",
        lambda p: 2.0 * p.setting.l2 * p.b,
        needs=_PENALTY,
    ),
    Mistake(
        "weight_penalty_on_bias",
        "bias_penalty",
        "db[{l}] = delta[{l}].sum(axis=0) + l2 * W[{l}].sum(axis=0)",
        "the penalty of the weights is added to db",
        "the derivative of sum W² with respect to b is 0",
        lambda p: p.setting.l2 * p.W.sum(axis=0),
        needs=_PENALTY,
    ),
)

MISTAKES = WEIGHTS + BIASES
