"""Initial weights: each initialiser is one spread, drawn normally or uniformly. Biases start at 0.

A zero start cannot break the symmetry between the units of a layer. With W = 0 every hidden delta is 0; where f(0) = 0
nothing but the last bias ever moves, elsewhere all units of a layer move alike. ``zeros`` is there to show that, and
right for a network without hidden layers, whose J is convex.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, Self

import numpy as np

from chainrule.equations.registry import Registry, specification
from chainrule.errors import InputError
from chainrule.network import random
from chainrule.network.architecture import Architecture
from chainrule.network.parameters import Parameters


@dataclass(frozen=True)
class Initializer:
    """A distribution of initial weights, symmetric about 0.

    Attributes
    ----------
    name : str
        The name to use in ``initializer=``.
    deviation : callable
        The standard deviation as a function of ``fan_in, fan_out`` and the parameters.
    uniform : bool
        Whether the draw is uniform (on ± sqrt(3) deviation) or normal.
    positive : bool
        Whether a uniform draw starts at 0, not at minus the bound.
    formula, source : str
        The variance as it is written on paper, and where it was published.
    parameters : tuple of float
        Numbers that may be set.
    parameter_names : tuple of str
        What they are called.
    """

    name: str
    deviation: Callable[..., float]
    uniform: bool
    formula: str
    source: str
    parameters: tuple[float, ...] = ()
    parameter_names: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    positive: bool = False

    @property
    def spec(self) -> str:
        """The text that gets this very initialiser from the registry."""
        return specification(self.name, self.parameters)

    def with_parameters(self, *parameters: float) -> Self:
        """Return this initialiser with its numbers set."""
        if len(parameters) != len(self.parameters) or not all(0 <= p < np.inf for p in parameters):
            raise InputError.of(
                f"initializer {self.name}",
                got=parameters,
                expected=f"{len(self.parameters)} finite numbers >= 0",
            )
        return type(self)(**{**self.__dict__, "parameters": parameters})

    def draw(self, generator: np.random.Generator, fan_in: int, fan_out: int) -> np.ndarray:
        """Return W of shape (fan_in, fan_out), float64."""
        spread = self.deviation(fan_in, fan_out, *self.parameters)
        if self.uniform:
            bound = sqrt(3.0) * spread
            if self.positive:
                return generator.uniform(0.0, bound, size=(fan_in, fan_out))
            return generator.uniform(-bound, bound, size=(fan_in, fan_out))
        return spread * generator.standard_normal((fan_in, fan_out))


def _he(fan_in: int, fan_out: int) -> float:
    return sqrt(2.0 / max(fan_in, 1))


def _glorot(fan_in: int, fan_out: int) -> float:
    return sqrt(2.0 / (fan_in + fan_out))


def _lecun(fan_in: int, fan_out: int) -> float:
    return sqrt(1.0 / max(fan_in, 1))


def _fixed(fan_in: int, fan_out: int, scale: float) -> float:
    return scale


def _bound(fan_in: int, fan_out: int, bound: float) -> float:
    return bound / sqrt(3.0)


def _none(fan_in: int, fan_out: int) -> float:
    return 0.0


_HE = "He et al. 2015, eq. 10"
_GLOROT = "Glorot & Bengio 2010, eq. 16"
_LECUN = "LeCun et al. 1998, Efficient BackProp, eq. 16"

initializers: Registry[Initializer] = Registry("initializer", Initializer)
for _record in (
    Initializer("he_normal", _he, False, "variance 2 / fan_in", _HE, aliases=("kaiming_normal",)),
    Initializer("he_uniform", _he, True, "variance 2 / fan_in", _HE, aliases=("kaiming_uniform",)),
    Initializer(
        "glorot_normal",
        _glorot,
        False,
        "variance 2 / (fan_in + fan_out)",
        _GLOROT,
        aliases=("xavier_normal",),
    ),
    Initializer(
        "glorot_uniform",
        _glorot,
        True,
        "variance 2 / (fan_in + fan_out)",
        _GLOROT,
        aliases=("xavier_uniform",),
    ),
    Initializer("lecun_normal", _lecun, False, "variance 1 / fan_in", _LECUN),
    Initializer("lecun_uniform", _lecun, True, "variance 1 / fan_in", _LECUN),
    Initializer("normal", _fixed, False, "variance scale²", "", (0.01,), ("scale",)),
    Initializer("uniform", _bound, True, "from -bound to bound", "", (0.05,), ("bound",)),
    Initializer(
        "positive_uniform",
        _bound,
        True,
        "from 0 to bound",
        "numpy.random.rand, as course notes have it",
        (1.0,),
        ("bound",),
        positive=True,
    ),
    Initializer("zeros", _none, False, "0", ""),
):
    initializers.register(_record)


def initial_parameters(
    architecture: Architecture,
    initializer: str | Initializer | Sequence[np.ndarray] | Sequence[str] = "auto",
    seed: int = 0,
    dtype: type | np.dtype | str = "float64",
) -> Parameters:
    """Return the parameters that training starts from.

    Parameters
    ----------
    architecture : Architecture
    initializer : str, Initializer or sequence of ndarray
        A registered name or a record, ``"auto"`` (the one that each layer's activation names), one of these for each
        layer, or the arrays W1, b1, W2, b2, ... themselves.
    seed : int
        With the layer, the only thing that the draw depends on.
    dtype : dtype
        Of the vector that is returned: float32 or float64.

    Raises
    ------
    InputError
        If the initialiser or the dtype is not known, or an array has the wrong shape or is not finite.
    """
    if np.dtype(dtype) not in (np.float32, np.float64):
        raise InputError.of("dtype", got=np.dtype(dtype), expected="float32 or float64")
    parameters = Parameters(architecture, np.zeros(architecture.n_parameters, dtype=dtype))
    parameters.s[...] = 1.0
    if isinstance(initializer, str | Initializer):
        by_layer = [initializer] * architecture.n_layers
    elif any(isinstance(given, str | Initializer) for given in initializer):
        by_layer = _one_each(initializer, architecture.n_layers)
    else:
        _copy_given(parameters, initializer)
        return parameters
    for layer, given in enumerate(by_layer, start=1):
        given = architecture.f[layer].initializer if given == "auto" else given
        generator = random.generator(seed, "initial_weights", layer)
        fan_in, fan_out = parameters.W[layer].shape
        parameters.W[layer][...] = initializers.get(given).draw(generator, fan_in, fan_out)
    return parameters


def _one_each(given: Sequence[Any], n_layers: int) -> list[Any]:
    if len(given) != n_layers or not all(isinstance(item, str | Initializer) for item in given):
        raise InputError.of(
            "initializer",
            got=f"{len(given)} for {n_layers} layers",
            expected="one name or record for each layer, or the arrays W1, b1, W2, b2, ...",
        )
    return list(given)


def _copy_given(parameters: Parameters, arrays: Sequence[Any]) -> None:
    places = [
        place
        for layer in range(1, parameters.architecture.n_layers + 1)
        for place in (parameters.W[layer], parameters.b[layer])
    ]
    shapes = [place.shape for place in places]
    given = [np.asarray(array, dtype=float) for array in arrays]
    if [array.shape for array in given] != shapes:
        raise InputError.of(
            "initializer",
            got=f"arrays of shapes {[array.shape for array in given]}",
            expected=f"W1, b1, W2, b2, ... of shapes {shapes}",
        )
    for place, array in zip(places, given, strict=True):
        if not np.all(np.isfinite(array)):
            raise InputError.of("initializer", got="NaN or infinity", expected="finite arrays")
        place[...] = array
