"""Penalties on the weights, and on biases where asked: value beside derivative, elementwise.

J gains ``(l2/2) sum W²`` and ``l1 sum |W|`` over all layers, whatever the batch size; dW gains
``l2 W`` and ``l1 sign(W)``.
"""

from __future__ import annotations

from chainrule.equations.elementary import Array, absolute, sign


def l2(w: Array) -> Array:
    """Return w²/2 (Hoerl & Kennard 1970)."""
    return 0.5 * w * w


def l2_derivative(w: Array) -> Array:
    """Return w."""
    return w


def l1(w: Array) -> Array:
    """Return |w| (Tibshirani 1996); its kink is at 0."""
    return absolute(w)


def l1_derivative(w: Array) -> Array:
    """Return the sign of w, 0 at the kink."""
    return sign(w)
