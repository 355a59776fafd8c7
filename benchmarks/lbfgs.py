"""L-BFGS on 20-100-1, in float64, beside scikit-learn: the same SciPy routine under both, so what differs is J and dJ.

From the same weights both must come to the same J after 1, 5 and 10 iterations; then they take turns.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks import problems, report
from benchmarks.agreement import NOISE, check_curve
from benchmarks.report import median, seconds
from benchmarks.worker import Worker

CHECKED = (1, 5, 10)
TOLERANCE = 1e-7
ALPHA = 0.01
PEERS = {"chainrule": "benchmarks.lbfgs:Chainrule", "scikit-learn": "benchmarks.lbfgs:ScikitLearn"}


class _Peer:
    """An MLPClassifier by L-BFGS from the problem's weights."""

    def load(self, variant: str) -> None:
        """Take data and weights, in float64."""
        self.problem = problems.get("20-100-1", variant)
        self.X, self.y = self.problem.X.astype(np.float64), self.problem.classes

    def fit(self, iterations: int) -> dict[str, float]:
        """Return the last J and the seconds it took."""
        model = self.model(iterations)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it has not converged
            began = time.perf_counter()
            model.fit(self.X, self.y)
            taken = time.perf_counter() - began
        return {"J": float(model.loss_), "seconds": taken, "iterations": float(model.n_iter_)}

    def settings(self, iterations: int) -> dict[str, Any]:
        """Return what both understand."""
        return {
            "hidden_layer_sizes": self.problem.sizes[1:-1],
            "solver": "lbfgs",
            "alpha": ALPHA,
            "max_iter": iterations,
            "tol": 1e-12,
            "random_state": 0,
        }

    def model(self, iterations: int) -> Any:
        """Return the estimator, not fitted."""
        raise NotImplementedError


class Chainrule(_Peer):
    """Ours."""

    def model(self, iterations: int) -> Any:
        from chainrule import MLPClassifier

        start = [array for layer in self.problem.weights for array in layer]
        return MLPClassifier(initializer=start, **self.settings(iterations))


class ScikitLearn(_Peer):
    """Theirs."""

    def model(self, iterations: int) -> Any:
        from benchmarks.peers.scikit_learn import GivenStart

        model = GivenStart(**self.settings(iterations))
        model.start = self.problem.weights
        return model


def main(arguments: Sequence[str] | None = None) -> int:
    """Validate, time and report."""
    given = report.parsed(report.options(main.__doc__ or ""), arguments)
    iterations = 20 if given.quick else 100
    workers = {name: Worker(target, given.threads) for name, target in PEERS.items()}
    try:
        for worker in workers.values():
            worker.call("load", variant="quick" if given.quick else "full")
        curves = [
            [worker.call("fit", iterations=count)["J"] for count in CHECKED]
            for worker in workers.values()
        ]
        difference = check_curve("chainrule", curves[0], curves[1], TOLERANCE)
        print(
            f"J after {CHECKED} iterations agrees to {difference:.1e} (tolerance {TOLERANCE:.0e})"
        )
        runs: dict[str, list[dict[str, float]]] = {name: [] for name in PEERS}
        for _ in range(given.repeats):
            for name, worker in workers.items():
                runs[name].append(worker.call("fit", iterations=iterations))
    finally:
        for worker in workers.values():
            worker.close()
    last = [runs[name][-1] for name in PEERS]
    check_curve("chainrule, at the end", [last[0]["J"]], [last[1]["J"]], 10 * NOISE)
    medians = {name: median([run["seconds"] for run in turns]) for name, turns in runs.items()}
    table = report.show(
        f"L-BFGS, 20-100-1, float64, {iterations} iterations, {given.threads} threads",
        [
            [
                name,
                seconds(taken),
                f"{runs[name][-1]['J']:.5f}",
                f"{taken / medians['chainrule']:.2f}",
            ]
            for name, taken in medians.items()
        ],
        ["", "fit", "J at the end", "time / chainrule's"],
    )
    result = {"tables": [table], "difference": difference, "runs": runs, "median": medians}
    report.store(given, "lbfgs", result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
