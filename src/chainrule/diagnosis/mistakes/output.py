"""Mistakes in the error at the output: what should be loss'(a[L], Y) / n."""

from __future__ import annotations

import numpy as np

from chainrule.diagnosis.mistakes.mistake import Mistake, Place, Where
from chainrule.equations.elementary import Array
from chainrule.network.architecture import Architecture


def output(architecture: Architecture, l: int) -> bool:
    """The last layer."""
    return l == architecture.n_layers


def _with_loss(*names: str) -> Where:
    def where(architecture: Architecture, l: int) -> bool:
        return output(architecture, l) and architecture.loss.split("(")[0] in names

    return where


_CLASSES = _with_loss("binary_log_loss", "multiclass_log_loss")
_SOFTMAX = _with_loss("multiclass_log_loss")
_SIGMOID = _with_loss("binary_log_loss")
_SQUARED = _with_loss("squared_error")


# right: share * (z - y) or share * (p - y)


def _plus(p: Place) -> Array:
    """Return the output plus the target."""
    s = p.setting
    return s.share * ((s.a[s.L] if s.loss.link.is_identity else s.probabilities) + s.Y)


def _softmax_over_samples(p: Place) -> Array:
    s = p.setting
    e = np.exp(s.a[s.L] - s.a[s.L].max())
    return s.share * (e / e.sum(axis=0, keepdims=True) - s.Y)


def _sigmoid_for_softmax(p: Place) -> Array:
    s = p.setting
    return s.share * (1.0 / (1.0 + np.exp(-s.a[s.L])) - s.Y)


def _linked_twice(p: Place) -> Array:
    s = p.setting
    return s.share * (s.loss.link(s.probabilities) - s.Y)


def _times_link_derivative(p: Place) -> Array:
    q = p.setting.probabilities
    return p.setting.error * q * (1.0 - q)


def _by_link_derivative(p: Place) -> Array:
    q = p.setting.probabilities
    return p.setting.error / (q * (1.0 - q))


def _softmax_plus(p: Place) -> Array:
    # sum_i (-y_i / S_i) S_i (delta_ij + S_j)
    s = p.setting
    return -s.share * (s.Y + s.Y.sum(axis=1, keepdims=True) * s.probabilities)


def _softmax_diagonal(p: Place) -> Array:
    s = p.setting
    return -s.share * s.Y * (1.0 - s.probabilities)


def _log_only(p: Place) -> Array:
    s = p.setting
    return -s.share * s.Y / s.probabilities


def _batch_mean(p: Place) -> Array:
    e = p.setting.error
    return np.broadcast_to(e.mean(axis=0), e.shape)


def _residual(p: Place) -> Array:
    return p.setting.a[p.l] - p.setting.Y


MISTAKES = (
    Mistake(
        "error_sign",
        "error",
        "delta[{l}] = (y - p) / n",
        "the error at the output has the wrong sign (y - p, the direction of the log-likelihood)",
        "use p - y: J is minimised, and the penalty already has that sign",
        lambda p: -p.setting.error,
        output,
    ),
    Mistake(
        "error_doubled",
        "error",
        "delta[{l}] = 2 loss'(a[{l}], Y) / n",
        "the error at the output is doubled",
        "drop the 2, or state the loss without its half (loss_factor=2)",
        lambda p: 2.0 * p.setting.error,
        output,
    ),
    Mistake(
        "error_halved",
        "error",
        "delta[{l}] = loss'(a[{l}], Y) / (2 n)",
        "the error at the output is halved",
        "the half of the loss is consumed by the derivative of the square; drop it here",
        lambda p: 0.5 * p.setting.error,
        output,
    ),
    Mistake(
        "mean_missing",
        "error",
        "delta[{l}] = loss'(a[{l}], Y)",
        "the 1/n of the mean over samples is missing in the whole gradient",
        "divide the error by the number of samples, once",
        lambda p: p.setting.error * p.n,
        output,
        needs="more than one sample",
    ),
    Mistake(
        "mean_twice",
        "error",
        "delta[{l}] = loss'(a[{l}], Y) / n²",
        "the whole gradient is divided by the number of samples twice",
        "divide once: in the error at the output, or in every dW and db, not in both",
        lambda p: p.setting.error / p.n,
        output,
        needs="more than one sample",
    ),
    Mistake(
        "features_for_samples",
        "error",
        "delta[{l}] = loss'(a[{l}], Y) / m",
        "the gradient is divided by m, the number of features, instead of n, the number of samples",
        "divide by the number of samples (the other axis of X)",
        lambda p: p.setting.error * p.n / p.setting.sizes[0],
        output,
        needs="another number of samples than of features",
    ),
    Mistake(
        "mean_over_outputs",
        "error",
        "delta[{l}] = loss'(a[{l}], Y) / (n k)",
        "the error is divided by the number of outputs as well (a mean over all entries)",
        "the loss of a sample is the sum over its outputs: divide by n alone",
        lambda p: p.setting.error / p.setting.sizes[-1],
        output,
        needs="more than one output",
    ),
    Mistake(
        "error_squared",
        "error",
        "delta[{l}] = (a[{l}] - Y)² / 2 / n",
        "the loss itself is used where its derivative belongs",
        "differentiate: the derivative of (a - y)²/2 is a - y",
        lambda p: p.setting.share * 0.5 * _residual(p) ** 2,
        _SQUARED,
    ),
    Mistake(
        "error_absolute",
        "error",
        "delta[{l}] = |a[{l}] - Y| / n",
        "the error at the output has lost its sign (an absolute value)",
        "use a - y with its sign",
        lambda p: np.abs(p.setting.error),
        output,
    ),
    Mistake(
        "error_sign_only",
        "error",
        "delta[{l}] = sign(a[{l}] - Y) / n",
        "the error at the output is the sign of the residual, as for the absolute error",
        "the derivative of the squared error is the residual itself",
        lambda p: p.setting.share * np.sign(_residual(p)),
        _SQUARED,
    ),
    Mistake(
        "target_added",
        "error",
        "delta[{l}] = (p + y) / n",
        "the target is added to the output where it should be subtracted",
        "use p - y",
        _plus,
        _with_loss("squared_error", "binary_log_loss", "multiclass_log_loss"),
    ),
    Mistake(
        "target_missing",
        "error",
        "delta[{l}] = p / n",
        "the target does not appear in the error at the output",
        "use p - y",
        lambda p: 0.5 * (_plus(p) + p.setting.error),
        _with_loss("squared_error", "binary_log_loss", "multiclass_log_loss"),
    ),
    Mistake(
        "error_of_mean",
        "error",
        "delta[{l}] = mean over samples of loss'(a[{l}], Y)/n",
        "the error is averaged over the samples before it is passed back",
        "keep one row for each sample; the mean is taken by dW and db",
        _batch_mean,
        output,
        needs="more than one sample",
    ),
    Mistake(
        "link_missing",
        "error",
        "delta[{l}] = (z[{l}] - y) / n",
        "the raw score is compared with the target, without sigmoid or softmax",
        "put the score through the output's link first: p - y",
        lambda p: p.setting.share * _residual(p),
        _CLASSES,
    ),
    Mistake(
        "link_twice",
        "error",
        "delta[{l}] = (link(link(z[{l}])) - y) / n",
        "sigmoid or softmax is applied twice at the output",
        "the loss receives raw scores or probabilities, not probabilities of probabilities",
        _linked_twice,
        _CLASSES,
    ),
    Mistake(
        "link_derivative_extra",
        "error",
        "delta[{l}] = (p - y) * p (1 - p) / n",
        "p - y is multiplied by p (1 - p), which the log-loss has already cancelled",
        "for the log-loss with its own link, delta is p - y",
        _times_link_derivative,
        _CLASSES,
    ),
    Mistake(
        "link_derivative_missing",
        "error",
        "delta[{l}] = (p - y) / (p (1 - p)) / n",
        "dJ/dp is used as dJ/dz: the derivative of the sigmoid, p (1 - p), is missing",
        "multiply dJ/dp by p (1 - p), which gives p - y",
        _by_link_derivative,
        _SIGMOID,
    ),
    Mistake(
        "softmax_jacobian_sign",
        "error",
        "dS_i/dz_j = S_i (delta_ij + S_j)",
        "the softmax Jacobian has a plus where a minus belongs",
        "dS_i/dz_j = S_i (delta_ij - S_j); with the log-loss this gives p - y",
        _softmax_plus,
        _SOFTMAX,
    ),
    Mistake(
        "softmax_jacobian_diagonal",
        "error",
        "dS_i/dz_j = S_i (1 - S_i) for i = j, else 0",
        "the softmax is differentiated like a sigmoid: only the diagonal of its Jacobian is used",
        "dS_i/dz_j = S_i (delta_ij - S_j); with the log-loss this gives p - y",
        _softmax_diagonal,
        _SOFTMAX,
    ),
    Mistake(
        "softmax_derivative_missing",
        "error",
        "delta[{l}] = -y / p / n",
        "dJ/dp is used as dJ/dz: the softmax Jacobian is missing",
        "multiply by the Jacobian, which gives p - y",
        _log_only,
        _SOFTMAX,
    ),
    Mistake(
        "softmax_over_samples",
        "error",
        "p = exp(z) / exp(z).sum(axis=0)",
        "the softmax is taken over the samples, not over the classes of a sample",
        "sum the exponentials over the outputs of each sample (axis=1 where rows are samples)",
        _softmax_over_samples,
        _SOFTMAX,
        needs="more than one sample",
    ),
    Mistake(
        "sigmoid_for_softmax",
        "error",
        "delta[{l}] = (sigmoid(z[{l}]) - y) / n",
        "each class goes through a sigmoid of its own where a softmax belongs",
        "use the softmax of the row, or the binary log-loss throughout",
        _sigmoid_for_softmax,
        _SOFTMAX,
    ),
)
