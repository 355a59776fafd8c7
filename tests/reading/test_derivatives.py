"""Each operation's adjoint against central differences of the program itself."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.reading.derivatives import sweep
from chainrule.reading.graph import Graph
from chainrule.recording.running import record

EXPRESSIONS = """
((w * 3 - 2) / (w + 4)).sum()
(w ** 3).sum() + (2 ** w).sum()
np.exp(w).mean() - np.log(w).sum() + np.log10(w).sum() + np.log2(w).sum() + np.log1p(w).sum()
np.tanh(w).sum(axis=0).max() + np.sqrt(w).sum() + np.abs(-w).sum() + np.square(w).mean()
np.maximum(w, 1.0).sum() + np.minimum(w, 1.0).sum() * 2 + np.where(w > 1, w * w, w).sum()
(w @ w.T).sum() + np.dot(w[0], w[1]) + (w @ w[0]).sum() + (w[:, 0] @ w).sum()
np.outer(w[0], w[1]).sum() ** 2 + np.clip(w, 0.5, 1.5).sum()
np.concatenate([w, w * 2], axis=1).reshape(-1)[::2].sum() + np.vstack((w, w))[1:].T.sum() + w.ravel()[[0, 0, 3]].sum()
np.einsum('ij,kj->ik', w, w).sum() + w.var(axis=0).sum() + np.linalg.norm(w) + w.std()
(w / w.sum(axis=1, keepdims=True))[0, 1] + (w - w.max(axis=1, keepdims=True)).sum() + w.min()
np.cumsum(w).sum() + np.prod(w) + np.broadcast_to(w[0], (4, 3)).sum() + np.repeat(w, 2).mean()
np.sin(w).sum() * np.cos(w).sum() + np.sinh(w).sum() + np.arctan(w).sum() + np.expm1(w).sum()
""".strip().splitlines()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_adjoints_are_the_derivative_of_the_program(expression: str) -> None:
    text = (
        f"import numpy as np\nw = np.array([[0.7, 1.9, 1.2], [2.3, 0.4, 1.6]])\nJ = {expression}\n"
    )
    run = record("mine.py", text)
    assert run.failure is None, run.failure
    graph = Graph(run.tape.nodes)
    values = graph.evaluate({})
    top = len(values) - 1
    found = sweep(graph, values, {top: np.ones(())}, [True] * len(values), {0})[0]
    code = compile(expression, "J", "eval")

    def J(w: np.ndarray) -> float:
        return float(eval(code, {"np": np, "w": w}))

    w, h = values[0], 1e-6
    expected = np.zeros(w.shape)
    for k in np.ndindex(w.shape):
        e = np.zeros(w.shape)
        e[k] = h
        expected[k] = (J(w + e) - J(w - e)) / (2 * h)
    assert np.allclose(found, expected, rtol=1e-5, atol=1e-7)
