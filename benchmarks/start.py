"""How long until something happens: the import, the first fit after an installation, the second in a new process.

The cache of compiled code is put into an empty folder for the first fit and left there for the second. Both must give
the same weights, bit for bit.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from typing import Any

from benchmarks import report
from benchmarks.agreement import DisagreementError
from benchmarks.report import median, seconds
from benchmarks.worker import ROOT, unpinned

IMPORT = """
import time; began = time.perf_counter()
{statement}
print(time.perf_counter() - began)
"""
FIT = """
import time; began = time.perf_counter()
import hashlib, json, warnings
import numpy as np
warnings.simplefilter("ignore")
{statement}
imported = time.perf_counter()
random = np.random.default_rng(0)
X = random.standard_normal((1000, 20)).astype(np.float32)
y = (np.sin(2 * X[:, 0]) + X[:, 1] > 0).astype(int)
def fit(*hidden):
    began = time.perf_counter()
    model = MLPClassifier(hidden, max_iter=5, random_state=0).fit(X, y)
    return model, time.perf_counter() - began
model, first = fit({hidden})
again = fit({hidden})[1]
other = fit(64, 32)[1]
digest = hashlib.sha256(b"".join(np.ascontiguousarray(W).tobytes() for W in model.coefs_)).hexdigest()
print(json.dumps(dict(imported=imported - began, first=first, again=again, other=other, digest=digest)))
"""
OURS = "from chainrule import MLPClassifier"
THEIRS = "from sklearn.neural_network import MLPClassifier"
#: One whose batches are shared by rows and one whose batches are shared by units: they compile different epochs.
NETWORKS = {"20-100-1": "100", "20-512-512-1": "512, 512"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Validate, time and report."""
    given = report.parsed(report.options(main.__doc__ or ""), arguments)
    imports = {
        "import chainrule": "import chainrule",
        OURS: OURS,
        "import sklearn": "import sklearn",
        THEIRS: THEIRS,
    }
    taken: dict[str, list[float]] = {name: [] for name in imports}
    _run(IMPORT.format(statement=OURS), None)  # bytecode is compiled once
    for _ in range(given.repeats):
        for name, statement in imports.items():
            taken[name].append(float(_run(IMPORT.format(statement=statement), None)))

    medians, rows = {}, []
    for network, hidden in NETWORKS.items():
        medians[network] = _first_fits(hidden, 1 if given.quick else max(1, given.repeats // 2))
        for name, found in medians[network].items():
            rows.append([network, name, *map(seconds, found.values())])
    print("first and second fit give the same weights, bit for bit")
    imported = {name: median(values) for name, values in taken.items()}
    tables = [
        report.show(
            "Imports in a new process",
            [
                [name, seconds(value), f"{imported[THEIRS] / value:.1f}"]
                for name, value in imported.items()
            ],
            ["statement", "time", "scikit-learn's MLPClassifier / this"],
        ),
        report.show(
            "MLPClassifier on 1,000 x 20, 5 epochs, in a new process",
            rows,
            ["network", "", "import", "first fit", "same again", "then 64-32"],
        ),
    ]
    report.store(given, "start", {"tables": tables, "imports": imported, "fits": medians})
    return 0


def _first_fits(hidden: str, repeats: int) -> dict[str, dict[str, float]]:
    """Return the median seconds of import and fits, in new processes, with an empty and with a filled cache."""
    ours, theirs = (FIT.format(statement=name, hidden=hidden) for name in (OURS, THEIRS))
    runs: dict[str, list[dict[str, Any]]] = {
        "chainrule, after installation": [],
        "chainrule, next process": [],
        "scikit-learn": [],
    }
    empty, filled, peer = runs.values()
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            for found in (empty, filled):
                found.append(json.loads(_run(ours, folder)))
        peer.append(json.loads(_run(theirs, None)))
    if len({run.pop("digest") for run in empty + filled}) != 1:
        raise DisagreementError("the fit with an empty cache and that with a filled one differ")
    keys = ("imported", "first", "again", "other")
    return {
        name: {key: median([run[key] for run in found]) for key in keys}
        for name, found in runs.items()
    }


def _run(code: str, cache: str | None) -> str:
    """Run code in a new process, with the cache of compiled code in ``cache`` if given, and return what it prints."""
    chosen = {} if cache is None else {"CHAINRULE_CACHE_DIR": cache}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**unpinned(), **chosen},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
