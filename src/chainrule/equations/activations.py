"""Activations: a = f(z) and its derivative f'(z), side by side.

Each pair is written once, elementwise, over the functions of ``elementary``. The reference engine
calls it on arrays, the fused engine compiles the same source over scalars. ``derivative`` also
receives ``a``, because for sigmoid, tanh and elu the derivative is shortest in terms of the value
that the forward pass already has.

At a kink the derivative from the left is taken, so relu'(0) = 0.

Shapes: ``z``, ``a`` and the derivative all have the same shape. Literals are floats, so that float32
stays float32.

It is over 300 lines because value and derivative stand together, and one record a function below
them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import isfinite
from typing import Self

from chainrule.equations.elementary import (
    Array,
    absolute,
    erf,
    exp,
    expm1,
    like,
    log1p,
    minimum,
    positive_part,
    where,
)
from chainrule.equations.elementary import tanh as hyperbolic_tangent
from chainrule.equations.registry import Registry, specification
from chainrule.errors import InputError

# ---- identity: f(z) = z --------------------------------------------------------------------------


def identity(z: Array) -> Array:
    return z


def identity_derivative(z: Array, a: Array) -> Array:
    return 1.0


# ---- sigmoid: f(z) = 1 / (1 + exp(-z)) -----------------------------------------------------------


def sigmoid(z: Array) -> Array:
    e = exp(-absolute(z))  # never above 1, so nothing overflows
    return where(z.real > 0.0, 1.0, e) / (1.0 + e)


def sigmoid_derivative(z: Array, a: Array) -> Array:
    return a * (1.0 - a)


# ---- tanh ----------------------------------------------------------------------------------------


def tanh(z: Array) -> Array:
    return hyperbolic_tangent(z)


def tanh_derivative(z: Array, a: Array) -> Array:
    return 1.0 - a * a


# ---- relu: f(z) = max(z, 0) ----------------------------------------------------------------------


def relu(z: Array) -> Array:
    return positive_part(z)


def relu_derivative(z: Array, a: Array) -> Array:
    return where(z.real > 0.0, 1.0, 0.0)


# ---- leaky_relu: f(z) = z above 0, slope z below -------------------------------------------------


def leaky_relu(z: Array, slope: float) -> Array:
    return where(z.real > 0.0, z, slope * z)


def leaky_relu_derivative(z: Array, a: Array, slope: float) -> Array:
    return where(z.real > 0.0, 1.0, slope)


# ---- elu: f(z) = z above 0, alpha (exp(z) - 1) below ---------------------------------------------


def elu(z: Array, alpha: float) -> Array:
    return where(z.real > 0.0, z, alpha * expm1(minimum(z, 0.0)))


def elu_derivative(z: Array, a: Array, alpha: float) -> Array:
    return where(z.real > 0.0, 1.0, a + alpha)


# ---- selu: f(z) = scale * elu(z, alpha), both fixed so that mean 0 and variance 1 are kept -------


def selu(z: Array) -> Array:
    return 1.0507009873554805 * where(z.real > 0.0, z, 1.6732632423543772 * expm1(minimum(z, 0.0)))


def selu_derivative(z: Array, a: Array) -> Array:
    return where(z.real > 0.0, 1.0507009873554805, a + 1.0507009873554805 * 1.6732632423543772)


# ---- softplus: f(z) = log(1 + exp(z)) ------------------------------------------------------------


def softplus(z: Array) -> Array:
    return positive_part(z) + log1p(exp(-absolute(z)))


def softplus_derivative(z: Array, a: Array) -> Array:
    return sigmoid(z)


# ---- gelu: f(z) = z Phi(z), Phi the normal distribution function, phi its density ----------------


def gelu(z: Array) -> Array:
    return 0.5 * z * (1.0 + erf(z * 0.7071067811865476))


def gelu_derivative(z: Array, a: Array) -> Array:
    density = 0.3989422804014327 * exp(-0.5 * z * z)
    return 0.5 * (1.0 + erf(z * 0.7071067811865476)) + z * density


# ---- gelu_tanh: f(z) = z/2 (1 + tanh(u)), u = sqrt(2/pi) (z + 0.044715 z³) -----------------------


def gelu_tanh(z: Array) -> Array:
    u = 0.7978845608028654 * (z + 0.044715 * z * z * z)
    return 0.5 * z * (1.0 + hyperbolic_tangent(u))


def gelu_tanh_derivative(z: Array, a: Array) -> Array:
    t = hyperbolic_tangent(0.7978845608028654 * (z + 0.044715 * z * z * z))
    du = 0.7978845608028654 * (1.0 + 0.134145 * z * z)
    return 0.5 * (1.0 + t) + 0.5 * z * (1.0 - t * t) * du


# ---- silu: f(z) = z sigmoid(z) -------------------------------------------------------------------


def silu(z: Array) -> Array:
    return z * sigmoid(z)


def silu_derivative(z: Array, a: Array) -> Array:
    s = sigmoid(z)
    return s * (1.0 + z * (1.0 - s))


# ---- mish: f(z) = z tanh(softplus(z)) ------------------------------------------------------------


def tanh_softplus(z: Array) -> Array:
    """Return tanh(log(1 + e)) with e = exp(z), which is n / (n + 2) for n = e (e + 2)."""
    e = exp(minimum(z, 20.0))  # beyond 20 the quotient is 1 to the last bit, and e² would overflow
    n = e * (e + 2.0)
    return n / (n + 2.0)


def mish(z: Array) -> Array:
    return z * tanh_softplus(z)


def mish_derivative(z: Array, a: Array) -> Array:
    t = tanh_softplus(z)
    return t + z * sigmoid(z) * (1.0 - t * t)


# ---- the records ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Activation:
    """An activation function with everything that is known about it.

    Attributes
    ----------
    name : str
        The name to use in ``activation=``.
    value : callable
        ``value(z)`` or ``value(z, parameter)``, elementwise.
    derivative : callable
        ``derivative(z, a)`` or ``derivative(z, a, parameter)``, where ``a`` is the value at ``z``.
    formula, derivative_formula : str
        Both as they are written on paper.
    source : str
        Where the function was published.
    parameter : float or None
        The number that the function takes, if it takes one.
    parameter_name : str
        What that number is called.
    bounds : tuple of float
        The smallest and the largest number that is accepted.
    kinks : tuple of float
        The points where there is no derivative; the one from the left is used there.
    initializer : str
        The initial weights for a layer of it, where each layer chooses for itself: He's for rectifiers, Glorot's for
        what is about symmetric, or LeCun's.
    self_normalizing : bool
        Whether it keeps mean 0 and variance 1 from layer to layer, but only from that initialiser.
    is_identity : bool
        Whether f(z) = z, which is not worth showing.
    aliases : tuple of str
        Other names.

    Examples
    --------
    >>> import numpy as np
    >>> relu = activations.get("relu")
    >>> z = np.array([-1.0, 0.0, 2.0])
    >>> relu(z).tolist(), relu.prime(z, relu(z)).tolist()
    ([0.0, 0.0, 2.0], [0.0, 0.0, 1.0])
    """

    name: str
    value: Callable[..., Array]
    derivative: Callable[..., Array]
    formula: str
    derivative_formula: str
    source: str = ""
    parameter: float | None = None
    parameter_name: str = ""
    bounds: tuple[float, float] = (0.0, float("inf"))
    kinks: tuple[float, ...] = ()
    initializer: str = "he_uniform"
    self_normalizing: bool = False
    is_identity: bool = False
    aliases: tuple[str, ...] = ()

    @property
    def parameters(self) -> tuple[float, ...]:
        """The number in a tuple, empty if the function takes none."""
        return () if self.parameter is None else (self.parameter,)

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Its name in a tuple."""
        return () if self.parameter is None else (self.parameter_name,)

    @property
    def spec(self) -> str:
        """The text that gets this very activation from the registry."""
        return specification(self.name, self.parameters)

    def __call__(self, z: Array) -> Array:
        """Return a = f(z), in the dtype of ``z``."""
        return like(z, self.value(z, *self.parameters))

    def prime(self, z: Array, a: Array) -> Array:
        """Return f'(z), given also a = f(z), in the dtype of ``z``."""
        return like(z, self.derivative(z, a, *self.parameters))

    def with_parameters(self, *parameters: float) -> Self:
        """Return this activation with its number set; InputError if it is not accepted."""
        low, high = self.bounds
        if len(parameters) != len(self.parameters):
            takes = f"one number, {self.parameter_name}" if self.parameters else "no number"
            raise InputError.of(
                f"activation {self.name}", got=f"{len(parameters)} numbers", expected=takes
            )
        if parameters and not (low <= parameters[0] <= high and isfinite(parameters[0])):
            raise InputError.of(
                f"{self.name}({self.parameter_name})",
                got=parameters[0],
                expected=f"a finite number from {low:g} to {high:g}",
            )
        return replace(self, parameter=parameters[0]) if parameters else self


activations: Registry[Activation] = Registry("activation", Activation)

for _record in (
    Activation(
        "identity",
        identity,
        identity_derivative,
        "z",
        "1",
        initializer="glorot_uniform",
        is_identity=True,
    ),
    Activation(
        "sigmoid",
        sigmoid,
        sigmoid_derivative,
        "1 / (1 + exp(-z))",
        "a (1 - a)",
        source="Verhulst 1838",
        initializer="glorot_uniform",
        aliases=("logistic",),
    ),
    Activation(
        "tanh",
        tanh,
        tanh_derivative,
        "(exp(z) - exp(-z)) / (exp(z) + exp(-z))",
        "1 - a²",
        source="LeCun et al. 1998, Efficient BackProp, section 4.4",
        initializer="glorot_uniform",
    ),
    Activation(
        "relu",
        relu,
        relu_derivative,
        "max(z, 0)",
        "1 if z > 0 else 0",
        source="Nair & Hinton 2010, section 2",
        kinks=(0.0,),
    ),
    Activation(
        "leaky_relu",
        leaky_relu,
        leaky_relu_derivative,
        "z if z > 0 else slope z",
        "1 if z > 0 else slope",
        source="Maas, Hannun & Ng 2013, section 2",
        parameter=0.01,
        parameter_name="slope",
        bounds=(0.0, 1.0),
        kinks=(0.0,),
    ),
    Activation(
        "elu",
        elu,
        elu_derivative,
        "z if z > 0 else alpha (exp(z) - 1)",
        "1 if z > 0 else a + alpha",
        source="Clevert, Unterthiner & Hochreiter 2016, eq. 15",
        parameter=1.0,
        parameter_name="alpha",
        kinks=(0.0,),
    ),
    Activation(
        "selu",
        selu,
        selu_derivative,
        "1.0507 (z if z > 0 else 1.6733 (exp(z) - 1))",
        "1.0507 if z > 0 else a + 1.7581",
        source="Klambauer et al. 2017, eq. 2",
        kinks=(0.0,),
        initializer="lecun_normal",
        self_normalizing=True,
    ),
    Activation(
        "softplus",
        softplus,
        softplus_derivative,
        "log(1 + exp(z))",
        "1 / (1 + exp(-z))",
        source="Dugas et al. 2001, eq. 4",
        initializer="glorot_uniform",
    ),
    Activation(
        "gelu",
        gelu,
        gelu_derivative,
        "z Phi(z)",
        "Phi(z) + z phi(z)",
        source="Hendrycks & Gimpel 2016, section 2",
    ),
    Activation(
        "gelu_tanh",
        gelu_tanh,
        gelu_tanh_derivative,
        "z/2 (1 + tanh(u)), u = sqrt(2/pi) (z + 0.044715 z³)",
        "(1 + tanh u)/2 + z/2 (1 - tanh² u) u'",
        source="Hendrycks & Gimpel 2016, section 2",
    ),
    Activation(
        "silu",
        silu,
        silu_derivative,
        "z s, s = 1 / (1 + exp(-z))",
        "s (1 + z (1 - s))",
        source="Elfwing, Uchibe & Doya 2018, eq. 2",
        aliases=("swish",),
    ),
    Activation(
        "mish",
        mish,
        mish_derivative,
        "z t, t = tanh(log(1 + exp(z)))",
        "t + z s (1 - t²), s = 1 / (1 + exp(-z))",
        source="Misra 2020, eq. 1",
    ),
):
    activations.register(_record)
