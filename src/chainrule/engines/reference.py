"""The reference engine: runs ``network.backprop`` as it stands, batch by batch, in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.engines.engine import Data, EpochPlan, EpochResult
from chainrule.network import random
from chainrule.network.architecture import Architecture
from chainrule.network.backprop import (
    Masks,
    backward,
    forward,
    objective,
    penalty,
    penalty_gradient,
)
from chainrule.network.inference import block_rows, scores
from chainrule.network.parameters import Parameters, segments
from chainrule.network.threads import one_blas_thread
from chainrule.optimizers import clipping
from chainrule.optimizers.optimizer import Optimizer, update


class ReferenceScorer:
    """Predicts with NumPy alone."""

    def __init__(self, architecture: Architecture, dtype: Any) -> None:
        self.architecture, self.dtype = architecture, np.dtype(dtype)

    def scores(self, theta: np.ndarray, X: Any, threads: int = 1) -> np.ndarray:
        """Return the raw scores a[L]."""
        return scores(Parameters(self.architecture, theta), X, threads)


class ReferenceEngine:
    """Plain NumPy: the engine to read, and the one the others are compared with.

    Parameters
    ----------
    architecture : Architecture
    optimizer : Optimizer
    dtype : dtype
        float32 or float64, of parameters, data and all arithmetic.
    threads : int
        Used for scores only; no result depends on it.
    """

    name = "reference"

    def __init__(
        self,
        architecture: Architecture,
        optimizer: Optimizer,
        dtype: Any = np.float32,
        threads: int = 1,
    ) -> None:
        self.architecture = architecture
        self.optimizer = optimizer
        self.dtype = np.dtype(dtype)
        self.threads = threads
        self._is_weight = np.zeros(architecture.n_parameters, dtype=bool)
        for segment in segments(architecture.sizes):
            self._is_weight[segment.start : segment.stop] = segment.is_weight
        first_scale = architecture.n_parameters - len(architecture.columns)
        self._parts = slice(first_scale), slice(first_scale, None)

    def epoch(
        self, theta: np.ndarray, moments: np.ndarray, data: Data, plan: EpochPlan
    ) -> EpochResult:
        """Train for one epoch; ``theta`` and ``moments`` are overwritten."""
        parameters, gradient = Parameters(self.architecture, theta), np.empty_like(theta)
        total, largest_norm = 0.0, 0.0
        with one_blas_thread(), np.errstate(all="ignore"):
            for batch, start in enumerate(range(0, len(plan.order), plan.batch_size)):
                rows = plan.order[start : start + plan.batch_size]
                Y, share = data.Y[rows], self._share(data, rows)
                P = forward(parameters, data.X[rows], self._masks(plan, start, len(rows)))
                J = float(objective(parameters, P.scores, Y, share))
                backward(parameters, P, Y, share, gradient)
                norm = clipping.global_norm(gradient)
                if not (np.isfinite(J) and np.isfinite(norm)):
                    return EpochResult(J, norm, failed_batch=batch)
                gradient *= clipping.factor(norm, plan.clip_norm)
                for part, factor in zip(self._parts, (1.0, plan.scale_factor), strict=True):
                    update(
                        self.optimizer.rule,
                        theta[part],
                        gradient[part],
                        moments[:, part],
                        plan.rates[batch] * factor,
                        plan.coefficients[batch],
                        weight_decay=self.optimizer.weight_decay,
                        is_weight=self._is_weight[part],
                    )
                total += J * len(rows)
                largest_norm = max(largest_norm, norm)
        return EpochResult(total / max(len(plan.order), 1), largest_norm)

    def evaluate(self, theta: np.ndarray, data: Data) -> tuple[float, np.ndarray]:
        """Return J over all rows and their raw scores, without dropout."""
        scores = self.scores(theta, data.X)
        return objective_of(self.architecture, theta, data, scores), scores

    def objective_and_gradient(self, theta: np.ndarray, data: Data, gradient: np.ndarray) -> float:
        """Return J over all rows and write its gradient into ``gradient``, block by block."""
        parameters, part = Parameters(self.architecture, theta), np.empty_like(theta)
        unpenalised = Parameters(self.architecture.without_penalties(), theta)
        step = block_rows(self.architecture.sizes)
        gradient[...] = 0.0
        J = 0.0
        with one_blas_thread(), np.errstate(all="ignore"):
            for start in range(0, data.n, step):
                rows = slice(start, start + step)
                share = self._share(data, rows, data.n)
                P = forward(unpenalised, data.X[rows])
                J += float(objective(unpenalised, P.scores, data.Y[rows], share))
                gradient += backward(unpenalised, P, data.Y[rows], share, part)
            add_penalty_gradient(parameters, gradient)
        return J + float(penalty(parameters))

    def scores(self, theta: np.ndarray, X: Any) -> np.ndarray:
        """Return the raw scores a[L]."""
        return scores(Parameters(self.architecture, theta), X, self.threads)

    def _share(self, data: Data, rows: Any, n: int | None = None) -> np.ndarray:
        count = len(data.Y[rows])
        weights = np.ones(count, self.dtype) if data.weights is None else data.weights[rows]
        share: np.ndarray = (weights / self.dtype.type(n or count))[:, None]
        return share

    def _masks(self, plan: EpochPlan, start: int, count: int) -> Masks | None:
        if not self.architecture.drops:
            return None
        positions, columns = np.arange(start, start + count), self.architecture.columns
        rate = self.architecture.column_dropout
        key, dtype = plan.dropout_key, self.dtype
        masks: list[Any] = [
            random.column_mask(key, positions, columns, rate, dtype) if rate else 1.0
        ]
        for layer, rate in enumerate(self.architecture.dropout, start=1):
            fan_out = self.architecture.sizes[layer]
            masks.append(
                random.dropout_mask(key, layer, positions, fan_out, rate, dtype) if rate else 1.0
            )
        return [*masks, 1.0]


def objective_of(
    architecture: Architecture, theta: np.ndarray, data: Data, raw_scores: np.ndarray
) -> float:
    """Return J from scores that are already there, summed in float64."""
    with np.errstate(all="ignore"):
        losses = architecture.loss_function.rows(raw_scores, data.Y).astype(np.float64)
        if data.weights is not None:
            losses *= data.weights
        return float(losses.mean() + penalty(Parameters(architecture, theta)))


def add_penalty_gradient(theta: Parameters, gradient: np.ndarray) -> None:
    """Add the gradient of the penalties to that of the loss."""
    G = Parameters(theta.architecture, gradient)
    for l in range(1, theta.architecture.n_layers + 1):
        G.W[l] += penalty_gradient(theta, theta.W[l])
        if theta.architecture.penalize_biases:
            G.b[l] += penalty_gradient(theta, theta.b[l])
