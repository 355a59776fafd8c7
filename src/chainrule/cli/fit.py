"""`chainrule fit`: a table in, a trained model out."""

from __future__ import annotations

from typing import Annotated

import typer

from chainrule.cli.options import Force, Format, Json, Quiet, Report, SkipMissing, Table

_TABLE, _NETWORK, _TRAINING, _OUTPUT = "Table", "Network", "Training", "Output"


def fit(
    table: Table,
    target: Annotated[
        str,
        typer.Option(
            "--target", "-t", metavar="COLUMN", help="Column to predict.", show_default=False
        ),
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Model file to write; by default the table's name, ending in .model.",
            show_default=False,
        ),
    ] = None,
    report: Report = None,
    force: Force = False,
    format: Format = None,
    skip_missing: SkipMissing = False,
    labels_as_written: Annotated[
        bool,
        typer.Option(
            "--labels-as-written",
            help="Take every word of the target as it stands: NA and null as classes, Yes and yes as two.",
            rich_help_panel=_TABLE,
        ),
    ] = False,
    task: Annotated[
        str | None,
        typer.Option(
            metavar="TASK",
            help="classification or regression; by default told from the target.",
            rich_help_panel=_TABLE,
            show_default=False,
        ),
    ] = None,
    drop: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="Leave a column out; may be given several times.",
            rich_help_panel=_TABLE,
            show_default=False,
        ),
    ] = None,
    test: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Test on this table instead of holding rows out.",
            rich_help_panel=_TABLE,
            show_default=False,
        ),
    ] = None,
    test_fraction: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            help="Share of the rows held out to test on; 0 for none.",
            rich_help_panel=_TABLE,
        ),
    ] = 0.2,
    validation_fraction: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            help="Share of the rest that decides when to stop and which weights are best; 0 for none.",
            rich_help_panel=_TABLE,
        ),
    ] = 0.1,
    groups: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Hold out whole groups, rows with the same value here (a patient, a customer). It is no input.",
            rich_help_panel=_TABLE,
            show_default=False,
        ),
    ] = None,
    time: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Hold out the latest rows by this column of dates or numbers; --drop it too if it shall be no input.",
            rich_help_panel=_TABLE,
            show_default=False,
        ),
    ] = None,
    hidden: Annotated[
        str,
        typer.Option(
            metavar="UNITS",
            help="Units of each hidden layer; none makes logistic or linear regression.",
            rich_help_panel=_NETWORK,
        ),
    ] = "128,64",
    activation: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="One for all hidden layers, or one for each: {activations}. Numbers go in brackets, leaky_relu(0.2).",
            rich_help_panel=_NETWORK,
        ),
    ] = "relu",
    dropout: Annotated[
        str | None,
        typer.Option(
            metavar="RATE",
            help="Share of units left out at each step, for all hidden layers or each; default 0.1 (lbfgs: 0).",
            rich_help_panel=_NETWORK,
            show_default=False,
        ),
    ] = None,
    loss: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="By default log-loss for classes, squared error for quantities. One of {losses}.",
            rich_help_panel=_NETWORK,
            show_default=False,
        ),
    ] = None,
    class_weight: Annotated[
        str | None,
        typer.Option(
            metavar="WEIGHT",
            help="balanced gives every class the same weight in all.",
            rich_help_panel=_NETWORK,
            show_default=False,
        ),
    ] = None,
    solver: Annotated[
        str,
        typer.Option(metavar="NAME", help="One of {solvers}.", rich_help_panel=_TRAINING),
    ] = "adamw",
    learning_rate: Annotated[
        float | None,
        typer.Option(
            metavar="RATE",
            help="Base learning rate; default 0.003 (sgd: 0.03).",
            rich_help_panel=_TRAINING,
            show_default=False,
        ),
    ] = None,
    schedule: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="How the rate changes: {schedules}. Numbers go in brackets, step(0.5, 20).",
            rich_help_panel=_TRAINING,
        ),
    ] = "cosine",
    batch_size: Annotated[
        str,
        typer.Option(
            metavar="ROWS",
            help="Rows a step; auto is 32 to 256, by the size of the table.",
            rich_help_panel=_TRAINING,
        ),
    ] = "auto",
    epochs: Annotated[
        int,
        typer.Option(metavar="N", help="The most epochs.", rich_help_panel=_TRAINING),
    ] = 100,
    patience: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Stop after so many epochs without improvement; 0 never stops early.",
            min=0,
            rich_help_panel=_TRAINING,
        ),
    ] = 20,
    alpha: Annotated[
        float,
        typer.Option(
            metavar="X",
            help="Strength of the L2 penalty, divided by the number of rows.",
            rich_help_panel=_TRAINING,
        ),
    ] = 0.0001,
    weight_decay: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="Decoupled weight decay of adamw; default 0.1.",
            rich_help_panel=_TRAINING,
            show_default=False,
        ),
    ] = None,
    max_time: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            help="Stop after so long, with the best weights so far.",
            rich_help_panel=_TRAINING,
            show_default=False,
        ),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Decides the split, the initial weights and the order of the rows.",
            min=0,
            max=2**32 - 2,
            rich_help_panel=_TRAINING,
        ),
    ] = 0,
    engine: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="auto, fused (compiled) or reference (NumPy).",
            rich_help_panel=_TRAINING,
        ),
    ] = "auto",
    threads: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Default: one a processor. No result depends on it.",
            rich_help_panel=_TRAINING,
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train a perceptron on a table, test it and write it to a file.

    Numbers, categories, booleans, dates and missing values are taken as they are. Part of the rows is held out; the
    scores on it are shown beside those of a trivial baseline. Ctrl-C ends the training and keeps the best weights.

    Example: chainrule fit penguins.csv --target species
    """
    from chainrule.cli.fit_table import fit_table
    from chainrule.cli.recipe import FitOptions

    fit_table(
        FitOptions(
            table=table,
            target=target,
            output=output,
            force=force,
            format=format,
            task=task,
            drop=drop or [],
            skip_missing=skip_missing,
            labels_as_written=labels_as_written,
            test=test,
            test_fraction=test_fraction,
            validation_fraction=validation_fraction,
            hidden=hidden,
            activation=activation,
            dropout=dropout,
            loss=loss,
            class_weight=class_weight,
            solver=solver,
            learning_rate=learning_rate,
            schedule=schedule,
            batch_size=batch_size,
            epochs=epochs,
            patience=patience,
            alpha=alpha,
            weight_decay=weight_decay,
            max_time=max_time,
            seed=seed,
            engine=engine,
            threads=threads,
            as_json=as_json,
            quiet=quiet,
            report=report,
            groups=groups,
            time=time,
        ),
        fit,
    )
