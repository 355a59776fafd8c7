"""Names in their usual spellings."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.diagnosis.calling.spelling import Role, Spelled, Word, function, role, word


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("X", Role("X")),
        ("x_train", Role("X")),
        ("y_true", Role("Y")),
        ("W1", Role("W", 1)),
        ("w_2", Role("W", 2)),
        ("weights", Role("W")),
        ("Theta1", Role("W", 1)),
        ("B3", Role("b", 3)),
        ("bias", Role("b")),
        ("H2", Role("a", 2)),
        ("z1", Role("z", 1)),
        ("parameters", Role("params")),
        ("activators", Role("activations")),
        ("lambda_", Role("l2")),
        ("nl", Role("L")),
        ("y_pred", Role("prediction")),
        ("foo", None),
    ],
)
def test_roles(name: str, found: Role | None) -> None:
    assert role(name) == found


def test_a_dictionary_answers_to_every_spelling() -> None:
    W = {1: np.ones(1), 2: np.ones(2)}
    d = Spelled({"W": W, "b": {1: np.zeros(1), 2: np.zeros(2)}})
    assert len(d) == 4
    assert set(d) == {"W1", "W2", "b1", "b2"}
    assert d["w2"] is d["weights_2"] is d["W2"] is d["w"][2] is d[2]["W"] is W[2]
    assert "w1" in d
    assert "w3" not in d
    assert d.get("q") is None
    with pytest.raises(KeyError):
        d["W0"]
    one = {"W": {1: W[1]}}
    assert Spelled(one)["w"] is W[1]
    assert Spelled(one, nested=True)["w"] == {1: W[1]}


def test_a_word_equals_its_spellings_and_is_a_function() -> None:
    relu = word("relu", familiar=True)
    assert relu == "relu" == Word("ReLU")
    assert relu != "tanh"
    assert word("sigmoid", familiar=False) == "logistic"
    value, slope = relu(np.array([-1.0, 2.0]))
    assert value.tolist() == [0.0, 2.0]
    assert slope.tolist() == [0.0, 1.0]
    assert function("tanh", derivative=False)(np.zeros(2)).tolist() == [0.0, 0.0]
    assert function("leaky_relu(0.1)", derivative=True)(np.array([-1.0]))[1].tolist() == [0.1]
    p, _ = word("softmax", familiar=False)(np.zeros((1, 4)))
    assert p.tolist() == [[0.25] * 4]
