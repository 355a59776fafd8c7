"""Two core figures, compared as pictures: what no assertion on axes sees (overlaps, colours, clipping) shows here.

After a change that is meant, look at the new pictures and keep them:
KEEP_PICTURES=1 .venv/bin/pytest tests/report/figures/test_images.py
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.testing.compare import compare_images
from sklearn.base import BaseEstimator, ClassifierMixin

from chainrule.report.figures import DecisionBoundaryDisplay, LossCurveDisplay

BASELINE = Path(__file__).with_name("baseline")
TOLERANCE = (
    8.0  # root mean square of 0..255: another version's text lies below, another curve above
)


class QuarterCircle(ClassifierMixin, BaseEstimator):
    """Knows the circle without learning, so that no training can move the picture."""

    def __init__(self, radius: float = 0.8) -> None:
        self.radius = radius

    def fit(self, X: Any, y: Any) -> QuarterCircle:
        self.classes_ = np.array([0, 1])
        self.n_features_in_ = 2
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        p = 1.0 / (1.0 + np.exp(20.0 * (np.hypot(*np.asarray(X).T) - self.radius)))
        return np.c_[1.0 - p, p]

    def predict(self, X: Any) -> np.ndarray:
        return (self.predict_proba(X)[:, 1] > 0.5).astype(int)


def losses(overfitting: float = 0.002) -> LossCurveDisplay:
    epoch = np.arange(1, 41)
    history = {
        "loss": list(np.exp(-epoch / 8.0) + 0.05),
        "validation_loss": list(np.exp(-epoch / 8.0) + 0.1 + overfitting * epoch),
        "validation_score": list(0.9 - 0.4 * np.exp(-epoch / 5.0)),
    }
    best = int(np.argmin(history["validation_loss"])) + 1
    return LossCurveDisplay(history, best_epoch=best, stop_reason="no_improvement").plot()


def boundary(radius: float = 0.8) -> DecisionBoundaryDisplay:
    grid = np.stack(np.meshgrid(np.linspace(0.05, 0.95, 7), np.linspace(0.05, 0.95, 7)), axis=-1)
    X = grid.reshape(-1, 2)
    model = QuarterCircle(radius).fit(X, None)
    return DecisionBoundaryDisplay.from_estimator(
        model, X, QuarterCircle(0.8).fit(X, None).predict(X), grid_resolution=60
    )


def difference(display: Any, name: str, folder: Path) -> float:
    """Return how far the picture is from the kept one, 0 if within the tolerance."""
    drawn = folder / f"{name}.png"
    display.figure_.set_size_inches(5.0, 4.0)
    display.figure_.savefig(drawn, dpi=60)
    if os.environ.get("KEEP_PICTURES"):
        (BASELINE / drawn.name).write_bytes(drawn.read_bytes())
    found = compare_images(BASELINE / drawn.name, drawn, TOLERANCE, in_decorator=True)
    return 0.0 if found is None else float(found["rms"])


@pytest.mark.parametrize(("name", "draw"), [("losses", losses), ("boundary", boundary)])
def test_core_figures_look_as_they_did(name: str, draw: Any, tmp_path: Path) -> None:
    assert difference(draw(), name, tmp_path) == 0.0


@pytest.mark.skipif(bool(os.environ.get("KEEP_PICTURES")), reason="pictures are being kept")
@pytest.mark.parametrize(
    ("name", "draw"), [("losses", lambda: losses(0.03)), ("boundary", lambda: boundary(0.5))]
)
def test_another_curve_is_noticed(name: str, draw: Any, tmp_path: Path) -> None:
    assert difference(draw(), name, tmp_path) > TOLERANCE
