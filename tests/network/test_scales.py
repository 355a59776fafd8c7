"""Scales of columns: worked by hand, by complex step through the whole network, and folded into W[1]."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.errors import InputError
from chainrule.network.architecture import Architecture
from chainrule.network.backprop import backward, equal_share, forward, objective
from chainrule.network.initializers import initial_parameters
from chainrule.network.parameters import Parameters
from chainrule.network.random import column_mask
from chainrule.network.scales import scaled, scaled_derivative

COLUMNS = (2, 1, 3)
NET = Architecture(
    (6, 4, 2), ("tanh", "identity"), "squared_error", l2=0.3, columns=COLUMNS, column_dropout=0.4
)


def test_by_hand() -> None:
    W, s = np.array([[1.0], [2.0], [3.0]]), np.array([10.0, 0.5])
    assert scaled(W, s, (2, 1)).ravel().tolist() == [10.0, 20.0, 1.5]
    dW, ds = scaled_derivative(np.array([[1.0], [1.0], [4.0]]), W, s, (2, 1))
    assert dW.ravel().tolist() == [10.0, 10.0, 2.0]
    assert ds.tolist() == [1 * 1 + 2 * 1, 3 * 4]


def test_every_derivative_by_complex_step() -> None:
    rng = np.random.default_rng(0)
    theta = rng.normal(size=NET.n_parameters)
    X, Y = rng.normal(size=(5, 6)), rng.normal(size=(5, 2))
    share, masks = equal_share(5, Y.dtype), [column_mask(7, np.arange(5), COLUMNS, 0.4, float), 1.0]
    masks.append(1.0)
    P = Parameters(NET, theta)
    gradient = backward(P, forward(P, X, masks), Y, share, np.empty_like(theta))
    for i in range(len(theta)):
        stepped = theta.astype(complex)
        stepped[i] += 1e-30j
        Q = Parameters(NET, stepped)
        J = objective(Q, forward(Q, X, masks).scores, Y, share)
        assert J.imag / 1e-30 == pytest.approx(gradient[i], rel=1e-11, abs=1e-14)


def test_folded_into_the_first_weights_the_function_is_the_same() -> None:
    rng = np.random.default_rng(1)
    P = Parameters(NET, rng.normal(size=NET.n_parameters))
    folded, X = P.without_scales(), rng.normal(size=(5, 6))
    assert folded.architecture == Architecture(
        (6, 4, 2), ("tanh", "identity"), "squared_error", l2=0.3
    )
    np.testing.assert_allclose(forward(folded, X).scores, forward(P, X).scores, rtol=1e-14)
    assert folded.without_scales() is folded


def test_scales_start_at_one() -> None:
    assert initial_parameters(NET).s.tolist() == [1.0, 1.0, 1.0]


def test_a_column_is_dropped_as_a_whole() -> None:
    mask = column_mask(3, np.arange(4000), COLUMNS, 0.25, np.float64)
    assert mask.shape == (4000, 6)
    assert set(np.unique(mask)) == {0.0, 1 / 0.75}
    assert (mask[:, 0] == mask[:, 1]).all()
    assert (mask[:, 3] == mask[:, 5]).all()
    assert not (mask[:, 0] == mask[:, 2]).all()
    assert np.abs((mask == 0.0).mean(axis=0) - 0.25).max() < 0.03


def test_plain_data_and_back() -> None:
    assert Architecture.from_dict(NET.to_dict()) == NET
    assert "columns" not in NET.without_columns().to_dict()


@pytest.mark.parametrize(
    "wrong", [{"columns": (2, 3)}, {"columns": (6, 0)}, {"columns": (), "column_dropout": 0.1}]
)
def test_what_does_not_fit_is_refused(wrong: dict) -> None:
    with pytest.raises(InputError, match="columns"):
        Architecture((6, 1), ("identity",), "squared_error", **wrong)
