"""``compare`` from the outside: who is ranked how, what is printed, drawn and written."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from scipy import sparse

import chainrule
from chainrule import MLPClassifier, compare
from chainrule.comparison.progress_bar import ComparisonProgress
from chainrule.comparison.trials import TrialEvent
from chainrule.errors import FileError, InputError, InputTypeError

FAST: dict[str, Any] = {"solver": "lbfgs", "max_iter": 40, "engine": "reference"}


@pytest.fixture(scope="module")
def circle() -> tuple[np.ndarray, np.ndarray]:
    X = np.random.default_rng(0).uniform(size=(400, 2))
    return X, (X**2).sum(axis=1) < 0.6


@pytest.fixture(scope="module")
def result(circle: Any) -> Any:
    return compare(*circle, hidden=[(1,), (12,), (8, 8)], seeds=2, **FAST)


def test_candidates_are_ranked_by_their_score(result: Any) -> None:
    frame = result.frame
    assert frame["rank"].tolist() == [1, 2, 3]
    assert frame["score"].is_monotonic_decreasing
    assert frame["candidate"].iloc[-1] == "1"  # one unit cannot bend round a circle
    assert not frame["within_noise"].iloc[-1]
    assert frame["p_value"].iloc[-1] < 0.05
    assert frame["difference"].iloc[-1] < -0.05
    by_name = frame.set_index("candidate")
    assert by_name.loc["8-8", "architecture"] == "2→8→8→1"
    assert by_name["parameters"].to_dict() == {"1": 5, "12": 49, "8-8": 105}
    for name in by_name.index:
        of = result.trials[result.trials["candidate"] == name]
        assert by_name.loc[name, "score"] == pytest.approx(of["score"].mean())
        assert by_name.loc[name, "score_spread"] == pytest.approx(of["score"].std())
        assert by_name.loc[name, "loss"] == pytest.approx(of["loss"].mean())
    assert result.best_estimator_ is result.estimators[result.best]
    assert result.score_name == "accuracy"


def test_the_table_in_text(result: Any) -> None:
    lines = str(result).splitlines()
    assert lines[0].split("  ")[-1].strip() == "beside the best"
    assert [line.split()[0] for line in lines[1:4]] == ["1", "2", "3"]
    assert lines[1].endswith("best")
    assert "2→1→1" in lines[3]
    assert "(p " in lines[3]
    assert "2 seeds on the same 320 training and 80 validation rows" in str(result)
    assert result._repr_html_().startswith("<table")
    assert repr(result) == str(result)


def test_figures(result: Any) -> None:
    losses = result.plot_losses()
    assert [ax.get_xlabel() for ax in losses.axes_] == ["epoch", "epoch"]
    assert len(losses.axes_[0].lines) == 6  # 3 candidates, 2 seeds
    named = [text.get_text() for text in losses.axes_[0].get_legend().get_texts()]
    assert named == result.frame["architecture"].tolist()
    scores = result.plot_scores()
    assert [t.get_text() for t in scores.ax_.get_yticklabels()] == named
    assert scores.ax_.get_xlabel() == "validation accuracy"
    boundaries = result.plot_boundaries(truth=lambda a, b: a**2 + b**2 - 0.6, most=2)
    assert len(boundaries.axes_) == 2
    assert boundaries.axes_[0].get_title(loc="left").startswith(named[0])
    plt.close("all")


def test_everything_is_written_to_a_folder(result: Any, tmp_path: Path) -> None:
    paths = result.save(tmp_path / "new" / "folder", formats=("png", "svg"))
    names = ["comparison.csv", "trials.csv", "comparison.json"]
    names += [f"{n}.{e}" for n in ("losses", "scores", "boundaries") for e in ("png", "svg")]
    assert [path.name for path in paths] == names
    read = pd.read_csv(paths[0])
    assert read["score"].tolist() == pytest.approx(result.frame["score"].tolist())
    data = json.loads(paths[2].read_text(encoding="utf-8"))
    assert [c["candidate"] for c in data["candidates"]] == result.ranked
    assert len(data["trials"]) == 6
    assert len(data["trials"][0]["history"]["loss"]) == data["trials"][0]["epochs"]
    assert plt.get_fignums() == []
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="folder to write to"):
        result.save(tmp_path / "file")


def test_combinations_are_told_apart_in_the_table(circle: Any) -> None:
    result = compare(
        *circle, hidden=[4, (3, 3)], activations=["relu", "tanh"], solvers=["adam"],
        learning_rates=[0.01, 0.1], seeds=1, max_iter=2, engine="reference",
    )  # fmt: skip
    assert len(result.frame) == 8
    assert set(result.frame["activation"]) == {"relu", "tanh"}
    assert "3-3, tanh, adam, 0.1" not in result.ranked  # one solver tells nothing apart
    assert "3-3, tanh, 0.1" in result.ranked
    assert result.lines()[0].split()[:4] == ["architecture", "activation", "rate", "parameters"]
    assert {e.solver for e in result.estimators.values()} == {"adam"}


def test_a_table_with_the_name_of_its_target(penguins_csv: Path) -> None:
    result = compare(
        str(penguins_csv), "species", hidden=[(4,)], seeds=1, max_iter=3, engine="reference"
    )
    assert result.frame["architecture"].tolist() == ["14→4→3"]
    frame = pd.read_csv(penguins_csv).dropna()
    numbers = compare(frame, "body_mass_g", hidden=[(4,)], folds=3, seeds=1, **FAST)
    assert numbers.score_name == "R²"
    assert len(numbers.trials) == 3
    assert "3 folds of about" in str(numbers)


def test_own_validation_rows_and_sparse_ones(circle: Any) -> None:
    X, y = circle
    result = compare(
        sparse.csr_matrix(X), y, X_val=sparse.csr_matrix(X[:50]), y_val=y[:50],
        hidden=[(4,)], seeds=1, estimator=MLPClassifier(alpha=0.1), **FAST,
    )  # fmt: skip
    assert (result.comparison.n_train, result.comparison.n_validation) == (400, 50)
    assert result.best_estimator_.alpha == 0.1
    assert "noise unknown" not in str(result)


def test_one_seed_and_a_score_of_all_rows_at_once_leave_the_noise_unknown(circle: Any) -> None:
    result = compare(*circle, hidden=[(1,), (8,)], seeds=1, scoring="roc_auc", **FAST)
    assert result.score_name == "roc_auc"
    assert "noise unknown" in result.lines()[-1]
    assert result.frame["within_noise"].tolist() == [True, True]
    assert result.frame["p_value"].isna().tolist() == [False, True]
    assert "Trained with 1 seed on the same 320" in str(result)


def test_a_candidate_that_fails_is_last(circle: Any) -> None:
    result = compare(
        *circle, hidden=[(4,)], learning_rates=[1e30, 0.01], solvers="sgd", activations="identity",
        seeds=1, max_iter=5, engine="reference",
    )  # fmt: skip
    assert result.ranked == ["4, 0.01", "4, 1e+30"]
    assert "no score" in result.lines()[-1]
    assert any("4, 1e+30" in note for note in result.notes)
    result.plot_losses()
    result.plot_scores()
    plt.close("all")
    json.dumps(result.to_dict(), allow_nan=False)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"X_val": np.ones((2, 2))}, InputError, "X_val"),
        ({"X_val": np.ones((2, 2)), "y_val": [0, 1], "folds": 3}, InputError, "no folds"),
        ({"hidden": [(4,), 4]}, InputError, "4 twice"),
        ({"estimator": "MLP"}, InputTypeError, "estimator: got str"),
        ({"seeds": 0}, InputError, "seeds"),
        ({"task": "guess"}, InputError, "task"),
        ({"hidden": []}, InputError, "hidden: got none"),
    ],
)
def test_what_cannot_be_compared(circle: Any, arguments: Any, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        compare(*circle, **arguments)


def test_a_target_of_two_columns_is_refused(circle: Any) -> None:
    with pytest.raises(InputError, match="one value for each row"):
        compare(circle[0], np.ones((400, 2)))
    with pytest.raises(InputTypeError, match="the target column's name"):
        compare("table.csv", [1, 2])


def test_the_bar_shows_how_many_are_done_and_the_best_so_far() -> None:
    file = io.StringIO()
    progress = ComparisonProgress(Console(file=file, force_terminal=True, width=100))
    progress(TrialEvent("start", 2, 0, 10))
    progress(TrialEvent("epoch", 2, 0, 10, "64", 4))
    progress(TrialEvent("trial", 2, 1, 10, "64", 10, 0.75))
    progress(TrialEvent("trial", 2, 2, 10, "8-8", 10, 0.5))
    progress(TrialEvent("end", 2, 2, 10))
    assert "2 of 2 trainings  best 0.7500 (64)" in file.getvalue()


def test_compare_is_public() -> None:
    assert chainrule.compare is compare
