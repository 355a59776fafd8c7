"""Sample weights and class weights: together one weight a row, which means that so many such rows are there.

A row of weight 0 is dropped before anything is learned. The rest have mean 1 inside the engines; their
sum is what ``alpha`` is divided by, as the number of rows is without weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np

from chainrule.errors import InputError, InputTypeError
from chainrule.estimators.class_target import ClassTarget, shown

_REMEDY = "weights say how many such rows there are"


def checked(sample_weight: Any, n: int, name: str = "sample_weight") -> np.ndarray | None:
    """Return sample weights as float64, (n,), or None.

    Raises
    ------
    InputError
        If they are not n finite numbers >= 0, or all are 0.
    """
    if sample_weight is None:
        return None
    try:
        weights = np.asarray(sample_weight, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputTypeError.of(name, got=str(error), expected=f"{n} numbers >= 0") from error
    if weights.ndim == 0:
        weights = np.full(n, weights)
    if weights.shape != (n,):
        raise InputError.of(name, got=f"shape {weights.shape}", expected=f"({n},), one a row")
    if not np.isfinite(weights).all():
        raise InputError.of(name, got="NaN or infinity", expected="finite numbers", remedy=_REMEDY)
    if (weights < 0.0).any():
        raise InputError.of(name, got=weights.min(), expected="numbers >= 0", remedy=_REMEDY)
    if not weights.any():
        raise InputError.of(name, got="only zeros", expected="a weight > 0", remedy=_REMEDY)
    return weights


def class_weights(
    given: Any, target: ClassTarget, codes: np.ndarray, sample_weight: np.ndarray | None
) -> np.ndarray | None:
    """Return the class weight of each row, the product over the columns of y, (n,).

    Parameters
    ----------
    given : None, "balanced", dict of label to weight, or list of those for several columns
        ``"balanced"`` gives every class the same sum of weights; a label that a dict does not name has weight 1.
    target : ClassTarget
    codes : ndarray of int, shape (n, n_columns)
        The position of each label in its column's classes.
    sample_weight : ndarray of shape (n,) or None
        Counted by ``"balanced"``.

    Raises
    ------
    InputError
        If a dict names a label that is not there, or a weight is not a number >= 0.
    InputTypeError
        If ``given`` is none of the above.
    """
    if given is None:
        return None
    columns = _per_column(given, target)
    weights = np.ones(len(codes))
    for j, (column, classes) in enumerate(zip(columns, target.classes, strict=True)):
        of_class = _of_each_class(column, classes, codes[:, j], sample_weight)
        weights *= of_class[codes[:, j]]
    if not weights.any():
        raise InputError.of("class_weight", got="0 for every row", expected="a weight > 0")
    return weights


def normalised(weights: np.ndarray | None, dtype: np.dtype[Any]) -> np.ndarray | None:
    """Return the weights with mean 1, in the engine's dtype."""
    return None if weights is None else (weights / weights.mean()).astype(dtype)


def product(*weights: np.ndarray | None) -> np.ndarray | None:
    """Multiply the weights that are there."""
    given = [part for part in weights if part is not None]
    return None if not given else np.prod(given, axis=0)


def total(weights: np.ndarray | None, n: int) -> float:
    """Return how many rows the weights stand for."""
    return float(n) if weights is None else float(weights.sum())


def _per_column(given: Any, target: ClassTarget) -> list[Any]:
    several = isinstance(given, Sequence) and not isinstance(given, str)
    if several and len(given) != target.n_columns:
        raise InputError.of(
            "class_weight",
            got=f"{len(given)} entries",
            expected=f"one for each column of y, {target.n_columns}",
        )
    if isinstance(given, Mapping) and target.n_columns > 1:
        raise InputError.of(
            "class_weight",
            got=f"one dict for {target.n_columns} columns of y",
            expected="a list of dicts, one for each column, or 'balanced'",
        )
    return list(given) if several else [given] * target.n_columns


def _of_each_class(
    given: Any, classes: np.ndarray, codes: np.ndarray, sample_weight: np.ndarray | None
) -> np.ndarray:
    if given is None:
        return np.ones(len(classes))
    if isinstance(given, str) and given == "balanced":
        counts = np.bincount(codes, weights=sample_weight, minlength=len(classes))
        present = counts > 0
        weights = np.zeros(len(classes))
        weights[present] = counts.sum() / (present.sum() * counts[present])
        return weights
    if not isinstance(given, Mapping):
        raise InputTypeError.of(
            "class_weight",
            got=repr(given),
            expected="None, 'balanced', or a dict of label to weight",
        )
    places = {label: i for i, label in enumerate(classes.tolist())}
    plain = {k.item() if isinstance(k, np.generic) else k: weight for k, weight in given.items()}
    strange = [label for label in plain if label not in places]
    # A fold may lack a class that a dict names, so that alone is no mistake; a slip in a name leaves a class over.
    if strange and any(label not in plain for label in places):
        raise InputError.of(
            "class_weight", got=f"a weight for {strange[0]!r}", expected=f"classes {shown(classes)}"
        )
    weights = np.ones(len(classes))
    for label, weight in plain.items():
        if (
            isinstance(weight, bool)
            or not isinstance(weight, Real)
            or not 0 <= float(weight) < np.inf
        ):
            raise InputError.of(
                f"class_weight[{label!r}]", got=repr(weight), expected="a finite number >= 0"
            )
        if label in places:
            weights[places[label]] = weight
    return weights
