"""The options of `chainrule compare`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

import typer

from chainrule.cli.training_options import TABLE, TRAINING, TrainingOptions

_CANDIDATES, _OUTPUT = "Candidates", "Output"


@dataclass(frozen=True)
class CompareOptions(TrainingOptions):
    """The options of `chainrule compare`: those of `chainrule fit`, four of them as often as there are candidates."""

    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FOLDER",
            help="Folder for figures and tables, or none; by default the table's name, ending in .comparison.",
        ),
    ] = None
    force: Annotated[
        bool, typer.Option("--force", help="Write into the folder even if it holds other files.")
    ] = False
    figures: Annotated[
        str,
        typer.Option(metavar="KIND", help="png, svg, or both: png,svg.", rich_help_panel=_OUTPUT),
    ] = "png"
    validation_fraction: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            help="Share of the rest that every candidate is compared on.",
            rich_help_panel=TABLE,
        ),
    ] = 0.2
    folds: Annotated[
        int | None,
        typer.Option(
            metavar="K",
            help="Compare by cross-validation instead, each fold in turn.",
            rich_help_panel=TABLE,
        ),
    ] = None
    hidden_layer_sizes: Annotated[
        list[str],
        typer.Option(
            "--hidden",
            metavar="UNITS",
            help="Units of each hidden layer, such as 64,32; once for each candidate.",
            rich_help_panel=_CANDIDATES,
        ),
    ] = field(default_factory=lambda: ["64", "128", "64,32", "128,64"])
    activation: Annotated[
        list[str],
        typer.Option(
            metavar="NAME",
            help="Once for each to try: {activations}. relu,tanh is one for each layer.",
            rich_help_panel=_CANDIDATES,
        ),
    ] = field(default_factory=lambda: ["relu"])
    solver: Annotated[
        list[str],
        typer.Option(
            metavar="NAME",
            help="Once for each to try: {solvers}.",
            rich_help_panel=_CANDIDATES,
        ),
    ] = field(default_factory=lambda: ["adamw"])
    learning_rate_init: Annotated[
        list[float] | None,
        typer.Option(
            "--learning-rate",
            metavar="RATE",
            help="Once for each to try; default 0.003 (sgd: 0.03).",
            rich_help_panel=_CANDIDATES,
        ),
    ] = None
    seeds: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Trainings of each candidate, from different initial weights.",
            min=1,
            max=1000,
            rich_help_panel=_CANDIDATES,
        ),
    ] = 3
    random_state: Annotated[
        int,
        typer.Option(
            "--seed",
            metavar="N",
            help="Decides the split, and the first of the seeds.",
            min=0,
            max=2**31,
            rich_help_panel=TRAINING,
        ),
    ] = 0
    threads: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Trainings at a time; default: one a processor. No result depends on it.",
            min=1,
            rich_help_panel=TRAINING,
        ),
    ] = None
