"""Initial weights: their variance, their bounds, what they depend on, and arrays that are given."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import scipy.stats

from chainrule.equations.activations import activations
from chainrule.errors import InputError
from chainrule.network.architecture import Architecture
from chainrule.network.initializers import initial_parameters, initializers

M, K = 200, 150
WIDE = Architecture((M, K, 1), ("relu", "identity"), "squared_error")

#: name -> (variance, uniform?)
SPREADS: dict[str, tuple[float, bool]] = {
    "he_normal": (2 / M, False),
    "he_uniform": (2 / M, True),
    "glorot_normal": (2 / (M + K), False),
    "glorot_uniform": (2 / (M + K), True),
    "lecun_normal": (1 / M, False),
    "lecun_uniform": (1 / M, True),
    "normal": (1e-4, False),
    "uniform": (0.05**2 / 3, True),
    "normal(0.5)": (0.25, False),
    "uniform(2)": (4 / 3, True),
    "xavier_uniform": (2 / (M + K), True),
    "kaiming_normal": (2 / M, False),
}


def test_every_initialiser_is_tested() -> None:
    assert set(initializers.names()) <= {
        *SPREADS,
        "zeros",
        "positive_uniform",
    }  # with tests of their own


@pytest.mark.parametrize("name", SPREADS)
def test_mean_variance_and_shape_of_the_distribution(name: str) -> None:
    variance, uniform = SPREADS[name]
    w = initial_parameters(WIDE, name, seed=3).W[1].ravel()
    deviation = math.sqrt(variance)
    assert abs(w.mean()) < 4 * deviation / math.sqrt(w.size)
    kurtosis = 1.8 if uniform else 3.0  # the variance of the sample variance is (kurtosis - 1) / n
    assert abs(w.var() / variance - 1) < 4 * math.sqrt((kurtosis - 1) / w.size)
    shape = (
        scipy.stats.uniform(-math.sqrt(3) * deviation, 2 * math.sqrt(3) * deviation)
        if uniform
        else scipy.stats.norm(0, deviation)
    )
    assert scipy.stats.kstest(w, shape.cdf).pvalue > 0.001
    if uniform:
        assert np.abs(w).max() <= math.sqrt(3) * deviation


@pytest.mark.parametrize("name", [*SPREADS, "zeros", "auto"])
def test_biases_start_at_0(name: str) -> None:
    assert not any(b.any() for b in initial_parameters(WIDE, name).b)


def test_zeros_are_zeros() -> None:
    assert not initial_parameters(WIDE, "zeros").vector.any()


def test_he_keeps_the_size_of_what_passes_through_relu() -> None:
    """What the rule is for: E[a²] stays the same over 8 layers."""
    architecture = Architecture((300,) * 9, ("relu",) * 8, "squared_error")
    theta = initial_parameters(architecture, "he_normal", seed=0)
    a = np.random.default_rng(0).standard_normal((200, 300))
    for l in range(1, 9):
        a = np.maximum(a @ theta.W[l], 0.0)
    assert 0.5 < (a**2).mean() < 2.0


# ---- automatic choice -----------------------------------------------------------------------------

AUTOMATIC = {
    "glorot_uniform": {"identity", "sigmoid", "tanh", "softplus"},
    "lecun_normal": {"selu"},
    "he_uniform": {"relu", "leaky_relu", "elu", "gelu", "gelu_tanh", "silu", "mish"},
}


@pytest.mark.parametrize("activation", activations.names())
def test_the_choice_follows_the_activation(activation: str) -> None:
    assert activation in AUTOMATIC[activations.get(activation).initializer]


def test_each_layer_chooses_for_itself() -> None:
    architecture = Architecture((40, 40, 40, 40), ("relu", "selu", "tanh"), "squared_error")
    theta = initial_parameters(architecture, "auto", seed=5)
    for layer, name in enumerate(("he_uniform", "lecun_normal", "glorot_uniform"), start=1):
        np.testing.assert_array_equal(
            theta.W[layer], initial_parameters(architecture, name, seed=5).W[layer]
        )


# ---- what a draw depends on -----------------------------------------------------------------------


def test_seeds_and_layers_give_unlike_weights_and_the_same_seed_the_same() -> None:
    architecture = Architecture((30, 30, 30), ("relu", "relu"), "squared_error")
    theta = initial_parameters(architecture, seed=1)
    np.testing.assert_array_equal(theta.vector, initial_parameters(architecture, seed=1).vector)
    others = [theta.W[2], initial_parameters(architecture, seed=2).W[1]]
    for other in others:
        r = np.corrcoef(theta.W[1].ravel(), other.ravel())[0, 1]
        assert abs(r) < 4 / math.sqrt(900)


def test_a_layer_has_its_weights_whatever_comes_after_it() -> None:
    short = Architecture((5, 4, 1), ("relu", "identity"), "squared_error")
    long = Architecture((5, 4, 7, 2), ("relu", "tanh", "identity"), "huber")
    np.testing.assert_array_equal(initial_parameters(short).W[1], initial_parameters(long).W[1])


def test_float32_is_the_rounded_float64() -> None:
    single = initial_parameters(WIDE, dtype="float32")
    assert single.vector.dtype == np.float32
    np.testing.assert_array_equal(single.vector, initial_parameters(WIDE).vector.astype(np.float32))


# ---- given arrays, and refusals -------------------------------------------------------------------

SMALL = Architecture((2, 3, 1), ("relu", "identity"), "squared_error")


def arrays() -> list[np.ndarray]:
    return [np.arange(6.0).reshape(2, 3), np.ones(3), np.full((3, 1), 2.0), np.zeros(1)]


def test_given_arrays_are_copied() -> None:
    given = arrays()
    theta = initial_parameters(SMALL, given)
    assert theta.vector.tolist() == [0, 1, 2, 3, 4, 5, 1, 1, 1, 2, 2, 2, 0]
    given[0][...] = 9.0
    assert theta.W[1][0, 0] == 0.0


@pytest.mark.parametrize(
    "change",
    [
        lambda given: given[:-1],
        lambda given: [*given, np.zeros(1)],
        lambda given: [given[0].T, *given[1:]],
        lambda given: [given[0], given[1][:, None], *given[2:]],
        lambda given: [given[0] * np.nan, *given[1:]],
        lambda given: [given[0] / 0.0, *given[1:]],
    ],
)
def test_arrays_that_do_not_fit_or_are_not_finite_are_refused(change: Any) -> None:
    with np.errstate(all="ignore"):
        given = change(arrays())
    with pytest.raises(InputError, match="initializer"):
        initial_parameters(SMALL, given)


@pytest.mark.parametrize(
    "name", ["nonsense", "normal(-1)", "normal(inf)", "normal(nan)", "he_normal(2)", "normal()"]
)
def test_an_unknown_initialiser_or_number_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="initializer"):
        initial_parameters(SMALL, name)


@pytest.mark.parametrize("dtype", ["int32", "float16", "complex128", "bool"])
def test_a_dtype_that_cannot_train_is_refused(dtype: str) -> None:
    with pytest.raises(InputError, match="dtype"):
        initial_parameters(SMALL, dtype=dtype)


@pytest.mark.parametrize("name", initializers.names())
def test_each_record_says_what_it_is(name: str) -> None:
    record = initializers.get(name)
    assert record.formula
    assert initializers.get(record.spec) == record
    assert record.source or name in ("normal", "uniform", "zeros")


def test_a_uniform_start_from_zero_has_no_negative_weight() -> None:
    architecture = Architecture((200, 300, 1), ("relu", "identity"), "squared_error")
    W = initial_parameters(architecture, "positive_uniform").W[1]
    assert 0.0 <= W.min() < 1e-3
    assert 1.0 - 1e-3 < W.max() < 1.0
    assert W.mean() == pytest.approx(0.5, abs=0.005)
    assert initial_parameters(architecture, "positive_uniform(0.1)").W[1].max() < 0.1


def test_each_layer_may_have_an_initializer_of_its_own() -> None:
    architecture = Architecture((30, 40, 1), ("relu", "identity"), "squared_error")
    theta = initial_parameters(architecture, ["he_normal", "lecun_normal"], 3)
    assert np.array_equal(theta.W[1], initial_parameters(architecture, "he_normal", 3).W[1])
    assert np.array_equal(theta.W[2], initial_parameters(architecture, "lecun_normal", 3).W[2])
    with pytest.raises(InputError, match="1 for 2 layers"):
        initial_parameters(architecture, ["he_normal"])
