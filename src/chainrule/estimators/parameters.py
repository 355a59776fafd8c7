"""The constructor's parameters: stored as they come, and checked once, when ``fit`` begins.

What needs no more than one number's limits stands in tables; the rest in short functions.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from inspect import signature
from numbers import Integral, Real
from typing import Any

import numpy as np

from chainrule.engines import ENGINES
from chainrule.equations.activations import activations
from chainrule.errors import InputError, InputTypeError
from chainrule.network.initializers import Initializer, initializers
from chainrule.optimizers.catalogue import optimizers
from chainrule.optimizers.optimizer import Optimizer
from chainrule.optimizers.schedules import schedules
from chainrule.optimizers.settings import (
    COUNT,
    COUNT_OR_INFINITE,
    FRACTION,
    NOT_NEGATIVE,
    POSITIVE,
    PROPORTION,
    Limits,
)

NUMBERS: dict[str, Limits] = {
    "alpha": NOT_NEGATIVE,
    "learning_rate_init": POSITIVE,
    "power_t": NOT_NEGATIVE,
    "max_iter": COUNT,
    "tol": NOT_NEGATIVE,
    "momentum": PROPORTION,
    "validation_fraction": FRACTION,
    "beta_1": FRACTION,
    "beta_2": FRACTION,
    "epsilon": POSITIVE,
    "n_iter_no_change": COUNT_OR_INFINITE,
    "max_fun": COUNT,
    "l1": NOT_NEGATIVE,
}
NUMBERS_OR_NONE: dict[str, Limits] = {
    "weight_decay": NOT_NEGATIVE,
    "clip_norm": POSITIVE,
    "max_time": POSITIVE,
    "threads": COUNT,
}
FLAGS = (
    "shuffle",
    "warm_start",
    "nesterovs_momentum",
    "early_stopping",
    "scale_target",
)
CHOICES: dict[str, tuple[Any, ...]] = {
    "engine": ENGINES,
    "preparation": ("auto", True, False),
}
DTYPES = ("auto", "float32", "float64")


def store(estimator: Any, given: dict[str, Any]) -> None:
    """Store a constructor's arguments, its ``locals()``, under their own names and do nothing else."""
    for name, value in given.items():
        if name not in ("self", "__class__"):
            setattr(estimator, name, value)


def check_parameters(estimator: Any) -> None:
    """Check every parameter of an estimator for itself.

    Raises
    ------
    InputError
        If a value is not accepted.
    InputTypeError
        If its type is not.
    """
    given = estimator.get_params(deep=False)
    for name, limits in NUMBERS.items():
        _check_number(name, given[name], limits)
    for name, limits in NUMBERS_OR_NONE.items():
        if given[name] is not None:
            _check_number(name, given[name], limits)
    for name in FLAGS:
        if name in given and not isinstance(given[name], bool | np.bool_):
            raise InputTypeError.of(name, got=repr(given[name]), expected="True or False")
    for name, choices in CHOICES.items():
        if not any(given[name] is c or (c is not True and given[name] == c) for c in choices):
            expected = f"one of {', '.join(map(repr, choices))}"
            raise InputError.of(name, got=repr(given[name]), expected=expected)
    verbose = given["verbose"]
    if not isinstance(verbose, bool | np.bool_ | Integral) or int(verbose) < 0:
        raise InputTypeError.of("verbose", got=repr(verbose), expected="True, False or a number")
    if given["batch_size"] != "auto":
        _check_number("batch_size", given["batch_size"], COUNT, " or 'auto'")
    hidden_sizes(estimator)
    activation_names(estimator)
    dropout_rates(estimator)
    callbacks(estimator)
    _check_dtype(given["dtype"])
    _check_initializer(given["initializer"])
    _check_solver(estimator)
    _check_warmup(given["warmup"])
    _check_schedule(given["learning_rate"])
    scoring = given["scoring"]
    if not (scoring is None or isinstance(scoring, str) or callable(scoring)):
        expected = "None, the name of a scikit-learn scorer, or a callable"
        raise InputTypeError.of("scoring", got=repr(scoring), expected=expected)


def hidden_sizes(estimator: Any) -> tuple[int, ...]:
    """Return the units of each hidden layer; ``hidden_layer_sizes`` may be one number."""
    given = estimator.hidden_layer_sizes
    sizes = [given] if isinstance(given, Integral) else given
    if isinstance(sizes, str) or not isinstance(sizes, Iterable):
        raise InputTypeError.of(
            "hidden_layer_sizes",
            got=repr(given),
            expected="whole numbers > 0, one for each hidden layer",
            remedy="(64, 32) makes two layers, () none",
        )
    sizes = list(sizes)
    if not all(isinstance(s, Integral) and not isinstance(s, bool) and int(s) > 0 for s in sizes):
        raise InputError.of(
            "hidden_layer_sizes",
            got=repr(given),
            expected="whole numbers > 0, one for each hidden layer",
            remedy="(64, 32) makes two layers, () none",
        )
    return tuple(int(size) for size in sizes)


def activation_names(estimator: Any) -> tuple[str, ...]:
    """Return the activation of each hidden layer."""
    given, n_hidden = estimator.activation, len(hidden_sizes(estimator))
    if isinstance(given, str) or not isinstance(given, Iterable):
        name = activations.registered(given).spec
        return (name,) * n_hidden
    names = tuple(activations.registered(name).spec for name in given)
    if len(names) != n_hidden:
        raise InputError.of(
            "activation",
            got=f"{len(names)} names for {n_hidden} hidden layers",
            expected="one for each hidden layer, or one name for all",
        )
    return names


def dropout_rates(estimator: Any) -> tuple[float, ...]:
    """Return the dropout rate after each hidden layer."""
    given, n_hidden = estimator.dropout, len(hidden_sizes(estimator))
    if isinstance(given, Real):
        _check_number("dropout", given, FRACTION)
        return (float(given),) * n_hidden
    if isinstance(given, str) or not isinstance(given, Iterable):
        expected = f"{FRACTION.text}, or one for each hidden layer"
        raise InputTypeError.of("dropout", got=repr(given), expected=expected)
    rates = list(given)
    for rate in rates:
        _check_number("dropout", rate, FRACTION)
    if len(rates) != n_hidden:
        raise InputError.of(
            "dropout",
            got=f"{len(rates)} rates for {n_hidden} hidden layers",
            expected="one for each hidden layer, or one for all",
        )
    return tuple(float(rate) for rate in rates)


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


def callbacks(estimator: Any) -> list[Any]:
    """Return the callbacks as a list."""
    given = estimator.callbacks
    if given is None:
        return []
    listed = [given] if callable(given) else list(given) if isinstance(given, Sequence) else [None]
    if not all(callable(callback) for callback in listed):
        raise InputTypeError.of(
            "callbacks", got=repr(given), expected="a callable that takes an event, or several"
        )
    return listed


def _check_number(name: str, value: Any, limits: Limits, alternative: str = "") -> None:
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise InputTypeError.of(name, got=repr(value), expected=limits.text + alternative)
    whole = limits.whole and math.isfinite(value)
    if (whole and not isinstance(value, Integral)) or not limits.accepts(float(value)):
        raise InputError.of(name, got=value, expected=limits.text + alternative)


def _check_dtype(given: Any) -> None:
    try:
        name = given if given == "auto" else np.dtype(given).name
    except TypeError:
        name = None
    if given is None or name not in DTYPES:
        raise InputError.of("dtype", got=repr(given), expected=f"one of {', '.join(DTYPES)}")


def _check_initializer(given: Any) -> None:
    if isinstance(given, str):
        if given != "auto":
            initializers.get(given)
    elif not isinstance(given, Sequence | Initializer):
        expected = "'auto', a name or record of an initializer, or the arrays W1, b1, W2, b2, ..."
        raise InputTypeError.of("initializer", got=type(given).__name__, expected=expected)


def _check_schedule(given: Any) -> None:
    try:
        schedules.get(given)
    except (InputError, InputTypeError) as error:
        raise type(error)(f"learning_rate: {error}") from None


def _check_solver(estimator: Any) -> None:
    if not optimizer_of(estimator).second_order:
        return
    unused = {"dropout": any(dropout_rates(estimator)), "clip_norm": estimator.clip_norm}
    unused["warmup"] = estimator.warmup
    for name, given in unused.items():
        if given:
            raise InputError.of(
                name,
                got=f"{getattr(estimator, name)} with solver={estimator.solver!r}",
                expected="a first-order solver",
                remedy="a second-order one needs the same objective at every step; use adam or sgd",
            )


def _check_warmup(given: Any) -> None:
    limits = NOT_NEGATIVE if isinstance(given, Integral) else PROPORTION
    if isinstance(given, bool) or not isinstance(given, Real) or not limits.accepts(float(given)):
        raise InputError.of(
            "warmup",
            got=repr(given),
            expected="a whole number of steps, or a fraction of the training",
        )
