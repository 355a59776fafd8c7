"""One small model of each kind, trained once; figures are closed after each test."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
import numpy as np
import pandas as pd
import pytest

from chainrule import MLPClassifier, MLPRegressor
from chainrule.gradients.flow import FlowRecorder

matplotlib.use("Agg")


class Fitted(NamedTuple):
    model: Any
    X: Any
    y: np.ndarray


def fitted(model: Any, X: Any, y: Any, **validation: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(X, y, **validation)


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


@pytest.fixture(scope="session")
def flow() -> FlowRecorder:
    return FlowRecorder(every=5)


@pytest.fixture(scope="session")
def penguins(penguins_csv: Path, flow: FlowRecorder) -> Fitted:
    table = pd.read_csv(penguins_csv)
    X, y = table.drop(columns="species"), table["species"].to_numpy()
    model = MLPClassifier(
        (8, 4), activation=("relu", "tanh"), max_iter=40, batch_size=32, random_state=0,
        learning_rate_init=0.01, learning_rate="cosine", n_iter_no_change=np.inf, engine="reference",
        callbacks=[flow],
    )  # fmt: skip
    held_out = slice(None, None, 4)
    fitted(model, X, y, X_val=X.iloc[held_out], y_val=y[held_out])
    return Fitted(model, X, y)


@pytest.fixture(scope="session")
def circle() -> Fitted:
    X = np.random.default_rng(0).uniform(size=(400, 2))
    y = (X**2).sum(axis=1) < 0.6
    model = MLPClassifier((16,), solver="lbfgs", max_iter=80, random_state=0, engine="reference")
    return Fitted(fitted(model, X, y), X, y)


@pytest.fixture(scope="session")
def plane() -> Fitted:
    X = np.random.default_rng(1).normal(size=(200, 3))
    y = X @ [1.0, -2.0, 0.0] + 5.0
    model = MLPRegressor(
        hidden_layer_sizes=(4,), solver="lbfgs", max_iter=80, random_state=0, engine="reference"
    )
    return Fitted(fitted(model, X, y), X, y)
