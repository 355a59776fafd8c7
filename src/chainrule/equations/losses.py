"""Losses: how wrong raw scores are, and the derivative with respect to those scores, side by side.

A loss takes the raw scores ``z`` of the last layer. The output link that turns scores into
predictions (identity, sigmoid, softmax, exp) is fused into it, so nothing overflows, no logarithm
meets 0, and no output can be paired with the wrong loss. Each rule is elementwise over one output
of one row; the loss of a row is the SUM over its outputs, and ``derivative`` is the derivative of
exactly that sum. At a kink (z = y) it is the mean of the derivatives from the left and the right.

Softmax couples the outputs of a row. All of that coupling is in one number a row, ``normalizer`` =
log sum exp(z): given it, the loss is elementwise again.

Shapes: ``z``, ``y``, value and derivative (n, k); ``normalizer`` (n, 1); parameters broadcast over
rows. Sources and dropped constants stand in the records below.

It is over 300 lines because value and derivative stand together, and one record a loss below them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import isfinite
from typing import Self

import numpy as np

from chainrule.equations.activations import sigmoid, softplus
from chainrule.equations.domains import DOMAINS, Domain
from chainrule.equations.elementary import (
    Array,
    absolute,
    exp,
    like,
    log,
    positive_part,
    row_maximum,
    row_sum_exp,
    sign,
    where,
)
from chainrule.equations.links import EXP, IDENTITY, SIGMOID, SOFTMAX, Link
from chainrule.equations.registry import Registry, specification
from chainrule.errors import InputError

# ---- squared error: (z - y)² / 2 -----------------------------------------------------------------


def squared_error(z: Array, y: Array) -> Array:
    return 0.5 * (z - y) * (z - y)


def squared_error_derivative(z: Array, y: Array) -> Array:
    return z - y


# ---- absolute error: |z - y| ---------------------------------------------------------------------


def absolute_error(z: Array, y: Array) -> Array:
    return absolute(z - y)


def absolute_error_derivative(z: Array, y: Array) -> Array:
    return sign(z - y)


# ---- Huber: r²/2 for |r| <= delta, else delta (|r| - delta/2), with r = z - y --------------------


def huber(z: Array, y: Array, delta: Array) -> Array:
    r = z - y
    size = absolute(r)
    return where(size.real <= delta, 0.5 * r * r, delta * (size - 0.5 * delta))


def huber_derivative(z: Array, y: Array, delta: Array) -> Array:
    r = z - y
    return where(absolute(r).real <= delta, r, delta * sign(r))


# ---- quantile (pinball): level (y - z) for a score too low, (1 - level) (z - y) for one too high ---


def quantile(z: Array, y: Array, level: Array) -> Array:
    return positive_part(z - y) - level * (z - y)


def quantile_derivative(z: Array, y: Array, level: Array) -> Array:
    return 0.5 * sign(z - y) + 0.5 - level  # 1 - level above y, -level below, NaN where z is NaN


# ---- Poisson: exp(z) - y z, the mean is exp(z) ---------------------------------------------------


def poisson(z: Array, y: Array) -> Array:
    return exp(z) - y * z


def poisson_derivative(z: Array, y: Array) -> Array:
    return exp(z) - y


# ---- Gamma: z + y exp(-z), the mean is exp(z) ----------------------------------------------------


def gamma(z: Array, y: Array) -> Array:
    return z + y * exp(-z)


def gamma_derivative(z: Array, y: Array) -> Array:
    return 1.0 - y * exp(-z)


# ---- binary log-loss: softplus(z) - y z; keep and share smooth the label, y -> keep y + share ----


def binary_log_loss(z: Array, y: Array, keep: Array, share: Array) -> Array:
    return softplus(z) - (keep * y + share) * z


def binary_log_loss_derivative(z: Array, y: Array, keep: Array, share: Array) -> Array:
    return sigmoid(z) - (keep * y + share)


# ---- multiclass log-loss: sum over classes of y (log sum exp(z) - z); y is a row of a one-hot matrix


def log_sum_exp(z: Array) -> Array:
    shift = row_maximum(z)  # the largest exponent becomes 0
    return shift + log(row_sum_exp(z, shift))


def multiclass_log_loss(z: Array, y: Array, keep: Array, share: Array, normalizer: Array) -> Array:
    return (keep * y + share) * (normalizer - z)


def multiclass_log_loss_derivative(
    z: Array, y: Array, keep: Array, share: Array, normalizer: Array
) -> Array:
    return exp(z - normalizer) - (keep * y + share)


# ---- focal: log-loss times (1 - p)^focus, p the label's probability; alpha weights the positives ----


def focal(z: Array, y: Array, focus: Array, alpha: Array) -> Array:
    positive = exp(-focus * softplus(z)) * softplus(-z)  # (1 - p)^focus (-log p)
    negative = exp(-focus * softplus(-z)) * softplus(z)  # p^focus (-log(1 - p))
    return alpha * y * positive + (1.0 - alpha) * (1.0 - y) * negative


def focal_derivative(z: Array, y: Array, focus: Array, alpha: Array) -> Array:
    p = sigmoid(z)
    q = sigmoid(-z)
    positive = -exp(-focus * softplus(z)) * (focus * p * softplus(-z) + q)
    negative = exp(-focus * softplus(-z)) * (focus * q * softplus(z) + p)
    return alpha * y * positive + (1.0 - alpha) * (1.0 - y) * negative


# ---- the numbers that a rule takes, one column an output -----------------------------------------


def _same_for_all(parameters: tuple[float, ...], n_outputs: int) -> np.ndarray:
    """Each parameter is the same for every output."""
    return np.repeat(np.array(parameters, dtype=float)[:, None], n_outputs, axis=1)


def _one_level_an_output(levels: tuple[float, ...], n_outputs: int) -> np.ndarray:
    """Quantile levels alternate along the outputs: all levels of target 1, then all of target 2."""
    if n_outputs % len(levels):
        raise InputError.of(
            "quantile levels",
            got=f"{len(levels)} for {n_outputs} outputs",
            expected="as many outputs for each target as there are levels",
            remedy=f"use {len(levels)} outputs for one target",
        )
    return np.resize(np.array(levels, dtype=float), (1, n_outputs))


def _binary_smoothing(parameters: tuple[float, ...], n_outputs: int) -> np.ndarray:
    (smoothing,) = parameters
    return _same_for_all((1.0 - smoothing, smoothing / 2.0), n_outputs)


def _multiclass_smoothing(parameters: tuple[float, ...], n_outputs: int) -> np.ndarray:
    (smoothing,) = parameters
    return _same_for_all((1.0 - smoothing, smoothing / n_outputs), n_outputs)


@dataclass(frozen=True)
class Loss:
    """A loss with its output link and everything that is known about it.

    Attributes
    ----------
    name : str
        The name to use in ``loss=``.
    value, derivative : callable
        ``value(z, y, *parameters)``, elementwise; with ``normalizer`` as last argument if there is one.
    link : Link
        From raw scores to predictions, (n, k) to (n, k).
    domain : str
        What ``y`` may be, the name of one of ``chainrule.equations.domains``.
    parameters : tuple of float
        The numbers that the loss takes.
    parameter_names : tuple of str
        What they are called.
    parameter_bounds : tuple of (float, float)
        The smallest and largest value accepted for each.
    variadic : bool
        Whether any number of parameters may be given (quantile levels).
    columns : callable
        From parameters and the number of outputs to what the rule receives, (p, k).
    normalizer : callable or None
        From a row of scores to the one number that couples its outputs.
    formula, derivative_formula, source, dropped : str
        How it is written on paper, where it was published, and which constant was left out.
    kinks : str
        Where the derivative does not exist: ``""``, ``"z = y"``.

    Examples
    --------
    >>> import numpy as np
    >>> loss = losses.get("binary_log_loss")
    >>> z, y = np.array([[40.0]]), np.array([[0.0]])
    >>> loss.rows(z, y).tolist(), loss.gradient(z, y).tolist()
    ([40.0], [[1.0]])
    """

    name: str
    value: Callable[..., Array]
    derivative: Callable[..., Array]
    link: Link
    domain: str
    formula: str
    derivative_formula: str
    source: str = ""
    dropped: str = ""
    parameters: tuple[float, ...] = ()
    parameter_names: tuple[str, ...] = ()
    parameter_bounds: tuple[tuple[float, float], ...] = ()
    variadic: bool = False
    columns: Callable[[tuple[float, ...], int], np.ndarray] = _same_for_all
    normalizer: Callable[[Array], Array] | None = None
    kinks: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def spec(self) -> str:
        """The text that gets this very loss from the registry."""
        return specification(self.name, self.parameters)

    def rows(self, z: Array, y: Array) -> Array:
        """Return the loss of each row, (n,)."""
        return like(z, self.value(z, y, *self._arguments(z))).sum(axis=1)

    def gradient(self, z: Array, y: Array) -> Array:
        """Return the derivative of each row's loss with respect to its scores, (n, k)."""
        return like(z, self.derivative(z, y, *self._arguments(z)))

    def _arguments(self, z: Array) -> list[Array]:
        columns = list(self.columns(self.parameters, z.shape[1]).astype(z.real.dtype))
        return columns if self.normalizer is None else [*columns, self.normalizer(z)]

    def with_parameters(self, *parameters: float) -> Self:
        """Return this loss with its numbers set; InputError if they are not accepted."""
        if len(parameters) != len(self.parameters) and not (self.variadic and parameters):
            takes = ", ".join(self.parameter_names) or "no number"
            raise InputError.of(
                f"loss {self.name}", got=f"{len(parameters)} numbers", expected=takes
            )
        for i, number in enumerate(parameters):
            name = self.parameter_names[min(i, len(self.parameter_names) - 1)]
            low, high = self.parameter_bounds[min(i, len(self.parameter_bounds) - 1)]
            if not (low <= number <= high and isfinite(number)):
                raise InputError.of(
                    f"{self.name}({name})",
                    got=number,
                    expected=f"a finite number from {low:g} to {high:g}",
                )
        return replace(self, parameters=tuple(parameters))

    @property
    def targets(self) -> Domain:
        """What ``y`` may be."""
        return DOMAINS[self.domain]

    def check_targets(self, y: np.ndarray) -> None:
        """Raise InputError if ``y`` (n, k) holds a value outside the domain of this loss."""
        if y.size == 0:
            return
        if not self.targets.holds(y):
            raise InputError.of(
                f"y for loss {self.name}",
                got=f"values from {float(y.min()):g} to {float(y.max()):g}",
                expected=self.targets.words,
                remedy="choose a loss whose domain holds these targets, or transform them",
            )


losses: Registry[Loss] = Registry("loss", Loss)

_INFINITY = float("inf")
for _record in (
    Loss(
        "squared_error",
        squared_error,
        squared_error_derivative,
        IDENTITY,
        "real",
        "(z - y)² / 2",
        "z - y",
        source="Legendre 1805",
    ),
    Loss(
        "absolute_error",
        absolute_error,
        absolute_error_derivative,
        IDENTITY,
        "real",
        "|z - y|",
        "sign(z - y)",
        source="Boscovich 1757",
        kinks="z = y",
    ),
    Loss(
        "huber",
        huber,
        huber_derivative,
        IDENTITY,
        "real",
        "r²/2 if |r| <= delta else delta (|r| - delta/2), r = z - y",
        "r if |r| <= delta else delta sign(r)",
        source="Huber 1964, eq. 3",
        parameters=(1.0,),
        parameter_names=("delta",),
        parameter_bounds=((1e-12, _INFINITY),),
    ),
    Loss(
        "quantile",
        quantile,
        quantile_derivative,
        IDENTITY,
        "real",
        "max(z - y, 0) - level (z - y)",
        "1 - level if z > y, -level if z < y",
        source="Koenker & Bassett 1978, eq. 1.3",
        parameters=(0.5,),
        parameter_names=("level",),
        parameter_bounds=((1e-9, 1.0 - 1e-9),),
        variadic=True,
        columns=_one_level_an_output,
        kinks="z = y",
        aliases=("pinball",),
    ),
    Loss(
        "poisson",
        poisson,
        poisson_derivative,
        EXP,
        "nonnegative",
        "exp(z) - y z",
        "exp(z) - y",
        source="Nelder & Wedderburn 1972, section 3",
        dropped="log(y!)",
    ),
    Loss(
        "gamma",
        gamma,
        gamma_derivative,
        EXP,
        "positive",
        "z + y exp(-z)",
        "1 - y exp(-z)",
        source="Nelder & Wedderburn 1972, section 3",
        dropped="-log(y) - 1",
    ),
    Loss(
        "binary_log_loss",
        binary_log_loss,
        binary_log_loss_derivative,
        SIGMOID,
        "unit",
        "log(1 + exp(z)) - y z",
        "1 / (1 + exp(-z)) - y",
        source="Cox 1958; label smoothing: Szegedy et al. 2016, section 7",
        parameters=(0.0,),
        parameter_names=("label_smoothing",),
        parameter_bounds=((0.0, 1.0),),
        columns=_binary_smoothing,
        aliases=("multilabel_log_loss",),
    ),
    Loss(
        "multiclass_log_loss",
        multiclass_log_loss,
        multiclass_log_loss_derivative,
        SOFTMAX,
        "one_hot",
        "sum of y (log sum exp(z) - z)",
        "softmax(z) - y",
        source="Bridle 1990; label smoothing: Szegedy et al. 2016, section 7",
        parameters=(0.0,),
        parameter_names=("label_smoothing",),
        parameter_bounds=((0.0, 1.0),),
        columns=_multiclass_smoothing,
        normalizer=log_sum_exp,
    ),
    Loss(
        "focal",
        focal,
        focal_derivative,
        SIGMOID,
        "unit",
        "-alpha y (1-p)^g log p - (1-alpha) (1-y) p^g log(1-p), p = 1 / (1 + exp(-z))",
        "alpha y (1-p)^g (g p log p - (1-p)) + (1-alpha) (1-y) p^g (p - g (1-p) log(1-p))",
        source="Lin et al. 2017, eq. 5",
        parameters=(2.0, 0.25),
        parameter_names=("gamma", "alpha"),
        parameter_bounds=((0.0, 100.0), (0.0, 1.0)),
    ),
):
    losses.register(_record)
