"""Output links: from the raw scores of the last layer to predictions, each fused into the losses that use it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chainrule.equations.activations import identity, sigmoid
from chainrule.equations.elementary import Array, exp, row_maximum, row_sum_exp
from chainrule.errors import InputError


def softmax(z: Array) -> Array:
    # not exp(z - log_sum_exp(z)): in float32 at scores near 1000 those rows would sum to 1 ± 6e-5
    shift = row_maximum(z)
    return exp(z - shift) / row_sum_exp(z, shift)


@dataclass(frozen=True)
class Link:
    """A function from raw scores to predictions.

    Attributes
    ----------
    name : str
    value : callable
        From (n, k) to (n, k).
    is_identity : bool
        Whether predictions are the scores, so that y may be shifted and scaled.
    keeps_factors : bool
        Whether a factor on y is a factor on predictions, so that y may be scaled.
    of_probabilities : bool
        Whether predictions are probabilities.
    by_rows : bool
        Whether a prediction depends on all scores of its row.
    scikit_learn_name : str
        ``out_activation_`` as scikit-learn has it; the same name if empty.

    Examples
    --------
    >>> LINKS["exp"](0.0), LINKS["softmax"].by_rows
    (np.float64(1.0), True)
    """

    name: str
    value: Callable[[Array], Array]
    is_identity: bool = False
    keeps_factors: bool = False
    of_probabilities: bool = False
    by_rows: bool = False
    scikit_learn_name: str = ""

    def __call__(self, z: Array) -> Array:
        """Return the predictions of raw scores."""
        return self.value(z)


IDENTITY = Link("identity", identity, is_identity=True, keeps_factors=True)
EXP = Link("exp", exp, keeps_factors=True)
SIGMOID = Link("sigmoid", sigmoid, of_probabilities=True, scikit_learn_name="logistic")
SOFTMAX = Link("softmax", softmax, of_probabilities=True, by_rows=True)
LINKS = {link.name: link for link in (IDENTITY, SIGMOID, SOFTMAX, EXP)}


def link_named(name: str) -> Link:
    """Return a link by its name; InputError if there is none.

    Examples
    --------
    >>> link_named("exp").keeps_factors
    True
    """
    if name not in LINKS:
        raise InputError.of("link", got=repr(name), expected=f"one of {', '.join(LINKS)}")
    return LINKS[name]
