"""Predicting 1 row, 1,000 rows and 1,000,000 rows: time, and the memory beyond data and model, beside scikit-learn.

Both get the same weights and float32 rows, each in a process of its own, and must return the same probabilities.
"""

from __future__ import annotations

import argparse
import gc
import os
import resource
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import problems, report
from benchmarks.agreement import DisagreementError
from benchmarks.rates import prediction_operations, sgemm_limits
from benchmarks.report import median, seconds
from benchmarks.worker import Worker

NETWORKS = ("20-100-1", "100-512-512-10")
ROWS = (1, 1000, 1_000_000)
TOLERANCE = 1e-5  # of a probability: float32 through three layers
PEERS = {
    "chainrule": "benchmarks.prediction:Chainrule",
    "scikit-learn": "benchmarks.prediction:ScikitLearn",
}


class Predictor:
    """One library's predict_proba, and whatever leads to it."""

    def load(self, network: str) -> None:
        """Build the model with the problem's weights, with biases, so that none is left out unnoticed."""
        self.problem = problems.get(network, "quick")
        random = np.random.default_rng(1)
        self.weights = [
            (W, random.standard_normal(b.shape).astype(np.float32)) for W, b in self.problem.weights
        ]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # one epoch does not converge
            self.build()

    def build(self) -> None:
        """Make the model; set ``paths``: what is timed, by name, fastest last."""
        raise NotImplementedError

    paths: dict[str, Callable[[np.ndarray], Any]]

    def validate(self) -> list[list[float]]:
        """Return the probabilities of some rows."""
        return np.asarray(self.paths["predict_proba"](self.rows(300))).tolist()

    def rows(self, n: int) -> np.ndarray:
        """Return rows, the same in every process."""
        random = np.random.default_rng(2)
        return random.standard_normal((n, self.problem.sizes[0]), dtype=np.float32)

    def timed(self, rows: int, calls: int) -> dict[str, float]:
        """Return the seconds of a call, by path: the mean of so many."""
        X = self.rows(rows)
        result = {}
        for name, path in self.paths.items():
            path(X[:1000])  # warm
            began = time.perf_counter()
            for _ in range(calls):
                path(X)
            result[name] = (time.perf_counter() - began) / calls
        return result

    def peak(self, rows: int) -> float:
        """Return how many bytes predict_proba needed beyond what was there before and beyond its result."""
        X = self.rows(rows)
        self.paths["predict_proba"](X[:100])  # whatever is loaded or compiled once
        gc.collect()
        before = _forget_peak()
        result = self.paths["predict_proba"](X)
        return max(0.0, _peak() - before - result.nbytes)


class Chainrule(Predictor):
    """MLPClassifier, and below it the scores of the engine."""

    def build(self) -> None:
        from chainrule import MLPClassifier
        from chainrule.engines import make_engine
        from chainrule.optimizers.adam import Adam

        problem = self.problem
        model = MLPClassifier(
            problem.sizes[1:-1],
            initializer=[array for layer in self.weights for array in layer],
            max_iter=1,
            learning_rate_init=1e-30,
        ).fit(problem.X, problem.classes)
        for W, b, coef, intercept in zip(
            *zip(*self.weights, strict=True), model.coefs_, model.intercepts_, strict=True
        ):
            coef[...], intercept[...] = W, b
        engine = make_engine("auto", model.network_, Adam(), np.float32, None)
        self.paths = {
            "predict_proba": model.predict_proba,
            "predict": model.predict,
            "scores of the engine": lambda X: engine.scores(model.theta_, X),
        }


class ScikitLearn(Predictor):
    """MLPClassifier."""

    def build(self) -> None:
        from sklearn.neural_network import MLPClassifier

        problem = self.problem
        model = MLPClassifier(problem.sizes[1:-1], max_iter=1).fit(problem.X, problem.classes)
        model.coefs_ = [W for W, _ in self.weights]
        model.intercepts_ = [b for _, b in self.weights]
        self.paths = {"predict_proba": model.predict_proba, "predict": model.predict}


def _forget_peak() -> float:
    """Let the highest resident size be counted anew, and return the size now, in bytes."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return _peak()  # then only what goes beyond the highest so far is seen
    return float(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _peak() -> float:
    """Return the highest resident size, in bytes."""
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return float(line.split()[1]) * 1024
    except OSError:
        pass
    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * unit


def main(arguments: Sequence[str] | None = None) -> int:
    """Validate, time and report."""
    given = report.parsed(report.options(main.__doc__ or ""), arguments)
    rows = (1, 100, 20_000) if given.quick else ROWS
    results: dict[str, Any] = {}
    limit = max(sgemm_limits((given.threads,), given.quick)[given.threads].values())
    times, memory = [], []
    for network in NETWORKS:
        result = results[network] = _measure(network, rows, given)
        for count in rows:
            ours, theirs = (result["seconds"][name][str(count)] for name in PEERS)
            sizes = problems.get(network, "quick").sizes
            least = prediction_operations(sizes, count) / limit
            for path, value in ours.items():
                peer = theirs.get(path, theirs["predict_proba"])
                times.append(
                    [
                        network,
                        f"{count:,}",
                        path,
                        seconds(value),
                        seconds(peer),
                        f"{peer / value:.1f}",
                        f"{100 * least / value:.0f} %",
                        f"{peer / least:.1f}",
                    ]
                )
        ours, theirs = (result["peak"][name] for name in PEERS)
        ratio = f"{theirs / ours:.1f}" if ours >= 1e6 else "-"
        memory.append([network, f"{rows[-1]:,}", _megabytes(ours), _megabytes(theirs), ratio])
    tables = [
        report.show(
            f"Prediction, {given.threads} threads (scores: beside scikit-learn's predict_proba)",
            times,
            [
                *("network", "rows", "call", "chainrule", "scikit-learn", "ratio"),
                *("of the limit", "ratio at the limit"),
            ],
        ),
        report.show(
            "Highest memory of predict_proba beyond data, model and result",
            memory,
            ["network", "rows", "chainrule", "scikit-learn", "ratio"],
        ),
    ]
    report.store(given, "prediction", {"tables": tables, "limit": limit, "networks": results})
    return 0


def _measure(network: str, rows: Sequence[int], given: argparse.Namespace) -> dict[str, Any]:
    workers = {name: Worker(target, given.threads) for name, target in PEERS.items()}
    try:
        probabilities = []
        for worker in workers.values():
            worker.call("load", network=network)
            probabilities.append(np.array(worker.call("validate")))
        difference = float(np.abs(probabilities[0] - probabilities[1]).max())
        if not difference <= TOLERANCE:
            raise DisagreementError(f"{network}: probabilities differ by {difference:.1e}")
        print(f"{network}: probabilities agree to {difference:.1e} (tolerance {TOLERANCE:.0e})")
        # Memory first: an allocator keeps what was freed, and would hide a peak of the same height.
        peaks = {name: worker.call("peak", rows=rows[-1]) for name, worker in workers.items()}
        timed: dict[str, Any] = {name: {} for name in PEERS}
        for count in rows:
            calls = max(1, (200 if given.quick else 2000) // count)
            turns: dict[str, list[dict[str, float]]] = {name: [] for name in PEERS}
            for _ in range(given.repeats):
                for name, worker in workers.items():
                    turns[name].append(worker.call("timed", rows=count, calls=calls))
            for name, runs in turns.items():
                timed[name][str(count)] = {
                    path: median([run[path] for run in runs]) for path in runs[0]
                }
        return {"difference": difference, "seconds": timed, "peak": peaks}
    finally:
        for worker in workers.values():
            worker.close()


def _megabytes(value: float) -> str:
    return f"{value / 1e6:.0f} MB"


if __name__ == "__main__":
    sys.exit(main())
