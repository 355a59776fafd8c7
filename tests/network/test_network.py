"""The bare network: how it is built, and what it refuses at its border."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chainrule.equations.losses import losses
from chainrule.errors import InputError
from chainrule.network.network import Network
from chainrule.network.random import dropout_mask


def data(n: int = 6, k: int = 2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    return rng.standard_normal((n, 3)), rng.standard_normal((n, k))


@pytest.mark.parametrize(
    ("activations", "named"),
    [
        ("tanh", ("tanh", "tanh", "identity")),
        (["relu", "tanh"], ("relu", "tanh", "identity")),
        (["relu", "tanh", "sigmoid"], ("relu", "tanh", "sigmoid")),
    ],
)
def test_activations_may_be_one_or_one_a_layer(activations: Any, named: tuple[str, ...]) -> None:
    assert Network([3, 5, 4, 2], activations).architecture.activations == named


@pytest.mark.parametrize("dropout", [0.25, np.float32(0.25), [0.25, 0.25]])
def test_dropout_may_be_one_rate_or_one_a_layer(dropout: Any) -> None:
    assert Network([3, 5, 4, 2], dropout=dropout).architecture.dropout == (0.25, 0.25)


def test_without_hidden_layers_it_is_a_linear_model() -> None:
    net = Network([3, 2])
    X, Y = data()
    np.testing.assert_allclose(net.predict(X), X @ net.W[1] + net.b[1])
    net.W[1][...], _, _, _ = np.linalg.lstsq(X - X.mean(0), Y - Y.mean(0), rcond=None)
    net.b[1][...] = Y.mean(0) - X.mean(0) @ net.W[1]
    J, gradient = net.gradient(X, Y)
    np.testing.assert_allclose(gradient, 0.0, atol=1e-14)  # least squares is where it vanishes
    assert net.objective(X, Y) == J


def test_predictions_are_scores_through_the_link() -> None:
    net = Network([3, 4, 2], loss="multiclass_log_loss")
    X, _ = data()
    e = np.exp(net.scores(X))
    np.testing.assert_allclose(net.predict(X), e / e.sum(axis=1, keepdims=True))
    np.testing.assert_array_equal(net.scores(X), net.forward(X).scores)


def test_weights_are_relative() -> None:
    net, (X, Y) = Network([3, 4, 2], l2=0.1), data()
    w = np.array([1.0, 0.0, 2.0, 0.5, 3.0, 1.0])
    J, gradient = net.gradient(X, Y, w)
    for factor in (1e-300, 7.0, 1e300):
        other, same = net.gradient(X, Y, factor * w)
        assert other == pytest.approx(J, rel=1e-13)
        np.testing.assert_allclose(same, gradient, rtol=1e-12)
    rows = w > 0
    assert net.objective(X[rows], Y[rows], w[rows]) == pytest.approx(J, rel=1e-13)


def test_masks_reach_the_gradient() -> None:
    net, (X, Y) = Network([3, 4, 2], "tanh", dropout=0.5), data()
    mask = [1.0, dropout_mask(3, 1, np.arange(6), 4, 0.5, float), 1.0]
    J, gradient = net.gradient(X, Y, masks=mask)
    scores = (np.tanh(X @ net.W[1] + net.b[1]) * mask[1]) @ net.W[2] + net.b[2]
    assert pytest.approx(((scores - Y) ** 2).sum() / 12) == J
    np.testing.assert_allclose(gradient[-2:], (scores - Y).mean(axis=0))


def test_float32_is_float32_throughout() -> None:
    net, (X, Y) = Network([3, 4, 2], dtype="float32"), data()
    J, gradient = net.gradient(X, Y, np.arange(6))
    assert isinstance(J, float)
    assert gradient.dtype == net.scores(X).dtype == net.predict(X).dtype == np.float32


def test_lists_and_integers_are_arrays_too() -> None:
    net = Network([3, 4, 2])
    assert net.objective([[1, 2, 3]], [[0, 1]]) == net.objective(
        np.array([[1.0, 2, 3]]), np.array([[0.0, 1]])
    )


def test_views_write_into_the_vector() -> None:
    net = Network([3, 4, 2])
    net.W[2][...] = 5.0
    assert np.all(net.parameters.vector[16:24] == 5.0)


X, Y = data()
NAN, INFINITE = X.copy(), X.copy()
NAN[1, 1], INFINITE[5, 2] = np.nan, np.inf


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((X[0], Y[:1]), "X"),
        ((X[:, :2], Y), "X"),
        ((X[None], Y), "X"),
        ((NAN, Y), "X"),
        ((INFINITE, Y), "X"),
        (([["a", "b", "c"]], Y[:1]), "X"),
        ((X, Y[:, 0]), "Y"),
        ((X, Y[:, :1]), "Y"),
        ((X, Y[:-1]), "Y"),
        ((X, Y * np.nan), "Y"),
        ((X, [["a", "b"]] * 6), "Y"),
        ((X, Y, np.ones(5)), "sample_weight"),
        ((X, Y, np.ones((6, 1))), "sample_weight"),
        ((X, Y, -np.ones(6)), "sample_weight"),
        ((X, Y, np.zeros(6)), "sample_weight"),
        ((X, Y, np.full(6, np.nan)), "sample_weight"),
        ((X[:0], Y[:0], np.ones(0)), "sample_weight"),
    ],
)
def test_bad_data_is_refused_by_name(arguments: tuple[Any, ...], named: str) -> None:
    with pytest.raises(InputError, match=f"^{named}: got "):
        Network([3, 4, 2]).gradient(*arguments)


def test_targets_outside_the_domain_are_refused() -> None:
    with pytest.raises(InputError, match="y for loss poisson"):
        Network([3, 2], loss="poisson").objective(X, Y)


@pytest.mark.parametrize(
    "options",
    [
        {"sizes": [3]},
        {"sizes": []},
        {"sizes": [3, 0, 1]},
        {"activations": ["relu"]},
        {"activations": "nonsense"},
        {"loss": "nonsense"},
        {"l2": -1.0},
        {"dropout": 1.0},
        {"dropout": [0.1]},
        {"initializer": "nonsense"},
        {"dtype": "int32"},
    ],
    ids=str,
)
def test_a_network_that_does_not_fit_together_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Network(**{"sizes": [3, 5, 4, 1], **options})


@pytest.mark.parametrize("loss", [loss.name for loss in losses])
def test_the_gradients_of_the_data_are_derivatives(loss: str) -> None:
    net = Network([3, 4, 3], "tanh", loss, l2=0.1, random_state=2)
    rng = np.random.default_rng(1)
    X, Y = rng.normal(size=(5, 3)), rng.uniform(0.2, 0.8, size=(5, 3))
    if net.architecture.loss_function.domain == "one_hot":
        Y = np.eye(3)[rng.integers(0, 3, 5)]
    weights = rng.uniform(0.5, 2.0, 5)
    dX, dY = net.data_gradients(X, Y, weights)
    h = 1e-6
    assert dX.shape == X.shape
    for i, j in ((0, 0), (2, 1), (4, 2)):
        step = np.zeros_like(X)
        step[i, j] = h
        ends = [net.objective(X + s * step, Y, weights) for s in (1, -1)]
        assert dX[i, j] == pytest.approx((ends[0] - ends[1]) / (2 * h), abs=1e-8)
        if net.architecture.loss_function.domain != "one_hot":
            ends = [net.objective(X, Y + s * step, weights) for s in (1, -1)]
            assert dY[i, j] == pytest.approx((ends[0] - ends[1]) / (2 * h), abs=1e-8)


def test_the_gradient_of_the_targets_of_a_squared_error_is_minus_the_residual() -> None:
    net = Network([2, 3, 1], "tanh", random_state=1)
    X, Y = np.array([[0.5, -1.0], [2.0, 1.0]]), np.array([[1.0], [0.0]])
    _, dY = net.data_gradients(X, Y)
    assert dY == pytest.approx(
        -(net.predict(X) - Y) / 2, rel=1e-14
    )  # document 001: dJ/dy = -(z3 - y)
