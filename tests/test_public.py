"""What is public: the page, ``chainrule.__all__`` and the types that a user's type checker sees say the same."""

from __future__ import annotations

import builtins
import re
import subprocess
import sys
import warnings
from importlib import import_module
from pathlib import Path
from typing import get_args

import pytest

import chainrule
from chainrule import deprecation
from chainrule.engines import ENGINES
from chainrule.estimators import accepted
from chainrule.optimizers import optimizers

PAGE = Path(__file__).resolve().parents[1] / "docs" / "public.md"


def tables(text: str) -> dict[str, list[str]]:
    """Return the names in the first column of each table, by the head of that column."""
    found: dict[str, list[str]] = {}
    before = ""
    for line in text.splitlines():
        if line.startswith("|"):
            first = line.split("|")[1].strip()
            if not before.startswith("|"):
                rows = found.setdefault(first, [])
            else:
                rows += re.findall(r"`(\w+)`", first)
        before = line
    return found


def test_the_page_names_what_is_public_and_nothing_else() -> None:
    page = tables(PAGE.read_text(encoding="utf-8"))
    assert list(page) == [
        "estimators",
        "functions and what they work on",
        "results",
        "records",
        "errors",
        "warnings",
    ]
    named = [name for names in page.values() for name in names]
    assert sorted([*named, "__version__"]) == sorted(chainrule.__all__)


def test_the_tables_are_true() -> None:
    page = tables(PAGE.read_text(encoding="utf-8"))
    assert all(issubclass(getattr(chainrule, name), Exception) for name in page["errors"])
    assert all(issubclass(getattr(chainrule, name), UserWarning) for name in page["warnings"])
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        kind = re.match(r"\| `(\w+Error)` \| (.*`\w+Error`) \|", line)
        if kind:
            for base in re.findall(r"`(\w+)`", kind[2]):
                assert issubclass(getattr(chainrule, kind[1]), getattr(builtins, base))


@pytest.mark.parametrize("name", sorted(set(chainrule.__all__) - {"__version__"}))
def test_what_is_public_is_described(name: str) -> None:
    assert len((getattr(chainrule, name).__doc__ or "").strip()) > 20


def test_every_error_and_warning_of_the_package_is_public() -> None:
    errors = import_module("chainrule.errors")
    own = {
        n
        for n, v in vars(errors).items()
        if isinstance(v, type) and v.__module__ == errors.__name__
    }
    assert own <= set(chainrule.__all__)


def test_every_registered_optimizer_has_a_public_record_and_a_name_that_types_know() -> None:
    assert {type(record).__name__ for record in optimizers} <= set(chainrule.__all__)
    assert set(get_args(accepted.SolverName)) == {record.name for record in optimizers}
    assert get_args(accepted.EngineName) == ENGINES


# ---- types ----------------------------------------------------------------------------------------

GOOD = """
import numpy as np
from chainrule import Adam, InputError, MLPClassifier, MLPRegressor, RMSprop, Trace, load, trace

X, y = np.zeros((4, 2)), np.array([0, 1, 0, 1])
model = MLPClassifier((8, 4), activation=["relu", "tanh"], solver="adamw", batch_size=2).fit(X, y)
MLPRegressor(solver=RMSprop(rho=0.9), hidden_layer_sizes=8, engine="reference")
half: float = model.score(X, y) / 2
positive: np.ndarray = model.predict_proba(X)[:, 1]
steps: Trace = trace(model, X, y)
try:
    loaded = load("a.model")
except InputError as error:
    print(error)
reveal_type(model)
reveal_type(model.predict_proba(X))
reveal_type(model.classes_)
reveal_type(trace(model, X, y))
"""
REVEALED = ("MLPClassifier", "ndarray", "ndarray", "Trace")
BAD = (
    'MLPClassifier(solver="adamm")',
    "MLPClassifier(activation=3)",
    'MLPRegressor(engine="gpu")',
    'MLPRegressor(hidden_layer_sizes="64")',
    "MLPClassifier(learning_rate=0.1)",
    'MLPClassifier(batch_size="all")',
    "MLPClassifier(hiden=3)",
    "Adam(beta_3=0.1)",
    "MLPClassifier().predict_proba([[0.0]]).flaten()",
    "trace(Network([1, 1]), [[0.0]], [[0.0]]).setps",
)


def test_a_strict_type_checker_knows_the_public_face(tmp_path: Path) -> None:
    good = GOOD.strip().splitlines()
    first = len(good) + 2
    lines = [*good, "from chainrule import Network", *BAD]
    (tmp_path / "user.py").write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--no-error-summary",
        "--hide-error-context",
    ]
    command += ["--cache-dir", str(tmp_path / "cache"), "user.py"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    said = result.stdout.splitlines()
    revealed = [line for line in said if "Revealed type" in line]
    assert len(revealed) == len(REVEALED), result.stdout + result.stderr
    for line, expected in zip(revealed, REVEALED, strict=True):
        assert re.search(rf"[.\"]{expected}\b", line), line
    wrong = {int(line.split(":")[1]) for line in said if ": error:" in line}
    assert wrong == set(range(first, first + len(BAD))), result.stdout


# ---- what goes ------------------------------------------------------------------------------------


def test_a_renamed_public_name_works_on_with_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    renamed = deprecation.Renamed("MLPClassifier", "0.2", "0.4")
    monkeypatch.setitem(deprecation.RENAMED, "Perceptron", renamed)
    with pytest.warns(
        FutureWarning, match=r"chainrule.Perceptron is deprecated since chainrule 0.2 and will be"
    ) as seen:
        found = chainrule.Perceptron
    assert found is chainrule.MLPClassifier
    assert seen[0].filename == __file__
    assert "Perceptron" not in chainrule.__all__


def test_nothing_deprecated_outlives_its_version() -> None:
    now = tuple(map(int, chainrule.__version__.split(".")[:2]))
    late = [
        n for n, r in deprecation.RENAMED.items() if tuple(map(int, r.until.split(".")[:2])) <= now
    ]
    assert late == []


def test_a_warning_points_at_the_user() -> None:
    def ours() -> None:
        deprecation.warn_deprecated("old", since="1.0", until="1.2", instead="new")

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ours()
    assert caught[0].filename == __file__
    assert caught[0].category is FutureWarning
