"""``python -m benchmarks.accuracy``: error against default HistGradientBoosting, on real tables, cached and resumable.

Each model of each table and seed is one line of ``--cache``; what is there is not computed again. CPU seconds are of
``fit`` alone, everything on one thread.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from benchmarks.accuracy.models import BASELINE, MODELS
from benchmarks.accuracy.tables import APART, CHOSEN_ON, TABLES, Split, split

METRICS = ("error", "log_loss", "nrmse")


def judged(model: object, rows: Split) -> dict[str, float]:
    """Return the scores on the test rows."""
    if not rows.classifies:
        residual = model.predict(rows.X_test) - rows.y_test
        return {"nrmse": float(np.sqrt(np.mean(residual**2)) / rows.y_test.std())}
    p = np.clip(model.predict_proba(rows.X_test), 1e-7, 1.0)
    at = np.arange(len(p))
    from sklearn.metrics import roc_auc_score

    p /= p.sum(axis=1, keepdims=True)
    auc = roc_auc_score(rows.y_test, p[:, 1] if p.shape[1] == 2 else p, multi_class="ovr")
    return {
        "error": float((p.argmax(axis=1) != rows.y_test).mean()),
        "log_loss": float(-np.log(p[at, rows.y_test]).mean()),
        "auc": float(auc),
        "calibration": calibration_error(p, rows.y_test),
    }


def calibration_error(p: np.ndarray, y: np.ndarray, bins: int = 15) -> float:
    """Return the expected difference between how sure the likeliest class is and how often it is right."""
    sure, right = p.max(axis=1), p.argmax(axis=1) == y
    number = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = [abs(sure[number == b].sum() - right[number == b].sum()) for b in range(bins)]
    return float(sum(gaps) / len(y))


def relative(results: pd.DataFrame, tables: tuple[str, ...]) -> pd.DataFrame:
    """Return geometric means over tables against the baseline, with the standard error of the logarithm."""
    results = results[results.table.isin(tables)]
    means = results.groupby(["model", "table"])[[*METRICS, "calibration", "seconds"]].mean()
    lines = {}
    for model, found in means.groupby("model"):
        of_table = found.droplevel("model")
        base = means.loc[BASELINE].reindex(of_table.index)
        line: dict[str, object] = {}
        for metric in METRICS:
            ratios = np.log(of_table[metric] / base[metric]).dropna()
            error = ratios.std() / np.sqrt(max(len(ratios), 1))
            line[metric] = f"{np.exp(ratios.mean()):.3f} ± {error:.3f}" if len(ratios) else "-"
            line[f"{metric} won"] = f"{int((ratios < 0).sum())}/{len(ratios)}"
        line["calibration"] = f"{of_table.calibration.mean():.3f}"
        line["CPU s"] = f"{of_table.seconds.mean():.1f}"
        lines[model] = line
    return pd.DataFrame(lines).T.reindex([m for m in MODELS if m in lines])


def as_markdown(table: pd.DataFrame) -> str:
    """Return a table as Markdown."""
    head = ["model", *table.columns]
    lines = [
        head,
        ["---"] * len(head),
        *([name, *row] for name, row in zip(table.index, table.to_numpy().tolist(), strict=True)),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    """Run what is not in the cache, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", nargs="*", default=list(TABLES))
    parser.add_argument("--models", nargs="*", default=list(MODELS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--cache", type=Path, default=Path("build/accuracy.jsonl"))
    o = parser.parse_args()
    o.cache.parent.mkdir(parents=True, exist_ok=True)
    lines = o.cache.read_text().splitlines() if o.cache.exists() else []
    done = [json.loads(line) for line in lines]
    known = {(d["table"], d["model"], d["seed"]) for d in done}
    for seed in range(o.seeds):
        for table in o.tables:
            rows = None
            for name in o.models:
                if (table, name, seed) in known:
                    continue
                rows = rows or split(table, seed)
                line = {"table": table, "model": name, "seed": seed, **measured(name, rows, seed)}
                with o.cache.open("a") as file:
                    file.write(json.dumps(line) + "\n")
                done.append(line)
                print(line, flush=True)
    results = pd.DataFrame(done).reindex(
        columns=["table", "model", "seed", *METRICS, "calibration", "seconds"]
    )
    results = results[results.table.isin(o.tables) & results.model.isin(o.models)]
    for title, tables in (("chosen on", CHOSEN_ON), ("apart", APART), ("all", tuple(TABLES))):
        if results.table.isin(tables).any():
            print(f"\n{title}\n{as_markdown(relative(results, tables))}")


def measured(name: str, rows: Split, seed: int) -> dict[str, float]:
    """Fit one model and return its scores, CPU seconds and the most memory of this process so far."""
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        model = MODELS[name](rows.X, rows.classifies, seed)
        began = time.process_time()
        model.fit(rows.X, rows.y)
        seconds = time.process_time() - began
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return {**judged(model, rows), "seconds": seconds, "megabytes": memory}


if __name__ == "__main__":
    main()
