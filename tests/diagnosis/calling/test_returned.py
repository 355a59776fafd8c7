"""What functions return is read whatever container it comes in; wrong shapes stay as they are."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.diagnosis.calling.returned import Layout, Unreadable, read

SIZES = (3, 4, 2)
W = [np.arange(12.0).reshape(3, 4), np.arange(8.0).reshape(4, 2)]
B = [np.arange(4.0), np.arange(2.0)]


def same(result, layout: Layout = Layout()) -> None:  # noqa: B008 - frozen
    found = read(result, 2, SIZES, layout).gradients
    for l in (1, 2):
        assert np.array_equal(found.dW[l], W[l - 1])
        assert np.array_equal(found.db[l], B[l - 1])


@pytest.mark.parametrize(
    "result",
    [
        (W, B),
        (B, W),
        [W[0], B[0], W[1], B[1]],
        [W[0], W[1], B[0], B[1]],
        [(W[0], B[0]), (W[1], B[1])],
        [{"dW": W[0], "db": B[0]}, {"dW": W[1], "db": B[1]}],
        {"dW1": W[0], "db1": B[0], "dW2": W[1], "db2": B[1]},
        {
            "dLoss_dW1": W[0],
            "dLoss_dB1": B[0],
            "dLoss_dW2": W[1],
            "dLoss_dB2": B[1],
            "dZ2_dW2": W[0],
        },
        {"grad_w_0": W[0], "grad_b_0": B[0], "grad_w_1": W[1], "grad_b_1": B[1]},
        {"dw": {1: W[0], 2: W[1]}, "db": {1: B[0], 2: B[1]}},
        {1: {"W": W[0], "b": B[0]}, 2: {"W": W[1], "b": B[1]}},
        {"weights": W, "biases": B},
        (0.25, {"dW1": W[0], "db1": B[0], "dW2": W[1], "db2": B[1]}),
        np.concatenate([W[0].ravel(), B[0], W[1].ravel(), B[1]]),
        ([None, *W], [None, *B]),
        ({0: W[0], 1: W[1]}, {0: B[0], 1: B[1]}),
    ],
    ids=lambda result: type(result).__name__,
)
def test_usual_containers(result) -> None:
    same(result)


def test_columns_and_transposed_weights_are_turned() -> None:
    columns = Layout(columns=True, out_in=True)
    same(([w.T for w in W], [b.reshape(-1, 1) for b in B]), columns)
    vector = np.concatenate([W[0].T.ravel(), B[0], W[1].T.ravel(), B[1]])
    same(vector, columns)


def test_wrong_shapes_are_evidence_and_stay() -> None:
    found = read((W, [np.float64(3.0), np.arange(11.0)]), 2, SIZES, Layout()).gradients
    assert found.db[1].shape == ()
    assert found.db[2].shape == (11,)


def test_deltas_are_kept() -> None:
    result = {"dW1": W[0], "dW2": W[1], "dZ1": np.ones((5, 4)), "delta2": np.ones((5, 2))}
    found = read(result, 2, SIZES, Layout()).gradients
    assert found.delta[1].shape == (5, 4)
    assert found.delta[2].shape == (5, 2)
    assert found.db[1] is None


@pytest.mark.parametrize(
    "result", [None, "text", {}, {"loss": 3.0}, [W[0]], [np.ones((2, 2, 2))] * 4, 7.0]
)
def test_what_holds_no_gradient_is_refused(result) -> None:
    with pytest.raises(Unreadable):
        read(result, 2, SIZES, Layout())
