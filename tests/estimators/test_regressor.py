"""Quantities: several at once, quantiles, counts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.estimators.cases import quantities, regressor

X, Y = quantities(200)
GOOD: dict[str, Any] = {"max_iter": 100, "learning_rate_init": 0.03, "hidden_layer_sizes": (16,)}


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber", "quantile(0.5)"])
def test_every_loss_learns(loss: str) -> None:
    model = regressor(**GOOD, loss=loss).fit(X, Y)
    assert model.score(X, Y) > 0.9
    assert (model.out_activation_, model.predict(X).shape) == ("identity", Y.shape)


@pytest.mark.parametrize("loss", ["poisson", "gamma"])
def test_positive_targets_have_positive_predictions(loss: str) -> None:
    y = 1e4 * np.exp(0.5 * Y)
    model = regressor(**GOOD, loss=loss).fit(X, y)
    assert model.score(X, y) > 0.7
    assert model.out_activation_ == "exp"
    assert (model.predict(X) > 0).all()


def test_several_targets_of_different_size() -> None:
    XK, YK = quantities(200, k=3)
    YK = YK * [1.0, 1e-6, 1e9] + [0.0, 5.0, -1e12]
    model = regressor(**GOOD).fit(XK, YK)
    assert model.predict(XK).shape == YK.shape
    assert model.score(XK, YK) > 0.9


def test_several_quantiles_cover_what_they_say() -> None:
    model = regressor(**GOOD, loss="quantile(0.1, 0.5, 0.9)").fit(X, Y)
    low, middle, high = model.predict(X).T
    assert (low > Y).mean() == pytest.approx(0.1, abs=0.06)
    assert (middle > Y).mean() == pytest.approx(0.5, abs=0.1)
    assert (high > Y).mean() == pytest.approx(0.9, abs=0.06)
    assert 0.5 < model.score(X, Y) < 1.0
    weighted = model.score(X, Y, np.ones(200))
    assert weighted == pytest.approx(model.score(X, Y), rel=1e-2)
    two = regressor(**GOOD, loss="quantile(0.1, 0.9)", early_stopping=True).fit(X, np.c_[Y, -Y])
    assert two.predict(X).shape == (200, 4)
    assert (two.n_outputs_, len(two.validation_scores_ or [])) == (4, 100)


def test_shares_between_0_and_1() -> None:
    y = 1.0 / (1.0 + np.exp(-Y))
    model = regressor(**GOOD, loss="binary_log_loss").fit(X, y)
    assert model.score(X, y) > 0.9
    assert model.out_activation_ == "logistic"
    assert ((model.predict(X) > 0) & (model.predict(X) < 1)).all()


@pytest.mark.parametrize("scale_target", [False, True])
def test_the_scale_is_inside(scale_target: bool) -> None:
    model = regressor(max_iter=1, learning_rate_init=1e-12, scale_target=scale_target)
    model.fit(X, 1000.0 + Y)
    at_start = np.abs(model.predict(X)).mean()
    assert (at_start > 900) == scale_target


def test_float32_stays_float32() -> None:
    model = regressor().fit(X.astype("f4"), Y.astype("f4"))
    assert model.theta_.dtype == model.predict(X.astype("f4")).dtype == np.float32
    assert regressor().fit(X, Y).predict(X).dtype == np.float64


def test_a_constant_is_learned_exactly_enough() -> None:
    model = regressor(**GOOD).fit(X, np.full(200, 1e6))
    assert model.predict(X) == pytest.approx(1e6, rel=1e-3)
