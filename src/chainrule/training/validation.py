"""Rows that are not learned from: what is measured on them after each epoch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from chainrule.engines.engine import Data, Engine


@dataclass(frozen=True)
class Validation:
    """Validation rows and how they are scored.

    Attributes
    ----------
    data : Data
        In the engine's dtype.
    score : callable or None
        ``score(theta, scores)`` for the parameters ``theta`` (P,) and the raw scores (n, k) that they give, neither of
        which it may change or keep; greater is better. None: only the loss is measured.
    """

    data: Data
    score: Callable[[np.ndarray, np.ndarray], float] | None = None

    def measure(self, engine: Engine, theta: np.ndarray) -> tuple[float, float | None]:
        """Return J on the validation rows, without dropout, and the score (None without a scorer), of one pass."""
        loss, scores = engine.evaluate(theta, self.data)
        return loss, None if self.score is None else float(self.score(theta, scores))
