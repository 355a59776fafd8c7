"""A user's own activation or loss: right ones are taken, wrong ones named, at registration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import scipy.special
from tests.oracles import complex_step, relative_error

from chainrule.engines.engine import Data, EpochPlan
from chainrule.engines.reference import ReferenceEngine
from chainrule.equations import elementary
from chainrule.equations.activations import activations
from chainrule.equations.custom import register_activation, register_loss
from chainrule.equations.losses import losses
from chainrule.errors import InputError
from chainrule.network.architecture import Architecture
from chainrule.network.network import Network
from chainrule.optimizers.sgd import SGD

Rule = Callable[..., Any]


@pytest.fixture(autouse=True)
def _registries_as_before() -> Iterator[None]:
    before = activations.names(), losses.names()
    yield
    for registry, names in zip((activations, losses), before, strict=True):
        for name in set(registry.names()) - set(names):  # type: ignore[attr-defined]
            registry.unregister(name)  # type: ignore[attr-defined]


# ---- right ones -----------------------------------------------------------------------------------


def _softsign(z: Any) -> Any:
    return z / (1.0 + np.abs(z))


RIGHT: dict[str, tuple[Rule, Rule, tuple[float, ...]]] = {
    "square": (lambda z: z * z, lambda z: 2.0 * z, ()),
    "uses a": (np.exp, lambda z, a: a, ()),
    "ufuncs": (np.sin, np.cos, ()),
    "elementary": (lambda z: elementary.positive_part(z) ** 2.0, lambda z: 2.0 * elementary.positive_part(z), ()),
    "constant slope": (lambda z: 3.0 * z + 1.0, lambda z: 3.0, ()),
    "constant": (lambda z: 2.0, lambda z: 0.0, ()),
    "kink, named": (lambda z: np.maximum(z, 0.0), lambda z: np.where(z > 0.0, 1.0, 0.0), (0.0,)),
    "two kinks, named": (
        lambda z: np.clip(z, -1.0, 1.0),
        lambda z: np.where(np.abs(z) < 1.0, 1.0, 0.0),
        (-1.0, 1.0),
    ),
    "np.abs, not complex-safe": (np.abs, np.sign, (0.0,)),
    "np.abs inside": (_softsign, lambda z: 1.0 / (1.0 + np.abs(z)) ** 2.0, ()),
    "np.logaddexp": (lambda z: np.logaddexp(0.0, z), scipy.special.expit, ()),
    "np.maximum and np.abs": (
        lambda z: np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z))),
        lambda z: 1.0 / (1.0 + np.exp(-z)),
        (),
    ),
    "abs with a slope that vanishes": (
        lambda z: np.exp(-np.abs(z) ** 2),
        lambda z: -2.0 * z * np.exp(-z * z),
        (),
    ),
    "casts to real": (lambda z: np.asarray(z, dtype=float) ** 2, lambda z: 2.0 * z, ()),
    "refuses complex numbers": (lambda z: scipy.special.expit(z), lambda z, a: a * (1.0 - a), ()),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_activation_is_taken(name: str) -> None:
    value, derivative, kinks = RIGHT[name]
    record = register_activation("mine", value, derivative, kinks=kinks)
    assert activations.get("mine") is record
    assert record.kinks == kinks
    z = np.array([[-0.7, 0.3, 2.2]], dtype=np.float32)
    assert record(z).dtype == record.prime(z, record(z)).dtype == np.float32
    assert record(z).shape == record.prime(z, record(z)).shape == z.shape


# ---- wrong ones -----------------------------------------------------------------------------------

WRONG: dict[str, tuple[Rule, Rule, tuple[float, ...]]] = {
    "half": (lambda z: z * z, lambda z: z, ()),
    "sign": (np.cos, np.sin, ()),
    "wrong by 1e-6": (np.sin, lambda z: np.cos(z) * (1.0 + 1e-6), ()),
    "wrong by 1e-6, not complex-safe": (_softsign, lambda z: (1.0 + 1e-6) / (1.0 + np.abs(z)) ** 2.0, ()),
    "shifted": (np.tanh, lambda z, a: 1.0 - a * a + 1e-7, ()),
    "of a instead of z": (lambda z: z**3.0, lambda z, a: 3.0 * a * a, ()),
    "wrong below zero only": (
        lambda z: np.where(z.real > 0.0, z, 0.1 * z), lambda z: np.where(z > 0.0, 1.0, 0.0), (0.0,)
    ),
    "kink not named": (lambda z: np.maximum(z, 0.0), lambda z: np.where(z > 0.0, 1.0, 0.0), ()),
    "kink elsewhere": (lambda z: np.maximum(z - 1.0, 0.0), lambda z: np.where(z > 1.0, 1.0, 0.0), (0.0,)),
    "jump": (lambda z: np.sign(z), lambda z: 0.0, ()),
    "missing inner derivative": (lambda z: np.sin(3.0 * z), lambda z: np.cos(3.0 * z), ()),
    "abs without its sign": (np.abs, lambda z: 1.0, (0.0,)),
    "constant with a slope": (lambda z: 2.0, lambda z: 1.0, ()),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_derivative_of_an_activation_is_refused(name: str) -> None:
    value, derivative, kinks = WRONG[name]
    with pytest.raises(
        InputError, match=r"derivative of activation mine: got .* at z = .*, expected"
    ):
        register_activation("mine", value, derivative, kinks=kinks)
    assert "mine" not in activations


def _overwrites(z: Any) -> Any:
    z *= 2.0
    return z


def _fails(z: Any) -> Any:
    raise RuntimeError("no")


@pytest.mark.parametrize(
    ("value", "derivative", "said"),
    [
        (lambda z: z / z.max(), lambda z: 1.0 / 6.05, "value .* other values when fewer"),
        (lambda z: z - z.mean() + z, lambda z: 2.0, "value .* other values when fewer"),
        (lambda z: z.sum(axis=0, keepdims=True), lambda z: 1.0, "value .* got shape"),
        (lambda z: z[:-1], lambda z: 1.0, "value .* got shape"),
        (np.log, lambda z: 1.0 / z, "value .* not finite"),
        (lambda z: z, lambda z: z[:3], "derivative .* got shape"),
        (lambda z: z, lambda z: np.nan, "derivative .* not finite"),
        (_overwrites, lambda z: 2.0, "value .* read-only"),
        (lambda z: z, _overwrites, "derivative .* read-only"),
        (_fails, lambda z: 1.0, "value .* RuntimeError: no"),
        (lambda z: z, _fails, "derivative .* RuntimeError: no"),
        (lambda z: "text", lambda z: 1.0, "value .* ValueError"),
        (lambda: 0.0, lambda z: 1.0, "value .* TypeError"),
    ],
)
def test_what_is_no_elementwise_function_is_refused(
    value: Rule, derivative: Rule, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        register_activation("mine", value, derivative)
    assert "mine" not in activations


@pytest.mark.parametrize("name", ["relu", "logistic", "two words", "relu(1)", "", 3])
def test_a_name_that_is_taken_or_no_identifier_is_refused(name: Any) -> None:
    with pytest.raises(InputError, match="activation name"):
        register_activation(name, lambda z: z, lambda z: 1.0)


# ---- losses ---------------------------------------------------------------------------------------


def _log_cosh(z: Any, y: Any) -> Any:
    size = np.abs(z - y)
    return size + np.log1p(np.exp(-2.0 * size)) - np.log(2.0)


RIGHT_LOSSES: dict[str, tuple[Rule, Rule, dict[str, Any]]] = {
    "quartic": (lambda z, y: (z - y) ** 4.0, lambda z, y: 4.0 * (z - y) ** 3.0, {}),
    "log-cosh by abs": (_log_cosh, lambda z, y: np.tanh(z - y), {}),
    "absolute": (lambda z, y: np.abs(z - y), lambda z, y: np.sign(z - y), {"kinks": True}),
    "cauchy": (lambda z, y: np.log1p((z - y) ** 2.0), lambda z, y: 2.0 * (z - y) / (1.0 + (z - y) ** 2.0), {}),
    "exponential": (
        lambda z, y: np.exp(-(2.0 * y - 1.0) * z),
        lambda z, y: -(2.0 * y - 1.0) * np.exp(-(2.0 * y - 1.0) * z),
        {"link": "sigmoid", "domain": "unit"},
    ),
    "tweedie 1.5": (
        lambda z, y: 2.0 * y * np.exp(-z / 2.0) + 2.0 * np.exp(z / 2.0),
        lambda z, y: np.exp(z / 2.0) - y * np.exp(-z / 2.0),
        {"link": "exp", "domain": "nonnegative"},
    ),
    "inverse gaussian": (
        lambda z, y: 0.5 * y * np.exp(-2.0 * z) - np.exp(-z),
        lambda z, y: np.exp(-z) - y * np.exp(-2.0 * z),
        {"link": "exp", "domain": "positive"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT_LOSSES)
def test_a_right_loss_is_taken(name: str) -> None:
    value, derivative, options = RIGHT_LOSSES[name]
    record = register_loss("mine", value, derivative, **options)
    assert losses.get("mine") is record
    assert record.domain == options.get("domain", "real")
    assert record.kinks == ("z = y" if options.get("kinks") else "")
    z = np.ones((2, 2), dtype=np.float32)
    assert record.rows(z, z).dtype == record.gradient(z, z).dtype == np.float32


WRONG_LOSSES: dict[str, tuple[Rule, Rule, dict[str, Any]]] = {
    "factor": (lambda z, y: (z - y) ** 2.0, lambda z, y: z - y, {}),
    "sign": (lambda z, y: 0.5 * (z - y) ** 2.0, lambda z, y: y - z, {}),
    "with respect to y": (lambda z, y: z * y * y, lambda z, y: 2.0 * z * y, {}),
    "right for y = 0 only": (lambda z, y: (z - y) ** 2.0, lambda z, y: 2.0 * z, {}),
    "kink not named": (lambda z, y: np.abs(z - y), lambda z, y: np.sign(z - y) + 1e-3, {"kinks": True}),
    "averaged": (lambda z, y: (z - y) ** 2.0, lambda z, y: 2.0 * (z - y) / z.size, {}),
    "of the link": (
        lambda z, y: np.log1p(np.exp(z)) - y * z, lambda z, y: z - y, {"link": "sigmoid", "domain": "unit"}
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG_LOSSES)
def test_a_wrong_derivative_of_a_loss_is_refused(name: str) -> None:
    value, derivative, options = WRONG_LOSSES[name]
    with pytest.raises(InputError, match="derivative of loss mine"):
        register_loss("mine", value, derivative, **options)
    assert "mine" not in losses


@pytest.mark.parametrize(
    "options", [{"link": "probit"}, {"domain": "complex"}, {"domain": "one_hot"}]
)
def test_an_unknown_link_or_domain_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="expected one of"):
        register_loss("mine", lambda z, y: z, lambda z, y: 1.0, **options)


@pytest.mark.parametrize("name", ["huber", "pinball", "not a name"])
def test_a_name_of_a_loss_that_is_taken_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="loss name"):
        register_loss(name, lambda z, y: z - y, lambda z, y: 1.0)


# ---- and they run ---------------------------------------------------------------------------------


def test_own_functions_run_in_a_network_and_in_the_reference_engine() -> None:
    register_activation("sine", np.sin, np.cos)
    register_loss("quartic", lambda z, y: (z - y) ** 4.0, lambda z, y: 4.0 * (z - y) ** 3.0)
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((20, 3)), rng.standard_normal((20, 2))
    net = Network([3, 4, 2], "sine", "quartic", l2=0.1)
    _, gradient = net.gradient(X, Y)

    def J(vector: np.ndarray) -> complex:
        W1, b1 = vector[:12].reshape(3, 4), vector[12:16]
        W2, b2 = vector[16:24].reshape(4, 2), vector[24:]
        scores = np.sin(X @ W1 + b1) @ W2 + b2
        return complex(((scores - Y) ** 4).sum() / 20 + 0.05 * ((W1**2).sum() + (W2**2).sum()))

    theta = net.parameters.vector
    assert relative_error(gradient, complex_step(J, theta)) < 1e-13

    engine = ReferenceEngine(net.architecture, SGD(0.01, momentum=0.0), np.float64)
    before = theta.copy()
    plan = EpochPlan(np.arange(20), 20, np.array([0.01]), np.empty((1, 0)))
    result = engine.epoch(theta, np.empty((0, theta.size)), Data(X, Y), plan)
    np.testing.assert_allclose(theta, before - 0.01 * gradient, rtol=1e-14)
    assert result.loss == pytest.approx(J(before).real, rel=1e-14)


def test_an_architecture_with_an_own_lambda_can_be_pickled() -> None:
    import pickle

    register_activation("mine", lambda z: 2.0 * z, lambda z: 2.0)
    architecture = Architecture((2, 3, 1), ("mine", "identity"), "squared_error")
    assert architecture.f[1].name == "mine"
    assert pickle.loads(pickle.dumps(architecture)) == architecture
