"""What all losses are held against: the equations as they stand in NumPy, in float64, from the same float32 start.

It shares no compiled code with anyone. A peer in float32 differs from it by rounding and by nothing else.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.peers import chainrule_engine, chainrule_fit
from benchmarks.problems import Problem


class Truth(chainrule_engine.Peer):
    """The reference engine in float64, with the order of rows and the dropout of whomever it is compared with."""

    engine_name, dtype = "reference", np.float64
    own_order = False

    def losses(self, own_order: bool) -> Any:
        """Return the loss of each epoch; ``own_order``: of rows as MLPClassifier takes them."""
        self.own_order = own_order
        seed = chainrule_fit.seed_of(self.problem) if own_order else 0
        return self.run(dropout_seed=seed)["losses"]

    def orders(self, epochs: int) -> np.ndarray:
        return fit_orders(self.problem, epochs) if self.own_order else self.problem.orders(epochs)


def fit_orders(problem: Problem, epochs: int) -> np.ndarray:
    """Return the order of rows in each epoch of MLPClassifier.fit."""
    from chainrule.training.batches import epoch_order

    seed, shuffle = chainrule_fit.seed_of(problem), not problem.full_batch
    return np.stack([epoch_order(seed, e, problem.n, shuffle) for e in range(epochs)])
