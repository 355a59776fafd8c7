"""chainrule from end to end: MLPClassifier.fit, with all its checks, its own order of rows and its history."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from benchmarks.peers.peer import BasePeer
from benchmarks.problems import BETA_1, BETA_2, EPSILON, LEARNING_RATE, Problem


def seed_of(problem: Problem) -> int:
    """Return the seed that MLPClassifier draws from ``random_state``."""
    return int.from_bytes(np.random.RandomState(problem.seed).bytes(8), "little")


class Peer(BasePeer):
    """MLPClassifier from the given weights."""

    def version(self) -> str:
        from chainrule import __version__

        return __version__

    def prepare(self) -> None:
        _ = self.problem.X, self.problem.classes  # drawn now, not on the clock

    def start(self, epochs: int, dropout_seed: int) -> None:
        from chainrule import MLPClassifier

        problem = self.problem
        self.model = MLPClassifier(
            problem.sizes[1:-1],
            problem.activation,
            alpha=0.0,
            batch_size=problem.batch_size,
            learning_rate_init=LEARNING_RATE,
            beta_1=BETA_1,
            beta_2=BETA_2,
            epsilon=EPSILON,
            max_iter=epochs,
            n_iter_no_change=math.inf,
            shuffle=not problem.full_batch,
            random_state=problem.seed,
            dropout=problem.dropout,
            initializer=[array for layer in problem.weights for array in layer],
            threads=self.threads,
        )

    def train(self, epochs: int) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # that it has not converged, and what it finds unhealthy
            return self.model.fit(self.problem.X, self.problem.classes).loss_curve_
