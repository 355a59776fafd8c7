"""The four documents: their golden figures come out, their mistakes are named, and the working versions learn."""

from __future__ import annotations

from itertools import pairwise

import document_000_backward as theirs_000
import document_000_perceptron as doc_000
import document_001_backward as theirs_001
import document_001_norm as doc_001
import document_002_classifiers as doc_002
import document_003_backward as theirs_003
import numpy as np
import pytest

from chainrule import diagnose
from chainrule.network.backprop import backward, equal_share, forward
from chainrule.network.parameters import Parameters

# ---- document 000 --------------------------------------------------------------------------------


def test_000_the_right_values_behind_its_printed_ones() -> None:
    net = doc_000.last_two_layers()
    H3, Y = doc_000.PRINTED["H3"], np.array([[3.0]])
    J, gradient = net.gradient(H3, Y)
    assert J - doc_000.penalty(net) == pytest.approx(3.64311683, rel=1e-6)
    G = Parameters(net.architecture, gradient)
    assert G.b[2] == pytest.approx([-2.69930244], rel=1e-6)  # delta5
    assert G.b[1] == pytest.approx(
        [-0.01802111, 0.0365972, -0.08132533, -0.07829331, -0.04723887], rel=1e-5
    )
    # delta3, passed on by hand: relu' of Z3 = (-, +, +)
    delta3 = (net.W[1] @ G.b[1]) * np.array([0.0, 1.0, 1.0])
    assert delta3 == pytest.approx([0.0, 0.00657105, -0.00194592], abs=2e-7)


def test_000_its_printed_numbers_are_told_both_mistakes() -> None:
    diagnosis = doc_000.diagnose_printed()
    found = {finding.kind: finding.layers for finding in diagnosis.findings}
    assert found == {
        "derivative_of_next_layer": (1,),  # layers 4 and 5 are 1 and 2 of what can be recovered
        "db_over_units": (1,),
        "bias_penalised": (1, 2),
    }
    (units,) = (f for f in diagnosis.findings if f.kind == "db_over_units")
    assert units.sentence == "layer 1: db is summed over units, not samples"
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


def test_000_tables_files_and_training() -> None:
    five = doc_000.Network(doc_000.SIZES, doc_000.ACTIVATIONS, l2=doc_000.L2)
    tables = doc_000.gradients_as_tables(five, np.array([[3.0]]))
    assert [tables[f"dW{l}"].shape for l in (1, 2, 3, 4, 5)] == [
        (5, 5),
        (5, 4),
        (4, 3),
        (3, 5),
        (5, 1),
    ]
    assert doc_000.parameters_from_csv()
    model, _ = doc_000.sgd_with_patience(max_iter=80)
    losses = model.history_["validation_loss"]
    assert min(losses) < 0.8 * losses[0]


# ---- document 001 --------------------------------------------------------------------------------


def test_001_its_collapsed_bias_gradient_is_named() -> None:
    diagnosis = diagnose(theirs_001.compute_gradient)
    found = {finding.kind: finding.layers for finding in diagnosis.findings}
    assert found == {"db_over_everything": (1, 2, 3)}


def test_001_float32_storage_explains_its_other_differences() -> None:
    by = doc_001.differences()
    for name in ("W1", "W2", "W3"):
        # as large as what the document prints for its weights, 2.3e-4 to 3.6e-3, though the gradient is right
        assert 1e-4 < by["float32, step 0.0001"][name] < 2e-2
        assert by["float64, step 0.0001"][name] < 1e-9
    kinks = by["float64, step 0.001"]
    assert 1e-5 < max(kinks.values()) < 1e-2


def test_001_learns_the_norm() -> None:
    model, test_loss = doc_001.train(epochs=30)
    losses = model.history_["loss"]
    assert losses[-1] < 0.02 * losses[0]
    assert test_loss < 0.03


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
