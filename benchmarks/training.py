"""Nine trainings by Adam: chainrule beside scikit-learn, PyTorch, torch.compile and JAX, and beside the machine.

Everyone has the same float32 data, initial weights, order of rows and settings, and a process of their own. First the
losses must agree, with our equations in float64 and so with each other; then they take turns, and the medians count.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Sequence
from typing import Any

from benchmarks import agreement, problems, report
from benchmarks.peers import PEERS, TRUTH, installed
from benchmarks.problems import PROBLEMS
from benchmarks.rates import meeting_seconds, sgemm_limits
from benchmarks.report import median, seconds
from benchmarks.worker import Worker, WorkerError

OURS = "chainrule"
ALONE = "chainrule, 1 thread"
PAUSE = 0.05  # seconds for the last peer's threads to stop spinning
DROPOUT_SEEDS = 6
TURN = 0.75  # seconds that a timed run lasts at least: in its first tenth processors still find their places


def main(arguments: Sequence[str] | None = None) -> int:
    """Validate, time and report."""
    parser = report.options(main.__doc__ or "")
    parser.add_argument(
        "--only", nargs="+", choices=PROBLEMS, default=list(PROBLEMS), metavar="NET"
    )
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=installed(), metavar="PEER")
    parser.add_argument("--validate", action="store_true", help="validate only, time nothing")
    given = report.parsed(parser, arguments)
    given.peers = list(dict.fromkeys([OURS, *given.peers]))
    for name in PEERS:
        if name not in given.peers:
            print(f"not measured: {name}")

    limits: dict[int, dict[str, float]] = {}
    if not given.validate:
        limits = sgemm_limits(tuple(sorted({1, given.threads})), given.quick)
        for count, rates in limits.items():
            shown = ", ".join(f"{name} {rate / 1e9:.0f}" for name, rate in rates.items())
            print(
                f"sgemm, {count} thread{'s' * (count > 1)}, GFLOP/s: {shown}; the best is the limit"
            )

    meetings = [meeting_seconds(given.threads)]
    results, failed = {}, []
    for network in given.only:
        try:
            results[network] = _measure(network, given)
        except (agreement.DisagreementError, WorkerError) as error:
            failed.append(network)
            print(f"NOT TIMED: {error}", file=sys.stderr)
    if results and not given.validate:
        meetings.append(meeting_seconds(given.threads))
        if given.threads > 1:
            shown = ", ".join(seconds(taken or 0.0) for taken in meetings)
            print(f"two threads meet in (at the start, at the end): {shown}")
        tables = _tables(results, limits, given)
        facts = {"limits": limits, "meetings": meetings}
        report.store(given, "training", {"tables": tables, **facts, "problems": results})
    if failed:
        print(f"not timed, see above: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _measure(network: str, given: argparse.Namespace) -> dict[str, Any]:
    """Return all figures of one problem."""
    problem = problems.get(network, "quick" if given.quick else "full")
    print(f"\n{problem.name}: {problem.n} rows, {problem.n_batches} steps an epoch", flush=True)
    variant = "quick" if given.quick else "validation"
    workers: dict[str, Worker] = {}
    try:
        for name in given.peers:
            workers[name] = Worker(PEERS[name][0], given.threads)
        if given.threads > 1:
            workers[ALONE] = Worker(PEERS[OURS][0], 1)
        missing = _load(network, variant, workers)
        for name in missing:
            workers.pop(name).close()
        validation = _validate(network, workers, given)
        if given.validate:
            return {}
        compiling = {name: _rehearse(name, network, workers, given) for name in workers}
        anew = [n for n in workers if n != ALONE and workers[n].threads < given.threads]
        if anew:  # new processes, with another number of threads
            _load(network, variant, workers)
            validation |= _validate(network, workers, given, anew)
        return {
            "name": problem.name,
            "flops": problem.flops,
            "rows": problem.n,
            "epochs": problem.epochs,
            "missing": missing,
            "validation": validation,
            "compile": compiling,
            "peers": _time(network, workers, given),
        }
    finally:
        for worker in workers.values():
            worker.close()


def _load(network: str, variant: str, workers: dict[str, Worker]) -> dict[str, str]:
    """Let every worker load the same problem; return what those lack that cannot do it."""
    digest = problems.get(network, variant).digest()
    missing = {}
    for name, worker in workers.items():
        told = worker.call("load", network=network, variant=variant)
        if told["digest"] != digest:
            raise agreement.DisagreementError(f"{name} has other data, weights or order of rows")
        if told["missing"]:
            missing[name] = told["missing"]
            print(f"  {name}: {told['missing']}")
    return missing


def _rehearse(
    name: str, network: str, workers: dict[str, Worker], given: argparse.Namespace
) -> float:
    """Return the seconds of compiling, and give a peer that is faster with one thread a process with one.

    Small networks are often trained faster by one thread. Peers get the better; ours gets what its users get.
    Compiling is what the first epoch in a new process takes longer than the later ones. chainrule and torch.compile may
    find what they compiled before in their caches on disk; see ``start`` for chainrule without.
    """
    worker = workers[name]
    counts = [worker.threads] if name.startswith(OURS) else sorted({given.threads, 1})
    variant = "quick" if given.quick else "full"
    epochs = problems.get(network, variant).epochs
    epoch: dict[int, float] = {}
    compiling: dict[int, float] = {}
    for count in counts:
        with Worker(worker.target, count) as fresh:
            fresh.call("load", network=network, variant=variant)
            first = fresh.call("run", epochs=1)["seconds"]
            epoch[count] = min(fresh.call("run")["seconds"] for _ in range(2)) / epochs
            compiling[count] = max(0.0, first - epoch[count])
    best = min(counts, key=lambda count: epoch[count])
    if best != worker.threads:
        worker.close()
        workers[name] = Worker(worker.target, best)
    return compiling[best]


def _validate(
    network: str,
    workers: dict[str, Worker],
    given: argparse.Namespace,
    names: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Hold the losses of every peer, or of some, against the truth; return the differences."""
    variant = "quick" if given.quick else "validation"
    problem = problems.get(network, variant)
    truth: dict[bool, list[float]] = {}
    with Worker(TRUTH, given.threads) as worker:
        worker.call("load", network=network, variant=variant)
        for own_order in {name == "chainrule fit" for name in workers}:
            truth[own_order] = worker.call("losses", own_order=own_order)
    ours: list[float] = []
    if problem.dropout:
        for seed in range(1, DROPOUT_SEEDS + 1):
            ours.append(workers[OURS].call("run", dropout_seed=seed)["losses"][-1])
    result: dict[str, Any] = {}
    for name in workers if names is None else names:
        losses = workers[name].call("run")["losses"]
        if problem.dropout and not name.startswith(OURS):
            difference, allowed = agreement.check_noise(name, losses[-1], ours)
            how = "the noise of dropout"
        else:
            allowed = agreement.TOLERANCE
            difference = agreement.check_curve(name, losses, truth[name == "chainrule fit"])
            how = "rounding"
        result[name] = {"difference": difference, "tolerance": allowed}
        print(
            f"  {name}: losses of {problem.epochs} x {problem.n_batches} steps agree to {difference:.1e} "
            f"relative (tolerance {allowed:.0e}, {how}); {losses[0]:.4f} to {losses[-1]:.4f}",
            flush=True,
        )
    return result


def _time(network: str, workers: dict[str, Worker], given: argparse.Namespace) -> dict[str, Any]:
    """Return the seconds an epoch of each peer; they take turns, and each turn begins with another."""
    variant = "quick" if given.quick else "full"
    problem = problems.get(network, variant)
    _load(network, variant, workers)
    names = list(workers)
    result: dict[str, Any] = {}
    for name in names:
        workers[name].call("run", epochs=1)  # compiled and warm
        epoch = workers[name].call("run")["seconds"] / problem.epochs
        epochs = problem.epochs if given.quick else max(problem.epochs, math.ceil(TURN / epoch))
        result[name] = {"seconds": [], "threads": workers[name].threads, "epochs": epochs}
    for repeat in range(given.repeats):
        turn = repeat % len(names)
        for name in names[turn:] + names[:turn]:
            time.sleep(PAUSE)
            epochs = result[name]["epochs"]
            run = workers[name].call("run", epochs=epochs)
            result[name]["seconds"].append(run["seconds"] / epochs)
            result[name]["loss"] = run["losses"][problem.epochs - 1]
    ours = result[OURS]
    for name, figures in result.items():
        figures["median"] = median(figures["seconds"])
        figures["ratio"] = figures["median"] / median(ours["seconds"])
        figures["flops_per_second"] = problem.flops / figures["median"]
        if not given.quick:  # a few steps of dropout on a few rows end anywhere
            agreement.check_final(name, figures["loss"], ours["loss"])
    return result


def _tables(
    results: dict[str, Any], limits: dict[int, dict[str, float]], given: argparse.Namespace
) -> list[dict[str, Any]]:
    """Print the results and return them as plain tables."""
    limit = {threads: max(rates.values()) for threads, rates in limits.items()}
    rivals = [name for name in given.peers if name != OURS]
    speed, possible, compiling = [], [], []
    for result in results.values():
        peers = result["peers"]

        def share(name: str, threads: int = given.threads, peers: Any = peers) -> str:
            if name not in peers:
                return "-"
            return f"{100 * peers[name]['flops_per_second'] / limit[threads]:.0f} %"

        row = [result["name"], seconds(peers[OURS]["median"]), share(OURS), share(ALONE, 1)]
        for name in rivals:
            row.append(_ratio(peers[name], given.threads) if name in peers else "-")
        row.append(share("JAX"))
        speed.append(row)
        at_limit = [
            f"{limit[given.threads] / peers[name]['flops_per_second']:.2f}"
            if name in peers
            else "-"
            for name in rivals
        ]
        possible.append([result["name"], *at_limit])
        compiling.append(
            [result["name"]]
            + [seconds(result["compile"][name]) if name in peers else "-" for name in given.peers]
        )
    return [
        report.show(
            f"Training, {given.threads} threads: time of the peer / time of chainrule's engine "
            "(¹: the peer is faster with one thread and has one)",
            speed,
            [
                "network",
                "an epoch",
                "of the limit",
                "of it, 1 thread",
                *rivals,
                "JAX, of the limit",
            ],
        ),
        report.show(
            "What the machine allows: time of the peer / time of the matrix products alone, at the limit",
            possible,
            ["network", *rivals],
        ),
        report.show("Compilation in a new process", compiling, ["network", *given.peers]),
    ]


def _ratio(figures: dict[str, Any], threads: int) -> str:
    return f"{figures['ratio']:.2f}" + ("¹" if figures["threads"] < threads else "")


if __name__ == "__main__":
    sys.exit(main())
