"""scikit-learn's MLPClassifier, told where to start; its shuffle is the order that everyone follows."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier, _multilayer_perceptron
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer

from benchmarks.peers.peer import BasePeer
from benchmarks.problems import BETA_1, BETA_2, EPSILON, LEARNING_RATE

ACTIVATIONS = {"relu": "relu", "tanh": "tanh", "sigmoid": "logistic"}


class PaperAdam(AdamOptimizer):
    """scikit-learn's Adam with epsilon where the paper's Algorithm 1 and all others have it: after the correction."""

    def _get_updates(self, grads: Any) -> Any:
        self.epsilon = EPSILON * np.sqrt(1.0 - self.beta_2 ** (self.t + 1))
        return super()._get_updates(grads)


class GivenStart(MLPClassifier):
    """MLPClassifier from given weights, ``start``: (W, b) of each layer."""

    start: list[tuple[np.ndarray, np.ndarray]]

    def _init_coef(self, fan_in: int, fan_out: int, dtype: Any) -> tuple[np.ndarray, np.ndarray]:
        # Asked for layer by layer. Draws nothing, so the first shuffle is that of Problem.orders.
        W, b = self.start[len(self.coefs_)]
        return W.astype(dtype), b.astype(dtype)


class Peer(BasePeer):
    """MLPClassifier on float32, without penalty and without early end."""

    def version(self) -> str:
        import sklearn

        return sklearn.__version__

    def missing(self) -> str:
        if self.problem.dropout:
            return "has no dropout"
        return "" if self.problem.activation in ACTIVATIONS else f"has no {self.problem.activation}"

    def prepare(self) -> None:
        _multilayer_perceptron.AdamOptimizer = PaperAdam
        _ = self.problem.X, self.problem.classes  # drawn now, not on the clock

    def start(self, epochs: int, dropout_seed: int) -> None:
        problem = self.problem
        self.model = GivenStart(
            problem.sizes[1:-1],
            ACTIVATIONS[problem.activation],
            alpha=0.0,
            batch_size=problem.batch_size,
            learning_rate_init=LEARNING_RATE,
            beta_1=BETA_1,
            beta_2=BETA_2,
            epsilon=EPSILON,
            max_iter=epochs,
            n_iter_no_change=np.inf,
            tol=0.0,
            shuffle=not problem.full_batch,
            random_state=problem.seed,
        )
        self.model.start = problem.weights

    def train(self, epochs: int) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it has not converged
            return self.model.fit(self.problem.X, self.problem.classes).loss_curve_
