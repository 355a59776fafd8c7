"""What a fitted estimator's network itself sees: rows as its first layer and its loss receive them."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from chainrule.errors import InputTypeError
from chainrule.estimators.inputs import as_table, take_rows
from chainrule.network.backprop import Pass, forward
from chainrule.network.parameters import Parameters

#: Rows that are looked at, spread evenly over the table.
MOST_ROWS = 1000


def parameters_of(estimator: Any) -> Parameters:
    """Return the parameters of a fitted estimator in float64.

    Raises
    ------
    InputTypeError
        If it is not one of chainrule's.
    """
    check_is_fitted(estimator)
    if not hasattr(estimator, "network_") or not hasattr(estimator, "theta_"):
        raise InputTypeError.of(
            "estimator", got=type(estimator).__name__, expected="a fitted estimator of chainrule"
        )
    return Parameters(estimator.network_, estimator.theta_.astype(np.float64))


def some_rows(X: Any, y: Any = None, most: int = MOST_ROWS) -> tuple[Any, Any]:
    """Return at most ``most`` rows, spread evenly."""
    X = as_table(X)
    rows = np.unique(np.linspace(0, X.shape[0] - 1, min(X.shape[0], most)).astype(np.intp))
    return take_rows(X, rows), None if y is None else np.asarray(y)[rows]


def network_pass(estimator: Any, X: Any) -> Pass:
    """Return every z and a of some rows, in float64 and without dropout."""
    theta = parameters_of(estimator)
    inputs = estimator._network_inputs(some_rows(X)[0], np.float64)
    return forward(theta, inputs.toarray() if hasattr(inputs, "toarray") else inputs)


def input_names(estimator: Any) -> list[str]:
    """Return a name for each input of the network."""
    if estimator.preparation_ is not None:
        return [str(name) for name in estimator.preparation_.feature_names]
    names = getattr(estimator, "feature_names_in_", None)
    if names is not None:
        return [str(name) for name in names]
    return [f"x{i}" for i in range(estimator.network_.sizes[0])]


def output_names(estimator: Any) -> list[str]:
    """Return a name for each output of the network."""
    n = estimator.network_.sizes[-1]
    classes = getattr(estimator, "classes_", None)
    if classes is not None and not isinstance(classes, list):
        if len(classes) == n:
            return [str(c) for c in classes]
        if n == 1 and len(classes) == 2:
            return [str(classes[1])]
    return ["prediction"] if n == 1 else [f"output {j}" for j in range(n)]
