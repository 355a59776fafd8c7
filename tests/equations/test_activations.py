"""Activations against SymPy's derivatives and SciPy's functions, at their kinks, at extremes and at NaN."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.special
import sympy

from chainrule.equations import activations as rules
from chainrule.equations.activations import activations
from chainrule.errors import InputError

t = sympy.Symbol("t", real=True)
SIGMOID = 1 / (1 + sympy.exp(-t))
SELU_ALPHA = -sympy.sqrt(2 / sympy.pi) / (
    sympy.erfc(1 / sympy.sqrt(2)) * sympy.exp(sympy.Rational(1, 2)) - 1
)


def selu_scale() -> sympy.Expr:
    """Return lambda from the condition that E[selu(x)²] = 1 for a standard normal x (appendix A of the paper)."""
    # E[x²; x>0] = 1/2; E[(e^x - 1)²; x<0] = e² Phi(-2) - 2 sqrt(e) Phi(-1) + 1/2
    phi = lambda x: sympy.erfc(-x / sympy.sqrt(2)) / 2  # noqa: E731
    below = sympy.exp(2) * phi(-2) - 2 * sympy.sqrt(sympy.E) * phi(-1) + sympy.Rational(1, 2)
    return 1 / sympy.sqrt(sympy.Rational(1, 2) + SELU_ALPHA**2 * below)


def bent(above: sympy.Expr, below: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
    return above, below


#: (above 0, below 0), from the papers, not from the code
FORMULAS: dict[str, tuple[sympy.Expr, sympy.Expr]] = {
    "identity": bent(t, t),
    "sigmoid": bent(SIGMOID, SIGMOID),
    "tanh": bent(sympy.tanh(t), sympy.tanh(t)),
    "relu": bent(t, sympy.Integer(0) * t),
    "leaky_relu": bent(t, sympy.Rational(1, 100) * t),
    "leaky_relu(0.25)": bent(t, t / 4),
    "leaky_relu(0.0)": bent(t, sympy.Integer(0) * t),
    "leaky_relu(1.0)": bent(t, t),
    "elu": bent(t, sympy.exp(t) - 1),
    "elu(1.75)": bent(t, sympy.Rational(7, 4) * (sympy.exp(t) - 1)),
    "selu": bent(selu_scale() * t, selu_scale() * SELU_ALPHA * (sympy.exp(t) - 1)),
    "softplus": bent(sympy.log(1 + sympy.exp(t)), sympy.log(1 + sympy.exp(t))),
    "gelu": bent(*[t * (1 + sympy.erf(t / sympy.sqrt(2))) / 2] * 2),
    "gelu_tanh": bent(
        *[t / 2 * (1 + sympy.tanh(sympy.sqrt(2 / sympy.pi) * (t + t**3 * 44715 / 10**6)))] * 2
    ),
    "silu": bent(t * SIGMOID, t * SIGMOID),
    "mish": bent(*[t * sympy.tanh(sympy.log(1 + sympy.exp(t)))] * 2),
}
POINTS = np.array(
    [-30.0, -8.5, -3.25, -1.0, -0.375, -0.001, 0.001, 0.5, 1.0, 2.75, 6.5, 21.0, 30.0]
)


def exact(sides: tuple[sympy.Expr, sympy.Expr], points: np.ndarray) -> np.ndarray:
    """Evaluate with 50 digits, then round once."""
    functions = [sympy.lambdify(t, side, "mpmath") for side in sides]
    with mpmath.workdps(50):
        return np.array([float(functions[0 if z > 0 else 1](mpmath.mpf(float(z)))) for z in points])


def test_there_is_a_truth_for_all_that_is_registered() -> None:
    assert {name.split("(")[0] for name in FORMULAS} == set(activations.names())


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("spec", FORMULAS)
def test_value_and_derivative_are_those_of_the_formula(spec: str, dtype: Any) -> None:
    f, z = activations.get(spec), POINTS.astype(dtype)
    a, prime = f(z), f.prime(z, f(z))
    assert a.dtype == prime.dtype == dtype
    above, below = FORMULAS[spec]
    derivative = (sympy.diff(above, t), sympy.diff(below, t))
    # A few roundings of numbers as large as z, or as 1.
    room = 8.0 * np.finfo(dtype).eps * np.maximum(np.abs(z), 1.0)
    assert np.all(np.abs(a - exact((above, below), z)) <= room)
    assert np.all(np.abs(prime - exact(derivative, z)) <= room)


@pytest.mark.parametrize(
    ("name", "scipys"),
    [
        ("sigmoid", scipy.special.expit),
        ("softplus", lambda z: -scipy.special.log_expit(-z)),
        ("gelu", lambda z: z * scipy.special.ndtr(z)),
        ("silu", lambda z: z * scipy.special.expit(z)),
        ("mish", lambda z: z * np.tanh(np.logaddexp(0.0, z))),
        ("elu", lambda z: scipy.special.boxcox1p(0.0, 0.0) + np.where(z > 0, z, np.expm1(z))),
    ],
)
def test_value_is_scipys(name: str, scipys: Callable[[np.ndarray], np.ndarray]) -> None:
    z = np.linspace(-20.0, 20.0, 401)
    np.testing.assert_allclose(activations.get(name)(z), scipys(z), rtol=1e-13, atol=4e-15)


@pytest.mark.parametrize("name", activations.names())
def test_the_derivative_is_the_complex_step(name: str) -> None:
    f, z = activations.get(name), np.linspace(-9.97, 9.97, 401)
    np.testing.assert_allclose(f.prime(z, f(z)), f(z + 1e-30j).imag / 1e-30, rtol=1e-13, atol=1e-14)


def test_selu_keeps_mean_0_and_variance_1() -> None:
    """Klambauer et al. 2017: the constants are the fixed point of the moments under a standard normal."""
    # Each side of the kink is integrated by itself, by Gauss-Legendre.
    nodes, weights = np.polynomial.legendre.leggauss(200)
    moments = []
    for power in (1, 2):
        total = 0.0
        for low, high in ((-12.0, 0.0), (0.0, 12.0)):
            x = low + (high - low) * (nodes + 1.0) / 2.0
            density = np.exp(-x * x / 2.0) / math.sqrt(2.0 * math.pi)
            total += (
                (high - low)
                / 2.0
                * float(weights @ (activations.get("selu")(x) ** power * density))
            )
        moments.append(total)
    assert moments[0] == pytest.approx(0.0, abs=1e-13)
    assert moments[1] == pytest.approx(1.0, abs=1e-13)
    assert rules.selu(np.array([1.0]))[0] == float(selu_scale().evalf(30))


@pytest.mark.parametrize("spec", FORMULAS)
def test_at_exactly_0_the_complex_step_is_the_derivative_from_the_left(spec: str) -> None:
    """Zero weights, or zero inputs, put every z there; smooth activations must be right as well."""
    f = activations.get(spec)
    below = sympy.limit(sympy.diff(FORMULAS[spec][1], t), t, 0, "-")
    for zero in (0.0, -0.0):
        z = np.array([zero])
        assert f.prime(z, f(z))[0] == pytest.approx(float(below.evalf(30)), rel=1e-15)
        assert f(z + 1e-30j).imag[0] / 1e-30 == pytest.approx(float(below.evalf(30)), rel=1e-15)


@pytest.mark.parametrize(
    ("spec", "left"),
    [
        ("relu", 0.0),
        ("leaky_relu", 0.01),
        ("leaky_relu(0.25)", 0.25),
        ("elu(1.75)", 1.75),
        ("selu", float((selu_scale() * SELU_ALPHA).evalf(30))),
    ],
)
def test_at_a_kink_the_derivative_is_the_one_from_the_left(spec: str, left: float) -> None:
    f = activations.get(spec)
    assert f.kinks == (0.0,)
    for zero in (0.0, -0.0):
        z = np.array([zero])
        assert f.prime(z, f(z))[0] == pytest.approx(left, rel=1e-15, abs=0.0)


@pytest.mark.parametrize("name", activations.names())
def test_kinks_are_where_the_one_sided_derivatives_differ(name: str) -> None:
    spec = "elu(1.75)" if name == "elu" else name  # at alpha = 1 elu has no kink
    f, h = activations.get(spec), 1e-6
    z = np.linspace(-3.0, 3.0, 61)
    jump = np.abs((f(z + h) - f(z)) / h - (f(z) - f(z - h)) / h)
    assert np.allclose(z[jump > 1e-3], f.kinks, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", activations.names())
def test_extreme_scores_give_the_limits_without_a_warning(name: str, dtype: Any) -> None:
    """Warnings are errors here, so nothing overflowed on the way."""
    f, z = activations.get(name), np.array([-1e4, -200.0, 200.0, 1e4], dtype=dtype)
    a, prime = f(z), f.prime(z, f(z))
    above, below = FORMULAS[name]
    np.testing.assert_allclose(a, exact((above, below), z), rtol=1e-6, atol=1e-30)
    slopes = exact((sympy.diff(above, t), sympy.diff(below, t)), z)
    np.testing.assert_allclose(prime, slopes, rtol=1e-6, atol=1e-30)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", activations.names())
def test_nan_is_never_swallowed(name: str, dtype: Any) -> None:
    f = activations.get(name)
    assert np.isnan(f(np.array([math.nan], dtype=dtype))[0])


@pytest.mark.parametrize("shape", [(0,), (1,), (3, 4), (0, 5)])
@pytest.mark.parametrize("name", activations.names())
def test_shapes_are_kept_and_inputs_left_alone(name: str, shape: tuple[int, ...]) -> None:
    f = activations.get(name)
    z = np.random.default_rng(0).standard_normal(shape)
    before = z.copy()
    a = f(z)
    kept = a.copy()
    assert a.shape == f.prime(z, a).shape == shape
    assert np.array_equal(z, before)
    assert np.array_equal(a, kept)


@pytest.mark.parametrize("name", activations.names())
def test_each_record_says_what_it_is(name: str) -> None:
    f = activations.get(name)
    assert f.formula
    assert f.derivative_formula
    assert f.source or name == "identity"
    assert activations.get(f.spec) == f
    for alias in f.aliases:
        assert activations.get(alias) is f


def test_logistic_is_scikit_learns_name_for_sigmoid() -> None:
    assert activations.get("logistic").name == "sigmoid"


@pytest.mark.parametrize(
    "spec",
    """leaky_relu(-0.1)|leaky_relu(1.5)|leaky_relu(nan)|leaky_relu()|leaky_relu(a)
    leaky_relu(0.1, 0.2)|elu(inf)|elu(-1)|relu(1)|relu(|relu)||(0.1)""".replace(
        "\n    ", "|"
    ).split("|"),
)
def test_a_number_that_is_not_accepted_is_an_input_error(spec: str) -> None:
    with pytest.raises(InputError):
        activations.get(spec)
