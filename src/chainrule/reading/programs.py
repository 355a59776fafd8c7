"""Check a whole program: record it and read it, in a process of its own with a time limit."""

from __future__ import annotations

import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any

from chainrule.errors import FileError
from chainrule.recording.process import Outcome, run_separately, tell

_SPARE = 0.6  # of the time limit may go into the run; the rest is for reading it


def check_program(path: str | os.PathLike[str], time_limit: float = 60.0) -> dict[str, Any]:
    """Run a program, judge its gradients, and name the line that is wrong.

    Parameters
    ----------
    path : str or path
        The program. It is run: do not point this at a file that you would not run.
    time_limit : float
        Seconds after which it is ended.

    Returns
    -------
    dict
        ``verdict`` ("correct", "exact", "wrong", "not judged"), ``line``, ``text``, ``objective``, ``findings``,
        ``notes``, ``reason`` and ``remedy``.

    Raises
    ------
    FileError
        If there is no such file, or it is not Python.
    """
    path = Path(path)
    if not path.is_file():
        raise FileError.of(str(path), got="no such file", expected="a Python file")
    task = {"path": str(path), "seconds": _SPARE * time_limit}
    outcome = run_separately("chainrule.reading.programs", task, time_limit)
    if outcome.told is None:
        return _without_answer(path, outcome, time_limit)
    if "error" in outcome.told:
        raise FileError(outcome.told["error"])
    return outcome.told


def _without_answer(path: Path, outcome: Outcome, time_limit: float) -> dict[str, Any]:
    if outcome.timed_out:
        reason = f"it does not come to an end within {time_limit:g} s"
    else:
        last = outcome.errors.decode(errors="replace").strip().splitlines()[-1:]
        reason = f"the process ended with code {outcome.code}" + "".join(
            f": {x[:200]}" for x in last
        )
    return {
        "file": str(path), "verdict": "not judged", "line": None, "text": None, "objective": None, "findings": [],
        "notes": [], "reason": reason, "remedy": "make the run shorter: a few steps are enough", "weights": [],
        "operations": 0,
    }  # fmt: skip


def _work(task: dict[str, Any]) -> dict[str, Any]:
    """Return the answer to a task."""
    from chainrule.reading.moving import seen_enough
    from chainrule.reading.told import as_dict
    from chainrule.reading.verdict import read
    from chainrule.recording.notebook import read_notebook
    from chainrule.recording.running import record

    path = Path(task["path"])
    try:
        cells = read_notebook(path) if path.suffix == ".ipynb" else None
        recording = record(
            task["path"],
            cells.source if cells else None,
            seconds=task["seconds"],
            enough=lambda tape: seen_enough(tape.nodes),
        )
    except FileError as error:
        return {"error": str(error)}
    except SyntaxError as error:
        where = f"line {error.lineno}"
        if cells is not None:
            where = "cell {}, line {}".format(*cells.place(error.lineno or 1))
        text = FileError.of(
            f"{task['path']}, {where}",
            got=error.msg,
            expected="Python",
            remedy="mend the syntax first",
        )
        return {"error": str(text)}
    except UnicodeDecodeError:
        return {
            "error": str(
                FileError.of(task["path"], got="bytes that are no text", expected="a Python file")
            )
        }
    warnings.simplefilter("ignore")
    told = as_dict(recording, read(recording))
    if cells is not None:
        for found in told["findings"]:
            found["cell"], found["line_in_cell"] = cells.place(found["line"])
    return told


def main() -> None:
    """Do the task in the first argument."""
    task = json.loads(sys.argv[1])
    tell(Path(task["answer"]), _work(task))


if __name__ == "__main__":
    main()
