"""Loud failure: which number left the range first, and what most likely drove it out.

The failing batch is run once more through ``network.backprop`` in float64, where the sizes can
still be seen that were too large for float32.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from chainrule.engines.engine import Data, Engine
from chainrule.errors import TrainingError
from chainrule.network.architecture import Architecture
from chainrule.network.backprop import forward
from chainrule.network.parameters import Parameters, segments

#: Inputs and targets above this are named as a likely cause; standardised columns stay below 10.
_LARGE = 100.0
_ORDINARY_RATE = 0.01
_BLOCK = 4096  # rows looked at together


class DivergenceError(TrainingError):
    """Training met a number that is not finite.

    Attributes
    ----------
    theta : ndarray of shape (P,)
        The last finite parameters: those before the failed epoch.
    epoch : int
        The failed epoch, from 1; 0 if the objective was not finite at the start.
    batch : int
        The failed batch, from 1.
    layer : int or None
        The first layer with a number that is not finite; None if all layers are finite and the loss or the gradient
        is not.
    """

    theta: np.ndarray
    epoch: int
    batch: int
    layer: int | None


class NonFinite(NamedTuple):
    """Where the first number that is not finite was found."""

    layer: int | None
    what: str  #: in words, with its size


def divergence(
    architecture: Architecture,
    dtype: Any,
    theta: np.ndarray,
    last_finite: np.ndarray,
    data: Data,
    rows: np.ndarray,
    *,
    loss: float,
    epoch: int,
    batch: int,
    learning_rate: float | None,
) -> DivergenceError:
    """Build the error that a failed epoch raises.

    Parameters
    ----------
    architecture : Architecture
    dtype : dtype
        Of the engine: what is finite is judged in it.
    theta : ndarray of shape (P,)
        The parameters at the failure.
    last_finite : ndarray of shape (P,)
        The parameters that are kept; copied.
    data : Data
    rows : ndarray of int64
        The failing batch.
    loss : float
        J as the engine reported it, or NaN if only the parameters are not finite.
    epoch, batch : int
        From 1.
    learning_rate : float or None
        The rate of the failing step.

    Returns
    -------
    DivergenceError
        To be raised.
    """
    layer, what = find(architecture, dtype, theta, data, rows)
    when = f"in epoch {epoch}, batch {batch}" if epoch else "before the first epoch"
    error = DivergenceError.of(
        "training",
        got=f"a number that is not finite {when}: {what} (J = {loss:.3g})",
        expected="finite losses, gradients and parameters",
        remedy=" or ".join(likely_causes(data, learning_rate))
        + "; the parameters before that epoch are kept",
    )
    error.theta, error.epoch, error.batch, error.layer = last_finite.copy(), epoch, batch, layer
    return error


def check_scores(engine: Engine, theta: np.ndarray, data: Data, epoch: int) -> None:
    """Raise DivergenceError if the parameters that training ended with score a training row as not finite.

    An epoch's loss is measured before its last step, so that step may still be one too far. To score all rows costs a
    pass, so a bound is looked at first: no registered activation exceeds ``|z| + 1``.
    """
    largest = float(np.finfo(engine.dtype).max)
    bound, W_and_b = _largest(data.X), _largest(theta)
    for width in engine.architecture.sizes[:-1]:
        bound = W_and_b * (width * bound + 1.0) + 1.0
    if bound < largest or np.isfinite(engine.scores(theta, data.X)).all():
        return
    layer, what = find(engine.architecture, engine.dtype, theta, data, np.arange(data.n))
    error = DivergenceError.of(
        "training",
        got=f"parameters after epoch {epoch} with which a score is not finite: {what}",
        expected="finite scores for every training row",
        remedy=" or ".join(likely_causes(data, None)) + " or lower the learning rate",
    )
    error.theta, error.epoch, error.batch, error.layer = theta.copy(), epoch, 0, layer
    raise error


def find(
    architecture: Architecture, dtype: Any, theta: np.ndarray, data: Data, rows: np.ndarray
) -> NonFinite:
    """Return the first place on the way forward where a number is not finite in ``dtype``."""
    largest = float(np.finfo(dtype).max)
    for name, layer, start, stop, _ in segments(architecture.sizes):
        size = _largest(theta[start:stop])
        if not size <= largest:
            return NonFinite(layer, f"{name} of layer {layer}")
    parameters = Parameters(architecture, theta.astype(np.float64))
    largest_z = [0.0] * architecture.n_layers
    for start in range(0, len(rows), _BLOCK):
        X = data.X[rows[start : start + _BLOCK]]
        if not _largest(X) <= largest:
            return NonFinite(1, "X, the input of layer 1")
        with np.errstate(all="ignore"):
            P = forward(parameters, X.astype(np.float64))
        for layer in range(1, architecture.n_layers + 1):
            for name, values in (("z", P.z[layer]), ("a", P.a[layer])):
                size = _largest(values)
                if not size <= largest:
                    return NonFinite(layer, f"{name}[{layer}] of layer {layer}, largest {size:.3g}")
            largest_z[layer - 1] = max(largest_z[layer - 1], _largest(P.z[layer]))
    sizes = ", ".join(f"{size:.3g}" for size in largest_z)
    return NonFinite(
        None, f"the loss or its gradient, where the largest |z| of each layer is {sizes}"
    )


def likely_causes(data: Data, learning_rate: float | None) -> list[str]:
    """Return what to do, the likeliest first, as clauses."""
    causes = []
    x, y = _largest(data.X), _largest(data.Y)
    if not x <= _LARGE:
        causes.append(f"scale the columns of X (largest |x| is {x:.3g})")
    if not y <= _LARGE:
        causes.append(f"scale the target (largest |y| is {y:.3g})")
    if learning_rate is not None:
        lower = f"lower the learning rate (it was {learning_rate:.3g})"
        causes.insert(0 if learning_rate > _ORDINARY_RATE else len(causes), lower)
    return causes or ["look for very large numbers in the data"]


def reason_of(error: BaseException) -> str:
    """Return the reason that listeners are told when an exception ends a training."""
    return "diverged" if isinstance(error, DivergenceError) else "error"


def all_finite(theta: np.ndarray) -> bool:
    """Return whether no parameter is NaN or infinite."""
    return bool(np.isfinite(theta).all())


def _largest(values: Any) -> float:
    """Return max |value| of an array or sparse matrix, NaN if there is one, 0 if it is empty."""
    numbers = values if isinstance(values, np.ndarray) else np.asarray(values.data)  # CSR
    return float(np.abs(numbers).max()) if numbers.size else 0.0
