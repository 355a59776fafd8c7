"""Many small fits, as people do them: ten seeds of one network, and a 5-fold search over 12 configurations.

Beside ``GridSearchCV(n_jobs=2)`` over scikit-learn's MLPClassifier, on the same rows, folds and settings. Initial
weights and orders are each library's own, so the scores can only agree within noise: that is asserted first.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks import report
from benchmarks.agreement import DisagreementError
from benchmarks.rates import sgemm_limits, training_operations
from benchmarks.report import median, seconds
from benchmarks.worker import Worker

GRID = {
    "hidden_layer_sizes": [(32,), (64,), (64, 32)],
    "alpha": [1e-4, 1e-2],
    "learning_rate_init": [1e-3, 3e-3],
}
N_SEEDS, FOLDS, JOBS = 10, 5, 2
COLUMNS, SEEDED = 20, (64, 32)  # of the table; hidden layers of the network with ten seeds
#: Accuracies, averaged over the seeds or the whole grid, may differ by so much.
TOLERANCE = 0.02
#: name: (target, processors); each with the jobs that it is fastest with, or may be.
PEERS = {
    "chainrule": "benchmarks.cross_validation:Chainrule",
    "scikit-learn": "benchmarks.cross_validation:ScikitLearn",
}


def _extent(quick: bool) -> tuple[int, int]:
    """Return epochs and rows."""
    return (5, 300) if quick else (50, 2000)


class _Peer:
    """One library's MLPClassifier in both tasks."""

    def load(self, quick: bool) -> None:
        """Make a table of two interleaved classes, in float32."""
        random = np.random.default_rng(0)
        self.max_iter, n = _extent(quick)
        self.X = random.standard_normal((n, COLUMNS)).astype(np.float32)
        waves = np.sin(1.5 * self.X[:, 0]) + self.X[:, 1] * self.X[:, 2]
        self.y = (waves + 0.3 * random.standard_normal(n) > 0).astype(int)
        warnings.simplefilter("ignore")  # that 50 epochs have not converged

    def model(self, **settings: Any) -> Any:
        """Return an estimator that runs all its epochs."""
        raise NotImplementedError

    def seeds(self) -> dict[str, Any]:
        """Fit ten seeds of 64-32 and return their accuracies on the training rows and the seconds it took."""
        began = time.perf_counter()
        models = [
            self.model(hidden_layer_sizes=SEEDED, random_state=seed).fit(self.X, self.y)
            for seed in range(N_SEEDS)
        ]
        taken = time.perf_counter() - began
        return {"scores": [model.score(self.X, self.y) for model in models], "seconds": taken}

    def search(self, jobs: int) -> dict[str, Any]:
        """Search the grid; return the mean accuracy of each configuration and the seconds it took."""
        import os

        from sklearn.model_selection import GridSearchCV, StratifiedKFold

        # The workers that joblib starts are new processes, which do not know what is ignored here.
        os.environ["PYTHONWARNINGS"] = "ignore"
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
        search = GridSearchCV(self.model(random_state=0), GRID, n_jobs=jobs, cv=folds, refit=False)
        began = time.perf_counter()
        search.fit(self.X, self.y)
        taken = time.perf_counter() - began
        return {"scores": search.cv_results_["mean_test_score"].tolist(), "seconds": taken}


class Chainrule(_Peer):
    """Ours."""

    def model(self, **settings: Any) -> Any:
        from chainrule import MLPClassifier

        return MLPClassifier(max_iter=self.max_iter, n_iter_no_change=np.inf, **settings)


class ScikitLearn(_Peer):
    """Theirs."""

    def model(self, **settings: Any) -> Any:
        from sklearn.neural_network import MLPClassifier

        return MLPClassifier(max_iter=self.max_iter, n_iter_no_change=np.inf, **settings)


def main(arguments: Sequence[str] | None = None) -> int:
    """Validate, time and report."""
    given = report.parsed(report.options(main.__doc__ or ""), arguments)
    tasks = {
        "ten seeds of 64-32": ("seeds", {"chainrule": {}, "scikit-learn": {}}),
        "12 configurations x 5 folds": (
            "search",
            {
                "chainrule": {"jobs": 1},
                "chainrule, n_jobs=2": {"jobs": JOBS},
                "scikit-learn": {"jobs": JOBS},
            },
        ),
    }
    limit = max(sgemm_limits((given.threads,), given.quick)[given.threads].values())
    workers = {name: Worker(target, given.threads) for name, target in PEERS.items()}
    rows, results = [], {}
    try:
        for worker in workers.values():
            worker.call("load", quick=given.quick)
        for task, (method, variants) in tasks.items():
            runs: dict[str, list[dict[str, Any]]] = {name: [] for name in variants}
            for name, settings in variants.items():  # also starts joblib's workers, off the clock
                first = workers[name.split(",")[0]].call(method, **settings)
                runs[name].append(first)
            _check(task, {name: turns[0]["scores"] for name, turns in runs.items()}, given.quick)
            runs = {name: [] for name in variants}
            for _ in range(given.repeats):
                for name, settings in variants.items():
                    runs[name].append(workers[name.split(",")[0]].call(method, **settings))
            medians = {n: median([run["seconds"] for run in turns]) for n, turns in runs.items()}
            best = min(taken for name, taken in medians.items() if name.startswith("chainrule"))
            least = _operations(method, given.quick) / limit
            for name, taken in medians.items():
                ratios = (f"{taken / best:.2f}", f"{taken / least:.1f}")
                rows.append([task, name, seconds(taken), *ratios])
            results[task] = {"median": medians, "runs": runs, "seconds_at_limit": least}
    finally:
        for worker in workers.values():
            worker.close()
    table = report.show(
        f"Many fits of 2,000 x 20, 50 epochs each, {given.threads} threads",
        rows,
        ["task", "", "time", "time / chainrule's best", "time / products at the limit"],
    )
    report.store(given, "cross_validation", {"tables": [table], "tasks": results})
    return 0


def _operations(method: str, quick: bool) -> float:
    """Return the floating-point operations of a task's trainings."""
    epochs, rows = _extent(quick)
    if method == "seeds":
        return float(N_SEEDS * epochs * training_operations((COLUMNS, *SEEDED, 1), rows))
    others = len(GRID["alpha"]) * len(GRID["learning_rate_init"])
    trained = rows - rows // FOLDS
    return float(
        sum(
            FOLDS * others * epochs * training_operations((COLUMNS, *hidden, 1), trained)
            for hidden in GRID["hidden_layer_sizes"]
        )
    )


def _check(task: str, scores: dict[str, list[float]], quick: bool) -> None:
    """Raise unless the mean accuracies agree within noise."""
    means = {name: float(np.mean(values)) for name, values in scores.items()}
    shown = ", ".join(f"{name} {mean:.4f}" for name, mean in means.items())
    tolerance = 0.1 if quick else TOLERANCE
    print(f"{task}: mean accuracy {shown} (tolerance {tolerance})")
    if max(means.values()) - min(means.values()) > tolerance:
        raise DisagreementError(f"{task}: mean accuracies differ by more than {tolerance}: {shown}")


if __name__ == "__main__":
    sys.exit(main())
