"""What an engine is: it runs the equations of ``network.backprop`` over data. The loop above knows nothing else of it.

All randomness reaches an engine as data (the order of an epoch and a key for its dropout masks), and everything about
the optimizer as one rule and its coefficients for each step. So an engine has no state but its buffers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from chainrule.network.architecture import Architecture


@dataclass(frozen=True)
class Data:
    """Rows to learn from or to evaluate.

    Attributes
    ----------
    X : ndarray (n, m), C-contiguous, or scipy CSR array
        In the engine's dtype.
    Y : ndarray of shape (n, k), C-contiguous
        In the engine's dtype.
    weights : ndarray of shape (n,) or None
        Sample weights with mean 1, in the engine's dtype; None for all equal.
    """

    X: Any
    Y: np.ndarray
    weights: np.ndarray | None = None

    @property
    def n(self) -> int:
        """The number of rows."""
        return int(self.Y.shape[0])


@dataclass(frozen=True)
class EpochPlan:
    """Everything that an epoch needs besides parameters and data.

    Attributes
    ----------
    order : ndarray of shape (n,), int64
        The rows in the order in which they are taken.
    batch_size : int
        Rows a step; the last step of an epoch may have fewer.
    rates : ndarray of shape (n_batches,), float64
        The learning rate of each step.
    coefficients : ndarray of shape (n_batches, c), float64
        What the optimizer's rule receives at each step.
    dropout_key : int
        The 64-bit key of this epoch's masks.
    clip_norm : float
        The gradient is scaled down to this norm; infinity for never.
    scale_factor : float
        How many times ``rates`` the scales of columns learn with.
    """

    order: np.ndarray
    batch_size: int
    rates: np.ndarray
    coefficients: np.ndarray
    dropout_key: int = 0
    clip_norm: float = float("inf")
    scale_factor: float = 1.0


@dataclass(frozen=True)
class EpochResult:
    """What an epoch reports.

    Attributes
    ----------
    loss : float
        The mean over the epoch's rows of the objective J as each step saw it, penalties included.
    gradient_norm : float
        The largest norm of a step's gradient, before clipping.
    failed_batch : int
        The first step whose loss, gradient or gradient's norm was not finite, -1 if there was none.
        No step came after it, and it put nothing into theta that is not finite.
    """

    loss: float
    gradient_norm: float
    failed_batch: int = -1


class Engine(Protocol):
    """Runs epochs and evaluates networks of one architecture."""

    name: str
    architecture: Architecture
    dtype: np.dtype

    def epoch(
        self, theta: np.ndarray, moments: np.ndarray, data: Data, plan: EpochPlan
    ) -> EpochResult:
        """Train for one epoch; ``theta`` (P,) and ``moments`` (n_moments, P) are overwritten."""

    def evaluate(self, theta: np.ndarray, data: Data) -> tuple[float, np.ndarray]:
        """Return J over all rows, summed in float64, and their raw scores (n, k): one forward pass without dropout."""

    def objective_and_gradient(self, theta: np.ndarray, data: Data, gradient: np.ndarray) -> float:
        """Return J over all rows and write its gradient into ``gradient`` (P,), without dropout."""

    def scores(self, theta: np.ndarray, X: Any) -> np.ndarray:
        """Return the raw scores a[L] (n, k); those of a row depend on no other row."""


class Scorer(Protocol):
    """Predicts with networks of one architecture, for several threads at once."""

    architecture: Architecture
    dtype: np.dtype

    def scores(self, theta: np.ndarray, X: Any, threads: int = 1) -> np.ndarray:
        """Return the raw scores a[L] (n, k); those of a row depend on no other row, nor on ``threads``."""
