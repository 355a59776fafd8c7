from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier as Peer

from chainrule.errors import InputError
from chainrule.optimizers.schedules import schedules
from chainrule.report.figures import LearningRateDisplay, LossCurveDisplay

HISTORY = {
    "loss": [1.0, 0.5, 0.4],
    "validation_loss": [1.1, 0.6, 0.7],
    "validation_score": [0.5, 0.9, 0.8],
}


def test_losses_score_best_epoch_and_end() -> None:
    display = LossCurveDisplay(HISTORY, best_epoch=2, stop_reason="no_improvement", title="run")
    top, bottom = display.plot().axes_
    lines = {line.get_label(): line for line in top.lines}
    np.testing.assert_allclose(lines["training"].get_ydata(), HISTORY["loss"])
    np.testing.assert_allclose(lines["validation"].get_ydata(), HISTORY["validation_loss"])
    np.testing.assert_allclose(lines["training"].get_xdata(), [1, 2, 3])
    best = lines["best epoch 2 (0.6)"]
    assert (best.get_xdata()[0], best.get_ydata()[0]) == (2, 0.6)
    assert list(lines["end: no improvement for a while"].get_xdata()) == [3, 3]
    assert "best epoch 2 (0.9)" in [line.get_label() for line in bottom.lines]
    assert (top.get_ylabel(), bottom.get_ylabel(), bottom.get_xlabel()) == (
        "loss",
        "score",
        "epoch",
    )
    assert top.get_title(loc="left") == "run"
    assert [t.get_text() for t in top.get_legend().get_texts()][:2] == ["training", "validation"]


def test_without_validation_there_is_one_panel_and_no_mark() -> None:
    display = LossCurveDisplay({"loss": [100.0, 10.0, 0.5], "validation_loss": [None] * 3}).plot()
    assert len(display.axes_) == 1
    assert [line.get_label() for line in display.ax_.lines] == ["training"]
    assert display.ax_.get_yscale() == "log"
    assert display.ax_.get_ylabel() == "loss (log scale)"


def test_a_loss_that_is_not_positive_keeps_the_linear_axis() -> None:
    display = LossCurveDisplay({"loss": [100.0, 1.0, -3.0]}).plot()
    assert display.ax_.get_yscale() == "linear"


def test_from_an_estimator_and_from_scikit_learns(penguins: Any) -> None:
    display = LossCurveDisplay.from_estimator(penguins.model)
    assert display.best_epoch == penguins.model.best_epoch_
    np.testing.assert_allclose(display.loss, penguins.model.loss_curve_)
    assert display.axes_[1].get_ylabel() == "accuracy"
    X = np.random.default_rng(0).normal(size=(100, 2))
    peer = Peer((4,), early_stopping=True, max_iter=500, random_state=0, tol=0.1).fit(
        X, X[:, 0] > 0
    )
    theirs = LossCurveDisplay.from_estimator(peer)
    assert theirs.best_epoch == int(np.argmax(peer.validation_scores_)) + 1
    assert len(theirs.axes_) == 2


def test_nothing_to_draw_is_an_error() -> None:
    with pytest.raises(InputError, match="history: got no epoch"):
        LossCurveDisplay({"loss": []})
    with pytest.raises(InputError, match="L-BFGS"):
        LearningRateDisplay(np.array([1, 2]), np.array([np.nan, np.nan]))


@pytest.mark.parametrize("name", schedules.names())
def test_every_schedule_can_be_drawn(name: str) -> None:
    display = LearningRateDisplay.from_schedule(
        name, learning_rate_init=0.1, epochs=20, steps_per_epoch=5, warmup=2
    )
    (line,) = display.ax_.lines
    assert len(line.get_xdata()) == 100
    assert 0.0 <= line.get_ydata().min() <= line.get_ydata().max() <= 0.1 + 1e-12
    assert display.alt.startswith(f"Learning rate ({name}): from ")
    assert "over 20 epochs" in display.alt


def test_the_rates_of_a_training(penguins: Any) -> None:
    display = LearningRateDisplay.from_estimator(penguins.model)
    (line,) = display.ax_.lines
    np.testing.assert_allclose(line.get_ydata(), penguins.model.history_["learning_rate"])
    assert line.get_ydata()[0] > line.get_ydata()[-1]
