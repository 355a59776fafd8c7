"""Forward and backward against loops, printed figures, differences and each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse
from tests.conformance.cases import targets
from tests.oracles import LoopNetwork, complex_step, differences, relative_error

from chainrule.network.architecture import Architecture
from chainrule.network.backprop import backward, equal_share, forward, objective, penalty
from chainrule.network.network import Network
from chainrule.network.parameters import Parameters
from chainrule.network.random import dropout_mask

Array = np.ndarray


# ---- figures that a source document prints (document 000, corrected) -------------------------------

Z3 = [-0.03414519, 0.23866093, 0.03396447]
H3 = [0.0, 0.23866093, 0.03396447]
H4 = [0.50686782, 0.50957864, 0.5237998, 0.49340271, 0.50839956]
W5 = [0.02670988, -0.054252, 0.12078678, 0.11604026, 0.07002136]
B5 = 0.1586834
B4 = [0.0593946, 0.033295, 0.10631, -0.0304184, 0.0370018]
PRINTED_DELTA4 = [-0.07209804, 0.14644256, -0.32604005, 0.0, -0.18900884]
PRINTED_DW4 = [
    [1.08630584e-02, -2.34751526e-02, -5.39637656e-03],
    [2.37754764e-03, 3.64073495e-02, 2.13050052e-03],
    [-3.54973215e-03, -8.00294807e-02, -1.17496709e-02],
    [3.05363177e-03, 5.52675816e-06, 5.89043498e-03],
    [-4.67048816e-03, -4.47373189e-02, -1.40374193e-02],
]
LAMBDA, TARGET = 0.05, 3.0


def printed_network(l2: float = 0.0) -> tuple[Parameters, Array, Array]:
    """Return layers 3 to 5 of the document's network; layer 3 passes the printed Z3 on."""
    W4 = (np.array(PRINTED_DW4) - np.outer(PRINTED_DELTA4, H3)) / LAMBDA
    np.testing.assert_allclose(W4[0], [0.21726117, -0.12536335, -0.0589521], atol=1e-7)
    architecture = Architecture((3, 3, 5, 1), ("relu", "sigmoid", "relu"), "squared_error", l2=l2)
    theta = Parameters(architecture)
    theta.W[1][...] = np.eye(3)
    theta.W[2][...], theta.b[2][...] = W4.T, B4  # the document's weights are (units, inputs)
    theta.W[3][:, 0], theta.b[3][...] = W5, B5
    return theta, np.array([Z3]), np.array([[TARGET]])


def test_the_printed_forward_pass_and_the_corrected_deltas() -> None:
    theta, X, Y = printed_network()
    P = forward(theta, X)
    np.testing.assert_allclose(P.h[1], [H3], atol=1e-8)
    np.testing.assert_allclose(
        P.z[2], [[0.02747301, 0.03831927, 0.09527121, -0.0263907, 0.0336014]], atol=1e-7
    )
    np.testing.assert_allclose(P.a[2], [H4], atol=2e-8)
    np.testing.assert_allclose(P.scores, [[0.30069756]], atol=1e-7)
    share = equal_share(1, np.dtype(float))
    assert objective(theta, P.scores, Y, share) == pytest.approx(3.64311683, abs=3e-7)
    G = Parameters(theta.architecture, backward(theta, P, Y, share, np.empty_like(theta.vector)))
    np.testing.assert_allclose(G.b[3], [-2.69930244], atol=1e-7)
    delta4 = [-0.01802111, 0.0365972, -0.08132533, -0.07829331, -0.04723887]
    np.testing.assert_allclose(G.b[2], delta4, atol=1e-7)
    np.testing.assert_allclose(G.b[1], [0.0, 0.00657105, -0.00194592], atol=1e-7)
    np.testing.assert_allclose(G.W[2], np.outer(H3, delta4), atol=1e-7)
    np.testing.assert_allclose(G.W[3][:, 0], -2.69930244 * np.array(H4), atol=1e-7)


def test_the_penalised_gradient_of_the_last_layer_is_the_printed_one() -> None:
    """dW5 is right in the document: delta5 h4 + lambda W5."""
    theta, X, Y = printed_network(l2=LAMBDA)
    G = theta.copy()
    backward(theta, forward(theta, X), Y, equal_share(1, np.dtype(float)), G.vector)
    printed = [-1.36685405, -1.37821948, -1.40785475, -1.32604112, -1.3688231]
    np.testing.assert_allclose(G.W[3][:, 0], printed, atol=1e-7)


@pytest.mark.parametrize(
    ("sizes", "count"),
    [((2, 64, 1), 257), ((2, 128, 1), 513), ((2, 64, 32, 1), 2305), ((2, 128, 64, 1), 8705)],
)
def test_the_parameter_counts_that_document_003_prints(sizes: tuple[int, ...], count: int) -> None:
    assert Network(sizes, loss="binary_log_loss").parameters.vector.size == count


# ---- loops ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dropped", [False, True])
@pytest.mark.parametrize(
    ("activations", "loss"),
    [
        (("relu", "tanh", "identity"), "squared_error"),
        (("sigmoid", "relu", "tanh"), "squared_error"),
        (("softplus", "sigmoid", "identity"), "binary_log_loss"),
        (("tanh", "softplus", "identity"), "multiclass_log_loss"),
    ],
)
def test_vectors_and_loops_give_the_same(
    activations: tuple[str, ...], loss: str, dropped: bool, weighted: bool
) -> None:
    n, sizes = 7, (3, 5, 4, 2)
    rng = np.random.default_rng(11)
    architecture = Architecture(sizes, activations, loss, l2=0.3, l1=0.05, dropout=(0.4, 0.3))
    theta = Parameters(architecture, rng.standard_normal(architecture.n_parameters))
    X = rng.standard_normal((n, 3))
    Y = targets(architecture.loss_function.domain, n, 2, rng)
    w = rng.integers(0, 4, n).astype(float) if weighted else np.ones(n)
    mask: list[Any] = [1.0] * 4
    if dropped:
        for l in (1, 2):
            mask[l] = dropout_mask(5, l, np.arange(n), sizes[l], architecture.dropout[l - 1], float)
            assert 0 < np.count_nonzero(mask[l] == 0.0) < mask[l].size
    P = forward(theta, X, mask)
    share = (w / w.sum())[:, None]
    J = objective(theta, P.scores, Y, share)
    gradient = backward(theta, P, Y, share, np.empty_like(theta.vector))

    loops = LoopNetwork(
        [W.tolist() for W in theta.W[1:]],
        [b.tolist() for b in theta.b[1:]],
        activations,
        loss,
        0.3,
        0.05,
        [m.tolist() for m in mask[1:3]] if dropped else None,
    )
    assert pytest.approx(loops.objective(X.tolist(), Y.tolist(), w.tolist()), rel=1e-13) == J
    assert relative_error(gradient, loops.gradient(X.tolist(), Y.tolist(), w.tolist())) < 1e-14


def test_differences_with_their_error_bars_agree() -> None:
    """A third way, which knows neither complex numbers nor calculus."""
    rng = np.random.default_rng(1)
    net = Network([3, 4, 2], "mish", "huber", l2=0.1, l1=0.01)
    X, Y = rng.standard_normal((6, 3)), rng.standard_normal((6, 2))
    _, gradient = net.gradient(X, Y)
    start = net.parameters.vector.copy()

    def J(vector: Array) -> float:
        net.parameters.vector[...] = vector
        return net.objective(X, Y)

    numeric, bar = differences(J, start)
    assert np.all(np.abs(gradient - numeric) <= bar)
    assert np.max(bar) < 1e-5


# ---- laws -----------------------------------------------------------------------------------------


def small(dtype: Any = float, **options: Any) -> tuple[Parameters, Array, Array, Array]:
    rng = np.random.default_rng(2)
    architecture = Architecture((3, 4, 2), ("gelu", "identity"), "squared_error", **options)
    theta = Parameters(architecture, rng.standard_normal(architecture.n_parameters).astype(dtype))
    X, Y = rng.standard_normal((5, 3)).astype(dtype), rng.standard_normal((5, 2)).astype(dtype)
    return theta, X, Y, equal_share(5, np.dtype(dtype))


def gradient_of(theta: Parameters, X: Any, Y: Array, share: Array) -> Array:
    return backward(theta, forward(theta, X), Y, share, np.full(theta.vector.shape, 9.0, X.dtype))


def test_the_gradient_is_overwritten_and_returned_and_nothing_else_is_touched() -> None:
    theta, X, Y, share = small(l2=0.1, l1=0.1)
    before = [array.copy() for array in (theta.vector, X, Y, share)]
    P = forward(theta, X)
    z, a, h = ([array.copy() for array in arrays] for arrays in (P.z, P.a, P.h))
    buffer = np.full_like(theta.vector, np.nan)
    first = backward(theta, P, Y, share, buffer)
    assert first is buffer
    assert np.all(np.isfinite(buffer))
    np.testing.assert_array_equal(backward(theta, P, Y, share, buffer.copy()), first)
    for array, kept in zip((theta.vector, X, Y, share), before, strict=True):
        np.testing.assert_array_equal(array, kept)
    for arrays, copies in ((P.z, z), (P.a, a), (P.h, h)):
        for array, kept in zip(arrays, copies, strict=True):
            np.testing.assert_array_equal(array, kept)


def test_a_weight_is_a_repetition() -> None:
    theta, X, Y, _ = small(l2=0.2)
    times = np.array([1, 3, 0, 2, 1])
    w = times / times.sum()
    repeated = gradient_of(theta, X.repeat(times, 0), Y.repeat(times, 0), equal_share(7, X.dtype))
    np.testing.assert_allclose(
        gradient_of(theta, X, Y, w[:, None]), repeated, rtol=1e-13, atol=1e-15
    )


def test_the_gradient_of_a_batch_is_the_mean_over_its_rows() -> None:
    theta, X, Y, share = small()
    one = equal_share(1, X.dtype)
    rows = [gradient_of(theta, X[i : i + 1], Y[i : i + 1], one) for i in range(5)]
    np.testing.assert_allclose(
        gradient_of(theta, X, Y, share), np.mean(rows, axis=0), rtol=1e-12, atol=1e-15
    )


def test_the_penalty_does_not_depend_on_the_rows_and_spares_biases() -> None:
    theta, X, Y, _ = small(l2=0.5, l1=0.25)
    plain, *_ = small()
    W = np.concatenate([theta.W[1].ravel(), theta.W[2].ravel()])
    assert penalty(theta) == pytest.approx(0.25 * (W**2).sum() + 0.25 * np.abs(W).sum())
    for rows in (slice(0, 2), slice(0, 5)):
        part = equal_share(len(X[rows]), X.dtype)
        pull = gradient_of(theta, X[rows], Y[rows], part) - gradient_of(
            plain, X[rows], Y[rows], part
        )
        G = Parameters(theta.architecture, pull)
        for l in (1, 2):
            np.testing.assert_allclose(
                G.W[l], 0.5 * theta.W[l] + 0.25 * np.sign(theta.W[l]), atol=1e-14
            )
            np.testing.assert_array_equal(G.b[l], 0.0)


def test_no_rows_leave_the_penalty_alone() -> None:
    theta, X, Y, _ = small(l2=0.5)
    share = equal_share(0, X.dtype)
    assert objective(theta, forward(theta, X[:0]).scores, Y[:0], share) == penalty(theta)
    G = Parameters(theta.architecture, gradient_of(theta, X[:0], Y[:0], share))
    np.testing.assert_array_equal(G.W[1], 0.5 * theta.W[1])
    np.testing.assert_array_equal(G.b[2], 0.0)


def test_float32_stays_float32_everywhere() -> None:
    theta, X, Y, share = small(np.float32, l2=0.1, l1=0.1)
    mask = [1.0, dropout_mask(3, 1, np.arange(5), 4, 0.5, np.float32), 1.0]
    P = forward(theta, X, mask)
    assert {array.dtype for array in (*P.z, *P.a, *P.h)} == {np.dtype(np.float32)}
    assert np.asarray(objective(theta, P.scores, Y, share)).dtype == np.float32
    assert backward(theta, P, Y, share, np.empty_like(theta.vector)).dtype == np.float32


@pytest.mark.parametrize("kind", [scipy.sparse.csr_array, scipy.sparse.csr_matrix])
def test_sparse_rows_give_the_same(kind: Any) -> None:
    theta, X, Y, share = small(l2=0.1)
    X[np.abs(X) < 0.8] = 0.0
    np.testing.assert_allclose(
        gradient_of(theta, kind(X), Y, share),
        gradient_of(theta, X, Y, share),
        rtol=1e-13,
        atol=1e-15,
    )


@pytest.mark.parametrize("where", ["X", "theta"])
def test_nan_reaches_objective_and_gradient(where: str) -> None:
    theta, X, Y, share = small()
    if where == "X":
        X[2, 1] = np.nan
    else:
        theta.W[1][0, 0] = np.nan
    assert np.isnan(objective(theta, forward(theta, X).scores, Y, share))
    assert np.isnan(gradient_of(theta, X, Y, share)).any()


def test_from_a_zero_start_only_the_last_bias_moves() -> None:
    """Why ``zeros`` is no way to start: every hidden delta is W times nothing."""
    net = Network([3, 4, 4, 2], "tanh", "squared_error", initializer="zeros")
    rng = np.random.default_rng(0)
    _, gradient = net.gradient(rng.standard_normal((9, 3)), rng.standard_normal((9, 2)))
    assert np.flatnonzero(gradient).tolist() == [gradient.size - 2, gradient.size - 1]


def test_a_penalty_on_the_biases_is_in_both_value_and_derivative() -> None:
    net = Network([3, 4, 2], "tanh", l2=0.3, l1=0.02, penalize_biases=True)
    rng = np.random.default_rng(0)
    net.parameters.vector[...] = rng.normal(size=net.architecture.n_parameters)
    X, Y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))

    def J(v: Any) -> Any:  # from its text
        W1, b1, W2, b2 = np.split(v, [12, 16, 24])
        z = np.tanh(X @ W1.reshape(3, 4) + b1) @ W2.reshape(4, 2) + b2
        size = np.where(v.real > 0, v, -v)
        return 0.5 * ((z - Y) ** 2).sum() / 6 + 0.15 * (v**2).sum() + 0.02 * size.sum()

    value, gradient = net.gradient(X, Y)
    assert value == pytest.approx(J(net.parameters.vector), rel=1e-13)
    assert relative_error(gradient, complex_step(J, net.parameters.vector)) < 1e-13
    again = Architecture.from_dict(net.architecture.to_dict())
    assert again == net.architecture
    assert again.penalize_biases
