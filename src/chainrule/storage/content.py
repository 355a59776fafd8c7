"""What a model file holds, as plain data, and whether its parts fit together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import InputError, InputTypeError
from chainrule.network.architecture import Architecture

KINDS = ("classifier", "regressor")
_MOST_MEMBERS = 10_000
#: The dtypes of a vector in a file, by their name in safetensors.
DTYPES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F64": np.dtype("<f8")}


@dataclass(frozen=True, eq=False)
class ModelContent:
    """Everything a model file holds, as plain data: None, bool, int, float, str, list, tuple, dict.

    Parameters
    ----------
    kind : {"classifier", "regressor"}
        Which estimator it becomes.
    architecture : dict
        As `chainrule.network.Architecture.to_dict` gives it.
    vector : ndarray of shape (P,), float32 or float64
        All parameters, finite; of several members one after the other, (members * P,). Its dtype is kept.
    classes : list of lists, or None
        The labels of each output group, of one type each: str, int, float or bool. None for a
        regressor.
    target : dict
        How scores become predictions: scale, mean and the like.
    preparation : dict or None
        How a table becomes X.
    settings, history, info : dict
        Constructor parameters; what was recorded in training; versions, time and scores. Nothing
        else depends on time or machine, so equal content gives equal bytes.
    members : int, optional
        How many networks there are, of one architecture, whose mean is the prediction; None for a network by itself.
    """

    kind: str
    architecture: dict[str, Any]
    vector: NDArray[np.float32] | NDArray[np.float64]
    classes: list[list[Any]] | None
    target: dict[str, Any]
    preparation: dict[str, Any] | None
    settings: dict[str, Any]
    history: dict[str, Any]
    info: dict[str, Any]
    members: int | None = None


def n_numbers(architecture: Architecture, members: Any) -> int:
    """Return how many numbers the vector has."""
    if members is None:
        return architecture.n_parameters
    if type(members) is not int or not 1 <= members <= _MOST_MEMBERS:
        raise InputError.of("members", got=repr(members)[:60], expected=f"1 to {_MOST_MEMBERS}")
    return members * architecture.n_parameters


def check(content: ModelContent) -> None:
    """Raise InputError or InputTypeError unless the parts are sound and fit together."""
    if content.kind not in KINDS:
        raise InputError.of("kind", got=repr(content.kind), expected=" or ".join(KINDS))
    for name in ("architecture", "target", "settings", "history", "info", "preparation"):
        value = getattr(content, name)
        if not isinstance(value, dict) and not (name == "preparation" and value is None):
            raise InputTypeError.of(name, got=type(value).__name__, expected="a dict")
    architecture = Architecture.from_dict(content.architecture)
    vector = content.vector
    dtypes = (np.float32, np.float64)
    if not isinstance(vector, np.ndarray) or vector.dtype.type not in dtypes:
        got = getattr(vector, "dtype", type(vector).__name__)
        raise InputTypeError.of("vector", got=got, expected="an array of float32 or float64")
    size = n_numbers(architecture, content.members)
    if vector.shape != (size,):
        raise InputError.of(
            "vector",
            got=f"shape {vector.shape}",
            expected=f"({size},) for sizes {architecture.sizes}",
        )
    if not np.isfinite(vector).all():
        bad = int(np.argmin(np.isfinite(vector)))
        raise InputError.of("vector", got=f"{vector[bad]} at {bad}", expected="finite weights")
    _check_classes(content)


def _check_classes(content: ModelContent) -> None:
    classes = content.classes
    if content.kind == "regressor":
        if classes is not None:
            raise InputError.of("classes", got="labels", expected="None for a regressor")
        return
    if not isinstance(classes, list) or not classes:
        raise InputTypeError.of("classes", got=type(classes).__name__, expected="a list of lists")
    for i, group in enumerate(classes):
        name = f"classes[{i}]"
        if not isinstance(group, list) or not group:
            raise InputTypeError.of(name, got=type(group).__name__, expected="a list of labels")
        kinds = {type(label) for label in group}
        if len(kinds) > 1 or not kinds <= {str, int, float, bool}:
            raise InputTypeError.of(
                name,
                got=f"labels of type {', '.join(sorted(kind.__name__ for kind in kinds))}",
                expected="labels of one type: str, int, float or bool",
                remedy="convert NumPy's with .tolist()",
            )
        if len(set(group)) < len(group):
            raise InputError.of(name, got="a label twice", expected="different labels")
        if kinds == {float} and not all(map(math.isfinite, group)):
            raise InputError.of(name, got="a label that is not finite", expected="finite labels")
