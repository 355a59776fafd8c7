"""`chainrule check`: exit codes 0, 1 and 2, text for people and JSON."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import one_line_error, run
from tests.reading.programs import ROWS, planted

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

RIGHT = """
import numpy as np
def backward(X, y, W1, b1, W2, b2, lam):
    a1 = np.tanh(X @ W1 + b1)
    d2 = (a1 @ W2 + b2 - y) / len(X)
    d1 = d2 @ W2.T * (1 - a1 ** 2)
    return X.T @ d1 + lam * W1, d1.sum(0), a1.T @ d2 + lam * W2, d2.sum(0)
"""


def test_a_right_function_exits_with_0(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(RIGHT)
    result = run("check", "mine.py:backward")
    assert result.exit_code == 0, result.output
    assert "correct" in result.stdout


def test_what_was_right_on_one_sample_only_exits_with_2(tmp_path: Path) -> None:
    one = "    if len(X) > 1:\n        raise ValueError('one row at a time')\n    a1 ="
    (tmp_path / "mine.py").write_text(RIGHT.replace("    a1 =", one, 1))
    result = run("check", "mine.py:backward", "--json")
    assert result.exit_code == 2, result.output
    told = json.loads(result.stdout)
    assert told["verdict"] == "not judged"
    assert "one row at a time" in told["reasons"][0]


def test_a_mistake_exits_with_1_and_is_named() -> None:
    result = run("check", f"{EXAMPLES / 'document_001_backward.py'}:compute_gradient", "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert [f["kind"] for f in told["findings"]] == ["db_over_everything"]


def test_the_network_can_be_told(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(RIGHT.replace("lam", "l2"))
    options = ("--sizes", "3,4,1", "--activation", "tanh", "--loss", "squared_error")
    options = (*options, "--outputs", "1", "--l2", "0.1")
    result = run("check", "mine.py:backward", *options)
    assert result.exit_code == 0, result.output
    assert "3-4-1 (tanh, identity)" in result.stdout


def test_bad_usage_exits_with_2(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(RIGHT)
    assert "FILE:FUNCTION" in one_line_error(run("check", "mine.py:not a name"))
    assert "no such file" in one_line_error(run("check", "none.py:backward"))
    assert "did you mean" in one_line_error(run("check", "mine.py:backwards"))
    assert "--sizes" in one_line_error(run("check", "mine.py:backward", "--sizes", "3,x"))


def test_a_whole_program_is_run_and_its_line_marked(tmp_path: Path) -> None:
    text, line = planted("bias over everything")
    (tmp_path / "mine.py").write_text(text)
    result = run("check", "mine.py")
    assert result.exit_code == 1
    marked = [shown for shown in result.stdout.splitlines() if shown.startswith(">")]
    assert marked == [f"> {line:4d} |     b1 -= 0.1 * d1.sum()"]
    told = json.loads(run("check", "mine.py", "--json").stdout)
    assert (told["line"], told["text"]) == (line, "b1 -= 0.1 * d1.sum()")
    assert (told["verdict"], told["objective"]) == ("wrong", "the J of line 12")


def test_whole_programs_that_are_right_or_cannot_be_judged(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(ROWS)
    result = run("check", "mine.py")
    assert result.exit_code == 0, result.output
    assert "correct" in result.stdout
    (tmp_path / "mine.py").write_text("import numpy as np\nW = np.ones(3)\n")
    result = run("check", "mine.py")
    assert result.exit_code == 2
    assert "not judged" in result.stdout
    assert "What to add" in result.stdout
    (tmp_path / "mine.py").write_text("x = (\n")
    assert "line 1" in one_line_error(run("check", "mine.py"))
