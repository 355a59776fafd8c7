"""A trained estimator as the bare network that it is, with rows as its input layer and its loss receive them.

This is what lets ``trace`` and ``check_gradients`` take an estimator with a table and labels.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.network.network import Network
from chainrule.network.parameters import Parameters


def as_network(
    estimator: Any, X: Any, y: Any, sample_weight: Any = None
) -> tuple[Network, np.ndarray, np.ndarray, np.ndarray | None]:
    """Return the network of an estimator, and rows prepared and encoded for it.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
        Trained.
    X, y, sample_weight
        As ``fit`` takes them.

    Returns
    -------
    network : Network
        With a copy of the weights, in their dtype.
    X : ndarray of shape (n, inputs), float64
    Y : ndarray of shape (n, outputs), float64
        Labels as one-hot rows or 0 and 1, quantities on the scale that was learned.
    weights : ndarray of shape (n,) or None
        Class weights included.

    Examples
    --------
    >>> from chainrule import MLPClassifier
    >>> model = MLPClassifier((3,), max_iter=2, engine="reference").set_params(tol=0.0, n_iter_no_change=9)
    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     _ = model.fit([[0.0], [1.0], [2.0]], ["a", "b", "c"])
    >>> network, X, Y, _ = model.as_network([[1.0]], ["c"])
    >>> network.architecture.sizes, Y.tolist()
    ((1, 3, 3), [[0.0, 0.0, 1.0]])
    """
    data = estimator._network_rows(X, y, sample_weight, np.float64)
    inputs = data.X.toarray() if hasattr(data.X, "toarray") else data.X
    a, theta = estimator.network_, Parameters(estimator.network_, estimator.theta_)
    network = Network(
        a.sizes,
        a.activations,
        a.loss,
        l2=a.l2,
        l1=a.l1,
        penalize_biases=a.penalize_biases,
        dropout=a.dropout,
        initializer=[part for l in range(1, a.n_layers + 1) for part in (theta.W[l], theta.b[l])],
        dtype=theta.vector.dtype,
    )
    return network, inputs, data.Y, data.weights
