"""What a report says of a network's health: a sentence for what is planted, none for what is well."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from chainrule import MLPRegressor
from chainrule.gradients.flow import FlowRecorder
from chainrule.report.advice import advice, layer_health

X = np.random.default_rng(0).normal(size=(100, 3))
Y = X[:, 0] - X[:, 1] ** 2


def trained(activation: str = "relu", **settings: Any) -> Any:
    model = MLPRegressor(
        hidden_layer_sizes=(8, 8),
        activation=activation,
        engine="reference",
        random_state=0,
        **{"max_iter": 10, **settings},
    )
    with warnings.catch_warnings(action="ignore"):
        return model.fit(X, Y, X_val=X[:20], y_val=Y[:20])


def said(model: Any, recorder: FlowRecorder | None = None) -> str:
    return "\n".join(advice(model, layer_health(model, X), recorder))


def test_a_healthy_network_gets_no_advice() -> None:
    recorder = FlowRecorder()
    model = trained(callbacks=[recorder], learning_rate="cosine")
    assert said(model, recorder) == ""


def test_dead_units_are_counted_and_a_remedy_is_named() -> None:
    model = trained(learning_rate="cosine")
    model.intercepts_[1][:3] = -1000.0
    assert said(model).startswith(
        "layer 2: 38% dead units (3 of 8 relu): they give 0 for every row"
    )
    assert "lower the learning rate or use leaky_relu" in said(model)
    assert "5 units" in said(model)


def test_saturated_values_are_named() -> None:
    model = trained("tanh", learning_rate="cosine")
    model.intercepts_[0][:] = 100.0
    assert said(model).startswith("layer 1: 100% of its tanh values are saturated")


def test_vanishing_gradients_and_restless_weights_come_from_the_recorder() -> None:
    recorder = FlowRecorder()
    model = trained(callbacks=[recorder], learning_rate="cosine")
    recorder.flows = [
        [replace(look[0], gradient_norm=1e-9), replace(look[1], update_ratio=0.8), look[2]]
        for look in recorder.flows
    ]
    assert "the gradient vanishes on its way back" in said(model, recorder)
    assert "layer 2: its weights still change by 80%" in said(model, recorder)


@pytest.mark.parametrize(
    ("losses", "schedule", "best", "expected"),
    [
        (
            [1.0, 0.5, 0.4, 0.6, 0.8, 0.9],
            "constant",
            3,
            "after epoch 3 the loss on validation rows",
        ),
        (
            [1.0, 0.5, 0.4, 0.3, 0.2, 0.1],
            "constant",
            6,
            "was still falling at the end; more than 6",
        ),
        ([1.0, 0.5, 0.4, 0.3, 0.2, 0.1], "cosine", 6, ""),
        ([1.0, 0.5, 0.4, 0.41, 0.4, 0.42], "constant", 3, ""),
    ],
)
def test_the_course_of_the_training(
    losses: list[float], schedule: str, best: int, expected: str
) -> None:
    model = trained(max_iter=6, learning_rate=schedule)
    model._history.validation_loss = list(losses)
    model.best_epoch_, model.stop_reason_ = best, "max_epochs"
    assert expected in said(model)
    assert bool(expected) == bool(said(model))


def test_an_explosion_in_the_history_is_told() -> None:
    model = trained(max_iter=6, learning_rate="cosine")
    model._history.gradient_norm[:] = [1.0, 1.0, 1.0, 1e6, 1.0, 1.0]
    model._history.loss[:] = [1.0, 0.9, 0.8, 50.0, 0.7, 0.6]
    assert "the gradients exploded in epoch 4" in said(model)
