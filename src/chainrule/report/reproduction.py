"""How a result came about, in words that repeat it: the command or the code, the settings, the environment.

Nothing here tells whose machine it was: no host, no user, no folder.
"""

from __future__ import annotations

import inspect
import os
import platform
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from chainrule.gradients.flow import FlowRecorder
from chainrule.report.wording import printable

_PACKAGES = ("chainrule", "numpy", "scipy", "numba", "scikit-learn", "pandas", "pyarrow")


@dataclass(frozen=True)
class Background:
    """What a report tells besides the model and the rows it is judged on; all of it may be absent.

    Attributes
    ----------
    table, target : str
        The file's name and the column's.
    reason : str
        Why it is taken for a classification or a regression.
    rows : mapping of str to int
        How many there are to train on, to stop by and to test on: "training", "validation", "test".
    source : str
        Where the judged rows come from: "held out", "of test.csv".
    seen : bool
        Whether the model knows the judged rows from its training.
    baseline : mapping, optional
        What the training rows say without a model, as `chainrule.report.judging.baseline_of` gives it. Without it the
        judged rows themselves are asked.
    notes : sequence of str
        Warnings of the reading and of the training.
    seconds : float, optional
        What the training took.
    recorder : FlowRecorder, optional
        What was seen in the layers during the training.
    commands : sequence of (str, str)
        What to type, each with a word on what it does.
    """

    table: str = ""
    target: str = ""
    reason: str = ""
    rows: Mapping[str, int] = field(default_factory=dict)
    source: str = ""
    seen: bool = False
    baseline: Mapping[str, Any] | None = None
    notes: Sequence[str] = ()
    seconds: float | None = None
    recorder: FlowRecorder | None = None
    commands: Sequence[tuple[str, str]] = ()


def shell_word(text: str) -> str:
    r"""Quote text for a POSIX shell; what cannot be printed is escaped the way bash and zsh read it.

    Examples
    --------
    >>> print(shell_word("penguins.csv"), shell_word("it's $5"), shell_word("a\tb"))
    penguins.csv 'it'"'"'s $5' $'a\tb'
    """
    if text.isprintable():
        return shlex.quote(text)
    safe = text.replace("\\", "\\\\").replace("'", "\\'")
    escaped = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in safe)
    return f"$'{''.join(escaped)}'"


def file_word(path: str) -> str:
    """Quote a file's name, without its folder.

    Examples
    --------
    >>> file_word("/home/ada/my data.csv"), file_word("-odd.csv"), file_word("-")
    ("'my data.csv'", './-odd.csv', '-')
    """
    name = os.path.basename(path) or path
    return shell_word(f"./{name}" if name.startswith("-") and name != "-" else name)


def settings(estimator: Any) -> dict[str, str]:
    """Return the constructor's parameters that are not at their defaults, as Python writes them.

    Objects (a generator, a callback) have no text that makes them again, so their type is named.
    """
    defaults = inspect.signature(type(estimator).__init__).parameters
    found = {}
    for name, value in estimator.get_params(deep=False).items():
        if name == "callbacks" or (name in defaults and _same(value, defaults[name].default)):
            continue
        found[name] = (
            printable(repr(value), most=300) if _plain(value) else f"<{type(value).__name__}>"
        )
    return found


def _same(value: Any, default: Any) -> bool:
    return type(value) is type(default) and bool(value == default)


def _plain(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return all(map(_plain, value))
    if isinstance(value, dict):
        return all(map(_plain, [*value, *value.values()]))
    return value is None or type(value) in (bool, int, float, str)


def python_code(estimator: Any) -> str:
    """Return the lines that make and train an estimator of the same settings."""
    kind = type(estimator).__name__
    given = ",\n".join(f"    {name}={value}" for name, value in settings(estimator).items())
    made = f"{kind}(\n{given},\n)" if given else f"{kind}()"
    return "\n".join(
        [
            f"from chainrule import {kind}",
            "from chainrule.report.page import write_report",
            "",
            f"model = {made}",
            "model.fit(X, y)",
            'write_report(model, X_test, y_test, "report.html")',
        ]
    )


def environment(estimator: Any) -> list[tuple[str, str]]:
    """Return what the result may depend on, and what it does not but the time does."""
    found = [("Python", platform.python_version())]
    for name in _PACKAGES:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:  # prediction and NumPy's engine do without some of them
            continue
    found.append(("system", f"{platform.system()}, {platform.machine()}"))
    found.append(("processors", str(os.cpu_count() or "unknown")))
    threads = estimator.threads
    found.append(("threads", "one a processor" if threads is None else str(threads)))
    found.append(("engine", str(estimator.engine)))
    found.append(("arithmetic", estimator.theta_.dtype.name))
    return found
