"""`chainrule compare`: several networks on one table, ranked."""

from __future__ import annotations

from typing import Annotated

import typer

from chainrule.cli.options import Format, Json, Quiet, Table

_TABLE, _CANDIDATES, _TRAINING, _OUTPUT = "Table", "Candidates", "Training", "Output"


def compare(
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
            metavar="FOLDER",
            help="Folder for figures and tables, or none; by default the table's name, ending in .comparison.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write into the folder even if it holds other files.")
    ] = False,
    figures: Annotated[
        str,
        typer.Option(metavar="KIND", help="png, svg, or both: png,svg.", rich_help_panel=_OUTPUT),
    ] = "png",
    format: Format = None,
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
    skip_missing: Annotated[
        bool,
        typer.Option(
            "--skip-missing",
            help="Leave out rows without a target.",
            rich_help_panel=_TABLE,
        ),
    ] = False,
    test_fraction: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            help="Share of the rows held out, on which only the best is tested; 0 for none.",
            rich_help_panel=_TABLE,
        ),
    ] = 0.2,
    validation_fraction: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            help="Share of the rest that every candidate is compared on.",
            rich_help_panel=_TABLE,
        ),
    ] = 0.2,
    folds: Annotated[
        int | None,
        typer.Option(
            metavar="K",
            help="Compare by cross-validation instead, each fold in turn.",
            rich_help_panel=_TABLE,
            show_default=False,
        ),
    ] = None,
    hidden: Annotated[
        list[str] | None,
        typer.Option(
            metavar="UNITS",
            help="Units of each hidden layer, such as 64,32; once for each candidate. "
            "Default: 64; 128; 64,32; 128,64.",
            rich_help_panel=_CANDIDATES,
            show_default=False,
        ),
    ] = None,
    activation: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Once for each to try, default relu: {activations}. relu,tanh is one for each layer.",
            rich_help_panel=_CANDIDATES,
            show_default=False,
        ),
    ] = None,
    solver: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Once for each to try, default adamw: {solvers}.",
            rich_help_panel=_CANDIDATES,
            show_default=False,
        ),
    ] = None,
    learning_rate: Annotated[
        list[float] | None,
        typer.Option(
            metavar="RATE",
            help="Once for each to try; default 0.003 (sgd: 0.03).",
            rich_help_panel=_CANDIDATES,
            show_default=False,
        ),
    ] = None,
    seeds: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Trainings of each candidate, from different initial weights.",
            min=1,
            max=1000,
            rich_help_panel=_CANDIDATES,
        ),
    ] = 3,
    dropout: Annotated[
        str | None,
        typer.Option(
            metavar="RATE",
            help="Share of units left out at each step; default 0.1 (lbfgs: 0).",
            rich_help_panel=_TRAINING,
            show_default=False,
        ),
    ] = None,
    schedule: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="How the rate changes: {schedules}.", rich_help_panel=_TRAINING
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
        int, typer.Option(metavar="N", help="The most epochs.", rich_help_panel=_TRAINING)
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
    seed: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Decides the split, and the first of the seeds.",
            min=0,
            max=2**31,
            rich_help_panel=_TRAINING,
        ),
    ] = 0,
    threads: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Trainings at a time; default: one a processor. No result depends on it.",
            min=1,
            rich_help_panel=_TRAINING,
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train several networks on the same rows of a table and rank them.

    Every combination of --hidden, --activation, --solver and --learning-rate is trained once for each seed. The table
    shows means with their spread, and says which differences are within noise. The best is then tested on rows that
    took no part.

    Example: chainrule compare penguins.csv --target species --hidden 64 --hidden 128 --hidden 64,32
    """
    from chainrule.cli.compare_table import CompareOptions, common_options, compare_table

    common = common_options(
        table=table,
        target=target,
        output=output,
        force=force,
        format=format,
        task=task,
        drop=drop or [],
        skip_missing=skip_missing,
        test_fraction=test_fraction,
        validation_fraction=0.0 if folds is not None else validation_fraction,
        hidden="",
        activation="relu",
        dropout=dropout,
        solver="adamw",
        schedule=schedule,
        batch_size=batch_size,
        epochs=epochs,
        patience=patience,
        alpha=0.0001,
        seed=seed,
        engine="auto",
        threads=threads,
        as_json=as_json,
        quiet=quiet,
    )
    compare_table(
        CompareOptions(
            common=common,
            hidden=hidden or ["64", "128", "64,32", "128,64"],
            activation=activation or ["relu"],
            solver=solver or ["adamw"],
            learning_rate=learning_rate or [],
            seeds=seeds,
            folds=folds,
            figures=figures,
        )
    )
