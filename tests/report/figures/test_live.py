"""The live figure, with a notebook that only takes note of what it is shown."""

from __future__ import annotations

import copy
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest

from chainrule import MLPClassifier
from chainrule.report.figures import LiveLoss, live


class Place:
    def __init__(self) -> None:
        self.lines: list[dict[str, int]] = []

    def update(self, figure: Any) -> None:
        self.lines.append(
            {line.get_label(): len(line.get_xdata()) for line in figure.axes[0].lines}
        )


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Place:
    shown = Place()
    monkeypatch.setattr(live, "_place", lambda: shown)
    return shown


def train(callback: LiveLoss, epochs: int) -> MLPClassifier:
    X = np.random.default_rng(0).normal(size=(60, 2))
    y = X[:, 0] > 0
    model = MLPClassifier(
        (4,), max_iter=epochs, callbacks=[callback], engine="reference", n_iter_no_change=np.inf,
        random_state=0, learning_rate="cosine",
    )  # fmt: skip
    return model.fit(X, y, X_val=X, y_val=y)


def test_it_draws_while_training_and_at_its_end(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "INTERVAL", 0.0)
    monkeypatch.setattr(live, "SHARE", 0.0)
    train(LiveLoss(), 5)
    assert [lines["training"] for lines in place.lines] == [1, 2, 3, 4, 5, 5]
    assert "end: all epochs done" in place.lines[-1]
    assert any(label.startswith("best epoch") for label in place.lines[-1])
    assert plt.get_fignums() == []


def test_it_draws_seldom(place: Place) -> None:
    train(LiveLoss(), 50)
    assert 1 <= len(place.lines) < 5


def test_elsewhere_it_does_nothing() -> None:
    assert "IPython" not in sys.modules
    train(LiveLoss(), 2)
    assert plt.get_fignums() == []


def test_a_copy_takes_no_notebook_along(place: Place) -> None:
    callback = LiveLoss()
    callback._shown = place
    assert copy.deepcopy(callback)._shown is None


def test_the_place_is_in_a_notebook_and_not_in_a_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    ipython, display = ModuleType("IPython"), ModuleType("IPython.display")
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    display.display = lambda *a, **k: k  # type: ignore[attr-defined]
    for shell, found in (
        (None, None),
        (SimpleNamespace(), None),
        (SimpleNamespace(kernel=1), {"raw": True, "display_id": True}),
    ):
        ipython.get_ipython = lambda shell=shell: shell  # type: ignore[attr-defined]
        assert live._place() == found
