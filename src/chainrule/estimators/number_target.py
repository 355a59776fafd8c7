"""Quantities as a network learns them, and scores as quantities again.

Targets of a real-valued loss are standardised, y' = (y - centre) / scale, by the training rows' weighted
mean and deviation. Those of a loss with an exponential link are only divided by their mean, so
that exp(0) is where training starts; those between 0 and 1 stay as they are. Weights, loss and
penalty refer to y', predictions to y.

With q quantile levels each column of y has q outputs, side by side.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.equations.losses import Loss, losses


@dataclass(frozen=True, eq=False)
class NumberTarget:
    """How quantities and outputs belong together.

    Attributes
    ----------
    loss : str
    center, scale : ndarray of float64, shape (n_columns,)
        y = scale y' + center.
    flat : bool
        Whether y came as a vector, so that one output gives a vector again.
    dtype : str
        ``"float32"`` or ``"float64"``, of predictions: that of y.
    """

    loss: str
    center: np.ndarray
    scale: np.ndarray
    flat: bool
    dtype: str = "float64"

    def __getstate__(self) -> dict[str, Any]:
        # Without what is cached: a user's own loss may be a lambda, which cannot be pickled.
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @cached_property
    def function(self) -> Loss:
        """The loss as a function."""
        return losses.get(self.loss)

    @property
    def n_columns(self) -> int:
        """The columns of y."""
        return len(self.center)

    @property
    def n_levels(self) -> int:
        """The outputs for each column: the number of quantile levels, else 1."""
        return len(self.function.parameters) if self.function.variadic else 1

    @property
    def levels(self) -> tuple[float, ...]:
        """The quantile levels, empty for other losses."""
        return self.function.parameters if self.function.variadic else ()

    @property
    def n_outputs(self) -> int:
        """The units of the last layer."""
        return self.n_columns * self.n_levels

    @property
    def link_name(self) -> str:
        """``out_activation_`` as scikit-learn calls it."""
        return self.function.link.scikit_learn_name or self.function.link.name

    def encode(self, y: np.ndarray, dtype: np.dtype[Any]) -> np.ndarray:
        """Return y' in the layout of the outputs, (n, n_outputs); InputError outside the loss's domain."""
        columns = np.asarray(y, dtype=np.float64).reshape(len(y), self.n_columns)
        scaled = (columns - self.center) / self.scale
        self.function.check_targets(columns if self.function.domain != "real" else scaled)
        return np.repeat(scaled, self.n_levels, axis=1).astype(dtype)

    @np.errstate(over="ignore")  # exp of a large score is infinite, and is told so
    def predictions(self, scores: np.ndarray) -> np.ndarray:
        """Return quantities in the units of y: (n,) or (n, n_columns), or (n, n_columns * n_levels)."""
        scale, center = self._of_outputs
        means: np.ndarray = self.function.link(scores.astype(np.float64))
        means = means * scale
        means += center
        result: np.ndarray = means.astype(self.dtype, copy=False)
        return result[:, 0] if self.flat and result.shape[1] == 1 else result

    @cached_property
    def _of_outputs(self) -> tuple[np.ndarray, np.ndarray]:
        """Scale and center of each output, (n_outputs,)."""
        return np.repeat(self.scale, self.n_levels), np.repeat(self.center, self.n_levels)


def number_target(
    loss: str | Loss,
    y: np.ndarray,
    weights: np.ndarray | None,
    scaled: bool,
    flat: bool,
    dtype: Any = None,
) -> NumberTarget:
    """Learn centre and scale from the training rows.

    Parameters
    ----------
    loss : str or Loss
        A registered loss.
    y : ndarray of shape (n, n_columns)
    weights : ndarray of shape (n,) or None
        Sample weights.
    scaled : bool
        ``scale_target``.
    flat : bool
        Whether y came as a vector.
    dtype : dtype
        In which y came, if not that of ``y``.

    Examples
    --------
    >>> target = number_target("squared_error", np.array([[1.0], [3.0]]), None, scaled=True, flat=True)
    >>> target.center.tolist(), target.scale.tolist()
    ([2.0], [1.0])
    """
    record = losses.registered(loss)
    columns = np.asarray(y, dtype=np.float64)
    center, scale = np.zeros(columns.shape[1]), np.ones(columns.shape[1])
    record.check_targets(columns)
    if scaled and record.domain == "real" and record.link.is_identity:
        center, scale = _mean_and_deviation(columns, weights)
    elif scaled and record.link.keeps_factors and record.domain != "unit":
        scale = _mean(columns, weights)
    scale = np.where((scale > 0.0) & np.isfinite(scale), scale, 1.0)  # a constant column stays
    single = (y.dtype if dtype is None else dtype) == np.float32
    return NumberTarget(record.spec, center, scale, flat, "float32" if single else "float64")


def _mean(y: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    size = _size(y)
    return np.asarray(np.average(y / size, axis=0, weights=weights) * size)


def _mean_and_deviation(y: np.ndarray, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    center = _mean(y, weights)
    residual = y - center
    size = _size(residual)
    deviation = size * np.sqrt(np.average((residual / size) ** 2, axis=0, weights=weights))
    # A constant column has a deviation of rounding errors, or none.
    rounding = 1e-14 * np.abs(y).max(axis=0, initial=0.0)
    return center, np.where(deviation > rounding, deviation, 0.0)


def _size(y: np.ndarray) -> np.ndarray:
    """Return the largest |y| of each column, 1 for a column of zeros: divided by it, no square overflows."""
    size = np.abs(y).max(axis=0, initial=0.0)
    return np.where(size > 0.0, size, 1.0)
