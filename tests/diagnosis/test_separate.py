"""A function in a file is diagnosed in a process of its own; what it does to that process is a finding."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from chainrule.diagnosis.separate import diagnose_file
from chainrule.errors import FileError, InputError

RIGHT = """
import numpy as np
print("noise that nobody wants")

def J(X, y, W, b):
    return ((X @ W + b - y) ** 2).sum() / (2 * len(X))

def backward(X, y, W, b):
    d = (X @ W + b - y) / len(X)
    return X.T @ d, d.sum(axis=0)

def call_it(f, p):
    return f(p.X, p.Y, p.W[0], p.b[0])

def odd(q, r, s, t):
    return backward(q, r, s, t)
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "homework.py"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_right_function_is_right(tmp_path: Path) -> None:
    path = write(tmp_path, RIGHT)
    told = diagnose_file(path, "backward", loss="squared_error", objective="J")
    assert told["verdict"] == "correct"
    assert "correct" in told["text"]
    assert told["findings"] == []
    assert diagnose_file(path, "odd", call="call_it", n_layers=1)["verdict"] == "correct"


def test_a_missing_function_or_file_is_the_callers_mistake(tmp_path: Path) -> None:
    path = write(tmp_path, RIGHT)
    with pytest.raises(InputError, match=r"no function bakward.*did you mean homework.py:backward"):
        diagnose_file(path, "bakward")
    with pytest.raises(InputError, match="no function Q"):
        diagnose_file(path, "backward", objective="Q")
    with pytest.raises(FileError, match="no such file"):
        diagnose_file(tmp_path / "other.py", "backward")


@pytest.mark.parametrize(
    ("text", "kind", "part"),
    [
        ("while True: pass", "endless", "homework.py itself does not come to an end"),
        (
            "def backward(X, y, W, b):\n    while True: pass",
            "endless",
            "the function does not come to an end",
        ),
        ("import os\nos.abort()", "crash", "SIGABRT"),
        ("import os\ndef backward(X, y, W, b): os._exit(7)", "crash", "code 7"),
        ("import sys\nsys.exit(3)", "fails", "SystemExit"),
        ("x = 1\ny = x / 0", "fails", "ZeroDivisionError: division by zero at line 2"),
        ("def backward(X, y:", "fails", "SyntaxError"),
    ],
)
def test_what_a_file_does_to_its_process_is_a_finding(
    tmp_path: Path, text: str, kind: str, part: str
) -> None:
    # long enough for a busy machine to come to where the code loops, and no longer
    limit = 60.0 if kind != "endless" else 8.0 if "def" in text else 2.0
    start = time.monotonic()
    told = diagnose_file(write(tmp_path, text), "backward", time_limit=limit)
    assert time.monotonic() - start < limit + 20
    assert (told["verdict"], told["findings"][0]["kind"]) == ("failed", kind)
    assert part in told["text"]
