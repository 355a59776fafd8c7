"""The command `chainrule`: one file for each of its words. Importing it loads nothing heavy, so help comes at once."""

from __future__ import annotations

from typing import Annotated

import typer

from chainrule.cli.app import Command, Commands, paragraphs, show_version
from chainrule.cli.check import check
from chainrule.cli.compare import compare
from chainrule.cli.evaluate import evaluate
from chainrule.cli.fit import fit
from chainrule.cli.inspect import inspect
from chainrule.cli.own_rules import with_import
from chainrule.cli.predict import predict
from chainrule.cli.trace import trace

__all__ = ["app", "main"]

app = typer.Typer(
    name="chainrule",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def chainrule(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", is_eager=True, callback=show_version),
    ] = False,
) -> None:
    """Multilayer perceptrons for tables.

    Example: chainrule fit penguins.csv --target species
    """


for _command in (fit, predict, evaluate, compare, inspect, check, trace):
    app.command(cls=Command, help=paragraphs(_command.__doc__))(with_import(_command))


def main() -> None:
    """Run the command; the console script."""
    app()
