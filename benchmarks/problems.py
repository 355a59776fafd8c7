"""The nine trainings that are timed: data, initial weights and the order of the rows, the same for every peer.

All of it is float32 (order: int64) and a function of the problem's seed, so each peer's process draws it anew and a
digest shows that all have the same. Rows are a multiple of the batch size, because a scan over batches, the strongest
form in JAX, wants batches of one size.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np

from benchmarks.rates import training_operations

LEARNING_RATE, BETA_1, BETA_2, EPSILON = 1e-3, 0.9, 0.999, 1e-8


@dataclass(frozen=True)
class Problem:
    """One network to train by Adam on generated rows, as binary or multiclass log-loss.

    Attributes
    ----------
    sizes : tuple of int
        Features, units of each hidden layer, outputs.
    n, batch_size : int
        Rows, and rows a step; equal for full batches, whose rows keep their order.
    epochs : int
        Epochs of one run.
    activation : {"relu", "tanh", "sigmoid", "mish"}
    dropout : float
        The probability of dropping a unit, in every hidden layer.
    circle : bool
        Two features; the class is whether the row lies inside the unit circle.
    """

    sizes: tuple[int, ...]
    n: int
    batch_size: int
    epochs: int
    activation: str = "relu"
    dropout: float = 0.0
    circle: bool = False
    seed: int = 0

    @property
    def network(self) -> str:
        """The sizes as they are written: 2-64-32-1."""
        return "-".join(map(str, self.sizes))

    @property
    def name(self) -> str:
        """Network, activation unless relu, and rows a step."""
        parts = [self.network]
        if self.activation != "relu":
            parts.append(self.activation)
        if self.dropout:
            parts.append(f"dropout {self.dropout:g}")
        parts.append("full batch" if self.full_batch else f"batch {self.batch_size}")
        return ", ".join(parts)

    @property
    def full_batch(self) -> bool:
        """Whether each step sees all rows."""
        return self.batch_size == self.n

    @property
    def n_batches(self) -> int:
        """Steps of an epoch."""
        return self.n // self.batch_size

    @property
    def n_outputs(self) -> int:
        """1 for two classes, else the number of classes."""
        return self.sizes[-1]

    @property
    def flops(self) -> int:
        """Floating-point operations of the matrix products of one epoch."""
        return training_operations(self.sizes, self.n)

    def variant(self, name: str) -> Problem:
        """Return the problem as it is timed ("full"), as it is validated, or in small to see that all runs ("quick").

        Validation takes some 25 steps of the same network and batch size: enough for any mistake to show, and too few
        for rounding to grow. (A rectifier that is 0 in one precision and 1e-9 in another makes two runs part; from
        then on their losses differ by 1e-4 and more, whoever computes them.)
        """
        if name == "full":
            return self
        if name == "validation":
            n = self.n if self.full_batch else 8 * self.batch_size
            return replace(self, n=n, epochs=25 if self.full_batch else 3)
        if self.full_batch:
            return replace(self, n=500, batch_size=500, epochs=5)
        return replace(self, n=4 * self.batch_size, epochs=2)

    @cached_property
    def X(self) -> np.ndarray:
        """Rows of shape (n, m), float32."""
        random = self._random("X")
        if self.circle:
            return random.uniform(0.0, 1.0, (self.n, self.sizes[0])).astype(np.float32)
        return random.standard_normal((self.n, self.sizes[0])).astype(np.float32)

    @cached_property
    def classes(self) -> np.ndarray:
        """The class of each row, (n,), int64: by the circle, or by noisy waves along a few directions."""
        if self.circle:
            return ((self.X.astype(np.float64) ** 2).sum(axis=1) < 1.0).astype(np.int64)
        random = self._random("classes")
        m, k = self.sizes[0], max(2, self.n_outputs)
        directions = random.standard_normal((m, 2 * k)) / np.sqrt(m)
        waves = np.sin(2.0 * (self.X @ directions)).reshape(self.n, 2, k).sum(axis=1)
        return (waves + 0.3 * random.standard_normal((self.n, k))).argmax(axis=1)

    @cached_property
    def Y(self) -> np.ndarray:
        """The classes as targets, float32: (n, 1) with 0 and 1, or (n, k) with one 1 in each row."""
        if self.n_outputs == 1:
            return self.classes[:, None].astype(np.float32)
        return np.eye(self.n_outputs, dtype=np.float32)[self.classes]

    @cached_property
    def weights(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """(W, b) of each layer, float32: W of shape (fan_in, fan_out), by He or Glorot; b of shape (fan_out,), 0."""
        random = self._random("weights")
        result = []
        for m, k in pairwise(self.sizes):
            variance = 2.0 / (m + k) if self.activation in ("tanh", "sigmoid") else 2.0 / m
            W = np.sqrt(variance) * random.standard_normal((m, k))
            result.append((W.astype(np.float32), np.zeros(k, dtype=np.float32)))
        return result

    def orders(self, epochs: int) -> np.ndarray:
        """Return the order of the rows in each epoch, (epochs, n), int64.

        It is the order that scikit-learn's MLP draws with ``random_state=seed``: each epoch shuffles the last one.
        """
        if self.full_batch:
            return np.tile(np.arange(self.n), (epochs, 1))
        random = np.random.RandomState(self.seed)
        result = np.empty((epochs, self.n), dtype=np.int64)
        order = np.arange(self.n)
        for epoch in range(epochs):
            shuffled = np.arange(self.n)
            random.shuffle(shuffled)
            order = order[shuffled]
            result[epoch] = order
        return result

    def digest(self) -> str:
        """Return a hash of data, initial weights and the first orders."""
        arrays = [self.X, self.Y, self.orders(2), *(a for layer in self.weights for a in layer)]
        total = hashlib.sha256()
        for array in arrays:
            total.update(np.ascontiguousarray(array).tobytes())
        return total.hexdigest()[:16]

    def _random(self, purpose: str) -> np.random.Generator:
        return np.random.default_rng([self.seed, *purpose.encode()])


_ALL = (
    Problem((2, 64, 32, 1), 5000, 5000, epochs=400, circle=True),
    Problem((2, 128, 64, 1), 5000, 5000, epochs=150, circle=True),
    Problem((10, 32, 32, 1), 5120, 32, epochs=60),
    Problem((20, 100, 1), 20_000, 200, epochs=80),
    Problem((784, 256, 128, 10), 29_952, 128, epochs=1),
    Problem((100, 512, 512, 10), 20_480, 256, epochs=2),
    Problem((54, 128, 64, 7), 51_200, 256, epochs=6, activation="tanh"),
    Problem(
        (30, 64, 64, 1),
        20_480,
        64,
        epochs=10,
        activation="sigmoid",
        dropout=0.2,
    ),
    Problem((50, 256, 256, 256, 3), 20_480, 512, epochs=2, activation="mish"),
)
PROBLEMS: dict[str, Problem] = {problem.network: problem for problem in _ALL}


def get(network: str, variant: str = "full") -> Problem:
    """Return a problem by its network's sizes, ``"20-100-1"``."""
    return PROBLEMS[network].variant(variant)
