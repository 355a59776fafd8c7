"""The four documents: their golden figures come out, their mistakes are named, and the working versions learn."""

from __future__ import annotations

from itertools import pairwise

import document_000_backward as theirs_000
import document_000_perceptron as doc_000
import document_001_backward as theirs_001
import document_001_check as doc_001
import document_002_classifiers as doc_002
import document_003_backward as theirs_003
import numpy as np
import pytest
from tests.oracles import complex_step, relative_error

from chainrule import diagnose
from chainrule.network.backprop import backward, equal_share, forward
from chainrule.network.parameters import Parameters

# ---- document 000 --------------------------------------------------------------------------------


def J_000(theta: np.ndarray, output: str = "squared") -> complex:
    """The document's J, written out from its text: loss plus lambda times all squares, complex-safe."""
    a, start, sizes = doc_000.X, 0, doc_000.SIZES
    for m, k, name in zip(sizes[:-1], sizes[1:], doc_000.ACTIVATIONS, strict=True):
        W = theta[start : start + m * k].reshape(m, k)
        z = a @ W + theta[start + m * k : start + (m + 1) * k]
        start += (m + 1) * k
        a = np.where(z.real > 0, z, 0) if name == "relu" else 1 / (1 + np.exp(-z))
    loss = 0.5 * (a - 3.0) ** 2 if output == "squared" else np.log(1 + np.exp(z)) - z
    return loss.sum() + 0.05 * (theta**2).sum()


def test_000_one_network_meets_every_figure_that_it_prints() -> None:
    net, printed = doc_000.network(), doc_000.PRINTED
    P = net.forward(doc_000.X)
    for l in range(1, 6):
        assert P.z[l][0] == pytest.approx(printed[f"Z{l}"], abs=2e-7)
        assert P.a[l][0] == pytest.approx(printed[f"H{l}"], abs=2e-7)
    theirs = doc_000.their_gradients(net)
    for name, digits in (("dW1", 6), ("dB1", 6), ("dW4", 7), ("dB4", 6), ("dW5", 7), ("dB5", 7)):
        wrong = theirs[f"dLoss_{name}"].reshape(printed[name].shape)
        assert wrong == pytest.approx(printed[name], abs=3 * 10.0**-digits), name
    # the figures of layers 1, 4 and 5 as others have recovered them
    assert net.b[4] == pytest.approx(
        [0.0593946, 0.033295, 0.10631, -0.0304184, 0.0370018], abs=2e-7
    )
    assert net.W[4][:, 0] == pytest.approx([0.21726117, -0.12536335, -0.0589521], abs=2e-7)
    W5 = [0.02670988, -0.054252, 0.12078678, 0.11604026, 0.07002136]
    assert net.W[5][:, 0] == pytest.approx(W5, abs=5e-7)


@pytest.mark.parametrize("output", ["squared", "entropy"])
def test_000_the_right_gradients_are_those_of_its_own_objective(output: str) -> None:
    if output == "squared":
        net, target = doc_000.network(), 3.0
    else:
        net = doc_000.network((*doc_000.ACTIVATIONS[:-1], "identity"), "binary_log_loss")
        target = 1.0
    J, G = doc_000.right_gradients(net, target)
    if output == "entropy":  # the last relu is gone
        P = net.forward(doc_000.X)
        assert P.scores[0, 0] == pytest.approx(
            0.30069756, abs=2e-7
        )  # its z is positive: the same J
    theta = net.parameters.vector
    assert pytest.approx(J_000(theta.astype(complex), output).real) == J
    exact = complex_step(lambda v: J_000(v, output), theta)
    assert relative_error(G.vector, exact) < 1e-12
    if output == "squared":
        loss = J - 0.05 * float(theta @ theta)
        assert loss == pytest.approx(3.6431168, abs=5e-7)
        delta4 = G.b[4] - 0.1 * net.b[4]
        assert delta4 == pytest.approx(
            [-0.01802111, 0.0365972, -0.08132533, -0.07829331, -0.04723887], abs=5e-7
        )
        tables = doc_000.as_tables(G)
        assert tables["dB5"].to_numpy() == pytest.approx(
            np.array([[-2.69930244 + 0.1 * 0.1586834]]), abs=1e-6
        )
        assert tables["dW1"].shape == (5, 5)
        assert tables["dW4"].to_numpy() == pytest.approx(
            np.outer(delta4, doc_000.PRINTED["H3"]) + 0.1 * net.W[4].T, abs=1e-8
        )


def test_000_its_headline_alone_tells_both_mistakes() -> None:
    """By hand: one number is in all rows of dB1, and units that are dead have a delta."""
    p = doc_000.PRINTED
    excess = p["dB1"] - 0.05 * p["B1"]
    assert excess == pytest.approx(np.full(5, 5.67e-5), abs=7e-7)  # a sum over units
    delta = doc_000.first_delta()
    assert delta.sum() == pytest.approx(5.67e-5, abs=1e-6)
    rounding = 5e-7 * np.abs(doc_000.X).sum() / (doc_000.X**2).sum()
    assert (np.abs(delta[p["Z1"] < 0]) > rounding).all()  # relu' is 0 there
    diagnosis = doc_000.diagnose_printed()
    found = {finding.kind: finding.layers for finding in diagnosis.findings}
    assert found == {"derivative_of_next_layer": (1, 2, 3, 4), "db_over_units": (1, 4)}
    (units,) = (f for f in diagnosis.findings if f.kind == "db_over_units")
    assert "db_over_everything" in units.alternatives  # one sample cannot tell them apart


def test_000_its_function_is_told_all_its_mistakes() -> None:
    diagnosis = diagnose(theirs_000.backward, objective=theirs_000.objective)
    found = {finding.kind: finding.layers for finding in diagnosis.findings}
    assert found == {
        "l2_halved": (1, 2, 3),
        "bias_penalty_halved": (1, 2, 3),
        "derivative_of_next_layer": (1, 2),
        "db_over_units": (1, 2),
    }
    assert "sum of the losses + 1 l2 sum(W² + b²)" in str(diagnosis)


def test_000_its_first_draft_is_never_given_a_wrong_name() -> None:
    diagnosis = diagnose(theirs_000.backward_first_draft)
    assert diagnosis.kinds == ["unknown"]
    assert any("0.5 l2 sum(W² + b²)" in note for note in diagnosis.notes)
    assert any("rectangular network it fails" in note for note in diagnosis.notes)


def test_000_files_and_training() -> None:
    assert doc_000.parameters_from_csv()
    model, _ = doc_000.sgd_with_patience(max_iter=80)
    losses = model.history_["validation_loss"]
    assert min(losses) < 0.8 * losses[0]


# ---- document 001 --------------------------------------------------------------------------------


def test_001_its_collapsed_bias_gradient_is_named() -> None:
    diagnosis = diagnose(theirs_001.compute_gradient)
    found = {finding.kind: finding.layers for finding in diagnosis.findings}
    assert found == {"db_over_everything": (1, 2, 3)}


def test_001_rounding_the_step_explains_its_other_differences() -> None:
    """W + h is rounded to float32 and divided by 2h; over the step really taken nothing is left but kinks."""
    by = {
        how: dict(zip(doc_001.NAMES, n, strict=True)) for how, n in doc_001.differences(40).items()
    }
    printed = dict(zip(doc_001.NAMES, doc_001.PRINTED_DIFFERENCES, strict=True))
    for name in ("W1", "W2"):
        # the right gradient differs as much as the document's, and the rounding of the step is all of it
        assert 0.1 * printed[name] < by["of the right gradient"][name] < 10 * printed[name]
        assert by["as the document"][name] == pytest.approx(by["of the right gradient"][name])
        assert by["over the step really taken"][name] < 1e-9
        assert by["left by the rounding of W + h"][name] < 1e-9
    for name in ("b0", "b1"):  # its mistake
        assert 0.2 * printed[name] < by["as the document"][name] < 5 * printed[name]
        assert by["of the right gradient"][name] < 1e-3
    assert by["as the document"]["b2"] < 1e-9


def test_001_its_curve_is_that_of_its_mistake() -> None:
    printed = doc_001.PRINTED_LOSSES
    with_mistake, _ = doc_001.descend(doc_001.their_gradient, 0, epochs=16)
    right, _ = doc_001.descend(doc_001.right_gradient, 0, epochs=16)
    for epoch in (0, 1, 2, 5, 10, 15):
        assert with_mistake[epoch] == pytest.approx(printed[epoch], rel=0.1)
    assert right[10] > printed[10] + 0.15
    assert right[15] > printed[15] + 0.03


# ---- document 002 --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def diagnoses_002() -> dict:
    return doc_002.diagnoses()


def test_002_every_backward_pass_is_named(diagnoses_002: dict) -> None:
    found = {
        name: [(finding.kind, finding.layers) for finding in diagnosis.findings]
        for name, diagnosis in diagnoses_002.items()
    }
    assert found == {
        "logistic regression": [("features_for_samples", (1,))],
        "one hidden layer": [("fails", ())],
        "deep network": [("derivative_of_next_layer", (1, 2))],
        "deep network, output not matched": [
            ("derivative_missing", (3,)),
            ("derivative_of_next_layer", (1, 2)),
        ],
        "its leaky relu": [("leaky_slope_zero", (1, 2))],
        "its softmax Jacobian": [("softmax_jacobian_sign", (2,))],
    }


def test_002_a_name_without_a_value_is_explained(diagnoses_002: dict) -> None:
    text = str(diagnoses_002["one hidden layer"])
    assert "UnboundLocalError" in text
    assert "delta1 = (delta2 @ W2.T)" in text


@pytest.mark.parametrize("name", doc_002.NETWORKS)
def test_002_learns(name: str) -> None:
    X, Y, X_test, Y_test = doc_002.data()
    net = doc_002.network(name)
    costs = doc_002.descend(net, X, Y, 400, 100)
    assert all(later < earlier for earlier, later in pairwise(costs))
    assert doc_002.accuracy(net, X_test, Y_test) > 0.9


def test_002_nothing_but_a_bias_leaves_zero() -> None:
    sizes = doc_002.started_at_zero(50)
    assert sizes.pop("bias of the output") > 0.1
    assert set(sizes.values()) == {0.0}


def test_002_logistic_regression_fails_where_a_hidden_layer_does_not() -> None:
    from sklearn.datasets import make_circles
    from sklearn.linear_model import LogisticRegression

    X, y = make_circles(1000, noise=0.05, factor=0.5, random_state=0)
    by_others = LogisticRegression(C=np.inf).fit(X, y).score(X, y)
    found = doc_002.rings()
    assert found["logistic regression"] == pytest.approx(by_others, abs=0.03)
    assert found["logistic regression"] < 0.6
    assert found["one hidden layer"] > 0.98


def test_002_a_start_that_is_too_small_stalls() -> None:
    found = doc_002.started_small(300)
    _, Y, _, _ = doc_002.data()
    p = Y.mean()
    best_constant = -(p * np.log(p) + (1 - p) * np.log(1 - p))
    assert found["document"][0] == pytest.approx(np.log(2), abs=1e-3)
    assert found["document"][1] == pytest.approx(
        best_constant, abs=2e-3
    )  # only the last bias has learned
    assert found["he_normal"][1] < 0.15


# ---- document 003 --------------------------------------------------------------------------------


def test_003_its_clipped_loss_and_its_sign_are_named() -> None:
    diagnosis = diagnose(theirs_003.backward, objective=theirs_003.loss)
    assert diagnosis.kinds == ["loss_clipped"]
    assert "loss 34.54, should be 40" in str(diagnosis)
    assert any("opposite sign (y - p" in note for note in diagnosis.notes)
    assert diagnose(theirs_003.backward_sign_forgotten).kinds == ["error_sign"]


# ---- the reference -------------------------------------------------------------------------------


def test_the_reference_agrees_with_document_003_written_out() -> None:
    """An independent right implementation: the document's own, whose sign is turned."""
    net = doc_002.Network([3, 5, 4, 1], ["relu", "relu"], "binary_log_loss", random_state=3)
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(9, 3)), rng.integers(0, 2, 9).astype(float)
    W = {l: net.W[l].T for l in (1, 2, 3)}
    b = {l: net.b[l] for l in (1, 2, 3)}
    theirs = theirs_003.backward(X, y, W, b)
    share = equal_share(9, np.dtype(float))
    ours = backward(
        net.parameters,
        forward(net.parameters, X),
        y[:, None],
        share,
        np.empty(net.architecture.n_parameters),
    )
    G = Parameters(net.architecture, ours)
    for l in (1, 2, 3):
        assert np.allclose(theirs[l]["W"].T, G.W[l], rtol=1e-12, atol=1e-15)
        assert np.allclose(theirs[l]["b"], G.b[l], rtol=1e-12, atol=1e-15)
