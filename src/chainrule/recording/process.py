"""Somebody's code in a process of its own with a time limit: it can loop for ever, end the interpreter or crash it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """What came of a process: its last answer, or how it ended without one."""

    told: dict[str, Any] | None
    code: int
    errors: bytes
    timed_out: bool = False


def run_separately(module: str, task: Mapping[str, Any], time_limit: float) -> Outcome:
    """Run ``python -m module`` with a task as JSON and return what it answered.

    Parameters
    ----------
    module : str
        Reads its task from its first argument, with the file to `tell` under ``answer``.
    task : mapping
        What JSON can hold.
    time_limit : float
        Seconds after which the process and all that it has started are ended.
    """
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder, "answer.json")
        process = subprocess.Popen(
            [sys.executable, "-m", module, json.dumps({**task, "answer": str(answer)})],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            _, errors = process.communicate(timeout=time_limit)
        except subprocess.TimeoutExpired:
            _end(process)
            return Outcome(_read(answer), -int(signal.SIGTERM), b"", timed_out=True)
        return Outcome(_read(answer), process.returncode, errors)


def _end(process: subprocess.Popen[bytes]) -> None:
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.communicate()


def _read(answer: Path) -> dict[str, Any] | None:
    try:
        told = json.loads(answer.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return told if isinstance(told, dict) else None


def tell(answer: Path, told: Mapping[str, Any]) -> None:
    """Write an answer at one stroke, so that nobody reads half of it."""
    part = answer.with_suffix(".part")
    part.write_text(json.dumps(told), encoding="utf-8")
    part.replace(answer)
