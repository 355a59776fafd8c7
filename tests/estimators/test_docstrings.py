"""What the estimators' docstrings list is what the registries and the constructors hold."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from chainrule import MLPClassifier, MLPRegressor
from chainrule.engines import ENGINES
from chainrule.equations.activations import activations
from chainrule.equations.losses import losses
from chainrule.estimators import accepted
from chainrule.network.initializers import initializers
from chainrule.optimizers import optimizers, schedules

both = pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])


def described(kind: type) -> dict[str, str]:
    """Return the text about each parameter, type and all."""
    text = inspect.getdoc(kind) or ""
    block = text.split("Parameters\n----------\n")[1].split("\nAttributes\n")[0]
    found: dict[str, str] = {}
    for part in re.split(r"\n(?=\S)", block):
        for name in part.split(" : ")[0].split(", "):
            found[name] = part
    return found


@both
def test_each_parameter_is_described_in_the_constructors_order(kind: Any) -> None:
    assert list(described(kind)) == list(inspect.signature(kind).parameters)


@both
@pytest.mark.parametrize(
    ("parameter", "registry"),
    [
        ("activation", activations),
        ("solver", optimizers),
        ("learning_rate", schedules),
        ("initializer", initializers),
    ],
)
def test_lists_are_those_of_the_registries(kind: Any, parameter: str, registry: Any) -> None:
    said = set(re.findall(r"\w+", described(kind)[parameter]))
    assert set(registry.names()) <= said


def test_losses_of_quantities_and_of_classes() -> None:
    of_classes = {record.name for record in losses if record.targets.of_classes}
    said = set(re.findall(r"\w+", described(MLPRegressor)["loss"]))
    assert set(losses.names()) - of_classes <= said
    assert not of_classes & said
    assert of_classes <= set(re.findall(r"\w+", described(MLPClassifier)["loss"]))


def test_the_changelog_counts_what_is_registered() -> None:
    text = (Path(__file__).parents[2] / "CHANGELOG.md").read_text(encoding="utf-8")
    for word, registry in (
        ("activations", activations), ("losses", losses), ("initialisers", initializers), ("schedules", schedules),
    ):  # fmt: skip
        assert f" {len(registry.names())} {word}" in text.replace("\n", " "), word


def test_types_name_what_is_registered() -> None:
    assert list(get_args(accepted.SolverName)) == optimizers.names()
    assert list(get_args(accepted.EngineName)) == list(ENGINES)
