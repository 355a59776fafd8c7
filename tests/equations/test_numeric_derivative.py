"""Derivatives without calculus, against functions whose derivatives are known on paper."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chainrule.equations.noise import Function, function_noise
from chainrule.equations.numeric_derivative import (
    central_difference,
    complex_step_derivative,
    elementwise_derivative,
)


def complex_step_gradient(f: Function, theta: np.ndarray) -> np.ndarray:
    return np.array([complex_step_derivative(f, theta, v) for v in np.eye(theta.size)])


def central_difference_gradient(f: Function, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the gradient and its error bars, with steps that suit each entry."""
    width = np.maximum(1.0, np.abs(theta))
    noise = function_noise(f, theta)
    found = [central_difference(f, theta, v, noise) for v in np.diag(width)]
    value, bar = np.array([(d.value, d.bar) for d in found]).T
    return value / width, bar / width


def smooth(theta: np.ndarray) -> float:
    return np.exp(theta[0]) * np.sin(theta[1]) + theta[2] ** 3


def smooth_gradient(theta: np.ndarray) -> np.ndarray:
    return np.array(
        [
            np.exp(theta[0]) * np.sin(theta[1]),
            np.exp(theta[0]) * np.cos(theta[1]),
            3 * theta[2] ** 2,
        ]
    )


THETA = np.array([0.3, -1.2, 2.5])


def test_the_complex_step_is_exact() -> None:
    np.testing.assert_allclose(
        complex_step_gradient(smooth, THETA), smooth_gradient(THETA), rtol=4e-16
    )
    direction = np.array([1.0, -2.0, 0.5])
    expected = smooth_gradient(THETA) @ direction
    assert complex_step_derivative(smooth, THETA, direction) == pytest.approx(expected, rel=1e-15)


def test_a_function_that_knows_no_complex_numbers_is_a_type_error() -> None:
    for f in (lambda theta: float(theta[0]), lambda theta: np.abs(theta).sum()):
        with pytest.raises(TypeError, match="complex numbers"):
            complex_step_gradient(f, THETA)


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
def test_differences_lie_within_their_own_error_bars(
    rng: np.random.Generator, scale: float, size: float
) -> None:
    for _ in range(10):
        theta = size * rng.standard_normal(3) / np.array([size * 2, size * 2, 1.0])
        value, bar = central_difference_gradient(lambda t: scale * smooth(t), theta)
        gap = np.abs(value - scale * smooth_gradient(theta))
        assert np.all(gap <= bar)
        assert np.all(bar <= 1e-6 * scale * (1.0 + np.abs(smooth(theta))))


def test_noise_is_measured_where_float32_hides() -> None:
    theta = np.linspace(0.1, 1.0, 20)
    assert function_noise(lambda t: float((t * t).sum()), theta) < 1e-14
    hidden = function_noise(lambda t: float((t.astype(np.float32) ** 2).sum()), theta)
    assert 1e-9 < hidden < 1e-5
    # and its bars still hold the truth
    value, bar = central_difference_gradient(
        lambda t: float((t.astype(np.float32) ** 2).sum()), theta
    )
    assert np.all(np.abs(value - 2 * theta) <= bar)
    assert bar.max() < 0.05


def test_a_result_of_float32_says_so_itself() -> None:
    assert function_noise(lambda t: np.float32(3.0), np.zeros(2)) >= 3 * np.finfo(np.float32).eps


def test_a_kink_within_the_step_is_seen_and_its_two_slopes_are_given() -> None:
    def kinked(theta: np.ndarray) -> float:
        return float(max(theta[0], 0.0) * 3.0 + theta[0])

    found = central_difference(kinked, np.zeros(1), np.ones(1), 1e-17, h=1e-4)
    assert found.kink
    assert (found.left, found.right) == pytest.approx((1.0, 4.0))
    assert found.bar >= 3.0
    # off the kink the step shrinks until it is clear of it
    beside = central_difference(kinked, np.array([1e-6]), np.ones(1), 1e-17)
    assert abs(beside.value - 4.0) <= beside.bar


def test_a_curve_is_no_kink() -> None:
    found = central_difference(lambda t: float(t[0] ** 2), np.zeros(1), np.ones(1), 1e-17, h=1e-2)
    assert not found.kink
    assert not found.flat


def test_a_flat_function_is_called_flat() -> None:
    found = central_difference(lambda t: 7.0, np.zeros(1), np.ones(1), 1e-16)
    assert found.flat
    assert found.value == 0.0


def test_noise_is_estimated_within_a_small_factor_for_every_seed(rng: np.random.Generator) -> None:
    # The noise is planted: a real function's depends on how a processor's BLAS adds.
    x = rng.standard_normal((40, 6))
    theta = rng.standard_normal(6)

    def noisy(t: np.ndarray, noise: float) -> float:
        draw = np.random.default_rng(list(t.tobytes())).standard_normal()
        return float(np.tanh(x @ t).sum() + noise * draw)

    for noise in (1e-9, 1e-7, 1e-5):
        estimates = [function_noise(lambda t: noisy(t, noise), theta, seed) for seed in range(30)]  # noqa: B023
        assert noise / 4 < min(estimates)
        assert max(estimates) < 4 * noise


def test_noise_of_single_precision_is_between_one_rounding_and_all_of_them(
    rng: np.random.Generator,
) -> None:
    x = rng.standard_normal((40, 6)).astype(np.float32)
    theta = rng.standard_normal(6)
    noise = function_noise(lambda t: float(np.tanh(x @ t.astype(np.float32)).sum()), theta)
    eps = float(np.finfo(np.float32).eps)
    assert eps / 100 < noise < 40 * 6 * eps


@pytest.mark.parametrize(
    ("value", "derivative"),
    [
        (np.tanh, lambda z: 1.0 / np.cosh(z) ** 2),
        (lambda z: z * np.exp(-z), lambda z: (1.0 - z) * np.exp(-z)),
    ],
)
def test_elementwise_derivatives_of_analytic_functions_are_exact(
    value: Any, derivative: Any
) -> None:
    z = np.linspace(-4.0, 4.0, 41)
    found = elementwise_derivative(value, z)
    assert found.exact
    np.testing.assert_allclose(found.value, derivative(z), rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("value", [np.abs, lambda z: np.sqrt(z.real**2)])
def test_where_complex_steps_are_wrong_or_refused_differences_rule(value: Any) -> None:
    z = np.array([-2.0, -0.5, 0.7, 3.0])
    found = elementwise_derivative(value, z)
    assert not found.exact
    truth = np.array([value(np.float64(x + 1e-6)) - value(np.float64(x - 1e-6)) for x in z]) / 2e-6
    assert np.all(np.abs(found.value - truth) <= found.bar + 1e-9)
    assert found.bar.max() < 1e-8
