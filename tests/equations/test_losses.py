"""Losses against scikit-learn's, SciPy's and SymPy's; their links, domains, kinks and extremes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.special
import sympy
from sklearn._loss import loss as peers
from tests.conformance.cases import loss_specs, targets
from tests.oracles import complex_step, relative_error

from chainrule.equations.losses import Loss, losses
from chainrule.errors import InputError

Array = np.ndarray


def data(loss: Loss, n: int = 40, k: int = 3) -> tuple[Array, Array]:
    rng = np.random.default_rng(20)
    return 2.0 * rng.standard_normal((n, k)), targets(loss.domain, n, k, rng)


# ---- against others -------------------------------------------------------------------------------


def huber_of_sklearn(delta: float) -> Any:
    peer = peers.HuberLoss(delta=delta)
    peer.closs.delta = delta
    return peer


#: our spec, scikit-learn's loss; where theirs is half of what the name says, so is ours
PEERS: list[tuple[str, Any]] = [
    ("squared_error", peers.HalfSquaredError()),
    ("absolute_error", peers.AbsoluteError()),
    ("huber(0.7)", huber_of_sklearn(0.7)),
    ("quantile(0.2)", peers.PinballLoss(quantile=0.2)),
    ("poisson", peers.HalfPoissonLoss()),
    ("gamma", peers.HalfGammaLoss()),
    ("binary_log_loss", peers.HalfBinomialLoss()),
]


@pytest.mark.parametrize(("spec", "peer"), PEERS)
def test_value_and_derivative_are_scikit_learns(spec: str, peer: Any) -> None:
    loss = losses.get(spec)
    z, y = data(loss, k=1)
    z, y = np.vstack([z, [[-25.0], [30.0]]]), np.vstack([y, y[:2]])
    value, gradient = peer.loss_gradient(y[:, 0].copy(), z[:, 0].copy())
    np.testing.assert_allclose(loss.rows(z, y), value, rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(loss.gradient(z, y)[:, 0], gradient, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(loss.link(z)[:, 0], peer.link.inverse(z[:, 0]), rtol=1e-13)


def test_multiclass_log_loss_is_scikit_learns() -> None:
    loss, peer = losses.get("multiclass_log_loss"), peers.HalfMultinomialLoss(n_classes=4)
    rng = np.random.default_rng(3)
    z, label = 3.0 * rng.standard_normal((50, 4)), rng.integers(0, 4, 50)
    value, gradient = peer.loss_gradient(label.astype(float), z)
    y = np.eye(4)[label]
    np.testing.assert_allclose(loss.rows(z, y), value, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(loss.gradient(z, y), gradient, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(loss.link(z), peer.predict_proba(z), rtol=1e-13)


def _focal(z: Array, y: Array, focus: float, alpha: float) -> Array:
    p = scipy.special.expit(z)
    return -alpha * (1 - p) ** focus * scipy.special.xlogy(y, p) - (
        1 - alpha
    ) * p**focus * scipy.special.xlogy(1 - y, 1 - p)


SCIPY: dict[str, Callable[[Array, Array], Array]] = {
    "huber(1.3)": lambda z, y: scipy.special.huber(1.3, z - y),
    "multiclass_log_loss": lambda z, y: -y * scipy.special.log_softmax(z, axis=1),
    "multiclass_log_loss(0.3)": lambda z, y: (
        -(0.7 * y + 0.3 / z.shape[1]) * scipy.special.log_softmax(z, axis=1)
    ),
    "binary_log_loss": lambda z, y: (
        -y * scipy.special.log_expit(z) - (1 - y) * scipy.special.log_expit(-z)
    ),
    "binary_log_loss(0.3)": lambda z, y: (
        -(0.7 * y + 0.15) * scipy.special.log_expit(z)
        - (0.85 - 0.7 * y) * scipy.special.log_expit(-z)
    ),
    "focal": lambda z, y: _focal(z, y, 2.0, 0.25),
    "focal(0.5, 0.75)": lambda z, y: _focal(z, y, 0.5, 0.75),
}


@pytest.mark.parametrize("spec", SCIPY)
def test_value_is_scipys(spec: str) -> None:
    loss = losses.get(spec)
    z, y = data(loss)
    np.testing.assert_allclose(loss.rows(z, y), SCIPY[spec](z, y).sum(axis=1), rtol=1e-12)


def test_focal_without_focus_is_half_the_log_loss() -> None:
    z, y = data(losses.get("focal"))
    half = losses.get("focal(0, 0.5)")
    np.testing.assert_allclose(
        2.0 * half.rows(z, y), losses.get("binary_log_loss").rows(z, y), rtol=1e-13
    )


Z, Y = sympy.symbols("z y", real=True)
P = 1 / (1 + sympy.exp(-Z))
SYMBOLIC = {
    "squared_error": (Z - Y) ** 2 / 2,
    "poisson": sympy.exp(Z) - Y * Z,
    "gamma": Z + Y / sympy.exp(Z),
    "binary_log_loss": -Y * sympy.log(P) - (1 - Y) * sympy.log(1 - P),
    "focal(1.5, 0.3)": (
        -sympy.Rational(3, 10) * Y * (1 - P) ** sympy.Rational(3, 2) * sympy.log(P)
        - sympy.Rational(7, 10) * (1 - Y) * P ** sympy.Rational(3, 2) * sympy.log(1 - P)
    ),
}


@pytest.mark.parametrize("spec", SYMBOLIC)
def test_derivative_is_sympys(spec: str) -> None:
    loss = losses.get(spec)
    z, y = data(loss, n=12, k=1)
    derivative = sympy.lambdify((Z, Y), sympy.diff(SYMBOLIC[spec], Z), "mpmath")
    expected = [
        float(derivative(float(a), float(b))) for a, b in zip(z[:, 0], y[:, 0], strict=True)
    ]
    np.testing.assert_allclose(loss.gradient(z, y)[:, 0], expected, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("spec", loss_specs())
def test_derivative_is_the_complex_step_of_the_row_sum(spec: str) -> None:
    """Value and derivative have the same scale however many outputs there are; at z = 0 too."""
    loss = losses.get(spec)
    z, y = data(loss, n=5)
    z[0] = 0.0

    def total(flat: Array) -> complex:
        return complex(loss.rows(flat.reshape(z.shape), y).sum())

    assert relative_error(loss.gradient(z, y).ravel(), complex_step(total, z.ravel())) < 1e-14


# ---- parameters, outputs --------------------------------------------------------------------------


def test_quantile_levels_alternate_along_the_outputs() -> None:
    loss = losses.get("quantile(0.1, 0.9)")
    z, y = np.zeros((1, 4)), np.array([[1.0, 1.0, -1.0, -1.0]])
    np.testing.assert_allclose(loss.gradient(z, y), [[-0.1, -0.9, 0.9, 0.1]])
    assert loss.rows(z, y)[0] == pytest.approx(0.1 + 0.9 + 0.9 + 0.1)


def test_levels_that_do_not_fit_the_outputs_are_refused() -> None:
    loss = losses.get("quantile(0.1, 0.5, 0.9)")
    with pytest.raises(InputError, match="quantile levels: got 3 for 2 outputs"):
        loss.rows(np.zeros((1, 2)), np.zeros((1, 2)))


def test_the_minimum_of_the_quantile_loss_is_the_quantile() -> None:
    y = np.random.default_rng(0).standard_normal(999)[:, None]
    candidates = np.linspace(-2.0, 2.0, 801)
    for level in (0.1, 0.5, 0.8):
        loss = losses.get(f"quantile({level})")
        J = [loss.rows(np.full_like(y, c), y).mean() for c in candidates]
        assert candidates[int(np.argmin(J))] == pytest.approx(np.quantile(y, level), abs=0.01)


@pytest.mark.parametrize("spec", ["poisson", "gamma", "squared_error", "binary_log_loss"])
def test_the_minimum_is_where_the_link_gives_the_mean(spec: str) -> None:
    loss = losses.get(spec)
    _, y = data(loss, n=200, k=1)
    inverse = {"exp": np.log, "identity": np.asarray, "sigmoid": scipy.special.logit}[
        loss.link.name
    ]
    best = float(inverse(y.mean()))
    assert loss.gradient(np.full_like(y, best), y).mean() == pytest.approx(0.0, abs=1e-14)
    assert loss.link(np.array([[best]]))[0, 0] == pytest.approx(y.mean(), rel=1e-14)


@pytest.mark.parametrize(
    "spec",
    """huber(0)|huber(inf)|huber(nan)|quantile(0)|quantile(1)|quantile()|quantile(0.5, 1.5)|focal(2)
    binary_log_loss(1.1)|multiclass_log_loss(-0.1)|focal(-1, 0.5)|squared_error(1)""".replace(
        "\n    ", "|"
    ).split("|"),
)
def test_a_number_that_is_not_accepted_is_an_input_error(spec: str) -> None:
    with pytest.raises(InputError):
        losses.get(spec)


# ---- kinks, extremes, NaN -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "at_the_kink"), [("absolute_error", 0.0), ("quantile(0.2)", 0.3), ("quantile", 0.0)]
)
def test_at_z_equal_to_y_the_derivative_is_the_mean_of_both_sides(
    spec: str, at_the_kink: float
) -> None:
    loss, z = losses.get(spec), np.array([[1.5]])
    assert loss.kinks == "z = y"
    assert loss.gradient(z, z)[0, 0] == pytest.approx(at_the_kink)
    sides = [loss.gradient(z + h, z)[0, 0] for h in (-1e-9, 1e-9)]
    assert loss.gradient(z, z)[0, 0] == pytest.approx(np.mean(sides))


def test_at_its_border_huber_is_smooth() -> None:
    loss = losses.get("huber(0.5)")
    z, y = np.array([[0.5], [-0.5], [0.5 + 1e-12], [-0.5 - 1e-12]]), np.zeros((4, 1))
    np.testing.assert_allclose(loss.gradient(z, y)[:, 0], [0.5, -0.5, 0.5, -0.5], rtol=1e-11)
    np.testing.assert_allclose(loss.rows(z, y), 0.125, rtol=1e-11)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_score_of_40_against_the_label_0_costs_40(dtype: Any) -> None:
    """The clipped formula of a source document says 34.54, with a numeric gradient of 0."""
    loss = losses.get("binary_log_loss")
    z, y = np.array([[40.0]], dtype=dtype), np.array([[0.0]], dtype=dtype)
    assert loss.rows(z, y).tolist() == [40.0]
    assert loss.gradient(z, y).tolist() == [[1.0]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("spec", ["binary_log_loss", "multiclass_log_loss", "focal"])
def test_extreme_scores_are_exact_and_silent(spec: str, dtype: Any) -> None:
    """Warnings are errors here, so nothing overflowed and no logarithm met 0."""
    loss = losses.get(spec)
    z = np.array([[1e4, -1e4], [-1e4, 1e4], [1e4, -1e4], [-1e4, 1e4]], dtype=dtype)
    y = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], dtype=dtype)
    value, gradient, predicted = loss.rows(z, y), loss.gradient(z, y), loss.link(z)
    sure = {"binary_log_loss": [0, 2e4], "multiclass_log_loss": [0, 2e4], "focal": [0, 1e4]}[spec]
    np.testing.assert_allclose(value, [sure[0], sure[1], sure[1], sure[0]])
    slope = {"binary_log_loss": (1, 1), "multiclass_log_loss": (1, 1), "focal": (0.25, 0.75)}[spec]
    wrong = [[-slope[0], slope[1]], [slope[1], -slope[0]]]
    np.testing.assert_allclose(gradient, [[0, 0], *wrong, [0, 0]], atol=1e-30)
    np.testing.assert_allclose(predicted, [[1, 0], [0, 1], [1, 0], [0, 1]])
    assert value.dtype == gradient.dtype == predicted.dtype == dtype


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("spec", "value", "slope"),
    [
        ("squared_error", 5e7, 1e4),
        ("absolute_error", 1e4, 1.0),
        ("huber(2.0)", 2e4 - 2.0, 2.0),
        ("quantile(0.25)", 7.5e3, 0.75),
    ],
)
def test_extreme_residuals_are_finite(spec: str, value: float, slope: float, dtype: Any) -> None:
    loss, z = losses.get(spec), np.array([[1e4]], dtype=dtype)
    assert loss.rows(z, np.zeros_like(z))[0] == pytest.approx(value, rel=1e-6)
    assert loss.gradient(z, np.zeros_like(z))[0, 0] == pytest.approx(slope, rel=1e-6)


def test_poisson_and_gamma_overflow_to_infinity_and_not_to_nan() -> None:
    z, y = np.array([[1e4], [-1e4]]), np.array([[2.0], [2.0]])
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(losses.get("poisson").rows(z, y), [math.inf, 2e4])
        np.testing.assert_array_equal(losses.get("poisson").gradient(z, y)[:, 0], [math.inf, -2.0])
        np.testing.assert_array_equal(losses.get("gamma").rows(z, y), [1e4, math.inf])
        np.testing.assert_array_equal(losses.get("gamma").gradient(z, y)[:, 0], [1.0, -math.inf])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("spec", loss_specs())
def test_nan_is_never_swallowed_and_float32_stays(spec: str, dtype: Any) -> None:
    loss = losses.get(spec)
    z, y = (array.astype(dtype) for array in data(loss, n=4))
    z[2, 1] = math.nan
    value, gradient = loss.rows(z, y), loss.gradient(z, y)
    assert value.dtype == gradient.dtype == loss.link(z).dtype == dtype
    assert np.flatnonzero(np.isnan(value)).tolist() == [2]
    assert np.isnan(gradient[2, 1])
    assert not np.isnan(gradient[[0, 1, 3]]).any()


@pytest.mark.parametrize("scale", [1.0, 1e3, 1e5])
@pytest.mark.parametrize("k", [2, 10, 1000])
def test_softmax_sums_to_1_in_float32(k: int, scale: float) -> None:
    """scikit-learn's metrics refuse probabilities that do not, at 1e-5."""
    z = (scale * np.random.default_rng(1).standard_normal((20, k))).astype(np.float32)
    p = losses.get("multiclass_log_loss").link(z)
    assert p.dtype == np.float32
    np.testing.assert_allclose(p.sum(axis=1, dtype=float), 1.0, rtol=1e-6)
    np.testing.assert_allclose(
        p, scipy.special.softmax(z.astype(float), axis=1), rtol=2e-5, atol=1e-12
    )


# ---- domains and records --------------------------------------------------------------------------


@pytest.mark.parametrize("spec", loss_specs())
def test_targets_of_the_domain_are_accepted(spec: str) -> None:
    losses.get(spec).check_targets(data(losses.get(spec))[1])
    if losses.get(spec).domain != "one_hot":
        losses.get(spec).check_targets(np.empty((0, 3)))


@pytest.mark.parametrize(
    ("spec", "y"),
    [
        ("poisson", [[-0.5]]),
        ("poisson", [[math.nan]]),
        ("gamma", [[0.0]]),
        ("binary_log_loss", [[1.5]]),
        ("focal", [[-0.1]]),
        ("multiclass_log_loss", [[1.0, 1.0]]),
        ("multiclass_log_loss", [[0.0, 0.0]]),
        ("multiclass_log_loss", [[2.0, -1.0]]),
    ],
)
def test_targets_outside_the_domain_are_refused(spec: str, y: list[list[float]]) -> None:
    with pytest.raises(InputError, match=f"y for loss {spec}"):
        losses.get(spec).check_targets(np.array(y))


@pytest.mark.parametrize("name", losses.names())
def test_each_record_says_what_it_is(name: str) -> None:
    loss = losses.get(name)
    assert loss.formula
    assert loss.derivative_formula
    assert loss.source
    assert losses.get(loss.spec) == loss
    assert len(loss.parameters) == len(loss.parameter_names) == len(loss.parameter_bounds)
    for alias in loss.aliases:
        assert losses.get(alias) is loss
