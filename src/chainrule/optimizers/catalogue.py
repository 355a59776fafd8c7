"""The optimizers that exist: what estimators, help texts, documentation and tests go through."""

from __future__ import annotations

from inspect import signature
from typing import Any

from chainrule.equations.registry import Registry
from chainrule.errors import InputError
from chainrule.optimizers.adam import Adam
from chainrule.optimizers.adamw import AdamW
from chainrule.optimizers.optimizer import Optimizer
from chainrule.optimizers.rmsprop import RMSprop
from chainrule.optimizers.sgd import SGD

#: classes by name; ``optimizers.get("adam")(learning_rate=0.01)``
optimizers: Registry[type[Optimizer]] = Registry("optimizer")

for _optimizer in (SGD, Adam, AdamW, RMSprop):
    optimizers.register(_optimizer)


def make_optimizer(name: str, **settings: Any) -> Optimizer:
    """Make an optimizer by name.

    Raises
    ------
    InputError
        If there is no such optimizer, it has no such setting, or a setting is not accepted.

    Examples
    --------
    >>> make_optimizer("rmsprop", learning_rate=0.01)
    RMSprop(learning_rate=0.01, rho=0.99, epsilon=1e-08, momentum=0.0)
    >>> make_optimizer("sgd", beta_1=0.9)
    Traceback (most recent call last):
        ...
    chainrule.errors.InputError: beta_1: got no setting of sgd, expected one of learning_rate, ...
    >>> make_optimizer(**Adam(epsilon=1e-6).to_dict()) == Adam(epsilon=1e-6)
    True
    """
    kind = optimizers.get(name)
    known = list(signature(kind).parameters)
    for setting in settings:
        if setting not in known:
            raise InputError.of(
                setting, got=f"no setting of {kind.name}", expected=f"one of {', '.join(known)}"
            )
    return kind(**settings)
