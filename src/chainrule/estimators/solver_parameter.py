"""``solver``: the optimizer that a name or a record stands for, with the numbers that other parameters give it."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from typing import Any

from chainrule.errors import InputError
from chainrule.optimizers.catalogue import optimizers
from chainrule.optimizers.optimizer import Optimizer


def optimizer_of(estimator: Any) -> Optimizer:
    """Return the optimizer that ``solver`` stands for; a name takes the numbers it knows from the other parameters.

    Raises
    ------
    InputError, InputTypeError
        If there is no such solver, or a number is not accepted; and where the other parameters say something that the
        solver would not hear of: a number beside a record that has its own, or weight decay for one without it.

    Examples
    --------
    >>> from chainrule import MLPClassifier
    >>> optimizer_of(MLPClassifier(solver="rmsprop(rho=0.9)", learning_rate_init=0.01))
    RMSprop(learning_rate=0.01, rho=0.9, epsilon=1e-08, momentum=0.0)
    """
    given = estimator.get_params(deep=False)
    optimizer = optimizers.get(given["solver"], lambda record: record.taken_from(given))
    if optimizer is given["solver"]:
        usual = signature(type(estimator)).parameters
        for setting, name in optimizer.takes.items():
            if given[name] not in (usual[name].default, getattr(optimizer, setting)):
                record = f"solver={type(optimizer).__name__}({setting}={given[name]})"
                raise InputError.of(
                    name,
                    got=f"{given[name]} beside solver={optimizer}",
                    expected="the number in one place",
                    remedy=f"write {record}, or solver={optimizer.name!r}",
                )
    if given["weight_decay"] is not None and "weight_decay" not in optimizer.takes.values():
        able = [repr(other.name) for other in optimizers if "weight_decay" in other.takes.values()]
        raise InputError.of(
            "weight_decay",
            got=f"{given['weight_decay']} with solver={optimizer.name!r}",
            expected=f"a solver that decays weights: {', '.join(able)}",
            remedy="use alpha for a penalty with any solver",
        )
    return optimizer


def check_second_order(given: Mapping[str, Any], dropout: bool) -> None:
    """Refuse what changes the objective between two steps of a second-order solver."""
    for name, unused in (
        ("dropout", dropout),
        ("clip_norm", given["clip_norm"]),
        ("warmup", given["warmup"]),
    ):
        if unused:
            raise InputError.of(
                name,
                got=f"{given[name]} with solver={given['solver']!r}",
                expected="a first-order solver",
                remedy="a second-order one needs the same objective at every step; use adam or sgd",
            )
