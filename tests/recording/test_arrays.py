"""A tape run again gives what the program would have given: writes, views, scalars, lists, other libraries' arrays."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.reading.graph import Graph
from chainrule.recording.running import Recording, record

HEAD = "import numpy as np\nx = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])\n"


def last(run: Recording) -> np.ndarray:
    assert run.failure is None, run.failure
    return run.tape.nodes[-1].value


PROGRAMS = [
    "y = x * 2\ny[0] += x[1]\nout = y.sum(axis=0) + 0",
    "y = x.T.copy()\nv = y[1:]\nv *= 3\nout = y + 0",
    "y = x + 0\nv = y.reshape(-1)\nv[2] = x[0, 0] * 7\nw = y[0]\nw += 1\nout = y @ y.T",
    "y = x + 0\ny[y > 3] = 0\nout = np.exp(-y) + 0",
    "y = np.zeros((2, 3))\nnp.add(x, 1, out=y)\nout = y * y",
    "y = x + 0\nnp.fill_diagonal(y, x[1, 1])\nout = y + 0",
    "t = 0.0\nfor r in x:\n    for e in r:\n        t += e * e\nout = np.sqrt(t)",
    "import math\nout = np.add(math.exp(x[0, 0]), math.tanh(x[0, 1]))",
    "a, b = np.split(x, [1], axis=1)\nout = np.hstack([b * 2, a])",
    "f = np.vectorize(lambda e: e * e if e > 2 else 0.0)\nout = f(x) + 0",
    "y = x + 0\ny.sort(axis=1)\nnp.clip(y, 2, 4, out=y)\nout = np.mean(y, axis=0)",
    "rows = [r for r in x]\nout = np.array([rows[1], rows[0]]) - 1",
    "y = x + 0\ny -= y.mean(0)\nout = np.linalg.norm(y)",
]  # fmt: skip


@pytest.mark.parametrize("text", PROGRAMS)
def test_a_tape_at_other_values_gives_what_the_program_gives_there(text: str) -> None:
    run = record("mine.py", HEAD + text)
    names: dict[str, np.ndarray] = {}
    exec(compile(HEAD + text, "plain", "exec"), names)
    assert np.allclose(last(run), names["out"])
    other = np.array([[2.0, 1.0, 5.0], [3.0, 2.5, 7.0]])
    graph = Graph(run.tape.nodes)
    again = graph.evaluate({0: other}, guards=True)[-1]
    exec(
        compile(
            HEAD.replace("[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]", repr(other.tolist())) + text,
            "plain",
            "exec",
        ),
        names,
    )
    if "y > 3" not in text:  # which entries were chosen stays as recorded, as a branch does
        assert np.allclose(again, names["out"])


def test_a_mask_is_an_operation_like_any_other() -> None:
    run = record("mine.py", HEAD + "y = x + 0\ny[y > 3] = 0\nout = y + 0")
    again = Graph(run.tape.nodes).evaluate({0: np.array([[9.0, 1, 1], [1, 1, 9.0]])})[-1]
    assert again.tolist() == [[0, 1, 1], [1, 1, 0]]


def test_a_view_reads_what_was_written_through_another() -> None:
    run = record("mine.py", HEAD + "v = x[0]\nw = x[0]\nv[1] = 50\nout = w + 0")
    assert last(run).tolist() == [1, 50, 3]


def test_nodes_know_their_line_and_who_called() -> None:
    run = record("mine.py", HEAD + "def f(a):\n    return a + 1\nout = f(x)\n")
    assert [frame.line for frame in run.tape.nodes[-1].stack] == [4, 5]


def test_numbers_in_lists_are_followed_without_numpy() -> None:
    text = "from math import exp\nw = [0.5, -1.0]\nout = 1 / (1 + exp(-(w[0] * 2.0 + w[1])))\n"
    run = record("mine.py", text)
    first = run.tape.nodes[0]
    again = Graph(run.tape.nodes).evaluate({first.index: 1.5})[-1]
    assert again == pytest.approx(1 / (1 + np.exp(-2.0)))


def test_arrays_of_other_libraries_are_followed() -> None:
    text = "import pandas as pd\nf = pd.DataFrame({'a': [1.0, 2.0]})\nout = f['a'].values * 3\n"
    run = record("mine.py", text)
    assert last(run).tolist() == [3, 6]
    assert run.tape.nodes[-1].inputs


def test_scalars_look_like_numbers() -> None:
    text = HEAD + (
        "s = x[0, 1]\nassert isinstance(s, float) and s == 2\nassert [10, 20, 30][np.argmax(x[0])] == 30\n"
        "assert f'{s:.1f}' == '2.0' and round(s) == 2 and {2.0: 'two'}[s] == 'two'\nassert type(s) == np.float64\n"
    )
    assert record("mine.py", text).failure is None
