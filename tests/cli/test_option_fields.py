"""An option is one field: what is written there is all that the command knows of it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated

import typer
from typer.testing import CliRunner

from chainrule import MLPClassifier
from chainrule.cli.compare_options import CompareOptions
from chainrule.cli.fit_options import FitOptions
from chainrule.cli.option_fields import command_of, flags, values
from chainrule.cli.training_options import TrainingOptions


def _halved(text: str) -> float:
    return float(text) / 2.0


@dataclass(frozen=True)
class _Options:
    name: Annotated[str, typer.Argument()]
    half: Annotated[str | None, typer.Option("--double", "-d"), _halved] = None
    shout: bool = False


def test_a_field_is_an_option() -> None:
    seen: list[_Options] = []
    app = typer.Typer()
    app.command()(command_of("greet", _Options, seen.append))
    result = CliRunner().invoke(app, ["ada", "-d", "3", "--shout"])
    assert result.exit_code == 0, result.output
    assert seen == [_Options("ada", "3", True)]
    assert values(seen[0]) == {"name": "ada", "half": 1.5, "shout": True}
    assert flags(_Options) == {"half": "--double", "shout": "--shout"}


def test_fit_and_compare_have_all_common_options_and_no_flag_twice() -> None:
    common = {field.name for field in fields(TrainingOptions)}
    for options in (FitOptions, CompareOptions):
        assert common <= {field.name for field in fields(options)}
        assert len(set(flags(options).values())) == len(flags(options))
    shared = flags(TrainingOptions)
    assert {name: flags(CompareOptions)[name] for name in shared} == shared


def test_fields_have_the_names_of_the_estimators_parameters() -> None:
    known = set(MLPClassifier().get_params())
    assert {"hidden_layer_sizes", "learning_rate_init", "max_iter", "random_state"} <= known & set(
        flags(FitOptions)
    )
