"""Where a command may write, and what a model file has to say to the command beside the estimator in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chainrule.errors import ChainruleError, FileError

_ENDINGS = (".gz", ".csv", ".tsv", ".tab", ".parquet", ".pq", ".feather", ".arrow", ".ipc")
_MODEL_START = b'{"__metadata__":{"format":"chainrule model '
#: In ``info`` of a model file: what `chainrule fit` has to say about the fit.
FIT = "fit"


def default_output(table: str) -> str:
    """Return the model file's name for a table: the same stem, in the current folder.

    Examples
    --------
    >>> default_output("data/penguins.csv.gz"), default_output("-")
    ('penguins.model', 'table.model')
    """
    name = "table" if table == "-" else Path(table).name
    for ending in _ENDINGS:
        if name.lower().endswith(ending) and len(name) > len(ending):
            name = name[: -len(ending)]
    return f"{name}.model"


def check_output(path: str, *, inputs: tuple[str, ...], force: bool) -> None:
    """Refuse, before any work is done, what could not be written at its end or would destroy something.

    Raises
    ------
    FileError
        No such folder, no permission, one of the inputs, or an existing file that is not a model.
    """
    replaceable = force or _is_replaceable
    check_free(
        path, option="--output", inputs=inputs, replaceable=replaceable, what="a chainrule model"
    )


def check_free(
    path: str,
    *,
    option: str,
    inputs: Sequence[str],
    replaceable: Callable[[str], bool] | bool,
    what: str,
) -> None:
    """Refuse a file's name that could not be written to, or whose file must stay.

    Parameters
    ----------
    path : str
    option : str
        Where the name comes from.
    inputs : sequence of str
        Files that are read.
    replaceable : callable or bool
        Whether a file that is there already may be replaced.
    what : str
        What a file that may be replaced is.

    Raises
    ------
    FileError
        No such folder, no permission, one of the inputs, or an existing file that is something else.
    """
    folder = os.path.dirname(path) or os.curdir
    if not path or not os.path.basename(path) or os.path.isdir(path):
        raise FileError.of(
            path or option, got="a folder" if path else "nothing", expected="a file's name"
        )
    if not os.path.isdir(folder):
        raise FileError.of(
            path,
            got=f"no folder {folder}",
            expected="a folder that exists",
            remedy="create it first or choose another place",
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise FileError.of(
            path,
            got=f"no permission to write in {folder}",
            expected="a folder that can be written to",
            remedy=f"choose another place with {option}",
        )
    if not os.path.exists(path):
        return
    if any(is_same_file(given, path) for given in inputs):
        raise FileError.of(
            path, got="the file that is read", expected="another one", remedy=f"choose {option}"
        )
    if not os.path.isfile(path):
        raise FileError.of(path, got="something that is not a file", expected="a file's name")
    if not (replaceable if isinstance(replaceable, bool) else replaceable(path)):
        raise FileError.of(
            path,
            got=f"a file that is there already and is not {what}",
            expected=f"a new name, or {what} to replace",
            remedy=f"choose another name with {option}, or --force",
        )


def is_same_file(one: str, other: str) -> bool:
    """Tell whether two names are those of one file, which need not be there yet."""
    if one == "-" or other == "-":
        return False
    if os.path.exists(one) and os.path.exists(other):
        return os.path.samefile(one, other)
    return os.path.realpath(one) == os.path.realpath(other)


def _is_replaceable(path: str) -> bool:
    """Tell a model file, or an empty one, by its first bytes."""
    try:
        with open(path, "rb") as stream:
            first = stream.read(8 + len(_MODEL_START))
    except OSError:
        return False
    return not first or first[8:] == _MODEL_START


@dataclass(frozen=True)
class Opened:
    """A model file that was read.

    Attributes
    ----------
    path : str
    estimator : MLPClassifier, MLPRegressor, TableClassifier or TableRegressor
    content : ModelContent
        The plain data in the file.
    fit : dict
        What `chainrule fit` wrote about the fit; empty for a model saved by Python code.
    """

    path: str
    estimator: Any
    content: Any
    fit: dict[str, Any]

    @property
    def classifies(self) -> bool:
        """Whether it predicts classes."""
        return bool(self.content.kind == "classifier")

    def one_network(self) -> Any:
        """Return the estimator if it is one network, else its first member as one."""
        averaged = hasattr(self.estimator, "thetas_")
        return self.estimator.member() if averaged else self.estimator

    @property
    def target(self) -> str | None:
        """The target column's name, if the file tells it."""
        name = self.fit.get("target")
        return name if isinstance(name, str) else None

    @property
    def n_columns(self) -> int:
        """How many target columns the model predicts."""
        return int(self.estimator._target.n_columns)

    def text_columns(self) -> tuple[str, ...]:
        """Return the columns whose values must stay as written."""
        preparation = self.estimator.preparation_
        return () if preparation is None else tuple(preparation.text_columns)


def open_model(path: str) -> Opened:
    """Read a model file.

    Raises
    ------
    FileError
        It cannot be read or is not a sound chainrule model.
    """
    from chainrule.estimators.loading import from_content
    from chainrule.storage import load_model

    content = load_model(path)
    try:
        estimator = from_content(content)
    except ChainruleError as error:
        raise FileError.of(
            path,
            got=f"a model that does not fit together ({error})",
            expected="a model as chainrule saves it",
            remedy="use another copy or fit again",
        ) from error
    fit = content.info.get(FIT)
    return Opened(path, estimator, content, dict(fit) if isinstance(fit, Mapping) else {})
