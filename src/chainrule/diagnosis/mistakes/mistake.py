"""What a mistake is: one term of the backward pass, computed wrongly, beside the right one.

The backward pass has seven terms, and every mistake of the bank replaces exactly one of them::

    error        dJ/da[L] = loss'(a[L], Y) / n
    prime        delta[l] = dJ/da[l] * f'(z[l])
    up           dJ/da[l] = delta[l+1] @ W[l+1].T
    outer        dW[l]    = a[l-1].T @ delta[l]  + penalty
    penalty                                        l2 * W[l]
    sum          db[l]    = delta[l].sum(axis=0) + bias_penalty
    bias_penalty                                   0

Mistakes of different terms or layers combine freely, so two at once are two entries and not a third kind.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.diagnosis.mistakes.convention import CHAINRULE, Convention
from chainrule.equations.activations import Activation
from chainrule.equations.elementary import Array
from chainrule.network.architecture import Architecture
from chainrule.network.backprop import Pass, forward
from chainrule.network.parameters import Parameters

#: The terms, in the order in which a backward pass meets them.
TERMS = ("error", "prime", "up", "outer", "penalty", "sum", "bias_penalty")

#: The quantity in which each term is seen.
QUANTITY = {
    "error": "delta",
    "prime": "delta",
    "up": "delta",
    "outer": "dW",
    "penalty": "dW",
    "sum": "db",
    "bias_penalty": "db",
}

#: The right formula of each term; {l} is the layer, {up} the next, {down} the one before.
RIGHT = {
    "error": "delta[{l}] = loss'(a[{l}], Y) / n * f'(z[{l}])",
    "prime": "delta[{l}] = dJ/da[{l}] * f'(z[{l}])",
    "up": "dJ/da[{l}] = delta[{up}] @ W[{up}].T",
    "outer": "dW[{l}] = a[{down}].T @ delta[{l}] + l2 * W[{l}]",
    "penalty": "dW[{l}] = a[{down}].T @ delta[{l}] + l2 * W[{l}]",
    "sum": "db[{l}] = delta[{l}].sum(axis=0)",
    "bias_penalty": "db[{l}] = delta[{l}].sum(axis=0)",
}


class Setting:
    """A network with data at one point: all that a backward pass reads. Shapes as in ``network.backprop``.

    Parameters
    ----------
    theta : Parameters
        Weights and biases, float64.
    X : ndarray of shape (n, m)
        Rows are samples.
    Y : ndarray of shape (n, k)
        The targets.
    convention : Convention
        What J is.
    """

    def __init__(
        self, theta: Parameters, X: Array, Y: Array, convention: Convention = CHAINRULE
    ) -> None:
        self.theta, self.X, self.Y = theta, X, Y
        self.architecture: Architecture = theta.architecture
        self.P: Pass = forward(theta, X)
        self.W, self.b = theta.W, theta.b
        self.z, self.a = self.P.z, self.P.a
        self.f: tuple[Activation, ...] = self.architecture.f
        self.loss = self.architecture.loss_function
        self.L, self.n = self.architecture.n_layers, len(X)
        self.sizes = self.architecture.sizes
        self._take(convention)

    def under(self, convention: Convention) -> Setting:
        """Return the same point for another J."""
        other = copy(self)
        other._take(convention)
        return other

    def _take(self, convention: Convention) -> None:
        self.convention = convention
        self.share = convention.loss_factor / (self.n if convention.mean else 1)
        if convention.over_outputs:
            self.share /= self.sizes[-1]
        over = self.n if convention.penalty_over_n else 1
        self.l2 = self.architecture.l2 * convention.penalty_factor / over
        self.bias_l2 = self.l2 if convention.biases_penalised else 0.0
        #: loss'(a[L], Y) times the share of a row, (n, k)
        self.error: Array = self.share * self.loss.gradient(self.a[self.L], self.Y)

    @property
    def probabilities(self) -> Array:
        """The scores through the loss's link, (n, k)."""
        return self.loss.link(self.a[self.L])


@dataclass
class Place:
    """One layer of a setting during a backward pass, with what came from above (mistakes included)."""

    setting: Setting
    l: int
    upstream: Array = field(default_factory=lambda: np.empty(0))  #: dJ/da[l], (n, fan_out)
    delta: Array = field(default_factory=lambda: np.empty(0))  #: dJ/dz[l], (n, fan_out)
    above: Place | None = None  #: layer l + 1
    top: Array = field(default_factory=lambda: np.empty(0))  #: delta[L], (n, k)

    @property
    def z(self) -> Array:
        """z[l], (n, fan_out)."""
        return self.setting.z[self.l]

    @property
    def a(self) -> Array:
        """a[l], (n, fan_out)."""
        return self.setting.a[self.l]

    @property
    def inputs(self) -> Array:
        """a[l-1], (n, fan_in)."""
        return self.setting.a[self.l - 1]

    @property
    def W(self) -> Array:
        """W[l], (fan_in, fan_out)."""
        return self.setting.W[self.l]

    @property
    def W_up(self) -> Array:
        """W[l+1]."""
        return self.setting.W[self.l + 1]

    @property
    def b(self) -> Array:
        """b[l], (fan_out,)."""
        return self.setting.b[self.l]

    @property
    def f(self) -> Activation:
        """The activation of layer l."""
        return self.setting.f[self.l]

    @property
    def n(self) -> int:
        """The number of samples."""
        return self.setting.n

    @property
    def delta_up(self) -> Array:
        """delta[l+1]."""
        assert self.above is not None
        return self.above.delta


Where = Callable[[Architecture, int], bool]


def anywhere(architecture: Architecture, l: int) -> bool:
    """Every layer."""
    return True


def hidden(architecture: Architecture, l: int) -> bool:
    """Layers that have another above them."""
    return l < architecture.n_layers


def active(architecture: Architecture, l: int) -> bool:
    """Layers whose activation is not the identity."""
    return not architecture.f[l].is_identity


def above_first(architecture: Architecture, l: int) -> bool:
    """Layers that read another layer and not X."""
    return l >= 2


@dataclass(frozen=True)
class Mistake:
    """One kind of mistake.

    Attributes
    ----------
    name : str
        Its identifier.
    term : str
        The term of the backward pass that it replaces, one of ``TERMS``.
    wrong : str
        The wrong formula, as ``RIGHT`` gives the right one.
    sentence : str
        What is wrong, to follow "layer 2: ".
    remedy : str
        What to change.
    compute : callable
        From a ``Place`` to the wrong value of the term.
    where : callable
        ``where(architecture, l)`` tells whether it can sit on layer l at all.
    needs : str
        What a network must have for the mistake to be seen.
    whole_delta : bool
        Whether it replaces delta[l] itself, f' included, in whatever shape.
    """

    name: str
    term: str
    wrong: str
    sentence: str
    remedy: str
    compute: Callable[[Place], Any]
    where: Where = anywhere
    needs: str = ""
    whole_delta: bool = False

    @property
    def quantity(self) -> str:
        """``"delta"``, ``"dW"`` or ``"db"``: where it is seen."""
        return QUANTITY[self.term]

    @property
    def right(self) -> str:
        """The right formula."""
        return RIGHT[self.term]


# ---- the seven terms, right ---------------------------------------------------------------------------------------


def right_error(p: Place) -> Array:
    """loss'(a[L], Y) / n."""
    return p.setting.error


def right_prime(p: Place) -> Array:
    """f'(z[l])."""
    return p.f.prime(p.z, p.a)


def right_up(p: Place) -> Array:
    """delta[l+1] @ W[l+1].T."""
    return p.delta_up @ p.W_up.T


def right_outer(p: Place) -> Array:
    """a[l-1].T @ delta[l]."""
    return p.inputs.T @ p.delta


def right_penalty(p: Place) -> Array:
    """l2 * W[l]."""
    return p.setting.l2 * p.W


def right_sum(p: Place) -> Array:
    """delta[l] summed over samples."""
    return p.delta.sum(axis=0)


def right_bias_penalty(p: Place) -> Array:
    """0, or l2 * b[l] where J penalises biases."""
    return p.setting.bias_l2 * p.b


RIGHT_TERM: dict[str, Callable[[Place], Any]] = {
    "error": right_error,
    "prime": right_prime,
    "up": right_up,
    "outer": right_outer,
    "penalty": right_penalty,
    "sum": right_sum,
    "bias_penalty": right_bias_penalty,
}
