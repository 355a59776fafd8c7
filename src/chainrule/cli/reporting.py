"""`--report`: where the page may be written, what it tells, and the commands that lead to it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import typer

from chainrule.cli.app import INTERRUPTED, complain
from chainrule.cli.console import Page
from chainrule.cli.option_fields import flags
from chainrule.cli.paths import check_free, is_same_file
from chainrule.cli.rows import TablePart
from chainrule.errors import FileError
from chainrule.report.wording import printable, size

#: How often the layers are looked at during a training, at most.
LOOKS = 50
_MADE_HERE = b'data-made-by="chainrule"'


def check_report(path: str | None, *, inputs: Sequence[str], output: str = "", force: bool) -> None:
    """Refuse, before any work is done, a page that could not be written or would destroy something.

    Raises
    ------
    FileError
        No such folder, no permission, one of the other files, or an existing file that is not a report.
    """
    if path is None:
        return
    if output and is_same_file(path, output):
        raise FileError.of(
            path, got="the model's file", expected="another name", remedy="choose --report"
        )
    check_free(
        path,
        option="--report",
        inputs=inputs,
        replaceable=force or _is_report,
        what="a chainrule report",
    )


def _is_report(path: str) -> bool:
    """Tell a report, or an empty file, by its first bytes."""
    try:
        with open(path, "rb") as stream:
            first = stream.read(200)
    except OSError:
        return False
    return not first or _MADE_HERE in first


def recorder_for(epochs: int) -> Any:
    """Return a callback that looks at the layers now and then."""
    from chainrule.gradients.flow import FlowRecorder

    return FlowRecorder(every=max(1, -(-epochs // LOOKS)))


def write_page(
    page: Page, path: str, estimator: Any, part: TablePart, background: Mapping[str, Any], safe: str
) -> None:
    """Write the page and tell of it.

    Parameters
    ----------
    page : Page
        Of the terminal.
    path : str
    estimator : MLPClassifier or MLPRegressor
    part : TablePart
        The rows to judge it on.
    background : mapping
        The fields of `chainrule.report.reproduction.Background`.
    safe : str
        What has been written already, if Ctrl-C comes while the page is made.

    Raises
    ------
    FileError
        The page cannot be written.
    """
    from chainrule.report.page import write_report
    from chainrule.report.reproduction import Background

    try:
        written = write_report(estimator, part.X, part.y, path, background=Background(**background))
    except KeyboardInterrupt:
        complain(f"interrupted while the report was made; it was not written, but {safe}")
        raise typer.Exit(INTERRUPTED) from None
    page.field("report", f"{printable(path)} ({size(written)})")


def command(
    name: str,
    options: Callable[..., Any],
    files: Sequence[str],
    given: Mapping[str, Any],
    *,
    paths: bool = False,
) -> str:
    """Return a command line that does the same again.

    Parameters
    ----------
    name : str
        "fit".
    options : type or callable
        The dataclass of its options, or its function; those at their defaults are left out.
    files : sequence of str
        The arguments.
    given : mapping of str to value
        Options by the names of the fields; others are left out.
    paths : bool
        Whether files stand with their folders, which a page for others should not tell.

    Examples
    --------
    >>> from chainrule.cli.fit_options import FitOptions
    >>> given = {"target": "body mass", "hidden_layer_sizes": "64", "drop": ["a", "b"], "skip_missing": True}
    >>> command("fit", FitOptions, ["data/penguins.csv"], given)
    "chainrule fit penguins.csv --target 'body mass' --hidden 64 --drop a --drop b --skip-missing"
    """
    from chainrule.report.reproduction import file_word, shell_word

    file_as = shell_word if paths else file_word
    words = ["chainrule", name, *map(file_as, files)]
    known = flags(options)
    usual = inspect.signature(options).parameters
    for option, value in given.items():
        if option not in known or value is None or value == usual[option].default:
            continue
        flag = known[option]
        if value is True:
            words.append(flag)
        elif value is not False:
            for one in value if isinstance(value, list) else [value]:
                file = option in _FILES
                words += [flag, file_as(str(one)) if file else shell_word(str(one))]
    return " ".join(words)


#: Options whose value is a file.
_FILES = ("output", "test", "report")
