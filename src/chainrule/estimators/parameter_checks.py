"""The constructor's parameters: stored as they come, and checked once, when ``fit`` begins.

What needs no more than one number's limits stands in tables; the rest in short functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

from chainrule.engines import ENGINES
from chainrule.equations.activations import activations
from chainrule.equations.losses import Loss
from chainrule.errors import InputError, InputTypeError
from chainrule.estimators.solver_parameter import check_second_order, optimizer_of
from chainrule.network.initializers import Initializer, initializers
from chainrule.optimizers.schedule import Schedule
from chainrule.optimizers.schedules import schedules
from chainrule.optimizers.settings import (
    COUNT,
    COUNT_OR_INFINITE,
    FLAG,
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


def checked(estimator: Any) -> dict[str, Any]:
    """Return every parameter of an estimator as training takes it.

    ``hidden``, ``activations``, ``dropout``, ``optimizer``, ``schedule`` and ``callbacks`` are what
    `checked_parameters.CheckedParameters` describes; the others have their own names.

    Raises
    ------
    InputError
        If a value is not accepted.
    InputTypeError
        If its type is not.
    """
    given = estimator.get_params(deep=False)
    _check_loss(given["loss"], estimator)
    for name, limits in NUMBERS.items():
        given[name] = _number(name, given[name], limits)
    for name, limits in NUMBERS_OR_NONE.items():
        if given[name] is not None:
            given[name] = _number(name, given[name], limits)
    for name in FLAGS:
        if name in given:
            given[name] = FLAG.checked(name, given[name])
    for name, choices in CHOICES.items():
        if name == "preparation" and isinstance(given[name], Mapping):
            continue  # how the table is to be read: checked where it is prepared
        if not any(given[name] is c or (c is not True and given[name] == c) for c in choices):
            expected = f"one of {', '.join(map(repr, choices))}"
            raise InputError.of(name, got=repr(given[name]), expected=expected)
    verbose = given["verbose"]
    if not isinstance(verbose, bool | np.bool_ | Integral) or int(verbose) < 0:
        raise InputTypeError.of("verbose", got=repr(verbose), expected="True, False or a number")
    if given["batch_size"] != "auto":
        given["batch_size"] = _number("batch_size", given["batch_size"], COUNT)
    hidden = hidden_sizes(given["hidden_layer_sizes"])
    dropout = dropout_rates(given["dropout"], len(hidden))
    optimizer = optimizer_of(estimator)
    if optimizer.second_order:
        check_second_order(given, any(dropout))
    _check_dtype(given["dtype"])
    _check_initializer(given["initializer"])
    _check_warmup(given["warmup"])
    scoring = given["scoring"]
    if not (scoring is None or isinstance(scoring, str) or callable(scoring)):
        expected = "None, the name of a scikit-learn scorer, or a callable"
        raise InputTypeError.of("scoring", got=repr(scoring), expected=expected)
    return {
        **given,
        "hidden": hidden,
        "activations": activation_names(given["activation"], len(hidden)),
        "dropout": dropout,
        "optimizer": optimizer,
        "schedule": _schedule(given),
        "callbacks": callbacks(given["callbacks"]),
    }


def _number(name: str, value: Any, limits: Limits) -> float:
    """Return a number within its limits; where only whole ones are accepted, 10.0 is none, as in scikit-learn."""
    if limits.whole and isinstance(value, float | np.floating) and value != np.inf:
        raise InputError.of(name, got=value, expected=limits.text)
    return limits.checked(name, value)


def hidden_sizes(given: Any) -> tuple[int, ...]:
    """Return the units of each hidden layer; one number is one layer."""
    sizes = [given] if isinstance(given, Integral) else given
    iterable = isinstance(sizes, Iterable) and not isinstance(sizes, str)
    found = tuple(sizes) if iterable else ()
    for size in found:
        if isinstance(size, bool) or not isinstance(size, Integral) or size <= 0:
            iterable = False
    if not iterable:
        error = InputError if found else InputTypeError
        raise error.of(
            "hidden_layer_sizes",
            got=repr(given),
            expected="whole numbers > 0, one for each hidden layer",
            remedy="(64, 32) makes two layers, () none",
        )
    return tuple(map(int, found))


def activation_names(given: Any, n_hidden: int) -> tuple[str, ...]:
    """Return the activation of each hidden layer."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        return (activations.registered(given).spec,) * n_hidden
    names = tuple(activations.registered(name).spec for name in given)
    if len(names) != n_hidden:
        raise InputError.of(
            "activation",
            got=f"{len(names)} names for {n_hidden} hidden layers",
            expected="one for each hidden layer, or one name for all",
        )
    return names


def dropout_rates(given: Any, n_hidden: int) -> tuple[float, ...]:
    """Return the dropout rate after each hidden layer."""
    if isinstance(given, Real):
        return (FRACTION.checked("dropout", given),) * n_hidden
    if isinstance(given, str) or not isinstance(given, Iterable):
        expected = f"{FRACTION.text}, or one for each hidden layer"
        raise InputTypeError.of("dropout", got=repr(given), expected=expected)
    rates = tuple(FRACTION.checked("dropout", rate) for rate in given)
    if len(rates) != n_hidden:
        raise InputError.of(
            "dropout",
            got=f"{len(rates)} rates for {n_hidden} hidden layers",
            expected="one for each hidden layer, or one for all",
        )
    return rates


def callbacks(given: Any) -> tuple[Any, ...]:
    """Return the callbacks; one may stand for itself."""
    if given is None:
        return ()
    listed = (given,) if callable(given) else tuple(given) if isinstance(given, Sequence) else ("",)
    for callback in listed:
        if not callable(callback):
            raise InputTypeError.of(
                "callbacks",
                got=repr(given),
                expected="a callable that takes an event, or several",
            )
    return listed


def _check_loss(given: Any, estimator: Any) -> None:
    """Refuse what is no loss; in MLPRegressor it is the first parameter, where others have the layers."""
    if isinstance(given, str | Loss):
        return
    kind = type(estimator).__name__
    raise InputTypeError.of(
        "loss",
        got=repr(given),
        expected="the name or the record of a loss",
        remedy=f"hidden layers are named: {kind}(hidden_layer_sizes={given!r})",
    )


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


def _schedule(given: Mapping[str, Any]) -> Schedule:
    """Return the schedule; numbers that do not stand in its name come from the other parameters."""
    try:
        return schedules.get(given["learning_rate"], lambda record: record.taken_from(given))
    except (InputError, InputTypeError) as error:
        raise type(error)(f"learning_rate: {error}") from None


def _check_warmup(given: Any) -> None:
    limits = NOT_NEGATIVE if isinstance(given, Integral) else PROPORTION
    if isinstance(given, bool) or not isinstance(given, Real) or not limits.accepts(float(given)):
        raise InputError.of(
            "warmup",
            got=repr(given),
            expected="a whole number of steps, or a fraction of the training",
        )
