"""The constructor's parameters: stored as they come, and checked once, when ``fit`` begins.

What each may be stands once, in ``CONSTRAINTS``, as scikit-learn has it in ``_parameter_constraints``: a function from
what was given to what training takes. The limits of what an optimizer, a schedule or a training takes are theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

from chainrule.engines import ENGINES
from chainrule.equations.activations import activations
from chainrule.equations.losses import Loss
from chainrule.errors import InputError, InputTypeError
from chainrule.estimators.solver_parameter import check_second_order, optimizer_of
from chainrule.network.initializers import Initializer, initializers
from chainrule.optimizers import SGD, AdamW, InverseScaling
from chainrule.optimizers.schedule import Schedule
from chainrule.optimizers.schedules import schedules
from chainrule.optimizers.settings import (
    COUNT,
    FLAG,
    FRACTION,
    NOT_NEGATIVE,
    POSITIVE,
    PROPORTION,
    Limits,
    Switch,
)
from chainrule.training import TrainingSettings

Constraint = Callable[[Any, str], Any]  # of what was given and the parameter's name


def store(estimator: Any, given: dict[str, Any]) -> None:
    """Store a constructor's arguments, its ``locals()``, under their own names and do nothing else."""
    for name, value in given.items():
        if name not in ("self", "__class__"):
            setattr(estimator, name, value)


def number(limits: Limits | Switch, *instead: Any) -> Constraint:
    """Take a number within limits, or one of ``instead``; where only whole ones are accepted, 10.0 is none."""

    def constraint(given: Any, name: str) -> Any:
        if any(given is value or (isinstance(given, str) and given == value) for value in instead):
            return given
        whole = isinstance(limits, Limits) and limits.whole
        if whole and isinstance(given, float | np.floating) and given != np.inf:
            raise InputError.of(name, got=given, expected=limits.text)
        return limits.checked(name, given)

    return constraint


def flag(given: Any, name: str) -> bool:
    """Take True or False."""
    return FLAG.checked(name, given)


def choice(*choices: Any) -> Constraint:
    """Take one of the values; 1 does not stand for True."""

    def constraint(given: Any, name: str) -> Any:
        if not any(given is c or (c is not True and given == c) for c in choices):
            expected = f"one of {', '.join(map(repr, choices))}"
            raise InputError.of(name, got=repr(given), expected=expected)
        return given

    return constraint


def hidden_sizes(given: Any, name: str = "hidden_layer_sizes") -> tuple[int, ...]:
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
            name,
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


def callbacks(given: Any, name: str = "callbacks") -> tuple[Any, ...]:
    """Return the callbacks; one may stand for itself."""
    if given is None:
        return ()
    listed = (given,) if callable(given) else tuple(given) if isinstance(given, Sequence) else ("",)
    for callback in listed:
        if not callable(callback):
            expected = "a callable that takes an event, or several"
            raise InputTypeError.of(name, got=repr(given), expected=expected)
    return listed


def loss(given: Any, name: str) -> str | Loss:
    """Take the name or the record of a loss; MLPRegressor's is its first parameter, where others have the layers."""
    if isinstance(given, str | Loss):
        return given
    raise InputTypeError.of(
        name,
        got=repr(given),
        expected="the name or the record of a loss",
        remedy=f"hidden layers are named: hidden_layer_sizes={given!r}",
    )


def dtype(given: Any, name: str) -> Any:
    """Take a float type by any of NumPy's names."""
    known = ("auto", "float32", "float64")
    try:
        found = given if given == "auto" else np.dtype(given).name
    except TypeError:
        found = None
    if given is None or found not in known:
        raise InputError.of(name, got=repr(given), expected=f"one of {', '.join(known)}")
    return given


def initializer(given: Any, name: str) -> Any:
    """Take a name, a record, or the arrays themselves."""
    if isinstance(given, str):
        if given != "auto":
            initializers.get(given)
    elif not isinstance(given, Sequence | Initializer):
        expected = "'auto', a name or record of an initializer, or the arrays W1, b1, W2, b2, ..."
        raise InputTypeError.of(name, got=type(given).__name__, expected=expected)
    return given


def scoring(given: Any, name: str) -> Any:
    """Take None, a name or a callable."""
    if not (given is None or isinstance(given, str) or callable(given)):
        expected = "None, the name of a scikit-learn scorer, or a callable"
        raise InputTypeError.of(name, got=repr(given), expected=expected)
    return given


def preparation(given: Any, name: str) -> Any:
    """Take a choice, or how the table is to be read, which is checked where it is prepared."""
    return given if isinstance(given, Mapping) else choice("auto", True, False)(given, name)


def verbose(given: Any, name: str) -> Any:
    """Take a flag or a number >= 0."""
    if not isinstance(given, bool | np.bool_ | Integral) or int(given) < 0:
        raise InputTypeError.of(name, got=repr(given), expected="True, False or a number")
    return given


def warmup(given: Any, name: str) -> Any:
    """Take steps, or a fraction of the training."""
    limits = NOT_NEGATIVE if isinstance(given, Integral) else PROPORTION
    if isinstance(given, bool) or not isinstance(given, Real) or not limits.accepts(float(given)):
        expected = "a whole number of steps, or a fraction of the training"
        raise InputError.of(name, got=repr(given), expected=expected)
    return given


_TRAINING = {**TrainingSettings.limits, **TrainingSettings.optional_limits}

#: What each parameter may be. ``activation``, ``dropout``, ``solver`` and ``learning_rate`` depend on others as well.
CONSTRAINTS: dict[str, Constraint] = {
    "loss": loss,
    "hidden_layer_sizes": hidden_sizes,
    "alpha": number(NOT_NEGATIVE),
    "l1": number(NOT_NEGATIVE),
    "batch_size": number(_TRAINING["batch_size"], "auto"),
    "learning_rate_init": number(AdamW.limits["learning_rate"]),
    "power_t": number(InverseScaling.limits["power_t"]),
    "max_iter": number(_TRAINING["max_epochs"]),
    "shuffle": flag,
    "tol": number(_TRAINING["tol"]),
    "verbose": verbose,
    "warm_start": flag,
    "momentum": number(SGD.limits["momentum"]),
    "nesterovs_momentum": flag,
    "early_stopping": flag,
    "validation_fraction": number(FRACTION),
    "beta_1": number(AdamW.limits["beta_1"]),
    "beta_2": number(AdamW.limits["beta_2"]),
    "epsilon": number(AdamW.limits["epsilon"]),
    "n_iter_no_change": number(_TRAINING["n_iter_no_change"]),
    "max_fun": number(_TRAINING["max_fun"]),
    "scale_target": flag,
    "weight_decay": number(AdamW.limits["weight_decay"], None),
    "clip_norm": number(POSITIVE, None),
    "warmup": warmup,
    "initializer": initializer,
    "scoring": scoring,
    "callbacks": callbacks,
    "engine": choice(*ENGINES),
    "dtype": dtype,
    "threads": number(COUNT, None),
    "max_time": number(_TRAINING["max_time"], None),
    "preparation": preparation,
}


def checked(estimator: Any) -> dict[str, Any]:
    """Return every parameter of an estimator as training takes it.

    ``hidden``, ``activations``, ``dropout``, ``optimizer`` and ``schedule`` are what
    `checked_parameters.CheckedParameters` describes; the others have their own names.

    Raises
    ------
    InputError
        If a value is not accepted.
    InputTypeError
        If its type is not.
    """
    given = estimator.get_params(deep=False)
    for name, constraint in CONSTRAINTS.items():
        if name in given:
            given[name] = constraint(given[name], name)
    hidden = given["hidden_layer_sizes"]
    dropout = dropout_rates(given["dropout"], len(hidden))
    optimizer = optimizer_of(estimator)
    if optimizer.second_order:
        check_second_order(given, any(dropout))
    return {
        **given,
        "hidden": hidden,
        "activations": activation_names(given["activation"], len(hidden)),
        "dropout": dropout,
        "optimizer": optimizer,
        "schedule": _schedule(given),
    }


def _schedule(given: Mapping[str, Any]) -> Schedule:
    """Return the schedule; numbers that do not stand in its name come from the other parameters."""
    try:
        return schedules.get(given["learning_rate"], lambda record: record.taken_from(given))
    except (InputError, InputTypeError) as error:
        raise type(error)(f"learning_rate: {error}") from None
