"""Weights are found by what happens to them, in every form in which they are kept."""

from __future__ import annotations

import pytest
from tests.reading.programs import CLASS, COLUMNS, DATA, LISTS, ROWS

from chainrule.reading.moving import find_weights
from chainrule.recording.running import record


@pytest.mark.parametrize(
    ("text", "shapes"),
    [
        (ROWS, [(3, 4), (4,), (4, 2), (2,)]),
        (CLASS, [(3, 5), (1, 5), (5, 4), (1, 4), (4, 3), (1, 3)]),
        (COLUMNS, [(4, 3), (4, 1), (2, 4), (2, 1)]),
        (LISTS, [()] * 13),
    ],
)
def test_all_weights_and_nothing_else(text: str, shapes: list[tuple[int, ...]]) -> None:
    nodes = record("mine.py", text).tape.nodes
    assert [nodes[w.node].value.shape for w in find_weights(nodes)] == shapes


VECTOR = (
    DATA
    + """
theta = rng.normal(size=20)
for step in range(3):
    W, V = theta[:12].reshape(3, 4), theta[12:].reshape(4, 2)
    h = np.tanh(X @ W)
    d = h @ V - T
    g = np.concatenate([(X.T @ (d @ V.T * (1 - h ** 2))).ravel(), (h.T @ d).ravel()])
    theta = theta - 0.1 * g
"""
)
ENTRIES = (
    DATA
    + """
W = rng.normal(size=(3, 2))
for step in range(3):
    d = X @ W - T
    for i in range(3):
        for j in range(2):
            W[i, j] -= 0.1 * (X[:, i] * d[:, j]).sum()
"""
)


def test_one_vector_of_all_and_entries_one_by_one() -> None:
    for text, shape in ((VECTOR, (20,)), (ENTRIES, (3, 2))):
        nodes = record("mine.py", text).tape.nodes
        assert [nodes[w.node].value.shape for w in find_weights(nodes)] == [shape]


def test_momenta_sums_and_running_means_are_no_weights() -> None:
    text = ROWS.replace(
        "for step", "v, mean, total = np.zeros_like(W1), np.zeros(4), 0.0\nfor step"
    ).replace(
        "    W1 -= 0.1 * X.T @ d1\n",
        "    v = 0.9 * v + X.T @ d1\n    W1 -= 0.1 * v\n    mean = 0.9 * mean + 0.1 * h.mean(axis=0)\n    total += J\n",
    )
    nodes = record("mine.py", text).tape.nodes
    assert [nodes[w.node].value.shape for w in find_weights(nodes)] == [(3, 4), (4,), (4, 2), (2,)]


def test_a_program_of_one_step() -> None:
    nodes = record("mine.py", ROWS.replace("range(4)", "range(1)")).tape.nodes
    assert {nodes[w.node].value.shape for w in find_weights(nodes)} >= {(3, 4), (4, 2)}
