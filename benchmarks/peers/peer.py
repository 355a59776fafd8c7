"""What every peer offers: it loads a problem, starts anew from the given weights, and trains for some epochs."""

from __future__ import annotations

import os
import time
from abc import ABC, abstractmethod
from typing import Any

from benchmarks import problems
from benchmarks.problems import Problem


class BasePeer(ABC):
    """The part that is the same for all: the clock is here, so all are timed alike."""

    problem: Problem

    def load(self, network: str, variant: str) -> dict[str, Any]:
        """Take a problem; return why it cannot be done ("" if it can), and the digest of its data."""
        self.problem = problems.get(network, variant)
        self.threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
        missing = self.missing()
        if not missing:
            self.prepare()
        return {"missing": missing, "digest": self.problem.digest(), "version": self.version()}

    def run(self, epochs: int | None = None, dropout_seed: int = 0) -> dict[str, Any]:
        """Train from the given weights; return the loss of each epoch and the seconds it took.

        Epochs are the problem's unless given.

        Outside the clock: putting weights, data and the order of the rows where the peer wants them.
        """
        epochs = epochs or self.problem.epochs
        self.start(epochs, dropout_seed)
        began = time.perf_counter()
        losses = self.train(epochs)
        seconds = time.perf_counter() - began
        return {"losses": [float(loss) for loss in losses], "seconds": seconds}

    def missing(self) -> str:
        """Return what this peer lacks for the problem, or ""."""
        return ""

    @abstractmethod
    def version(self) -> str:
        """Return the version of the library."""

    @abstractmethod
    def prepare(self) -> None:
        """Build what serves all runs of this problem."""

    @abstractmethod
    def start(self, epochs: int, dropout_seed: int) -> None:
        """Go back to the initial weights; not timed."""

    @abstractmethod
    def train(self, epochs: int) -> Any:
        """Train and return the mean loss of each epoch, as each step saw it; timed."""
