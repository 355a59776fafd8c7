"""Runs a program, a script or the cells of a notebook, and records what it computes."""

from __future__ import annotations

import builtins
import contextlib
import io
import os
import random
import signal
import sys
import sysconfig
import traceback
import types
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.recording import session
from chainrule.recording.modules import (
    DRAWING,
    Draws,
    Mathematics,
    Module,
    Progress,
    Silent,
)
from chainrule.recording.rewriting import NAMES, rewrite
from chainrule.recording.tape import Stop, Tape


@dataclass
class Failure:
    """An exception that ended the program."""

    kind: str
    text: str
    line: int
    file: str

    def __str__(self) -> str:
        where = f" at line {self.line}" if self.line else ""
        return f"{self.kind}: {self.text}{where}"


@dataclass
class Recording:
    """A run: its tape, how it ended, its source and its names at the end."""

    path: str
    source: str
    tape: Tape
    failure: Failure | None = None
    ended_early: bool = False
    names: dict[str, Any] = field(default_factory=dict)
    sources: dict[str, list[str]] = field(default_factory=dict)

    def text(self, line: int, file: str | None = None) -> str:
        """Return a line of the source, without the space around it."""
        lines = self.sources.get(file or self.path, [])
        return lines[line - 1].strip() if 0 < line <= len(lines) else ""


class _Run:
    """One run: its imports are answered here."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.modules: set[str] = set()
        self.files = {recording.path: os.path.realpath(recording.path)}  # before the folder changes
        self.numpy = Module(np)
        self.builtins = {**vars(builtins), "__import__": self.imported}
        self.builtins |= {"print": lambda *a, **k: None, "input": lambda *a: ""}

    def execute(self, source: str, path: str, names: dict[str, Any]) -> None:
        """Run one file's source in its names."""
        self.recording.tape.files.add(path)
        self.recording.sources[path] = source.splitlines()
        names |= {"__builtins__": self.builtins, "__file__": self.files.get(path, path), **NAMES}
        exec(rewrite(source, path), names)

    def imported(
        self, name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0
    ) -> Any:
        """Answer an import of the user's."""
        if level:
            return builtins.__import__(name, globals, locals, fromlist, level)
        top = name.split(".")[0]
        if top in ("numpy", "autograd") and (top == "numpy" or name.startswith("autograd.numpy")):
            parts = name.split(".")[1 if top == "numpy" else 2 :]
            found: Any = self.numpy
            for part in parts if fromlist else ():
                found = getattr(found, part)
            return found
        if top == "math":
            return Mathematics("math")
        if top == "random":
            return Draws("random")
        if top in DRAWING:
            return Silent(top)
        if top == "tqdm":
            return Progress("tqdm")
        return builtins.__import__(name, globals, locals, fromlist, level)

    # ---- the user's other files: found as Python finds them, run as the program is --------------------------------

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Answer Python's search for a module, as a finder on ``sys.meta_path``."""
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or spec.origin is None or not _is_own(spec.origin):
            return None
        spec.loader = _Loader(name, spec.origin, self)
        self.modules.add(name)
        return spec


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, run: _Run) -> None:
        super().__init__(name, path)
        self.run = run

    def exec_module(self, module: types.ModuleType) -> None:
        self.run.execute(Path(self.path).read_text(encoding="utf-8-sig"), self.path, vars(module))


_LIBRARIES = tuple(
    os.path.realpath(sysconfig.get_path(name))
    for name in ("stdlib", "platstdlib", "purelib", "platlib")
)
_HERE = os.path.realpath(Path(__file__).parents[1])


def _is_own(origin: str) -> bool:
    """Tell whether a file is the user's: Python source, and of no library."""
    path = os.path.realpath(origin)
    parts = Path(path).parts
    libraries = path.startswith((*_LIBRARIES, _HERE)) or "site-packages" in parts
    return path.endswith(".py") and not libraries


@contextlib.contextmanager
def _finding(run: _Run) -> Iterator[None]:
    """Let the user's modules be found, and forget them afterwards."""
    before = {
        name: module
        for name, module in sys.modules.items()
        if _is_own(getattr(module, "__file__", None) or "")
    }
    for name in before:
        if name != "__main__":
            del sys.modules[name]
    sys.meta_path.insert(0, run)
    try:
        yield
    finally:
        sys.meta_path.remove(run)
        for name in run.modules:
            sys.modules.pop(name, None)
        sys.modules.update(before)


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """End a loop that computes nothing, too, where the system can."""

    def stop(*_: Any) -> None:
        raise Stop

    try:
        before = signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, seconds)
    except (AttributeError, ValueError):  # Windows, or not the main thread
        yield
        return
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _surroundings(path: str) -> Iterator[None]:
    """The program's own folder, arguments and seeds; nothing that it prints is shown."""
    folder, arguments, search = os.getcwd(), sys.argv, list(sys.path)
    inside = str(Path(path).resolve().parent)
    with contextlib.suppress(OSError):
        os.chdir(inside)
    sys.argv = [path]
    sys.path.insert(0, inside)
    random.seed(0)
    np.random.seed(0)
    silence = io.StringIO()
    try:
        with (
            contextlib.redirect_stdout(silence),
            contextlib.redirect_stderr(silence),
            warnings.catch_warnings(),
            np.errstate(all="ignore"),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        os.chdir(folder)
        sys.argv, sys.path[:] = arguments, search


def record(
    path: str,
    source: str | None = None,
    *,
    limit: int = 60_000,
    seconds: float = 30.0,
    enough: Callable[[Tape], bool] | None = None,
) -> Recording:
    r"""Run a program and record it.

    Parameters
    ----------
    path : str
        The program. It is run: do not record what you would not run.
    source : str, optional
        Its text, if it is not what stands in the file.
    limit, seconds, enough
        When the run is ended, as in ``Tape``.

    Returns
    -------
    Recording

    Raises
    ------
    SyntaxError
        If it is not Python.

    Examples
    --------
    >>> run = record("mine.py", "import numpy as np\nx = np.ones(2)\ny = (3 * x).sum()")
    >>> [node.name for node in run.tape.nodes], float(run.tape.nodes[-1].value)
    (['ones', 'multiply', 'sum'], 6.0)
    """
    if source is None:
        source = Path(path).read_text(encoding="utf-8-sig")
    tape = Tape({path}, limit, seconds, enough)
    recording = Recording(path, source, tape)
    recording.sources[path] = source.splitlines()
    rewrite(source, path)  # what is no Python is told before anything runs
    run = _Run(recording)
    recording.names = {"__name__": "__main__"}
    session.begin(tape)
    try:
        with _surroundings(path), _alarm(seconds), _finding(run):
            run.execute(source, path, recording.names)
    except Stop:
        recording.ended_early = True
    except SystemExit:
        pass
    except BaseException as error:
        recording.failure = _failure(error, recording)
    finally:
        session.end()
    return recording


def _failure(error: BaseException, recording: Recording) -> Failure:
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if f.filename in recording.sources]
    line = own[-1].lineno or 0 if own else getattr(error, "lineno", None) or 0
    file = own[-1].filename if own else recording.path
    return Failure(type(error).__name__, str(error)[:400], line, file)
