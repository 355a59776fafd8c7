"""chainrule's engine, driven as its training loop drives it: one call an epoch."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.peers.peer import BasePeer
from benchmarks.problems import BETA_1, BETA_2, EPSILON, LEARNING_RATE, Problem


def architecture(problem: Problem) -> Any:
    """Return the problem's network."""
    from chainrule.network.architecture import Architecture

    hidden = len(problem.sizes) - 2
    return Architecture(
        problem.sizes,
        (problem.activation,) * hidden + ("identity",),
        "binary_log_loss" if problem.n_outputs == 1 else "multiclass_log_loss",
        dropout=(problem.dropout,) * hidden,
    )


class Peer(BasePeer):
    """The fused engine in float32."""

    engine_name, dtype = "fused", np.float32

    def version(self) -> str:
        from chainrule import __version__

        return __version__

    def prepare(self) -> None:
        from chainrule.engines import Data, make_engine
        from chainrule.optimizers.adam import Adam

        problem = self.problem
        self.optimizer = Adam(LEARNING_RATE, BETA_1, BETA_2, EPSILON)
        net = architecture(problem)
        self.engine = make_engine(self.engine_name, net, self.optimizer, self.dtype, self.threads)
        self.data = Data(problem.X.astype(self.dtype), problem.Y.astype(self.dtype))

    def orders(self, epochs: int) -> np.ndarray:
        """Return the order of the rows in each epoch."""
        return self.problem.orders(epochs)

    def start(self, epochs: int, dropout_seed: int) -> None:
        from chainrule.network import random

        arrays = [array.ravel() for layer in self.problem.weights for array in layer]
        self.theta = np.concatenate(arrays).astype(self.dtype)
        self.moments = self.optimizer.start(self.theta.size, self.dtype).moments
        self.epoch_orders = self.orders(epochs)
        self.keys = [random.key(dropout_seed, "dropout", epoch) for epoch in range(epochs)]

    def train(self, epochs: int) -> list[float]:
        from chainrule.engines import EpochPlan

        steps = self.problem.n_batches
        losses = []
        for epoch in range(epochs):
            numbers = np.arange(epoch * steps + 1, (epoch + 1) * steps + 1)
            plan = EpochPlan(
                self.epoch_orders[epoch],
                self.problem.batch_size,
                np.full(steps, LEARNING_RATE),
                self.optimizer.coefficients(numbers),
                self.keys[epoch],
            )
            losses.append(self.engine.epoch(self.theta, self.moments, self.data, plan).loss)
        return losses
