"""What the conformance suite runs through: everything registered, in every setting that a gradient depends on."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
from tests.oracles import relative_error

from chainrule.equations.activations import activations
from chainrule.equations.losses import losses
from chainrule.network import backprop as truth
from chainrule.network.architecture import Architecture
from chainrule.network.parameters import Parameters, segments
from chainrule.network.random import dropout_mask

N = 6  #: rows
SIZES = {1: (4, 3), 2: (4, 2, 3), 3: (4, 2, 5, 3)}  #: no two neighbours alike, none equal to N
PENALTIES = ((0.0, 0.0), (0.3, 0.0), (0.0, 0.2), (0.3, 0.2))  #: (l2, l1)
TOLERANCE = 1e-12  #: of float64 against complex step, relative to the largest entry


def activation_specs() -> list[str]:
    """Name each registered activation, and those with a number also at the ends of its range."""
    specs = []
    for record in activations:
        numbers = [record.parameter, record.bounds[0], min(record.bounds[1], 3.0)]
        specs += (
            [record.with_parameters(p).spec for p in numbers]
            if record.parameters
            else [record.spec]
        )
    return specs


def loss_specs() -> list[str]:
    """Name each registered loss, those with numbers also with others, and quantile with several levels."""
    specs = []
    for record in losses:
        specs.append(record.spec)
        if record.parameters:
            bounds = [(low, min(high, 4.0)) for low, high in record.parameter_bounds]
            specs.append(record.with_parameters(*(0.7 * a + 0.3 * b for a, b in bounds)).spec)
        if record.variadic:
            low, high = bounds[0]
            specs.append(
                record.with_parameters(*(low + (high - low) * t for t in (0.1, 0.5, 0.8))).spec
            )
    return specs


def targets(domain: str, n: int, k: int, rng: np.random.Generator) -> np.ndarray:
    """Return Y (n, k) from the domain of a loss; its edges are in it."""
    if domain == "real":
        return rng.standard_normal((n, k))
    if domain == "nonnegative":
        return rng.poisson(1.2, (n, k)).astype(float)
    if domain == "positive":
        return rng.gamma(2.0, 0.6, (n, k)) + 0.05
    if domain == "unit":
        Y = rng.integers(0, 2, (n, k)).astype(float)
        Y[-1] = rng.uniform(size=k)
        return Y
    if domain == "one_hot":
        Y = np.eye(k)[rng.integers(0, k, n)]
        # A soft label. p - y is the derivative where y sums to 1, so to 1 exactly, in float32 too.
        Y[-1] = rng.multinomial(16, np.ones(k) / k) / 16.0
        return Y
    raise KeyError(f"no targets for domain {domain!r}: say here what they are")


@dataclass(frozen=True)
class Case:
    """One setting of everything that a gradient depends on."""

    activation: str
    loss: str
    n_layers: int
    weighted: bool = False
    l2: float = 0.0
    l1: float = 0.0
    dropped: bool = False
    zeros: bool = False  # the start of `initializer="zeros"`: every z is exactly 0
    square: bool = False  # every layer 3 by 3: a transposed W fits, so only its numbers tell

    def build(self) -> Problem:
        """Return network and data, alike in every run."""
        rng = np.random.default_rng(zlib.crc32(repr(self).encode()))
        sizes = (3,) * (self.n_layers + 1) if self.square else SIZES[self.n_layers]
        # Neighbouring layers differ, so that no layer can borrow another's derivative unnoticed.
        names = activations.names()
        partner = names[(names.index(self.activation.split("(")[0]) + 5) % len(names)]
        f = {
            1: (self.activation,),
            2: (self.activation, "identity"),
            3: (self.activation, partner, self.activation),
        }[self.n_layers]
        rates = (0.4,) * (self.n_layers - 1) if self.dropped else ()
        architecture = Architecture(sizes, f, self.loss, self.l2, self.l1, rates)
        theta = Parameters(architecture, 0.7 * rng.standard_normal(architecture.n_parameters))
        if self.zeros:
            theta.vector[...] = 0.0
        mask: list[Any] = [1.0] * (self.n_layers + 1)
        for layer, rate in enumerate(rates, start=1):
            mask[layer] = dropout_mask(7, layer, np.arange(N), sizes[layer], rate, np.float64)
        w = np.ones(N)
        if self.weighted:
            w = rng.uniform(0.2, 3.0, N)
            w[1] = 0.0
        # Values that float32 holds: both precisions then see the same network and the same data.
        X = rng.standard_normal((N, sizes[0])).astype(np.float32).astype(float)
        Y = (
            targets(architecture.loss_function.domain, N, sizes[-1], rng)
            .astype(np.float32)
            .astype(float)
        )
        theta.vector[...] = theta.vector.astype(np.float32)
        return Problem(theta, X, Y, (w / w.sum())[:, None], mask)


class Problem(NamedTuple):
    """A network and data, with the masks of its dropout."""

    theta: Parameters
    X: np.ndarray
    Y: np.ndarray
    share: np.ndarray
    mask: list[Any]

    def gradient(self, equations: ModuleType = truth, dtype: Any = np.float64) -> np.ndarray:
        """Return the gradient that ``equations`` gives, computed in ``dtype``."""
        theta = Parameters(self.theta.architecture, self.theta.vector.astype(dtype))
        X, Y, share = (array.astype(dtype) for array in (self.X, self.Y, self.share))
        mask = [np.asarray(m, dtype) if np.ndim(m) else m for m in self.mask]
        P = equations.forward(theta, X, mask)
        # NaN: what is not overwritten shows
        return equations.backward(theta, P, Y, share, np.full(theta.vector.shape, np.nan, dtype))

    def derivative(self, equations: ModuleType = truth) -> np.ndarray:
        """Return the gradient of the objective by complex step: Im J(theta + i h e) / h.

        One forward pass serves all P entries, for matrix products broadcast: each W[l] and b[l] is there P times over,
        each time with another entry moved. What is then summed here is held against ``objective`` at two of the P.
        """
        architecture = self.theta.architecture
        size, k, step = self.theta.vector.size, architecture.sizes[-1], 1e-30
        moved = self.theta.vector + 1j * step * np.eye(size)
        W, b = [np.empty(0)], [np.empty(0)]
        places = segments(architecture.sizes)
        for w_place, b_place in zip(places[::2], places[1::2], strict=True):
            W.append(
                moved[:, w_place.start : w_place.stop].reshape(
                    size, *self.theta.W[w_place.layer].shape
                )
            )
            b.append(moved[:, None, b_place.start : b_place.stop])
        together = SimpleNamespace(architecture=architecture, W=W, V=W, b=b, s=np.empty(0))
        scores = equations.forward(together, self.X, self.mask).scores
        rows = architecture.loss_function.rows(scores.reshape(-1, k), np.tile(self.Y, (size, 1)))
        w = np.concatenate([Wl.reshape(size, -1) for Wl in W[1:]], axis=1)
        penalty = architecture.l2 / 2.0 * (w * w).sum(axis=1)
        penalty += architecture.l1 * (w * np.sign(w.real)).sum(axis=1)
        J = rows.reshape(size, N) @ self.share[:, 0] + penalty
        for p in (0, -1):
            theta = Parameters(architecture, moved[p])
            same = equations.objective(theta, scores[p], self.Y, self.share)
            assert abs(same.real - J[p].real) <= 1e-13 * abs(J[p].real)
            assert abs(same.imag - J[p].imag) <= 1e-12 * max(np.max(np.abs(J.imag)), step)
        return J.imag / step

    def error(self, equations: ModuleType = truth) -> float:
        """Return the relative error of the float64 gradient against complex step."""
        return relative_error(self.gradient(equations), self.derivative(equations))

    def float32_error(self) -> tuple[float, float]:
        """Return the relative error of the float32 gradient against float64, and what it may be.

        A gradient entry is a sum over rows of products along one path through the layers. Each layer rounds once a
        term of its sums, forward and backward, and at most 8 times in f and f'; the errors add up along the path.
        """
        gradient = self.gradient(dtype=np.float32)
        assert gradient.dtype == np.float32
        sizes = self.theta.architecture.sizes
        roundings = N + sum(m + k + 16 for m, k in pairwise(sizes))
        return relative_error(gradient, self.gradient()), roundings * float(
            np.finfo(np.float32).eps
        )


def settings(activation: str, loss: str, n_layers: int, square: bool = False) -> Iterator[Case]:
    """Yield every weighting, penalty and dropout for one activation, loss and depth."""
    for weighted in (False, True):
        for l2, l1 in PENALTIES:
            for dropped in (False, True) if n_layers > 1 else (False,):
                yield Case(activation, loss, n_layers, weighted, l2, l1, dropped, square=square)
