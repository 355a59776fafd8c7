"""Mistakes in f', the derivative of a layer's activation."""

from __future__ import annotations

import numpy as np

from chainrule.diagnosis.mistakes.mistake import (
    Mistake,
    Place,
    Where,
    above_first,
    active,
    hidden,
)
from chainrule.equations.elementary import Array
from chainrule.network.architecture import Architecture


def _with_activation(*names: str) -> Where:
    def where(architecture: Architecture, l: int) -> bool:
        return architecture.activations[l - 1].split("(")[0] in names

    return where


def _active_hidden(architecture: Architecture, l: int) -> bool:
    return hidden(architecture, l) and active(architecture, l)


def _curved(architecture: Architecture, l: int) -> bool:
    return active(architecture, l) and not _RECTIFIERS(architecture, l)


_RECTIFIERS = _with_activation("relu", "leaky_relu")


# right: p.f.prime(p.z, p.a)


def _next(p: Place) -> Array:
    s = p.setting
    if p.l + 1 == s.L and s.loss.link.of_probabilities:
        # in a list of activations the output's link stands there
        q = s.loss.link(p.z)
        return q * (1.0 - q)
    f = s.f[p.l + 1]
    return f.prime(p.z, f(p.z))


def _next_at_a(p: Place) -> Array:
    s = p.setting
    if p.l + 1 == s.L and s.loss.link.of_probabilities:
        return p.a * (1.0 - p.a)
    return s.f[p.l + 1].prime(p.z, p.a)


def _previous(p: Place) -> Array:
    f = p.setting.f[p.l - 1]
    return f.prime(p.z, f(p.z))


def _next_z(p: Place) -> Array:
    z = p.setting.z[p.l + 1]
    return p.f.prime(z, p.f(z))


def _previous_z(p: Place) -> Array:
    z = p.setting.z[p.l - 1]
    return p.f.prime(z, p.f(z))


def _slope(p: Place) -> float:
    return p.f.parameters[0] if p.f.parameters else 0.0


MISTAKES = (
    Mistake(
        "derivative_missing",
        "prime",
        "delta[{l}] = dJ/da[{l}]",
        "the derivative of the activation ({f}) is missing",
        "multiply by f'(z[{l}]); a - y alone is delta only where loss and output match",
        lambda p: np.ones_like(p.z),
        active,
        "an activation whose slope is not 1",
    ),
    Mistake(
        "derivative_of_next_layer",
        "prime",
        "delta[{l}] = dJ/da[{l}] * f_{up}'(z[{l}])",
        "the derivative of the next layer's activation ({f_up}) is used instead of {f}",
        "shift the index: layer {l} needs its own activation, often activations[l-1] in a 0-based list",
        _next,
        hidden,
        "neighbouring layers with different activations",
    ),
    Mistake(
        "derivative_of_previous_layer",
        "prime",
        "delta[{l}] = dJ/da[{l}] * f_{down}'(z[{l}])",
        "the derivative of the previous layer's activation ({f_down}) is used instead of {f}",
        "shift the index: layer {l} needs its own activation",
        _previous,
        above_first,
        "neighbouring layers with different activations",
    ),
    Mistake(
        "derivative_of_next_layer_at_a",
        "prime",
        "delta[{l}] = dJ/da[{l}] * f_{up}' written in a[{l}]",
        "the next layer's formula for f' ({f_up}) is applied to this layer's a",
        "shift the index: layer {l} needs its own activation ({f})",
        _next_at_a,
        hidden,
        "neighbouring layers with different activations",
    ),
    Mistake(
        "derivative_at_a",
        "prime",
        "delta[{l}] = dJ/da[{l}] * f'(a[{l}])",
        "f' is evaluated at a[{l}] instead of z[{l}]: the activation is applied twice",
        "pass z to the derivative, or use its form in a (a (1 - a), 1 - a²) without a second {f}",
        lambda p: p.f.prime(p.a, p.f(p.a)),
        _curved,
        "an activation other than a rectifier",
    ),
    Mistake(
        "derivative_formula_at_z",
        "prime",
        "delta[{l}] = dJ/da[{l}] * f' written in a, but given z[{l}]",
        "the formula of {f}' in terms of a is given z",
        "give it a[{l}], the value of the activation",
        lambda p: p.f.prime(p.z, p.z),
        _with_activation("sigmoid", "tanh", "elu", "selu"),
        "an activation whose derivative is written in a",
    ),
    Mistake(
        "value_for_derivative",
        "prime",
        "delta[{l}] = dJ/da[{l}] * f(z[{l}])",
        "the activation itself is used where its derivative belongs",
        "multiply by f'(z[{l}])",
        lambda p: p.a,
        active,
        "an activation whose slope is not 1",
    ),
    Mistake(
        "derivative_twice",
        "prime",
        "delta[{l}] = dJ/da[{l}] * f'(z[{l}])²",
        "the derivative of the activation is multiplied in twice",
        "multiply by f'(z[{l}]) once, when going from dJ/da to dJ/dz",
        lambda p: p.f.prime(p.z, p.a) ** 2,
        active,
        "an activation whose slope is not 0 or 1",
    ),
    Mistake(
        "derivative_at_next_z",
        "prime",
        "delta[{l}] = dJ/da[{l}] * f'(z[{up}])",
        "f' is evaluated at the next layer's z",
        "use z[{l}]: delta[{l}] is the derivative with respect to z[{l}]",
        _next_z,
        _active_hidden,
        "two neighbouring layers of one width",
    ),
    Mistake(
        "derivative_at_previous_z",
        "prime",
        "delta[{l}] = dJ/da[{l}] * f'(z[{down}])",
        "f' is evaluated at the previous layer's z",
        "use z[{l}]: delta[{l}] is the derivative with respect to z[{l}]",
        _previous_z,
        active,
        "two neighbouring layers of one width",
    ),
    Mistake(
        "derivative_at_upstream",
        "prime",
        "delta[{l}] = dJ/da[{l}] * f'(dJ/da[{l}])",
        "f' is evaluated at the incoming gradient instead of z[{l}]",
        "evaluate f' at what went into the activation: z[{l}]",
        lambda p: p.f.prime(p.upstream, p.f(p.upstream)),
        active,
        "an activation whose slope is not 1",
    ),
    Mistake(
        "leaky_slope_zero",
        "prime",
        "f'(z) = 0 for z < 0",
        "the derivative of leaky_relu is 0 below zero, as if it were relu",
        "below zero its derivative is the slope (beta), not 0",
        lambda p: (p.z > 0.0) * 1.0,
        _with_activation("leaky_relu"),
        "a leaky_relu with negative z",
    ),
    Mistake(
        "rectifier_reversed",
        "prime",
        "f'(z) = 1 for z < 0",
        "the derivative of {f} is reversed: 1 below zero",
        "it is 1 where z > 0",
        lambda p: np.where(p.z > 0.0, _slope(p), 1.0),
        _RECTIFIERS,
        "z of both signs",
    ),
    Mistake(
        "sigmoid_derivative_sign",
        "prime",
        "f'(z) = a (1 + a)",
        "the derivative of the sigmoid has a plus where a minus belongs",
        "it is a (1 - a)",
        lambda p: p.a * (1.0 + p.a),
        _with_activation("sigmoid"),
    ),
    Mistake(
        "sigmoid_derivative_squared",
        "prime",
        "f'(z) = a²",
        "the derivative of the sigmoid lacks its factor 1 - a",
        "it is a (1 - a)",
        lambda p: p.a * p.a,
        _with_activation("sigmoid"),
    ),
    Mistake(
        "tanh_derivative_not_squared",
        "prime",
        "f'(z) = 1 - a",
        "the derivative of tanh lacks its square",
        "it is 1 - a²",
        lambda p: 1.0 - p.a,
        _with_activation("tanh"),
    ),
    Mistake(
        "tanh_derivative_sign",
        "prime",
        "f'(z) = 1 + a²",
        "the derivative of tanh has a plus where a minus belongs",
        "it is 1 - a²",
        lambda p: 1.0 + p.a * p.a,
        _with_activation("tanh"),
    ),
    Mistake(
        "sigmoid_for_tanh",
        "prime",
        "f'(z) = a (1 - a)",
        "the sigmoid's derivative a (1 - a) is used for tanh",
        "the derivative of tanh is 1 - a²",
        lambda p: p.a * (1.0 - p.a),
        _with_activation("tanh"),
    ),
    Mistake(
        "tanh_for_sigmoid",
        "prime",
        "f'(z) = 1 - a²",
        "tanh's derivative 1 - a² is used for the sigmoid",
        "the derivative of the sigmoid is a (1 - a)",
        lambda p: 1.0 - p.a * p.a,
        _with_activation("sigmoid"),
    ),
    Mistake(
        "derivative_of_last_sample",
        "prime",
        "delta[{l}] = dJ/da[{l}] * f'(z[{l}][-1])",
        "f' of the last sample is used for every sample",
        "use the whole z[{l}], one row for each sample",
        lambda p: np.broadcast_to(p.f.prime(p.z, p.a)[-1], p.z.shape),
        active,
        "more than one sample",
    ),
    Mistake(
        "derivative_of_mean",
        "prime",
        "delta[{l}] = dJ/da[{l}] * f'(mean of z[{l}])",
        "f' is evaluated at the mean of z over the samples",
        "use the whole z[{l}], one row for each sample",
        lambda p: np.broadcast_to(p.f.prime(p.z.mean(axis=0), p.f(p.z.mean(axis=0))), p.z.shape),
        active,
        "more than one sample",
    ),
)
