"""What is traced or checked: parameters, rows and shares in float64, whatever they came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from chainrule.errors import InputError, InputTypeError
from chainrule.network.architecture import Architecture
from chainrule.network.backprop import Masks, backward, forward, objective
from chainrule.network.network import Network
from chainrule.network.parameters import Parameters


class FittedModel(Protocol):
    """What a fitted estimator offers, so that tables and labels can be traced as they are."""

    def as_network(
        self, X: Any, y: Any, sample_weight: Any = None
    ) -> tuple[Network, Any, Any, Any]:
        """Return the network, and X, Y and the weights as its input layer and its loss receive them."""


@dataclass(frozen=True)
class Problem:
    """One objective J at one point, in float64.

    Attributes
    ----------
    theta : Parameters
        A copy of the parameters.
    X : ndarray of shape (n, m)
        The rows.
    Y : ndarray of shape (n, k)
        Their targets, as the loss receives them.
    share : ndarray of shape (n, 1)
        The part of each row in the mean.
    weighted : bool
        Whether sample weights were given.
    masks : list or None
        ``masks[l]`` (n, units) or 1.0 for l = 0..L.
    dtype : str
        In which the parameters are stored where they came from.
    """

    theta: Parameters
    X: np.ndarray
    Y: np.ndarray
    share: np.ndarray
    weighted: bool = False
    masks: Masks | None = None
    dtype: str = "float64"

    @property
    def architecture(self) -> Architecture:
        """The architecture."""
        return self.theta.architecture

    @property
    def n(self) -> int:
        """The number of rows."""
        return len(self.X)

    @property
    def masked(self) -> frozenset[int]:
        """The hidden layers that have a mask."""
        if self.masks is None:
            return frozenset()
        return frozenset(
            l for l in range(1, self.architecture.n_layers) if np.ndim(self.masks[l]) > 0
        )

    def objective(self, vector: np.ndarray) -> Any:
        """Return J for a flat vector of parameters, real or complex."""
        theta = Parameters(self.architecture, vector)
        P = forward(theta, self.X, self.masks)
        return objective(theta, P.scores, self.Y, self.share)

    def gradient(self) -> np.ndarray:
        """Return the gradient of J by backpropagation, (P,)."""
        P = forward(self.theta, self.X, self.masks)
        result: np.ndarray = backward(
            self.theta, P, self.Y, self.share, np.empty_like(self.theta.vector)
        )
        return result

    def given(self, columns: bool = False) -> dict[str, np.ndarray]:
        """Return all that the equations start from by its symbol, with samples in rows or in columns."""

        def written(array: np.ndarray) -> np.ndarray:
            if not columns:
                return array
            return array.T if array.ndim == 2 else array[:, None]

        given = {"X": written(self.X), "Y": written(self.Y)}
        for l in range(1, self.architecture.n_layers + 1):
            given[f"W[{l}]"] = written(self.theta.W[l])
            given[f"b[{l}]"] = written(self.theta.b[l])
        for l in sorted(self.masked):
            assert self.masks is not None
            given[f"mask[{l}]"] = written(self.masks[l])
        if self.weighted:
            given["share"] = written(self.share)
        return given

    def rows(self, chosen: np.ndarray) -> Problem:
        """Return the problem with some of its rows, whose shares add up to 1 again."""
        share = self.share[chosen]
        total = float(share.sum())
        share = share / total if total > 0 else np.full_like(share, 1.0 / max(len(share), 1))
        masks = self.masks
        if masks is not None:
            masks = [mask[chosen] if np.ndim(mask) > 0 else mask for mask in masks]
        X, Y = self.X[chosen], self.Y[chosen]
        return Problem(self.theta, X, Y, share, self.weighted, masks, self.dtype)


def as_problem(
    subject: Any, X: Any, Y: Any, sample_weight: Any = None, masks: Masks | None = None
) -> Problem:
    """Return what is to be traced or checked.

    Parameters
    ----------
    subject : Network or fitted estimator
        An estimator takes X and y as its ``fit`` does.
    X, Y : array-like
        Rows and targets.
    sample_weight : array-like of shape (n,), optional
        The weights of the rows.
    masks : sequence, optional
        ``masks[l]`` (n, units of l) or 1.0, for l = 0..L.

    Raises
    ------
    InputError, InputTypeError
        If the subject is neither, or the data do not fit it.
    """
    if not isinstance(subject, Network):
        if not hasattr(subject, "as_network"):
            raise InputTypeError.of(
                "network", got=type(subject).__name__, expected="a Network or a fitted estimator"
            )
        subject, X, Y, sample_weight = subject.as_network(X, Y, sample_weight)
    network = _in_float64(subject)
    if hasattr(X, "toarray"):  # a sparse matrix
        X = X.toarray()
    rows, Y, share = network._data(X, Y, sample_weight)
    if len(rows) == 0:
        raise InputError.of("X", got="no row", expected="at least one sample")
    for name, array in (("X", rows), ("Y", Y)):
        if not np.all(np.isfinite(array)):
            raise InputError.of(name, got="NaN or infinity", expected="finite numbers")
    checked = None if masks is None else _check_masks(masks, network.architecture, len(rows))
    dtype = str(subject.parameters.vector.dtype)
    weighted = sample_weight is not None
    return Problem(network.parameters, rows, Y, share, weighted, checked, dtype)


def input_names(subject: Any) -> list[str]:
    """Return the names of the inputs of an estimator, as they enter its network; none for a bare network."""
    preparation = getattr(subject, "preparation_", None)
    names = getattr(subject if preparation is None else preparation, "feature_names_in_", ())
    return [str(name) for name in getattr(preparation, "feature_names", names)]


def _in_float64(network: Network) -> Network:
    """Return a copy of a network whose parameters are float64."""
    a = network.architecture
    arrays = [
        place[l]
        for l in range(1, a.n_layers + 1)
        for place in (network.parameters.W, network.parameters.b)
    ]
    return Network(
        a.sizes, a.activations, a.loss, l2=a.l2, l1=a.l1, dropout=a.dropout, initializer=arrays
    )


def _check_masks(masks: Masks, architecture: Architecture, n: int) -> list[Any]:
    L = architecture.n_layers
    if len(masks) != L + 1:
        raise InputError.of(
            "masks",
            got=f"{len(masks)} masks",
            expected=f"{L + 1}, for l = 0..{L}",
            remedy="1.0 where nothing is dropped",
        )
    checked: list[Any] = []
    for l, mask in enumerate(masks):
        array = np.asarray(mask, dtype=float)
        expected = (n, architecture.sizes[l])
        if array.ndim > 0 and (array.shape != expected or l in (0, L)):
            raise InputError.of(
                f"masks[{l}]", got=f"shape {array.shape}", expected=f"1.0 or {expected}"
            )
        if array.ndim == 0 and array != 1.0:
            raise InputError.of(
                f"masks[{l}]", got=float(array), expected=f"1.0 or an array {expected}"
            )
        checked.append(array if array.ndim else 1.0)
    return checked
