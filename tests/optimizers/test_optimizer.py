"""What holds for every registered optimizer and every rule that it may use."""

from __future__ import annotations

import inspect
import itertools
import types
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numba import njit

from chainrule.errors import InputError, InputTypeError
from chainrule.optimizers.adamw import AdamW
from chainrule.optimizers.catalogue import optimizers
from chainrule.optimizers.decay import decay
from chainrule.optimizers.optimizer import Optimizer, Rule, apply, update
from chainrule.optimizers.rmsprop import RMSprop
from chainrule.optimizers.sgd import SGD

# Every optimizer as it comes, and those whose settings choose another rule.
VARIANTS: list[Optimizer] = [
    *(optimizer for optimizer in optimizers if not optimizer.second_order),
    SGD(momentum=0.0),
    SGD(nesterov=False),
    RMSprop(momentum=0.9),
]
IDS = [f"{optimizer.name}-{optimizer.rule.__name__}" for optimizer in VARIANTS]
each = pytest.mark.parametrize("optimizer", VARIANTS, ids=IDS)


def trajectory(
    optimizer: Optimizer,
    theta: np.ndarray,
    G: np.ndarray,
    is_weight: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    theta = theta.copy()
    state = optimizer.start(len(theta), dtype=theta.dtype)
    for g in G:
        apply(optimizer, theta, g, state, 0.05, is_weight)
    return theta, state.moments


def test_every_rule_is_among_the_variants() -> None:
    declared = {rule for optimizer in optimizers for rule in optimizer.rules}
    assert {optimizer.rule for optimizer in VARIANTS} == declared
    assert all(optimizer.rule in optimizer.rules for optimizer in VARIANTS)


@each
def test_the_rule_takes_what_the_contract_says(optimizer: Optimizer) -> None:
    arguments = len(inspect.signature(optimizer.rule).parameters)
    assert arguments == 2 + optimizer.n_moments + 1 + optimizer.n_coefficients
    coefficients = optimizer.coefficients(np.arange(1, 6))
    assert coefficients.shape == (5, optimizer.n_coefficients)
    assert coefficients.dtype == np.float64
    assert np.isfinite(coefficients).all()


@each
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtypes_and_the_gradient_stay(
    optimizer: Optimizer, dtype: type[np.floating[Any]], rng: np.random.Generator
) -> None:
    theta, g = rng.normal(size=(2, 8)).astype(dtype)
    g_before = g.copy()
    moments = np.zeros((optimizer.n_moments, 8), dtype=dtype)
    view = theta
    # rates and coefficients reach the loop as float64 array elements, which would promote float32
    rate, coefficients = np.array([0.1])[0], optimizer.coefficients([1])[0]
    result = optimizer.rule(theta, g, *moments, float(rate), *map(float, coefficients))
    results = result if isinstance(result, tuple) else (result,)
    assert {array.dtype for array in results} == {np.dtype(dtype)}
    assert len(results) == 1 + optimizer.n_moments
    before = theta.copy()
    update(optimizer.rule, theta, g, moments, rate, coefficients)
    assert view is theta
    assert theta.dtype == moments.dtype == dtype
    assert (theta != before).all()
    np.testing.assert_array_equal(theta, results[0])
    np.testing.assert_array_equal(moments, np.reshape(results[1:], moments.shape))
    np.testing.assert_array_equal(g, g_before)


@each
def test_float32_follows_float64(optimizer: Optimizer, rng: np.random.Generator) -> None:
    theta, G = rng.normal(size=30), rng.normal(size=(50, 30))
    G = G.astype(np.float32).astype(np.float64)  # the very same gradients
    theta = theta.astype(np.float32).astype(np.float64)
    is_weight = np.arange(30) < 20
    double, _ = trajectory(optimizer, theta, G, is_weight)
    single, _ = trajectory(optimizer, theta.astype("f"), G.astype("f"), is_weight)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, double, rtol=2e-4, atol=2e-5)


numbers = st.floats(-10.0, 10.0, width=32)


@each
@given(data=st.data())
def test_each_parameter_goes_its_own_way(optimizer: Optimizer, data: st.DataObject) -> None:
    """Permuting the parameters permutes the result, to the last bit."""
    size = data.draw(st.integers(1, 9))
    theta = data.draw(arrays(np.float32, size, elements=numbers))
    G = data.draw(arrays(np.float32, (3, size), elements=numbers))
    is_weight = data.draw(arrays(np.bool_, size))
    order = np.array(data.draw(st.permutations(range(size))))
    result, moments = trajectory(optimizer, theta, G, is_weight)
    permuted, permuted_moments = trajectory(optimizer, theta[order], G[:, order], is_weight[order])
    np.testing.assert_array_equal(permuted, result[order])
    np.testing.assert_array_equal(permuted_moments, moments[:, order])


@each
def test_a_training_cut_in_two_is_the_same_training(
    optimizer: Optimizer, rng: np.random.Generator
) -> None:
    theta, G = rng.normal(size=7).astype("f"), rng.normal(size=(20, 7)).astype("f")
    is_weight = np.arange(7) < 4
    whole, whole_moments = trajectory(optimizer, theta, G, is_weight)
    state = optimizer.start(7)
    for g in G[:8]:
        apply(optimizer, theta, g, state, 0.05, is_weight)
    assert state.step == 8
    moments = state.moments.copy()  # what a checkpoint keeps: theta, moments and the step
    state = optimizer.start(7)
    state.moments[...], state.step = moments, 8
    for g in G[8:]:
        apply(optimizer, theta, g, state, 0.05, is_weight)
    np.testing.assert_array_equal(theta, whole)
    np.testing.assert_array_equal(state.moments, whole_moments)


def scalar_twin(rule: Rule) -> Any:
    """Compile a rule over scalars; the elementary functions get the compiler's own."""
    own = {**rule.__globals__, "sqrt": np.sqrt}
    return njit(types.FunctionType(rule.__code__, own, rule.__name__))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@each
def test_compiled_over_scalars_equals_over_arrays(
    optimizer: Optimizer, dtype: type[np.floating[Any]], rng: np.random.Generator
) -> None:
    twin = scalar_twin(optimizer.rule)
    theta, g = rng.normal(size=(2, 5)).astype(dtype)
    moments = np.abs(rng.normal(size=(optimizer.n_moments, 5))).astype(dtype)
    rate, *coefficients = (dtype(c) for c in (0.1, *optimizer.coefficients([3])[0]))
    over_arrays = optimizer.rule(theta, g, *moments, rate, *coefficients)
    for i in range(5):
        expected = over_arrays[i] if not moments.size else [array[i] for array in over_arrays]
        result = twin(theta[i], g[i], *moments[:, i], rate, *coefficients)
        np.testing.assert_allclose(result, expected, rtol=4 * np.finfo(dtype).eps)


@pytest.mark.compiled
@pytest.mark.parametrize(
    "rule", [*dict.fromkeys(o.rule for o in VARIANTS), decay], ids=lambda r: r.__name__
)
def test_compiled_in_float32_stays_float32(rule: Rule) -> None:
    twin = scalar_twin(rule)
    twin(*itertools.repeat(np.float32(0.5), len(inspect.signature(rule).parameters)))
    (signature,) = twin.nopython_signatures
    assert "float64" not in str(signature)
    # no literal at all: Numba would read it as float64 and promote what it touches
    assert [c for c in rule.__code__.co_consts if isinstance(c, int | float)] == []


def test_weight_decay_needs_to_know_the_weights() -> None:
    adamw = AdamW()
    theta = np.ones(2)
    with pytest.raises(InputError, match="is_weight: got None"):
        apply(adamw, theta, np.ones(2), adamw.start(2, np.float64))
    np.testing.assert_array_equal(theta, 1.0)


@each
def test_the_limits_name_the_settings(optimizer: Optimizer) -> None:
    for name, limits in optimizer.limits.items():
        assert limits.checked(name, getattr(optimizer, name)) == getattr(optimizer, name)
        with pytest.raises((InputError, InputTypeError), match=f"^{name}: got nan"):
            type(optimizer)(**{name: float("nan")})


@each
def test_it_is_documented(optimizer: Optimizer) -> None:
    assert optimizer.formula
    assert optimizer.source
    assert type(optimizer).__doc__
    assert all(rule.__doc__ for rule in optimizer.rules)
