"""The list of optimizers."""

from __future__ import annotations

from dataclasses import fields

import pytest

from chainrule.errors import InputError, InputTypeError
from chainrule.optimizers import SGD, Adam, RMSprop, optimizers
from chainrule.optimizers.optimizer import Optimizer

each = pytest.mark.parametrize("optimizer", list(optimizers), ids=lambda o: o.name)


def test_names() -> None:
    assert optimizers.names() == ["adam", "sgd", "lbfgs", "adamw", "rmsprop"]
    assert [o.name for o in optimizers if o.second_order] == ["lbfgs"]


@each
def test_the_name_with_its_settings_gets_the_same_optimizer(optimizer: Optimizer) -> None:
    assert optimizers.get(optimizer.name) == optimizer
    assert optimizers.get(optimizer.spec) == optimizer
    changed = optimizer.with_parameters(*[0.5] * min(2, len(optimizer.limits)))
    assert optimizers.get(changed.spec) == changed


@each
def test_every_setting_has_limits_and_what_is_taken_is_a_setting(optimizer: Optimizer) -> None:
    assert list(optimizer.limits) == [field.name for field in fields(optimizer)]  # type: ignore[arg-type]
    assert set(optimizer.takes) <= set(optimizer.limits)
    assert ("learning_rate" in optimizer.takes) == (not optimizer.second_order)
    assert optimizer.formula
    assert optimizer.source


def test_settings_are_told_by_place_or_by_name() -> None:
    assert optimizers.get("sgd(0.1, nesterov=False)") == SGD(0.1, nesterov=False)
    assert optimizers.get("rmsprop( rho = 0.9 )") == RMSprop(rho=0.9)
    assert optimizers.get("adam()") == Adam()
    usual = {"learning_rate": 0.5, "beta_1": 0.25}
    assert optimizers.get("adam(beta_1=0.75)", lambda _: usual) == Adam(0.5, 0.75)


def test_mistakes_are_named() -> None:
    with pytest.raises(InputError, match="did you mean 'adam'"):
        optimizers.get("adan")
    with pytest.raises(InputError, match=r"solver adam: got 'adam\(momentum=0.9\)', .*beta_1"):
        optimizers.get("adam(momentum=0.9)")
    for slip in ("adam(0.1, learning_rate=0.2)", "sgd(momentum=0.1, momentum=0.2)"):
        with pytest.raises(InputError, match="at most once"):
            optimizers.get(slip)
    for slip in ("sgd(momentum=0.5, 0.1)", "sgd(fast)", "sgd(momentum=)", "sgd(0.1,)"):
        with pytest.raises(InputError, match="expected numbers in the brackets of sgd"):
            optimizers.get(slip)
    with pytest.raises(InputError, match="optimizer adam: got 5 numbers, expected at most 4"):
        optimizers.get("adam(1, 0.5, 0.5, 1, 1)")
    with pytest.raises(InputTypeError, match="a record"):
        optimizers.get(Adam)  # type: ignore[arg-type]  # what is tested: the class, not an instance
    with pytest.raises(InputTypeError):
        optimizers.get(3)  # type: ignore[arg-type]  # what is tested
