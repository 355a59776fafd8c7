"""Is a wrong gradient noticed? Mistakes are planted in the equations one by one, and each must be caught.

In ``backprop`` a line of source is replaced by the wrong one; an activation or a loss is replaced in its registry.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from tests.conformance.cases import TOLERANCE, Case, settings

from chainrule.equations import activations as activation_rules
from chainrule.equations import losses as loss_rules
from chainrule.equations.activations import activations
from chainrule.equations.elementary import exp
from chainrule.equations.losses import losses
from chainrule.network import backprop

SOURCE = inspect.getsource(backprop)


def wrong_backprop(old: str, new: str) -> ModuleType:
    """Return ``backprop`` with one piece of its source replaced."""
    assert SOURCE.count(old) == 1, f"nothing to replace: {old}"
    module = ModuleType("wrong_backprop")
    module.__dict__["__name__"] = backprop.__name__  # its dataclass looks itself up by this name
    exec(compile(SOURCE.replace(old, new), "<wrong backprop>", "exec"), module.__dict__)
    return module


def caught(cases: list[Case], equations: ModuleType = backprop) -> bool:
    """Tell whether any case shows a gradient that is not the derivative, or shapes that do not fit."""
    for case in cases:
        try:
            error = case.build().error(equations)
        except ValueError:
            return True
        if error > TOLERANCE:
            return True
    return False


def cases(activation: str = "softplus", loss: str = "squared_error") -> list[Case]:
    return [
        case
        for n_layers in (1, 2, 3)
        for square in (False, True)
        for case in settings(activation, loss, n_layers, square)
    ]


def square_cases() -> list[Case]:
    return list(settings("softplus", "squared_error", 3, square=True))


OUTPUT = "delta = share * loss.gradient(a[L], Y) * f[L].prime(z[L], a[L])"
HIDDEN = "delta = (delta @ W[l].T) * mask[l - 1] * f[l - 1].prime(z[l - 1], a[l - 1])"
DW = "dV = h[l - 1].T @ delta"
PENALISED = "dW[l][...] = dV + penalty_gradient(theta, W[l])"
DB = "db[l][...] = delta.sum(axis=0)"

MISTAKES = {
    "1/n is missing": (OUTPUT, OUTPUT.replace("share * ", "")),
    "1/n stands twice": (OUTPUT, OUTPUT.replace("share", "share * share")),
    "1/n although there are weights": (OUTPUT, OUTPUT.replace("share", "1.0 / len(Y)")),
    "the sign is wrong": (OUTPUT, OUTPUT.replace("share", "-share")),
    "f' of the output is missing": (OUTPUT, OUTPUT.split(" * f[L]")[0]),
    "f' of a hidden layer is missing": (HIDDEN, HIDDEN.split(" * f[l")[0]),
    "f' of the next layer": (HIDDEN, HIDDEN.replace("f[l - 1].prime", "f[l].prime")),
    "f' of a instead of z": (HIDDEN, HIDDEN.replace("z[l - 1],", "a[l - 1],")),
    "f instead of f'": (HIDDEN, HIDDEN.replace("f[l - 1].prime(z[l - 1], a[l - 1])", "a[l - 1]")),
    "f' twice": (HIDDEN, HIDDEN + " * f[l - 1].prime(z[l - 1], a[l - 1])"),
    "delta without the mask": (HIDDEN, HIDDEN.replace("mask[l - 1] * ", "")),
    "delta is not propagated": (HIDDEN, HIDDEN.replace("(delta @ W[l].T)", "1.0")),
    "dW reads a before dropout": (DW, DW.replace("h[l - 1]", "a[l - 1]")),
    "dW reads z": (DW, DW.replace("h[l - 1]", "z[l - 1]")),
    "dW reads its own layer": (DW, DW.replace("h[l - 1]", "h[l]")),
    "dW reads the input": (DW, DW.replace("h[l - 1]", "h[0]")),
    "dW of sums": (DW, DW.replace("h[l - 1].T @ delta", "np.outer(h[l - 1].sum(0), delta.sum(0))")),
    "dW accumulates": (PENALISED, PENALISED.replace("=", "+=")),
    "dW without the penalties": (PENALISED, PENALISED.split(" + penalty")[0]),
    "db over everything": (DB, DB.replace("axis=0", "")),
    "db over units": (DB, "db[l][...] = delta.sum(axis=1)"),
    "db of the last sample": (DB, "db[l][...] = delta[-1]"),
    "db is a mean": (DB, DB.replace("sum", "mean")),
    "the bias is penalised": (DB, DB + " + penalty_gradient(theta, theta.b[l])"),
    "the first layer is left out": ("range(L, 0, -1)", "range(L, 1, -1)"),
    "l2 counts double": ("dW + l2 * penalties", "dW + 2.0 * l2 * penalties"),
    "l2 for l1": ("l1 * penalties.l1_derivative(W)", "l1 * penalties.l2_derivative(W)"),
    "l1 overwrites l2": ("dW = dW + l1 * ", "dW = l1 * "),
}
SQUARE_MISTAKES = {
    "W is not transposed": (HIDDEN, HIDDEN.replace("W[l].T", "W[l]")),
    "W of another layer": (HIDDEN, HIDDEN.replace("W[l].T", "W[l - 1].T")),
    "dW is transposed": (DW, DW.replace("h[l - 1].T @ delta", "(h[l - 1].T @ delta).T")),
    "db over units, and it fits": (DB, "db[l][...] = delta.sum(axis=1)[: delta.shape[1]]"),
}


def test_without_a_mistake_nothing_is_caught() -> None:
    assert not caught(cases(), wrong_backprop(OUTPUT, OUTPUT + "  # the same"))


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_backprop_is_caught(mistake: str) -> None:
    assert caught(cases(), wrong_backprop(*MISTAKES[mistake]))


@pytest.mark.parametrize("mistake", SQUARE_MISTAKES)
def test_a_mistake_that_fits_square_networks_is_caught_by_numbers(mistake: str) -> None:
    equations = wrong_backprop(*SQUARE_MISTAKES[mistake])
    assert max(case.build().error(equations) for case in square_cases()) > 1e-3


# ---- the rules themselves -------------------------------------------------------------------------


def plant(monkeypatch: pytest.MonkeyPatch, registry: Any, name: str, **changes: Any) -> None:
    monkeypatch.setitem(registry._records, name, replace(registry.get(name), **changes))


def slightly_wrong(derivative: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *arguments: derivative(*arguments) * (1.0 + 1e-10)


@pytest.mark.parametrize("name", activations.names())
def test_a_derivative_of_an_activation_wrong_by_1e_10_is_caught(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(
        monkeypatch, activations, name, derivative=slightly_wrong(activations.get(name).derivative)
    )
    assert caught(cases(name))


@pytest.mark.parametrize("name", losses.names())
def test_a_derivative_of_a_loss_wrong_by_1e_10_is_caught(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch, losses, name, derivative=slightly_wrong(losses.get(name).derivative))
    assert caught(cases("tanh", name))


def softmax_plus(z: Any, y: Any, keep: Any, share: Any, normalizer: Any) -> Any:
    return exp(z - normalizer) + (keep * y + share)


PUBLISHED_MISTAKES: dict[str, tuple[Any, str, Callable[..., Any]]] = {
    "leaky slope 0": (
        activations,
        "leaky_relu",
        lambda z, a, slope: activation_rules.relu_derivative(z, a),
    ),
    "sigmoid' of z": (activations, "sigmoid", lambda z, a: z * (1.0 - z)),
    "tanh' without the square": (activations, "tanh", lambda z, a: 1.0 - a),
    "elu' without alpha": (activations, "elu", lambda z, a, alpha: np.where(z > 0.0, 1.0, a)),
    "gelu' without z phi": (activations, "gelu", lambda z, a: a / z),
    "silu' is sigmoid'": (activations, "silu", lambda z, a: a * (1.0 - a)),
    "squared error without 1/2": (losses, "squared_error", lambda z, y: 2.0 * (z - y)),
    "loss averaged over outputs": (losses, "squared_error", lambda z, y: (z - y) / z.shape[1]),
    "huber without its border": (losses, "huber", lambda z, y, delta: z - y),
    "quantile the wrong way": (
        losses,
        "quantile",
        lambda z, y, level: loss_rules.quantile_derivative(z, y, 0.3 + 0.0 * level),
    ),
    "y - p": (losses, "binary_log_loss", lambda z, y, keep, share: y - loss_rules.sigmoid(z)),
    "softmax with a plus": (losses, "multiclass_log_loss", softmax_plus),
    "gamma with exp(z)": (losses, "gamma", lambda z, y: 1.0 - y * exp(z)),
    "focal as log-loss": (losses, "focal", lambda z, y, focus, alpha: loss_rules.sigmoid(z) - y),
}


@pytest.mark.parametrize("mistake", PUBLISHED_MISTAKES)
def test_a_wrong_rule_is_caught(mistake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    registry, name, derivative = PUBLISHED_MISTAKES[mistake]
    plant(monkeypatch, registry, name, derivative=derivative)
    assert caught(cases(name) if registry is activations else cases("tanh", name))


@pytest.mark.parametrize("name", ["binary_log_loss", "multiclass_log_loss"])
def test_smoothing_that_the_derivative_forgets_is_caught(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = losses.get(name).derivative
    plant(
        monkeypatch,
        losses,
        name,
        derivative=lambda z, y, keep, share, *rest: right(z, y, 1.0, 0.0, *rest),
    )
    assert not caught(cases("tanh", name))  # without smoothing it is right
    assert caught(cases("tanh", f"{name}(0.1)"))


def test_a_gradient_that_is_not_finite_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch, activations, "tanh", derivative=lambda z, a: a * math.nan)
    assert caught(cases("tanh"))


def test_float32_that_loses_digits_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A derivative that is right in float64 and cancels in float32."""
    plant(monkeypatch, activations, "tanh", derivative=lambda z, a: (1.0 + 1e4 - a * a) - 1e4)
    errors = [case.build().float32_error() for case in settings("tanh", "squared_error", 3)]
    assert any(error > bound for error, bound in errors)
