"""`--import FILE`, which every command takes: how rules of the user's own reach the command.

A file runs because its user has named it on this very command line. No model file and no setting can name one.
"""

from __future__ import annotations

import importlib.util
import inspect
import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer

from chainrule.errors import FileError


def with_import(command: Callable[..., None]) -> Callable[..., None]:
    """Return the function of a command that takes ``--import`` as well; ``command`` itself is told nothing of it."""

    @wraps(command)
    def wrapped(own_rules: Any = None, **given: Any) -> None:
        command(**given)

    signature = inspect.signature(command, eval_str=True)
    option = inspect.Parameter(
        "own_rules", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_Import
    )
    parameters = [
        p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in signature.parameters.values()
    ]
    wrapped.__signature__ = signature.replace(parameters=[*parameters, option])  # type: ignore[attr-defined]
    wrapped.__annotations__ = {p.name: p.annotation for p in [*parameters, option]}
    return wrapped


def _run(paths: list[str] | None) -> list[str] | None:
    """Run the files of ``--import``, each as a module of its own; a file runs because its user named it.

    Raises
    ------
    FileError
        There is no such file, or it fails.
    """
    for path in paths or ():
        name = os.path.splitext(os.path.basename(path))[0]
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None or not os.path.isfile(path):
            raise FileError.of(path, got="no Python file", expected="a file that registers rules")
        module = importlib.util.module_from_spec(spec)
        sys.modules.setdefault(name, module)  # a dataclass in it looks itself up there
        try:
            spec.loader.exec_module(module)
        except Exception as error:
            raise FileError.of(
                path,
                got=f"{type(error).__name__}: {error}",
                expected="a file that runs",
                remedy=f"try python {path}",
            ) from error
    return paths


_Import = Annotated[
    list[str] | None,
    typer.Option(
        "--import",
        metavar="FILE",
        help="Run a Python file of yours first, which registers activations, losses, solvers or schedules.",
        is_eager=True,
        callback=_run,
    ),
]
