"""What is handed to the estimators of tables: a frame, an array or a path; a target or its column's name."""

from __future__ import annotations

import os
from typing import Any

from sklearn.utils import check_array

from chainrule.errors import InputError
from chainrule.estimators.inputs import as_table, is_frame


def array_checked(estimator: Any, X: Any, reset: bool) -> Any:
    """Return ``X``, where it is no frame as scikit-learn checks an array."""
    if is_frame(X):
        return X
    X = check_array(X, dtype=None, ensure_all_finite=False, input_name="X", estimator=estimator)
    expected = X.shape[1] if reset else estimator.n_features_in_
    if X.shape[1] != expected:  # in the words of scikit-learn
        name = type(estimator).__name__
        raise InputError(
            f"X has {X.shape[1]} features, but {name} is expecting {expected} features as input"
        )
    return X


def table_of(X: Any) -> Any:
    """Return the table that a path names, or what was given."""
    if isinstance(X, str | os.PathLike):
        from chainrule.tables import read_table

        return read_table(X)
    return X


def table_and_target(X: Any, y: Any) -> tuple[Any, Any]:
    """Return inputs and target; ``y`` may be the name of a column of the table."""
    X = table_of(X)
    if not isinstance(y, str):
        return X, y
    X = as_table(X)
    if not hasattr(X, "iloc") or y not in X.columns:
        names = ", ".join(map(repr, X.columns[:20])) if hasattr(X, "iloc") else "an array"
        raise InputError.of("y", got=repr(y), expected=f"a target, or a column's name: {names}")
    return X.drop(columns=y), X[y]
