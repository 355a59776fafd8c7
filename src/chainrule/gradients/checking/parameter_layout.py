"""A user's parameters in whatever form they have them (an array, a list, a dict of arrays), as one flat vector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.errors import InputError, InputTypeError
from chainrule.gradients.checking.block_check import BlockPlace


class ParameterLayout:
    """Turns a structure of arrays into a vector and back.

    Parameters
    ----------
    theta : array-like, or a list, tuple or dict of array-likes
        The parameters; a list of numbers is one array.

    Examples
    --------
    >>> layout = ParameterLayout({"W": [[1.0, 2.0]], "b": 3.0})
    >>> layout.vector.tolist(), [place.name for place in layout.places]
    ([1.0, 2.0, 3.0], ['W', 'b'])
    >>> layout.structure(2.0 * layout.vector)["W"]
    array([[2., 4.]])
    """

    def __init__(self, theta: Any) -> None:
        self._kind: type = np.ndarray
        if isinstance(theta, Mapping):
            self._kind, names, parts = dict, [str(key) for key in theta], list(theta.values())
            self._keys = list(theta)
        elif isinstance(theta, Sequence) and not all(np.ndim(part) == 0 for part in theta):
            self._kind, parts = type(theta) if type(theta) in (list, tuple) else list, list(theta)
            names = [f"theta[{i}]" for i in range(len(parts))]
        else:
            names, parts = ["theta"], [theta]
        self.vector, self.places = _flattened("theta", names, parts)
        if self.vector.size == 0:
            raise InputError.of("theta", got="no parameter", expected="at least one number")

    def structure(self, vector: np.ndarray) -> Any:
        """Return a vector, real or complex, in the form of the parameters; every array is a copy."""
        parts = [
            vector[place.start : place.stop].reshape(place.shape).copy() for place in self.places
        ]
        if self._kind is dict:
            return dict(zip(self._keys, parts, strict=True))
        return parts[0] if self._kind is np.ndarray else self._kind(parts)

    def flat(self, name: str, gradient: Any) -> np.ndarray:
        """Return a gradient of the same form as a vector; InputError if a shape differs."""
        if self._kind is dict:
            if not isinstance(gradient, Mapping) or set(gradient) != set(self._keys):
                is_dict = isinstance(gradient, Mapping)
                got = ", ".join(map(str, gradient)) if is_dict else type(gradient).__name__
                expected = f"a dict with the keys {', '.join(map(str, self._keys))}"
                raise InputError.of(name, got=got, expected=expected)
            parts = [gradient[key] for key in self._keys]
        elif self._kind is np.ndarray:
            parts = [gradient]
        else:
            if not isinstance(gradient, Sequence) or len(gradient) != len(self.places):
                is_list = isinstance(gradient, Sequence)
                got = f"{len(gradient)} arrays" if is_list else type(gradient).__name__
                expected = f"{len(self.places)} arrays, as the parameters"
                raise InputError.of(name, got=got, expected=expected)
            parts = list(gradient)
        vector, places = _flattened(
            name, [place.name for place in self.places], parts, finite=False
        )
        for given, place in zip(places, self.places, strict=True):
            if given.shape != place.shape:
                raise InputError.of(
                    f"{name} of {place.name}",
                    got=f"shape {given.shape}",
                    expected=f"{place.shape}, the shape of the parameters",
                    remedy="nothing is broadcast",
                )
        return vector


def _flattened(
    what: str, names: list[str], parts: list[Any], finite: bool = True
) -> tuple[np.ndarray, list[BlockPlace]]:
    places, arrays, start = [], [], 0
    for name, part in zip(names, parts, strict=True):
        try:
            array = np.asarray(part, dtype=float)
        except (TypeError, ValueError) as error:
            raise InputTypeError.of(
                f"{what}, {name}", got=type(part).__name__, expected="an array of numbers"
            ) from error
        if finite and not np.all(np.isfinite(array)):
            raise InputError.of(f"{what}, {name}", got="NaN or infinity", expected="finite numbers")
        places.append(BlockPlace(name, start, array.shape))
        arrays.append(array.ravel())
        start += array.size
    return (np.concatenate(arrays) if arrays else np.empty(0)), places
