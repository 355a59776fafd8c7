"""`chainrule check`: which mistake the backward function in somebody's file makes."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from chainrule.cli.options import Json, items
from chainrule.errors import InputError

_STYLES = {"": None, "marked": "bold red", "good": "green", "bad": "red"}  # read on dark and light
FOUND = 1  # the exit code where something is wrong with the function


def check(
    function: Annotated[
        str,
        typer.Argument(
            metavar="FILE[:FUNCTION]",
            help="A Python program or a notebook, or a function in it that returns gradients. The file is run.",
            show_default=False,
        ),
    ],
    sizes: Annotated[
        str | None,
        typer.Option(
            metavar="N,N,...",
            help="Features, units of each layer, outputs, if the function works for one network only.",
            show_default=False,
        ),
    ] = None,
    activation: Annotated[
        str | None,
        typer.Option(
            metavar="NAME,...",
            help="What the function has built in: one for all hidden layers or one for each layer; else guessed.",
            show_default=False,
        ),
    ] = None,
    loss: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The function's loss; else guessed.", show_default=False),
    ] = None,
    l2: Annotated[
        float | None,
        typer.Option(
            min=0.0, metavar="X", help="The penalty, if it is built in.", show_default=False
        ),
    ] = None,
    outputs: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="Outputs, if the function has one only.", show_default=False
        ),
    ] = None,
    objective: Annotated[
        str | None,
        typer.Option(
            metavar="FUNCTION",
            help="The file's own loss, which the gradients are then judged against.",
            show_default=False,
        ),
    ] = None,
    call: Annotated[
        str | None,
        typer.Option(
            metavar="FUNCTION",
            help="A function (function, probe) in the file that calls it, if its arguments are unusual.",
            show_default=False,
        ),
    ] = None,
    time_limit: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="End the file after this long.")
    ] = 120.0,
    as_json: Json = False,
) -> None:
    """Run a program and name the line where its gradients go wrong; or say which mistake one function makes.

    A whole program is run as it stands; a few steps of its training are recorded and judged, whatever its form. With a
    function's name, that function is called on networks made for the purpose.
    The function may take its arguments in any usual form: lists or dictionaries of W and b, rows or columns as samples,
    one vector, a cache. The exit code is 1 if a mistake is found, 2 if nothing could be judged.

    Example: chainrule check my_homework.py, or chainrule check my_homework.py:backward
    """
    from chainrule.cli.app import BAD_INPUT
    from chainrule.cli.console import print_json
    from chainrule.diagnosis.separate import diagnose_file

    path, _, name = function.rpartition(":")
    if not path or name.endswith((".py", ".ipynb")) or "/" in name:
        _check_whole(function, time_limit, as_json)
        return
    if not name.isidentifier():
        raise InputError.of(
            "FILE:FUNCTION",
            got=function,
            expected="a file and a function, as in my_homework.py:backward",
        )
    functions = {"objective": objective, "call": call}
    functions = {option: name for option, name in functions.items() if name is not None}
    told = diagnose_file(
        path, name, time_limit, **_options(sizes, activation, loss, l2, outputs), **functions
    )
    text = told.pop("text")
    if as_json:
        print_json(told)
    else:
        print(text)
    if told["verdict"] != "correct":
        raise typer.Exit(BAD_INPUT if told["verdict"] == "not judged" else FOUND)


def _check_whole(path: str, time_limit: float, as_json: bool) -> None:
    """Run a whole program, judge the gradients that its steps follow, and mark the wrong line."""
    from chainrule.cli.app import BAD_INPUT
    from chainrule.cli.console import Page, print_json
    from chainrule.reading.programs import check_program
    from chainrule.reading.told import as_lines

    told = check_program(path, time_limit)
    if as_json:
        print_json(told)
    else:
        page = Page()
        for style, line in as_lines(told):
            page.console.print(line, style=_STYLES[style])
    code = {"wrong": FOUND, "not judged": BAD_INPUT}.get(told["verdict"], 0)
    if code:
        raise typer.Exit(code)


def _options(
    sizes: str | None,
    activation: str | None,
    loss: str | None,
    l2: float | None,
    outputs: int | None,
) -> dict[str, Any]:
    """Return what was given, as ``diagnose`` takes it."""
    given: dict[str, Any] = {}
    if sizes is not None:
        try:
            given["sizes"] = [int(size) for size in sizes.split(",")]
        except ValueError:
            raise InputError.of(
                "--sizes", got=sizes, expected="whole numbers with commas, as in 5,4,1"
            ) from None
    if activation is not None:
        names = items(activation)
        given["activations"] = names[0] if len(names) == 1 else names
    given.update(
        {k: v for k, v in {"loss": loss, "l2": l2, "n_outputs": outputs}.items() if v is not None}
    )
    return given
