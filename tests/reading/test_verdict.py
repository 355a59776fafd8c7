"""Verdicts on whole programs: right ones are let pass, planted mistakes are told at their line, doubt is withheld."""

from __future__ import annotations

import pytest
from tests.reading.programs import CLASS, COLUMNS, DATA, LISTS, MISTAKES, ROWS, planted

from chainrule.reading.verdict import Verdict, read
from chainrule.recording.running import record


def judged(text: str) -> Verdict:
    return read(record("mine.py", text))


@pytest.mark.parametrize("text", [ROWS, CLASS, COLUMNS], ids=["rows", "class", "columns"])
def test_right_programs_are_correct(text: str) -> None:
    found = judged(text)
    assert (found.verdict, found.findings) == ("correct", [])


def test_a_right_program_without_a_stated_J_is_exact_for_the_inferred_one() -> None:
    found = judged(LISTS)
    assert (found.verdict, found.objective) == ("exact", "squared error")
    without = ROWS.replace("    J = ((out - T) ** 2).sum() / (2 * len(X))\n", "")
    found = judged(without)
    assert (found.verdict, found.objective) == ("exact", "squared error")


@pytest.mark.parametrize("name", MISTAKES)
def test_a_planted_mistake_is_told_at_its_line(name: str) -> None:
    text, line = planted(name)
    found = judged(text)
    assert found.verdict == "wrong"
    assert line in found.lines


def test_no_hidden_layer_is_never_called_correct() -> None:
    text = DATA + (
        "W = np.zeros((3, 2))\nfor step in range(3):\n    out = X @ W\n    J = ((out - T) ** 2).mean()\n"
        "    W -= 0.1 * X.T @ (out - T)\n"
    )
    found = judged(text)
    assert found.verdict == "exact"
    assert any("no hidden layer" in note for note in found.notes)


def test_a_weight_that_never_moves_is_not_judged() -> None:
    found = judged(ROWS.replace("    W1 -= 0.1 * X.T @ d1\n", ""))
    assert found.verdict == "not judged"
    assert "never updated" in found.reason


def test_no_update_at_all_is_not_judged_and_says_what_to_add() -> None:
    found = judged(DATA + "W = np.ones((3, 2))\nout = X @ W\n")
    assert found.verdict == "not judged"
    assert "W = W - 0.1" in found.remedy


def test_a_program_that_stops_is_not_judged() -> None:
    found = judged(DATA + "W = np.ones((4, 2))\nout = X @ W\n")
    assert found.verdict == "not judged"
    assert "ValueError" in found.reason
    assert "line 7" in found.reason


def test_a_factor_common_to_all_layers_is_no_mistake() -> None:
    assert (
        judged(ROWS.replace("d2 = (out - T) / len(X)", "d2 = 2 * (out - T)")).verdict == "correct"
    )


def test_momentum_and_decay_are_judged_by_what_they_are() -> None:
    momentum = ROWS.replace("for step", "v = np.zeros_like(W1)\nfor step").replace(
        "    W1 -= 0.1 * X.T @ d1\n", "    v = 0.9 * v - 0.1 * X.T @ d1\n    W1 += v\n"
    )
    assert judged(momentum).verdict == "correct"


def test_a_softmax_over_the_samples_is_told() -> None:
    text = CLASS.replace("e / e.sum(axis=1, keepdims=True)", "e / e.sum(axis=0)")
    found = judged(text)
    assert found.verdict == "wrong"
    assert found.lines == [
        next(k for k, s in enumerate(text.splitlines(), 1) if "e.sum(axis=0)" in s)
    ]


def test_the_verdict_does_not_hang_on_the_data() -> None:
    for seed in (1, 2, 3):
        assert judged(ROWS.replace("default_rng(7)", f"default_rng({seed})")).verdict == "correct"


def test_a_mean_absolute_error_that_is_only_printed_is_no_J() -> None:
    found = judged(
        ROWS.replace("J = ((out - T) ** 2).sum() / (2 * len(X))", "J = np.mean(np.abs(out - T))")
    )
    assert (found.verdict, found.objective) == ("exact", "squared error")


def test_a_step_up_is_told_where_the_sign_turns() -> None:
    text = ROWS.replace("d2 = (out - T)", "d2 = (T - out)")
    found = judged(text)
    assert (found.verdict, [f.kind for f in found.findings]) == ("wrong", ["sign"])
    assert found.lines == [next(k for k, s in enumerate(text.splitlines(), 1) if "d2 = (T" in s)]


def test_weight_decay_beside_the_gradient_is_a_note() -> None:
    found = judged(
        ROWS.replace("W2 -= 0.1 * h.T @ d2", "W2 -= 0.1 * (h.T @ d2 + 0.01 * W2)").replace(
            "W1 -= 0.1 * X.T @ d1", "W1 -= 0.1 * (X.T @ d1 + 0.01 * W1)"
        )
    )
    assert found.verdict == "correct"
    assert any("shrink the weights" in note for note in found.notes)


def test_a_score_that_rises_as_the_error_falls_is_no_J() -> None:
    text = ROWS.replace("    d2 = (out", "    print(100 * (1 - J))\n    d2 = (out")
    assert judged(text).verdict in ("correct", "exact")
    assert judged(text.replace("(out - T) / len(X)", "(T - out) / len(X)")).verdict == "wrong"


OWN_LOSS = """
import numpy as np
rng = np.random.RandomState(0)
X = rng.randn(30, 4)
Y = (X[:, :1] * X[:, 1:2] > 0) * 1.0
W1, b1 = rng.randn(4, 6) * 0.5, np.zeros(6)
W2, b2 = rng.randn(6, 1) * 0.5, np.zeros(1)
for i in range(4):
    a1 = np.tanh(X @ W1 + b1)
    s = a1 @ W2 + b2
    {loss}
    dW2, db2 = a1.T @ d2 / len(X), d2.sum(0) / len(X)
    d1 = d2 @ W2.T * (1 - a1 ** 2)
    dW1, db1 = X.T @ d1 / len(X), d1.sum(0) / len(X)
    W1 -= 0.1 * dW1; b1 -= 0.1 * db1; W2 -= 0.1 * dW2; b2 -= 0.1 * db2
"""


@pytest.mark.parametrize(
    "loss",
    [
        "p = 1 / (1 + np.exp(-s)); w = np.where(Y == 1, 3.0, 1.0); d2 = w * (p - Y)",
        "e = s - Y; d2 = np.where(np.abs(e) < 1, e, np.sign(e))",
        "d2 = np.sign(s - Y)",
        "sign = 2 * Y - 1; d2 = -sign * (sign * s < 1)",
        "e = Y - s; d2 = np.where(e > 0, -0.9, 0.1)",
    ],
)
def test_a_loss_of_ones_own_that_is_not_stated_is_no_mistake(loss: str) -> None:
    verdict = judged(OWN_LOSS.format(loss=loss))
    assert verdict.verdict == "not judged"
    assert "J is not stated" in verdict.reason
    assert "J = my_loss" in verdict.remedy


def test_a_mistake_behind_such_a_loss_is_told_where_it_is_stated() -> None:
    loss = "e = s - Y; print(np.mean(np.where(np.abs(e) < 1, e * e / 2, np.abs(e) - 0.5)))"
    loss += "; d2 = np.where(np.abs(e) < 1, e, np.sign(e))"
    right = OWN_LOSS.format(loss=loss)
    assert judged(right).verdict == "correct"
    wrong = judged(right.replace("(1 - a1 ** 2)", "(1 - a1)"))
    assert wrong.lines == [right[: right.index("d1 =")].count("\n") + 1]


def test_an_exponential_of_the_score_is_a_poisson_mean() -> None:
    verdict = judged(OWN_LOSS.format(loss="mu = np.exp(s); d2 = mu - Y"))
    assert (verdict.verdict, verdict.objective) == ("exact", "Poisson deviance")
