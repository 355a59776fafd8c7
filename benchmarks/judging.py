"""How well ``chainrule check FILE`` judges programs: right ones in random forms, and mutants of them.

    python -m benchmarks.judging                      # 1,000 right programs, 1,000 mutants: some minutes
    python -m benchmarks.judging --programs 20 --mutants 50 --seed 7

A right program that is called wrong is a false alarm. A mutant has one expression of its backward pass changed; whether
that makes it wrong is found by running it beside the original, at a tiny rate and without looking at its gradient: its
step must be the original's, up to one factor common to all layers. Nothing is counted that the original's form cannot
show (a mutant that raises, or that is harmless).
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.programs.program import Program, random_form
from benchmarks.programs.writing import write


@dataclass(frozen=True)
class Mutant:
    """A program with one expression changed."""

    line: int
    what: str
    text: str


# ---- running a program here ------------------------------------------------------------------------------------------


def executed(text: str) -> dict[str, Any]:
    """Run a program and return its names."""
    names: dict[str, Any] = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
        exec(compile(text, "program", "exec"), names)
    return names


def weights(program: Program, names: dict[str, Any]) -> list[np.ndarray]:
    """Return W1, b1, W2, ..., each W as (fan_in, fan_out)."""
    found = [np.array(eval(w, names), dtype=float) for w in program.weights]
    return [w.T if program.turned and w.ndim == 2 and 1 not in w.shape else w for w in found]


def step(program: Program, text: str, lr: float | None = None) -> list[np.ndarray]:
    """Return what one pass over the rows does to each weight; ``lr`` replaces the program's own rate."""
    text = re.sub(r"(?m)^steps = \d+$", "steps = 1", text)
    if lr is not None:
        text = re.sub(r"(?m)^lr = .*$", f"lr = {lr!r}", text)
    still = re.sub(r"(?m)^lr = .*$", "lr = 0.0", text)
    before, after = executed(still), executed(text)
    return [b - a for a, b in zip(weights(program, before), weights(program, after), strict=True)]


def same_up_to_a_factor(found: list[np.ndarray], expected: list[np.ndarray], rtol: float) -> bool:
    """Return whether all of ``found`` is one positive factor times ``expected``."""
    if any(f.shape != e.shape for f, e in zip(found, expected, strict=True)):
        return False
    f = np.concatenate([x.ravel() for x in found])
    e = np.concatenate([x.ravel() for x in expected])
    factor = float(f @ e / (e @ e))
    return factor > 0.0 and bool(np.abs(f - factor * e).max() <= rtol * np.abs(f).max())


# ---- mutants ---------------------------------------------------------------------------------------------------------


def changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield what people get wrong in such an expression, with a word for it."""
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, ast.Mult):
            yield "factor dropped", node.left
            yield "factor dropped", node.right
        elif isinstance(node.op, ast.Div | ast.Pow):
            yield "division or power dropped", node.left
        elif isinstance(node.op, ast.Sub):
            yield "- for +", ast.BinOp(node.left, ast.Add(), node.right)
            yield "sides swapped", ast.BinOp(node.right, ast.Sub(), node.left)
        elif isinstance(node.op, ast.MatMult) and isinstance(node.right, ast.Attribute):
            yield "transpose dropped", ast.BinOp(node.left, ast.MatMult(), node.right.value)
    elif isinstance(node, ast.Compare):
        yield "comparison turned", ast.Compare(node.left, [ast.Lt()], node.comparators)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield "sign dropped", node.operand
    elif isinstance(node, ast.Call):
        kept = [k for k in node.keywords if k.arg != "axis"]
        if len(kept) < len(node.keywords):
            yield "axis dropped", ast.Call(node.func, node.args, kept)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "multiply":
            yield "factor dropped", node.args[0]


def mutants(program: Program) -> list[Mutant]:
    """Return every mutant of the lines that make the gradient."""
    found = []
    for node in ast.walk(ast.parse(program.text)):
        line = getattr(node, "lineno", 0)
        if line not in program.backward or getattr(node, "end_lineno", 0) != line:
            continue
        for what, new in changes(node):
            text = program.lines[line - 1]
            mutated = f"{text[: node.col_offset]}({ast.unparse(new)}){text[node.end_col_offset :]}"
            lines = [*program.lines[: line - 1], mutated, *program.lines[line:]]
            found.append(Mutant(line, what, "\n".join(lines) + "\n"))
    return found


def is_wrong(program: Program, mutant: Mutant, expected: list[np.ndarray]) -> bool | None:
    """Return whether a mutant learns otherwise; None where it does not run."""
    try:
        found = step(program, mutant.text, 1e-8)
    except Exception:  # whatever somebody's program raises
        return None
    if not all(np.all(np.isfinite(w)) for w in found):
        return None
    return not same_up_to_a_factor(found, expected, 1e-4)


# ---- the command -----------------------------------------------------------------------------------------------------


def judged(text: str) -> dict[str, Any]:
    """Return what ``chainrule check FILE --json`` says, and its exit code and seconds."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "program.py")
        path.write_text(text)
        start = time.perf_counter()
        command = [sys.executable, "-m", "chainrule", "check", str(path), "--json"]
        run = subprocess.run(command, capture_output=True, text=True, timeout=120)
        seconds = time.perf_counter() - start
    try:
        said = json.loads(run.stdout)
    except json.JSONDecodeError:
        said = {"message": (run.stderr or run.stdout).strip()[-400:]}
    return {**said, "code": run.returncode, "seconds": seconds}


def lines_of(said: dict[str, Any]) -> set[int]:
    """Return every line number that a verdict names."""
    if isinstance(said, dict):
        own = {said["line"]} if isinstance(said.get("line"), int) else set()
        return own.union(*(lines_of(value) for value in said.values()))
    return set().union(*(lines_of(value) for value in said)) if isinstance(said, list) else set()


def main() -> int:
    """Judge right programs and mutants; print the counts and each program that was misjudged."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--mutants", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="a folder for the programs that were misjudged")
    options = parser.parse_args()

    rng = np.random.default_rng(options.seed)
    written = [write(rng, random_form(rng)) for _ in range(options.programs)]
    chosen: list[tuple[Program, Mutant]] = []
    for program in written:
        if program.form.optimizer == "adam" or len(chosen) >= options.mutants:
            continue  # Adam's first step is the same for any factor of a layer
        expected = step(program, program.text, 1e-8)
        every = mutants(program)
        picked = rng.permutation(len(every))[: max(1, options.mutants // options.programs + 2)]
        chosen += [(program, every[i]) for i in picked if is_wrong(program, every[i], expected)]
    chosen = chosen[: options.mutants]

    counts: Counter[str] = Counter()
    with ThreadPoolExecutor(options.processes) as pool:
        for program, said in zip(written, pool.map(lambda p: judged(p.text), written), strict=True):
            counts[f"right programs: exit {said['code']}"] += 1
            if said["code"] != 0:
                _tell(options.keep, "right", program, program.text, said)
        answers = pool.map(lambda pair: judged(pair[1].text), chosen)
        for (program, mutant), said in zip(chosen, answers, strict=True):
            counts[f"mutants: exit {said['code']}"] += 1
            counts["mutants: at their line"] += said["code"] == 1 and mutant.line in lines_of(said)
            if said["code"] != 1 or mutant.line not in lines_of(said):
                _tell(
                    options.keep, f"line {mutant.line}, {mutant.what}", program, mutant.text, said
                )
    for what, count in sorted(counts.items()):
        print(f"{what:40} {count:6}")
    return 1 if counts["right programs: exit 1"] else 0


def _tell(
    folder: Path | None, what: str, program: Program, text: str, said: dict[str, Any]
) -> None:
    print(
        f"{what} [{program.form.form}]: exit {said['code']}, lines {sorted(lines_of(said))}, {said.get('message', '')}"
    )
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        number = len(list(folder.iterdir()))
        folder.joinpath(f"{number:04}.py").write_text(f"{text}# {what}\n# {json.dumps(said)}\n")


if __name__ == "__main__":
    raise SystemExit(main())
