"""Small tables, and settings under which a fit takes milliseconds and gives no warning."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule import MLPClassifier, MLPRegressor

#: Enough epochs to see an effect; patience off, so that their number is known.
SHORT: dict[str, Any] = {
    "hidden_layer_sizes": (6,),
    "learning_rate_init": 0.01,
    "max_iter": 5,
    "n_iter_no_change": float("inf"),
    "random_state": 0,
}
#: cosine ends by design after max_iter epochs, so that nothing is warned of.
QUIET = {**SHORT, "learning_rate": "cosine(1.0)"}


def classes(n: int = 60, k: int = 3, m: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Return k well separated clouds of points."""
    rng = np.random.default_rng(5)
    y = np.arange(n) % k
    centres = rng.normal(size=(k, m)) * 2.0
    return centres[y] + rng.normal(size=(n, m)), y


def quantities(n: int = 60, m: int = 3, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return a noisy, slightly bent plane for each of k targets."""
    rng = np.random.default_rng(6)
    X = rng.normal(size=(n, m))
    Y = X @ rng.normal(size=(m, k)) + 0.3 * X[:, :1] ** 2 + 0.1 * rng.normal(size=(n, k))
    return X, Y[:, 0] if k == 1 else Y


def classifier(**settings: Any) -> MLPClassifier:
    return MLPClassifier(**{**QUIET, **settings})


def regressor(**settings: Any) -> MLPRegressor:
    return MLPRegressor(**{**QUIET, **settings})
