"""Diagnose a function that stands in somebody's file, in a process of its own with a time limit.

Homework can loop for ever, end the interpreter or crash it; in a process of its own that is a finding like any other.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chainrule.diagnosis.result import Diagnosis
from chainrule.diagnosis.searching.findings import Finding
from chainrule.errors import ChainruleError, FileError, InputError
from chainrule.recording.process import run_separately, tell

_LONGEST = 400  # characters of somebody's error that are repeated


def diagnose_file(
    path: str | os.PathLike[str], function: str, time_limit: float = 60.0, **options: Any
) -> dict[str, Any]:
    """Diagnose a function in a Python file.

    Parameters
    ----------
    path : str or path
        The file. It is run: do not point this at a file that you would not run.
    function : str
        The name of the function in it.
    time_limit : float
        Seconds after which it is ended.
    **options
        As for ``diagnose``; ``objective`` and ``call`` are names in the same file.

    Returns
    -------
    dict
        As ``Diagnosis.to_dict``, and its ``text``.

    Raises
    ------
    FileError
        If there is no such file.
    InputError
        If the file has no such function, or an option does not fit.
    """
    path = Path(path)
    if not path.is_file():
        raise FileError.of(str(path), got="no such file", expected="a Python file")
    task = {"path": str(path), "function": function, "options": options}
    outcome = run_separately("chainrule.diagnosis.separate", task, time_limit)
    told = outcome.told
    if outcome.timed_out:
        stage = str((told or {}).get("stage", "import"))
        return _as_finding(path, function, "endless", _slow(stage, path, time_limit))
    if told is None or "stage" in told:
        return _as_finding(path, function, "crash", _crash(outcome.code, outcome.errors))
    if "error" in told:
        raise InputError(told["error"])
    return told


def _slow(stage: str, path: Path, time_limit: float) -> tuple[str, str]:
    what = f"{path.name} itself" if stage == "import" else "the function"
    change = (
        "put what trains or prints below `if __name__ == '__main__':`"
        if stage == "import"
        else "look for a loop that never ends: `for l in range(L, 0, -1)` goes from the last layer to the first"
    )
    return f"{what} does not come to an end within {time_limit:g} s", change


def _crash(code: int, errors: bytes) -> tuple[str, str]:
    if code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
        return (
            f"the process was ended by {name}",
            "look for code that is not Python, or for too much memory",
        )
    last = errors.decode(errors="replace").strip().splitlines()[-1:] or ["nothing was said"]
    return (
        f"the process ended with code {code}: {last[0][:_LONGEST]}",
        "remove what ends the interpreter",
    )


def _as_finding(path: Path, function: str, kind: str, texts: tuple[str, str]) -> dict[str, Any]:
    sentence, change = texts
    found = Diagnosis(function, "failed", [Finding(kind, (), "all", sentence, change=change)])
    return {"file": str(path), **found.to_dict(), "text": str(found)}


# ---- in the other process -----------------------------------------------------------------------------------------


def _load(path: Path) -> Any:
    import importlib.util

    sys.path.insert(0, str(path.resolve().parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise InputError.of(str(path), got="a file that cannot be imported", expected="a .py file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def _named(module: Any, name: str, path: Path) -> Any:
    import difflib

    found = getattr(module, name, None)
    if callable(found):
        return found
    own = [
        key
        for key, value in vars(module).items()
        if callable(value) and getattr(value, "__module__", None) == module.__name__
    ]
    close = difflib.get_close_matches(name, own, n=1)
    raise InputError.of(
        str(path),
        got=f"no function {name}",
        expected=f"one of {', '.join(own) or '(it has none)'}",
        remedy=f"did you mean {path.name}:{close[0]}?" if close else "",
    )


def _work(task: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer to a task."""
    from chainrule.diagnosis.diagnose import diagnose

    path, answer, options = Path(task["path"]), Path(task["answer"]), dict(task["options"])
    tell(answer, {"stage": "import"})
    try:
        module = _load(path)
    except ChainruleError:
        raise
    except BaseException as error:  # whatever the file does, sys.exit included
        line = next(
            (
                f.lineno
                for f in reversed(traceback.extract_tb(error.__traceback__))
                if f.filename == str(path)
            ),
            getattr(error, "lineno", None),
        )
        where = f" at line {line}" if line else ""
        text = f"{path.name} raises {type(error).__name__}: {str(error)[:_LONGEST]}{where}"
        return _as_finding(
            path,
            task["function"],
            "fails",
            (text, "the file must run before its function can be tried"),
        )
    function = _named(module, task["function"], path)
    for option in ("objective", "call"):
        if option in options:
            options[option] = _named(module, options[option], path)
    tell(answer, {"stage": "call"})
    found = diagnose(function, **options)
    return {"file": str(path), **found.to_dict(), "text": str(found)}


def main() -> None:
    """Do the task in the first argument."""
    task = json.loads(sys.argv[1])
    try:
        told = _work(task)
    except ChainruleError as error:
        told = {"error": str(error)}
    tell(Path(task["answer"]), told)


if __name__ == "__main__":
    main()
