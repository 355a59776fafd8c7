"""A program of a form that was drawn."""

from __future__ import annotations

import numpy as np

from benchmarks.programs.equations import Choose
from benchmarks.programs.flat import flat
from benchmarks.programs.looped import as_layers, in_lists, online, pure
from benchmarks.programs.program import Form, Program


def write(rng: np.random.Generator, form: Form, steps: int = 4) -> Program:
    """Write the program of a form."""

    def choose(*options: str) -> str:
        return str(options[int(rng.integers(len(options)))])

    program = Program(form)
    program.add(choose("import numpy as np", "import numpy as np\nimport math"))
    program.add("")
    if form.form == "pure":
        pure(program, choose, rng, steps)
        return program
    program.add("def sigmoid(x):\n    return 1 / (1 + np.exp(-x))\n")
    _data(program, rng, choose)
    program.add(f"lr = {choose('0.01', '0.005', '1e-3')}\nsteps = {steps}")
    {
        "script": flat,
        "functions": flat,
        "class": flat,
        "lists": in_lists,
        "layers": as_layers,
        "online": online,
    }[form.form](program, choose, rng)
    return program


def _data(program: Program, rng: np.random.Generator, choose: Choose) -> None:
    form, n = program.form, int(rng.integers(12, 30))
    seed, d, k = int(rng.integers(10_000)), form.sizes[0], form.sizes[-1]
    program.add(f"rng = np.random.RandomState({seed})\nX = rng.randn({n}, {d})")
    if form.loss == "squared_error":
        program.add(
            f"Y = np.column_stack([np.sin(X[:, 0] * (j + 1)) + X[:, 1] for j in range({k})])"
        )
    elif form.loss == "binary_log_loss":
        program.add("Y = (X[:, :1] * X[:, 1:2] > 0).astype(float)")
    else:
        program.add(
            f"labels = rng.randint(0, {k}, {n})\n"
            + choose(
                f"Y = np.eye({k})[labels]",
                f"Y = np.zeros(({n}, {k}))\nY[np.arange({n}), labels] = 1",
            )
        )
    if form.columns:
        program.add("X, Y = X.T, Y.T")
