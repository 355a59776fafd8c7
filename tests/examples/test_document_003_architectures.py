"""Document 003's circle: its data, its counts, its claim; and that the script runs."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from chainrule import MLPClassifier, compare

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def script() -> Any:
    path = ROOT / "examples" / "document_003_architectures.py"
    spec = importlib.util.spec_from_file_location("document_003_architectures", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_data_are_the_documents(script: Any) -> None:
    X, y, X_val, y_val = script.circle_data()
    assert (X.shape, X_val.shape) == ((5000, 2), (2000, 2))
    assert (round(float(y.mean()), 4), round(float(y_val.mean()), 4)) == (0.7878, 0.7890)


def test_the_script_prints_its_table_and_draws_its_figures(
    script: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--epochs", "2", "--no-peers", "--output", str(tmp_path / "figures")]
    monkeypatch.setattr(sys, "argv", ["document_003_architectures.py", *arguments])
    script.main()
    text = capsys.readouterr().out
    assert "positive ratio 78.78%" in text
    for name, parameters in zip(
        ("2→64→1", "2→128→1", "2→64→32→1", "2→128→64→1"), script.PARAMETERS, strict=True
    ):
        assert any(name in line and f"{parameters:,}" in line for line in text.splitlines())
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {
        "boundaries.png",
        "loss_curves.png",
    }


@pytest.mark.compiled
def test_every_architecture_is_above_95_percent(script: Any) -> None:
    """As many steps as the document's, of a quarter of the rows: a fraction of its time."""
    X, y, X_val, y_val = script.circle_data()
    settings = MLPClassifier(
        batch_size=1250, max_iter=250, alpha=0.0, initializer="he_normal", n_iter_no_change=500
    )
    result = compare(
        X, y, X_val=X_val, y_val=y_val, hidden=script.ARCHITECTURES, seeds=1, estimator=settings
    )
    assert result.frame["score"].min() > 0.95
    assert result.frame["score"].max() > 0.99
    assert sorted(result.frame["parameters"]) == sorted(script.PARAMETERS)
