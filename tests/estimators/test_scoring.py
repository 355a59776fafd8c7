"""The default scores are those of scikit-learn's metrics."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, d2_pinball_score, r2_score

from chainrule.estimators.class_target import class_target
from chainrule.estimators.number_target import number_target
from chainrule.estimators.scoring import accuracy, determination, pinball


@pytest.mark.parametrize("weighted", [False, True])
def test_accuracy(weighted: bool, rng: np.random.Generator) -> None:
    y, z = rng.integers(0, 3, size=50), rng.normal(size=(50, 3))
    w = rng.uniform(size=50) if weighted else None
    target = class_target("single", [np.arange(3)], "auto")
    expected = accuracy_score(y, z.argmax(axis=1), sample_weight=w)
    assert accuracy(target, target.codes(y), w)(z) == pytest.approx(expected)


def test_accuracy_of_several_columns_asks_for_the_whole_row(rng: np.random.Generator) -> None:
    y, z = rng.integers(0, 2, size=(50, 3)), rng.normal(size=(50, 3))
    target = class_target("multilabel", [np.array([0, 1])] * 3, "auto")
    assert accuracy(target, target.codes(y), None)(z) == pytest.approx(accuracy_score(y, z > 0))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("k", [1, 2])
@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
def test_determination(loss: str, k: int, weighted: bool, rng: np.random.Generator) -> None:
    y, z = rng.uniform(0.5, 2.0, size=(50, k)), rng.normal(size=(50, k))
    w = rng.uniform(size=50) if weighted else None
    target = number_target(loss, y, w, True, False)
    expected = r2_score(y, target.predictions(z), sample_weight=w)
    assert determination(target, y, w)(z) == pytest.approx(expected)


def test_determination_of_a_constant_target() -> None:
    y = np.full((5, 1), 3.0)
    target = number_target("squared_error", y, None, True, True)
    assert determination(target, y, None)(np.zeros((5, 1))) == 1.0
    assert determination(target, y, None)(np.ones((5, 1))) == 0.0


@pytest.mark.parametrize("weighted", [False, True])
def test_pinball(weighted: bool, rng: np.random.Generator) -> None:
    y, z = rng.normal(size=(51, 1)), rng.normal(size=(51, 2))
    w = np.ones(51) if weighted else None
    target = number_target("quantile(0.2, 0.7)", y, w, False, True)
    expected = np.mean(
        [d2_pinball_score(y[:, 0], z[:, i], alpha=level) for i, level in enumerate((0.2, 0.7))]
    )
    assert pinball(target, y, w)(z) == pytest.approx(expected, rel=1e-2)


def test_weights_of_pinball_equal_repetition(rng: np.random.Generator) -> None:
    y, z, counts = rng.normal(size=(31, 1)), rng.normal(size=(31, 2)), rng.integers(1, 4, size=31)
    target = number_target("quantile(0.2, 0.7)", y, None, False, True)
    weighted = pinball(target, y, counts.astype(float))(z)
    repeated = pinball(target, y.repeat(counts, 0), np.ones(counts.sum()))(z.repeat(counts, 0))
    assert weighted == pytest.approx(repeated)
