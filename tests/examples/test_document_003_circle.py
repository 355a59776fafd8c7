"""Document 003's circle: its data, its counts, its claim; and that the script runs."""

from __future__ import annotations

import sys
from pathlib import Path

import document_003_circle as script
import document_003_letter as letter
import numpy as np
import pytest

from chainrule import compare


def test_the_data_are_the_documents() -> None:
    X, y, X_val, y_val = script.circle_data()
    assert (X.shape, X_val.shape) == ((5000, 2), (2000, 2))
    assert (round(float(y.mean()), 4), round(float(y_val.mean()), 4)) == (0.7878, 0.7890)


def test_the_script_prints_its_table_draws_its_figures_and_names_the_mistakes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--epochs", "2", "--no-peers", "--output", str(tmp_path / "figures")]
    monkeypatch.setattr(sys, "argv", ["document_003_circle.py", *arguments])
    script.main()
    text = capsys.readouterr().out
    assert "positive ratio 78.78%" in text
    names = ("2→64→1", "2→128→1", "2→64→32→1", "2→128→64→1")
    for name, parameters in zip(names, script.PARAMETERS, strict=True):
        assert any(name in line and f"{parameters:,}" in line for line in text.splitlines())
        losses = [
            line for line in text.splitlines() if line.split()[:2] in ([name, "0"], [name, "1"])
        ]
        assert len(losses) == 2
    assert "the loss is clipped, its gradient is not" in text
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {
        "boundaries.png",
        "loss_curves.png",
    }


def test_the_others_are_timed_in_the_same_run(capsys: pytest.CaptureFixture[str]) -> None:
    script.beside_the_peers(script.circle_data(), epochs=2, rounds=1)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + len(script.ARCHITECTURES) + 1
    assert all("x1.0" in line for line in lines[1:-1])


@pytest.mark.compiled
def test_every_architecture_is_above_95_percent() -> None:
    """As many steps as the document's, of a quarter of the rows: a fraction of its time."""
    X, y, X_val, y_val = script.circle_data()
    settings = script.settings(epochs=250).set_params(batch_size=1250)
    result = compare(
        X, y, X_val=X_val, y_val=y_val, hidden=script.ARCHITECTURES, seeds=1, estimator=settings
    )
    assert result.frame["score"].min() > 0.95
    assert result.frame["score"].max() > 0.99
    assert sorted(result.frame["parameters"]) == sorted(script.PARAMETERS)


def test_to_the_letter_chainrule_and_the_document_take_the_same_steps() -> None:
    """Its own gradient with Adam written out, and ours, from the same weights: the same losses to rounding."""
    data, starts = letter.drawn()
    X, y, X_val, y_val = data
    assert (round(float(y.mean()), 4), round(float(y_val.mean()), 4)) == (0.7878, 0.7890)
    few = (X[:300], y[:300], X_val[:100], y_val[:100])
    for sizes, start, count in zip(letter.ARCHITECTURES, starts, script.PARAMETERS, strict=True):
        assert sum(w.size + len(w) for w in start) == count
        assert start[-1].std() == pytest.approx(sizes[-2] ** -0.5, rel=0.3)  # LeCun's on top
        theirs, ours = (
            train(few, start, 5) for train in (letter.by_the_document, letter.by_chainrule)
        )
        assert np.array(theirs) == pytest.approx(np.array(ours), rel=1e-9)


def test_to_the_letter_the_first_losses() -> None:
    """Of the whole data, before any step: computed without either program."""
    data, starts = letter.drawn()
    X, y, _, _ = data
    for start in starts:
        h = X
        for W in start[:-1]:
            h = np.maximum(h @ W.T, 0.0)
        s = (h @ start[-1].T)[:, 0]
        expected = np.mean(np.logaddexp(0.0, s) - y * s)
        assert letter.by_the_document(data, start, 1)[0][0] == pytest.approx(expected, rel=1e-9)
