"""Compilation: flags that keep NaN, a cache that notices every change, and homes that cannot be written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

from chainrule.engines.fused import rules
from chainrule.equations import activations
from chainrule.errors import InputError

ONE_FIT = """
import numpy as np
from chainrule.engines import Data, EpochPlan, make_engine
from chainrule.engines.fused import compiler
from chainrule.network.architecture import Architecture
from chainrule.optimizers.adam import Adam
adam = Adam()
engine = make_engine("fused", Architecture((2, 3, 1), ("relu", "identity"), "squared_error"), adam, "float32", 1)
theta = np.ones(13, dtype="float32")
data = Data(np.ones((4, 2), dtype="float32"), np.ones((4, 1), dtype="float32"))
plan = EpochPlan(np.arange(4), 2, np.full(2, 0.1), adam.coefficients([1, 2]))
engine.epoch(theta, adam.start(13).moments, data, plan)
print("theta", theta.tobytes().hex())
print("compiled", *compiler.newly_compiled)
"""


def one_fit(**environment: str) -> dict[str, str]:
    """Train in a fresh process and return what it prints, by the first word of each line."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("NUMBA_", "CHAINRULE_"))}
    done = subprocess.run(
        [sys.executable, "-c", ONE_FIT],
        capture_output=True,
        text=True,
        check=False,
        env={**clean, **environment},
    )
    assert done.returncode == 0, done.stderr
    printed = dict(line.partition(" ")[::2] for line in done.stdout.splitlines())
    return {**printed, "stderr": done.stderr}


@pytest.mark.compiled
def test_the_second_process_compiles_nothing(tmp_path: Path) -> None:
    first = one_fit(CHAINRULE_CACHE_DIR=str(tmp_path))
    second = one_fit(CHAINRULE_CACHE_DIR=str(tmp_path))
    assert "epoch" in first["compiled"]
    assert second["compiled"] == ""
    assert first["theta"] == second["theta"]
    folder = next(tmp_path.iterdir())
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.compiled
def test_a_home_that_cannot_be_written_costs_one_warning(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file where the folder should be")
    done = one_fit(CHAINRULE_CACHE_DIR=str(blocked))
    assert "epoch" in done["compiled"]
    assert done["stderr"].count("compiled code cannot be kept") == 1


def test_an_edited_users_function_has_another_name() -> None:
    def make(slope: float):
        def value(z):
            return slope * z

        return value

    def helper(z):
        return 2.0 * z

    def outer(z):
        return helper(z)

    names = {rules._identity_of(f) for f in (make(1.0), make(2.0), outer, helper)}
    assert len(names) == 4
    assert rules._identity_of(make(1.0)) == rules._identity_of(make(1.0))


@pytest.mark.compiled
@pytest.mark.parametrize("f", list(activations.activations), ids=lambda f: f.name)
def test_rules_stay_in_single_precision(f: activations.Activation) -> None:
    arguments = (numba.float32,) * (1 + len(f.parameters))
    twin = rules._compiled(f.value, np.dtype("float32"))
    twin.compile(arguments)
    prime = rules._compiled(f.derivative, np.dtype("float32"))
    prime.compile((numba.float32, *arguments))
    for dispatcher in (twin, prime):
        assert str(dispatcher.nopython_signatures[-1].return_type) == "float32"


@pytest.mark.compiled
def test_a_rule_that_does_not_compile_is_named_with_the_remedy() -> None:
    def uses_a_dictionary_of_functions(z):
        return {"exp": np.exp}["exp"](z) + [x for x in "ab"].index(z)

    with pytest.raises(InputError, match=r"uses_a_dictionary.*cannot compile.*engine='reference'"):
        rules._value_block(uses_a_dictionary_of_functions, False, np.dtype("float32"))
