"""The options of `chainrule fit`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from chainrule.cli import options
from chainrule.cli.options import Force, Report
from chainrule.cli.training_options import NETWORK, TRAINING, TrainingOptions


@dataclass(frozen=True)
class FitOptions(TrainingOptions):
    """The options of `chainrule fit`."""

    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Model file to write; by default the table's name, ending in .model.",
        ),
    ] = None
    report: Report = None
    force: Force = False
    preset: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="default: ten nets, without columns of no use; fast: five; mlp: one, as the options below say.",
            rich_help_panel=NETWORK,
        ),
    ] = None
    hidden_layer_sizes: Annotated[
        str,
        typer.Option(
            "--hidden",
            metavar="UNITS",
            help="Units of each hidden layer; none makes logistic or linear regression.",
            rich_help_panel=NETWORK,
        ),
        options.hidden_sizes,
    ] = "128,64"
    activation: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="One for all hidden layers, or one for each: {activations}. Numbers go in brackets, leaky_relu(0.2).",
            rich_help_panel=NETWORK,
        ),
        options.one_or_each,
    ] = "relu"
    solver: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="One of {solvers}. Numbers go in brackets, rmsprop(rho=0.9).",
            rich_help_panel=TRAINING,
        ),
    ] = "adamw"
    learning_rate_init: Annotated[
        float | None,
        typer.Option(
            "--learning-rate",
            metavar="RATE",
            help="Base learning rate; default 0.003 (sgd: 0.03).",
            rich_help_panel=TRAINING,
        ),
    ] = None
