"""The options that `chainrule fit` and `chainrule compare` have in common, each written once.

A field that an estimator has as a parameter carries that name, and its value goes there; the flag is the command's word
for it. To add an option is to add a field.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import typer

from chainrule.cli import options
from chainrule.cli.options import Encoding, Format, Json, Quiet, Sheet, Table
from chainrule.errors import InputError

TABLE, NETWORK, TRAINING = "Table", "Network", "Training"


@dataclass(frozen=True)
class TrainingOptions:
    """What to learn, from which rows, and how; None where the default depends on others."""

    table: Table
    target: Annotated[
        str, typer.Option("--target", "-t", metavar="COLUMN", help="Column to predict.")
    ]
    format: Format = None
    encoding: Encoding = None
    sheet: Sheet = None
    decimal: Annotated[
        str | None,
        typer.Option(
            metavar="MARK",
            help="Decimal mark of all numbers, . or , ; by default told from each column.",
            rich_help_panel=TABLE,
        ),
    ] = None
    dates: Annotated[
        str | None,
        typer.Option(
            metavar="ORDER",
            help="day-first or month-first, for dates such as 3/4/2014; by default told from each column.",
            rich_help_panel=TABLE,
        ),
    ] = None
    missing: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WORD",
            help="One more word that counts as missing; may be given several times.",
            rich_help_panel=TABLE,
        ),
    ] = None
    kinds: Annotated[
        list[str] | None,
        typer.Option(
            "--as",
            metavar="COLUMN=KIND",
            help="Take a column as number, category, boolean or date, and keep it; may be given several times.",
            rich_help_panel=TABLE,
        ),
    ] = None
    task: Annotated[
        str | None,
        typer.Option(
            metavar="TASK",
            help="classification or regression; by default told from the target.",
            rich_help_panel=TABLE,
        ),
    ] = None
    drop: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="Leave a column out; may be given several times.",
            rich_help_panel=TABLE,
        ),
    ] = None
    skip_missing: Annotated[
        bool,
        typer.Option(
            "--skip-missing",
            help="Leave out the rows whose target is missing.",
            rich_help_panel=TABLE,
        ),
    ] = False
    labels_as_written: Annotated[
        bool,
        typer.Option(
            "--labels-as-written",
            help="Take every word of the target as it stands: NA and null as classes, Yes and yes as two.",
            rich_help_panel=TABLE,
        ),
    ] = False
    test: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Test on this table instead of holding rows out.",
            rich_help_panel=TABLE,
        ),
    ] = None
    test_fraction: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            help="Share of the rows held out to test on; 0 for none.",
            rich_help_panel=TABLE,
        ),
    ] = 0.2
    validation_fraction: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            help="Share of the rest that decides when to stop and which weights are best; 0 for none.",
            rich_help_panel=TABLE,
        ),
    ] = 0.1
    groups: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Hold out whole groups, rows with the same value here (a patient, a customer). It is no input.",
            rich_help_panel=TABLE,
        ),
    ] = None
    time: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Hold out the latest rows by this column of dates or numbers; --drop it too if it shall be no input.",
            rich_help_panel=TABLE,
        ),
    ] = None
    dropout: Annotated[
        str | None,
        typer.Option(
            metavar="RATE",
            help="Share of units left out at each step, for all hidden layers or each; default 0.1 (lbfgs: 0).",
            rich_help_panel=NETWORK,
        ),
        options.rates,
    ] = None
    loss: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="By default log-loss for classes, squared error for quantities. One of {losses}.",
            rich_help_panel=NETWORK,
        ),
    ] = None
    initializer: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Initial weights: auto, or one of {initializers}.",
            rich_help_panel=NETWORK,
        ),
    ] = "auto"
    class_weight: Annotated[
        str | None,
        typer.Option(
            metavar="WEIGHT",
            help="balanced gives every class the same weight in all.",
            rich_help_panel=NETWORK,
        ),
    ] = None
    learning_rate: Annotated[
        str,
        typer.Option(
            "--schedule",
            metavar="NAME",
            help="How the rate changes: {schedules}. Numbers go in brackets, step(0.5, 20).",
            rich_help_panel=TRAINING,
        ),
    ] = "cosine"
    batch_size: Annotated[
        str,
        typer.Option(
            metavar="ROWS",
            help="Rows a step; auto is 32 to 256, by the size of the table.",
            rich_help_panel=TRAINING,
        ),
        options.batch_size,
    ] = "auto"
    max_iter: Annotated[
        int,
        typer.Option(
            "--epochs",
            metavar="N",
            help="The most epochs.",
            rich_help_panel=TRAINING,
        ),
    ] = 100
    n_iter_no_change: Annotated[
        int,
        typer.Option(
            "--patience",
            metavar="N",
            help="Stop after so many epochs without improvement; 0 never stops early.",
            min=0,
            rich_help_panel=TRAINING,
        ),
        options.patience,
    ] = 20
    alpha: Annotated[
        float,
        typer.Option(
            metavar="X",
            help="Strength of the L2 penalty, divided by the number of rows.",
            rich_help_panel=TRAINING,
        ),
    ] = 0.0001
    weight_decay: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="Decoupled weight decay, for solvers that have it; default 0.1.",
            rich_help_panel=TRAINING,
        ),
    ] = None
    max_time: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            help="Stop after so long, with the best weights so far.",
            rich_help_panel=TRAINING,
        ),
    ] = None
    random_state: Annotated[
        int,
        typer.Option(
            "--seed",
            metavar="N",
            help="Decides the split, the initial weights and the order of the rows.",
            min=0,
            max=2**32 - 2,
            rich_help_panel=TRAINING,
        ),
    ] = 0
    engine: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="auto, fused (compiled) or reference (NumPy).",
            rich_help_panel=TRAINING,
        ),
    ] = "auto"
    threads: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Default: one a processor. No result depends on it.",
            rich_help_panel=TRAINING,
        ),
    ] = None
    as_json: Json = False
    quiet: Quiet = False

    def reading(self) -> dict[str, Any]:
        """Return what is said about how the table is written, as an estimator's ``preparation`` takes it.

        Raises
        ------
        InputError
            An option that cannot be read.
        """
        if self.dates not in (None, "day-first", "month-first"):
            raise InputError.of(
                "--dates", got=repr(self.dates), expected="day-first or month-first"
            )
        kinds = {}
        for given in self.kinds or ():
            name, equals, kind = given.rpartition("=")
            if not equals or not name:
                expected = "a column's name, = and number, category, boolean or date"
                raise InputError.of("--as", got=repr(given), expected=expected)
            kinds[name] = kind
        day_first = None if self.dates is None else self.dates == "day-first"
        missing = list(self.missing or ())
        return {"decimal": self.decimal, "day_first": day_first, "missing": missing, "kinds": kinds}
