"""Runs of whole programs: their imports, their ends, their limits."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainrule.recording.running import record


def test_plots_and_bars_do_nothing() -> None:
    text = (
        "import matplotlib.pyplot as plt\nfrom tqdm import tqdm\nimport numpy as np\n"
        "fig, axes = plt.subplots(1, 2)\naxes[0].plot([1])\nfig, one = plt.subplots()\none.set_title('x')\n"
        "n = 0\nfor i in tqdm(range(3)):\n    n = n + 1\nassert n == 3\nplt.show()\n"
    )
    assert record("mine.py", text).failure is None


def test_star_imports_and_submodules() -> None:
    text = "from math import *\nfrom numpy import *\nfrom numpy.random import randn\nz = exp(randn(2)).sum()\n"
    run = record("mine.py", text)
    assert run.failure is None
    assert [n.name for n in run.tape.nodes] == ["randn", "exp", "sum"]


def test_a_file_beside_the_program_is_followed(tmp_path: Path) -> None:
    (tmp_path / "layers.py").write_text("import numpy as np\ndef f(x):\n    return np.tanh(x)\n")
    path = tmp_path / "mine.py"
    path.write_text("import numpy as np\nfrom layers import f\ny = f(np.ones(2))\n")
    run = record(str(path))
    assert run.failure is None
    assert [(Path(s.file).name, s.line) for s in run.tape.nodes[-1].stack] == [
        ("layers.py", 3),
        ("mine.py", 3),
    ]


def test_the_line_of_an_exception() -> None:
    run = record("mine.py", "import numpy as np\na = np.ones((2, 3))\nb = a @ a\n")
    assert run.failure is not None
    assert (run.failure.kind, run.failure.line) == ("ValueError", 3)
    missing = record("mine.py", "x = 1\nimport no_such_module_here\n").failure
    assert missing is not None
    assert (missing.kind, missing.line) == ("ModuleNotFoundError", 2)


def test_an_endless_loop_is_ended() -> None:
    computing = record(
        "mine.py", "import numpy as np\nx = np.ones(2)\nwhile True:\n    x = x + 1\n", limit=200
    )
    assert computing.ended_early
    assert len(computing.tape.nodes) <= 201
    idle = record("mine.py", "while True:\n    pass\n", seconds=0.2)
    assert idle.ended_early


def test_no_except_of_the_program_catches_the_end() -> None:
    text = "import numpy as np\nx = np.ones(2)\nwhile True:\n    try:\n        x = x + 1\n"
    text += "    except Exception:\n        pass\n"
    assert record("mine.py", text, limit=100).ended_early


def test_the_run_ends_when_enough_was_seen() -> None:
    text = "import numpy as np\nx = np.ones(2)\nwhile True:\n    x = x + 1\n"
    run = record("mine.py", text, enough=lambda tape: len(tape.nodes) > 600)
    assert 600 < len(run.tape.nodes) < 1200


def test_what_is_no_python_is_an_error() -> None:
    with pytest.raises(SyntaxError):
        record("mine.py", "def f(:\n")


def test_exit_and_main() -> None:
    text = "import sys\nimport numpy as np\nif __name__ == '__main__':\n    x = np.ones(3)\n    sys.exit(1)\n"
    run = record("mine.py", text)
    assert run.failure is None
    assert len(run.tape.nodes) == 1


def test_packages_and_relative_imports_beside_the_program_are_followed(tmp_path: Path) -> None:
    package = tmp_path / "mynet"
    package.mkdir()
    (package / "__init__.py").write_text("from .parts import f\n")
    (package / "parts.py").write_text("import numpy as np\ndef f(x):\n    return np.tanh(x)\n")
    (tmp_path / "examples").mkdir()
    path = tmp_path / "examples" / "mine.py"
    path.write_text(
        "import os, sys\nsys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))\n"
        "import numpy as np\nimport mynet.parts as p\nfrom mynet import f\ny = f(np.ones(2)) + p.f(np.ones(2))\n"
    )
    run = record(str(path))
    assert run.failure is None, run.failure
    assert [n.name for n in run.tape.nodes] == ["ones", "tanh", "ones", "tanh", "add"]
    assert Path(run.tape.nodes[1].stack[0].file).name == "parts.py"
