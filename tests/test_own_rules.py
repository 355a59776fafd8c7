"""A rule of each kind that nobody here knows: registered, it is trained by its own equations, everywhere.

The independent result is a training loop in plain NumPy, written below from the equations alone. It is given what is
no equation: the rows as the network sees them, the order that they are taken in and the normal deviates that the
initial weights are scaled from.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from typer.testing import CliRunner

from chainrule import MLPRegressor, check_gradients, load, trace
from chainrule.cli import app
from chainrule.equations.activations import activations
from chainrule.equations.losses import losses
from chainrule.network import random
from chainrule.network.initializers import initializers
from chainrule.optimizers import RMSprop, optimizers, schedules
from chainrule.training.batches import epoch_order

RULES = '''
from dataclasses import dataclass
from typing import ClassVar
import numpy as np
from chainrule import register_activation, register_loss
from chainrule.equations.elementary import absolute, exp, log1p, sqrt, tanh
from chainrule.network.initializers import Initializer, initializers
from chainrule.optimizers import Optimizer, Schedule, optimizers, schedules
from chainrule.optimizers.optimizer import columns
from chainrule.optimizers.settings import POSITIVE

def bent(z):
    return z / sqrt(1 + z * z)  # an integer literal, as people write it

def bent_derivative(z):
    return 1 / ((1 + z * z) * sqrt(1 + z * z))

register_activation("toy_bent", bent, bent_derivative)

def log_cosh(z, y):
    r = absolute(z - y)
    return r + log1p(exp(-2.0 * r)) - 0.6931471805599453

def log_cosh_derivative(z, y):
    return tanh(z - y)

register_loss("toy_log_cosh", log_cosh, log_cosh_derivative)

def adagrad(theta, g, v, rate, epsilon):
    v = v + g * g
    return theta - rate * g / (sqrt(v) + epsilon), v

@dataclass(frozen=True)
class Adagrad(Optimizer):
    """Adagrad (Duchi et al. 2011)."""
    name: ClassVar = "toy_adagrad"
    formula: ClassVar = "v += g²; theta -= rate g / (sqrt(v) + epsilon)"
    source: ClassVar = "Duchi, Hazan & Singer 2011"
    rules: ClassVar = (adagrad,)
    limits: ClassVar = {"learning_rate": POSITIVE, "epsilon": POSITIVE}
    learning_rate: float = 0.01
    epsilon: float = 1e-10
    n_moments = 1
    rule = staticmethod(adagrad)

    def coefficients(self, steps):
        return columns(steps, self.epsilon)

@dataclass(frozen=True)
class Harmonic(Schedule):
    """1, 1/2, 1/3, ... from epoch to epoch."""
    name: ClassVar = "toy_harmonic"
    formula: ClassVar = "1 / (1 + e)"

    def multipliers(self, steps, horizon):
        return 1.0 / (1.0 + horizon.epochs(steps))

optimizers.register(Adagrad())
schedules.register(Harmonic())
initializers.register(
    Initializer("toy_narrow", lambda fan_in, fan_out: 0.3 / fan_in, False, "0.09 / fan_in²", "")
)
'''
pytestmark = pytest.mark.filterwarnings("ignore:training stopped before it converged")

EPSILON, RATE, ALPHA, BATCH, EPOCHS, UNITS = 1e-10, 0.1, 0.05, 8, 6, 5
NAMES = {
    "activation": "toy_bent",
    "loss": "toy_log_cosh",
    "solver": "toy_adagrad",
    "learning_rate": "toy_harmonic",
    "initializer": "toy_narrow",
}


def _forget() -> None:
    registries: tuple[Any, ...] = (activations, losses, optimizers, schedules, initializers)
    for registry, name in zip(registries, NAMES.values(), strict=True):
        registry.unregister(name)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """The rules as a file, not yet run."""
    path = tmp_path / "toy_rules.py"
    path.write_text(RULES)
    yield path
    _forget()
    sys.modules.pop("toy_rules", None)


@pytest.fixture
def rules(file: Path) -> Any:
    """The module of the rules, which has registered them."""
    spec = importlib.util.spec_from_file_location("toy_rules", file)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["toy_rules"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def objective_and_gradients(
    theta: list[np.ndarray], x: np.ndarray, y: np.ndarray, l2: float
) -> tuple[float, list[np.ndarray]]:
    """Return J and [dW1, db1, dW2, db2] of one hidden layer, by hand."""
    W1, b1, W2, b2 = theta
    z = x @ W1 + b1
    a = z / np.sqrt(1.0 + z**2)
    r = a @ W2 + b2 - y
    J = np.log(np.cosh(r)).sum() / len(x) + l2 / 2.0 * ((W1**2).sum() + (W2**2).sum())
    d2 = np.tanh(r) / len(x)
    d1 = (d2 @ W2.T) * (1.0 + z**2) ** -1.5
    return J, [x.T @ d1 + l2 * W1, d1.sum(0), a.T @ d2 + l2 * W2, d2.sum(0)]


def by_hand(
    X: np.ndarray, y: np.ndarray, orders: list[np.ndarray], normal: list[np.ndarray]
) -> list[np.ndarray]:
    """Return W1, b1, W2, b2 after the training; y (n, 1), ``normal`` the deviates of W1 and W2."""
    W1, W2 = (0.3 / len(deviates) * deviates for deviates in normal)
    theta = [W1, np.zeros(W1.shape[1]), W2, np.zeros(1)]
    v = [np.zeros_like(part) for part in theta]
    for epoch, order in enumerate(orders):
        for start in range(0, len(X), BATCH):
            rows = order[start : start + BATCH]
            _, gradients = objective_and_gradients(theta, X[rows], y[rows], ALPHA / len(X))
            for part, g, seen in zip(theta, gradients, v, strict=True):
                seen += g**2
                part -= RATE / (1.0 + epoch) * g / (np.sqrt(seen) + EPSILON)
    return theta


def deviates(seed: int, n_inputs: int) -> list[np.ndarray]:
    shapes = [(n_inputs, UNITS), (UNITS, 1)]
    return [
        random.generator(seed, "initial_weights", l).standard_normal(shape)
        for l, shape in enumerate(shapes, start=1)
    ]


def table() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    X = rng.normal(size=(30, 3))
    return X, np.sin(X[:, 0]) + 0.5 * X[:, 1]


def model(engine: str = "reference", **settings: Any) -> MLPRegressor:
    return MLPRegressor(
        **{**NAMES, "learning_rate_init": RATE, **settings}, hidden_layer_sizes=(UNITS,), alpha=ALPHA, batch_size=BATCH,
        max_iter=EPOCHS, n_iter_no_change=np.inf, shuffle=False,
        dtype="float64", scale_target=False, random_state=7, engine=engine,
    )  # fmt: skip


def hand_trained(fitted: MLPRegressor) -> list[np.ndarray]:
    X, y = table()
    return by_hand(X, y[:, None], [np.arange(len(X))] * EPOCHS, deviates(fitted._seed, 3))


def assert_same(fitted: MLPRegressor, expected: list[np.ndarray], rtol: float) -> None:
    found = [part for pair in zip(fitted.coefs_, fitted.intercepts_, strict=True) for part in pair]
    for got, should in zip(found, expected, strict=True):
        np.testing.assert_allclose(got, should, rtol=rtol, atol=rtol)


@pytest.mark.usefixtures("rules")
def test_the_estimator_trains_by_the_equations_of_each_rule() -> None:
    fitted = model().fit(*table())
    assert_same(fitted, hand_trained(fitted), 1e-12)
    X, y = table()
    # a training cut in two, by partial_fit, is the same
    parts = model().partial_fit(X, y)
    for _ in range(EPOCHS - 1):
        parts.partial_fit(X, y)
    np.testing.assert_array_equal(parts.theta_, fitted.theta_)


@pytest.mark.compiled
@pytest.mark.usefixtures("rules")
def test_the_fused_engine_compiles_each_rule() -> None:
    fitted = model("fused").fit(*table())
    assert_same(fitted, hand_trained(fitted), 1e-10)


@pytest.mark.usefixtures("rules")
def test_trace_and_check_know_each_rule() -> None:
    X, y = table()
    fitted = model().fit(X, y)
    theta = hand_trained(fitted)
    J, gradients = objective_and_gradients(theta, X, y[:, None], ALPHA / len(X))
    steps = trace(fitted, X, y)
    np.testing.assert_allclose(steps["J"], J, rtol=1e-12)
    for symbol, expected in zip(("dW[1]", "db[1]", "dW[2]", "db[2]"), gradients, strict=True):
        np.testing.assert_allclose(steps[symbol], expected, rtol=1e-9, atol=1e-13)
    assert "toy_bent" in str(steps)
    check = check_gradients(fitted, X, y)
    assert check.ok, str(check)


def test_the_file_keeps_each_rule_by_its_name(rules: Any, tmp_path: Path) -> None:
    X, y = table()
    fitted = model(solver=rules.Adagrad(RATE)).fit(X, y)
    fitted.save(tmp_path / "toy.model")
    loaded = load(tmp_path / "toy.model")
    np.testing.assert_array_equal(loaded.predict(X), fitted.predict(X))
    again = loaded.set_params(random_state=7).fit(X, y)  # every setting came along
    np.testing.assert_array_equal(again.theta_, fitted.theta_)


def test_records_stand_where_names_do(rules: Any) -> None:
    X, y = table()
    named = model().fit(X, y)
    records = {
        "activation": activations.get("toy_bent"),
        "loss": losses.get("toy_log_cosh"),
        "solver": rules.Adagrad(RATE),
        "learning_rate": rules.Harmonic(),
        "initializer": initializers.get("toy_narrow"),
    }
    given = model(**records, learning_rate_init=0.001)
    np.testing.assert_array_equal(given.fit(X, y).theta_, named.theta_)
    copied = clone(given)
    assert copied.get_params()["solver"] == rules.Adagrad(RATE)
    np.testing.assert_array_equal(copied.fit(X, y).theta_, named.theta_)
    changed = clone(given).set_params(solver=RMSprop(RATE, rho=0.5), activation="tanh")
    assert changed.fit(X, y).theta_.tolist() != named.theta_.tolist()
    grid = {"solver": [rules.Adagrad(RATE), RMSprop(RATE, rho=0.9), "toy_adagrad(epsilon=1e-3)"]}
    search = GridSearchCV(model(), grid, cv=2).fit(X, y)
    assert len(set(search.cv_results_["mean_test_score"])) == 3


def test_the_command_trains_by_the_equations_of_each_rule(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    X, y = table()
    lines = [
        "a,b,c,y",
        *(",".join(map(repr, [*map(float, x), float(t)])) for x, t in zip(X, y, strict=True)),
    ]
    Path("toy.csv").write_text("\n".join(lines))
    options = [
        "--import", str(file), "--activation", "toy_bent", "--loss", "toy_log_cosh", "--solver", "toy_adagrad",
        "--schedule", "toy_harmonic", "--initializer", "toy_narrow", "--hidden", str(UNITS), "--alpha", str(ALPHA),
        "--learning-rate", str(RATE), "--batch-size", str(BATCH), "--epochs", str(EPOCHS), "--patience", "0",
        "--dropout", "0", "--test-fraction", "0", "--validation-fraction", "0", "--seed", "7", "--engine", "reference",
    ]  # fmt: skip
    result = CliRunner().invoke(app, ["fit", "toy.csv", "-t", "y", *options])
    assert result.exit_code == 0, result.output
    assert "toy_adagrad, toy_harmonic rate from 0.1" in result.stdout

    import pandas as pd

    loaded = load("toy.model")
    seen = np.asarray(loaded.preparation_.transform(pd.DataFrame(X, columns=list("abc"))), float)
    scaled = ((y - y.mean()) / y.std())[:, None]
    seed = model().fit(X, y)._seed  # of the same random_state
    orders = [epoch_order(seed, epoch, len(X)) for epoch in range(EPOCHS)]
    assert_same(loaded, by_hand(seen, scaled, orders, deviates(seed, 3)), 2e-5)

    _forget()
    traced = CliRunner().invoke(
        app, ["trace", "toy.model", "toy.csv", "--row", "3", "--import", str(file), "--json"]
    )
    assert traced.exit_code == 0, traced.output
    assert "toy_bent" in json.dumps(json.loads(traced.stdout))


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_registered_is_refused(name: str) -> None:
    given = MLPRegressor(**{name: NAMES[name]})
    with pytest.raises(ValueError, match=f"got '{NAMES[name]}', expected one of"):
        given.fit(*table())
