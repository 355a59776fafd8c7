"""What all benchmarks share: options, the machine in general terms, tables, and one JSON file of results.

``python -m benchmarks.report FILE`` prints the tables of a file as Markdown.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"
LATEST = RESULTS / "latest.json"
LIBRARIES = ("numpy", "scipy", "numba", "scikit-learn", "torch", "jax", "jaxlib", "optax")


def options(description: str, repeats: int = 5) -> argparse.ArgumentParser:
    """Return a parser with what every benchmark understands."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--quick", action="store_true", help="small sizes: does it all run? No figure counts"
    )
    parser.add_argument(
        "--repeats", type=int, default=None, help=f"timed runs of each peer (default {repeats})"
    )
    parser.add_argument(
        "--threads", type=int, default=None, help="threads of everyone (default: one a processor)"
    )
    parser.add_argument("--output", type=Path, default=LATEST, help=f"JSON file (default {LATEST})")
    parser.set_defaults(usual_repeats=repeats)
    return parser


def parsed(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options with their defaults settled."""
    from benchmarks.worker import processors

    given = parser.parse_args(arguments)
    given.repeats = given.repeats or (2 if given.quick else given.usual_repeats)
    given.threads = given.threads or processors()
    return given


def median(values: Sequence[float]) -> float:
    """Return the median as a float."""
    return float(statistics.median(values))


def machine() -> dict[str, Any]:
    """Describe the machine in general terms: no name, no address, no user."""
    versions = {"python": platform.python_version()}
    for library in LIBRARIES:
        try:
            versions[library] = version(library)
        except PackageNotFoundError:
            continue
    from benchmarks.worker import Worker, processors

    with Worker("benchmarks.worker:Blas", threads=1) as worker:
        kernels = worker.call("kernels")
    return {
        "processor": _processor(),
        "blas": kernels,
        "cores": processors(),
        "system": platform.system(),
        "versions": versions,
    }


def _processor() -> str:
    facts: dict[str, str] = {}
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.machine()
    for line in text.splitlines():
        key, _, value = line.partition(":")
        facts.setdefault(key.strip(), value.strip())
    flags = set(facts.get("flags", "").split())
    widest = next(
        (name for flag, name in (("avx512f", "AVX-512"), ("avx2", "AVX2")) if flag in flags), ""
    )
    parts = [facts.get("model name", platform.machine()), f"family {facts.get('cpu family', '?')}"]
    parts += [f"model {facts.get('model', '?')}", widest]
    return ", ".join(part for part in parts if part)


def store(given: argparse.Namespace, section: str, result: dict[str, Any]) -> None:
    """Write one benchmark's result into the file, beside those of the others."""
    path: Path = given.output
    held = json.loads(path.read_text()) if path.exists() else {}
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    result = {
        "machine": machine(),
        "date": time.strftime("%Y-%m-%d"),
        "quick": given.quick,
        "repeats": given.repeats,
        "threads": given.threads,
        "load": load,  # above the number of threads: somebody else was working too
        **result,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**held, section: result}, indent=1) + "\n")
    note = " (quick: no figure counts)" if given.quick else ""
    print(f"BLAS of every worker: {', '.join(result['machine']['blas'])}")
    print(f"written to {path}{note}")


def show(title: str, rows: Sequence[Sequence[str]], heads: Sequence[str]) -> dict[str, Any]:
    """Print a table and return it as plain data, for the file."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(title=title, title_justify="left", title_style="bold")
    for number, head in enumerate(heads):
        table.add_column(head, justify="left" if number == 0 else "right", overflow="fold")
    for row in rows:
        table.add_row(*row)
    if not console.is_terminal:  # in a file or a pipe nothing need be folded to 80 columns
        console = Console(width=200)
    console.print(table)
    return {"title": title, "heads": list(heads), "rows": [list(row) for row in rows]}


def markdown(table: dict[str, Any]) -> str:
    """Return a table as Markdown."""
    heads = table["heads"]
    rules = ["---"] + ["---:"] * (len(heads) - 1)
    lines = [heads, rules, *table["rows"]]
    return f"**{table['title']}**\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)


def seconds(value: float) -> str:
    """Return a time with three digits and a unit that suits it."""
    for factor, unit in ((1.0, "s"), (1e3, "ms"), (1e6, "µs"), (1e9, "ns")):
        if value * factor >= 1.0 or unit == "ns":
            return f"{value * factor:.3g} {unit}" if value * factor < 1000 else f"{value:.0f} s"
    raise AssertionError


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables of a results file as Markdown."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("file", type=Path, nargs="?", default=LATEST)
    held = json.loads(parser.parse_args(arguments).file.read_text())
    for section in held.values():
        facts = section["machine"]
        print(f"{facts['processor']}, {facts['cores']} cores; {section['date']}\n")
        for table in section["tables"]:
            print(markdown(table) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
