"""The networks on which a backward pass is tried, chosen so that no mistake can hide.

Homework-like inputs (one sample, no penalty, relu everywhere) hide half of all mistakes. So every family here has a
penalty, activations that all differ as far as the code under test knows them, errors of order 1 in every layer, and no
z near a kink. They differ in shape:

- rectangular: all widths differ from one another and from the number of samples; a wrong axis or a missing transpose
  gives a wrong shape or fails.
- square: all layers are equally wide, so that the same mistakes run and give numbers.
- coincident: also as many samples as units, for code that only runs when everything coincides.
- single: one sample, where the gradient of the bias is delta itself.
- single square: the same with equal widths, where code for one sample runs in spite of a missing transpose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from chainrule.diagnosis.mistakes import CHAINRULE, Convention, Setting
from chainrule.equations.elementary import Array
from chainrule.equations.losses import losses
from chainrule.network.architecture import Architecture
from chainrule.network.parameters import Parameters

#: Names and, in order, what each is for.
FAMILIES = ("rectangular", "square", "coincident", "single", "single square")
_SAMPLES = {"square": 6, "coincident": 4, "single square": 1}

#: The activations of hidden layers, in the order in which probes use them.
HIDDEN = ("tanh", "leaky_relu(0.1)", "sigmoid", "elu", "softplus")

_DRAWS = 100
_ENOUGH = 0.02  # the least |z| at a kink: far beyond any rounding


@dataclass(frozen=True)
class Probe:
    """A network with data, and what J is there.

    Attributes
    ----------
    family : str
        One of ``FAMILIES``, or ``"yours"``.
    theta : Parameters
        float64.
    X : ndarray of shape (n, m)
        Rows are samples.
    Y : ndarray of shape (n, k)
        Targets; one row of zeros with a one for each sample where the loss is for classes.
    convention : Convention
        What J is.
    """

    family: str
    theta: Parameters
    X: np.ndarray
    Y: np.ndarray
    convention: Convention = CHAINRULE

    @cached_property
    def setting(self) -> Setting:
        """The forward pass at this point."""
        return Setting(self.theta, self.X, self.Y, self.convention)

    @property
    def architecture(self) -> Architecture:
        """Sizes, activations, loss and penalty."""
        return self.theta.architecture

    @property
    def W(self) -> list[np.ndarray]:
        """W[1] ... W[L], (fan_in, fan_out), as a plain list."""
        return [W.copy() for W in self.theta.W[1:]]

    @property
    def b(self) -> list[np.ndarray]:
        """b[1] ... b[L], (fan_out,), as a plain list."""
        return [b.copy() for b in self.theta.b[1:]]

    @property
    def z(self) -> list[np.ndarray]:
        """z[0] = X, z[1], ..., z[L], (n, fan_out)."""
        return [z.copy() for z in self.setting.z]

    @property
    def a(self) -> list[np.ndarray]:
        """a[0] = X, a[1], ..., and last the prediction: a[L] through the loss's link."""
        return [*(a.copy() for a in self.setting.a[:-1]), self.setting.probabilities]

    @property
    def l2(self) -> float:
        """The factor of the penalty."""
        return self.architecture.l2

    @property
    def activations(self) -> tuple[str, ...]:
        """The activation of each layer."""
        return self.architecture.activations

    @property
    def sizes(self) -> tuple[int, ...]:
        """The widths, from the features to the outputs."""
        return self.architecture.sizes

    @property
    def loss(self) -> str:
        """The name of the loss."""
        return self.architecture.loss.split("(")[0]

    def __str__(self) -> str:
        sizes = "-".join(map(str, self.architecture.sizes))
        names = ", ".join(self.architecture.activations)
        return f"{self.family} {sizes} ({names}), {self.architecture.loss}, n = {len(self.X)}"


def shape(family: str, n_layers: int, n_outputs: int | None = None) -> tuple[tuple[int, ...], int]:
    """Return the sizes and the number of samples of a family.

    Examples
    --------
    >>> shape("rectangular", 3), shape("square", 2)
    (((3, 5, 4, 2), 11), ((4, 4, 4), 6))
    """
    if family in ("rectangular", "single"):
        sizes = (3, *range(n_layers + 2, 3, -1), n_outputs or 2)
        return sizes, (11 if family == "rectangular" else 1)
    return (4,) * n_layers + (n_outputs or 4,), _SAMPLES.get(family, 4)


def probe(
    family: str = "rectangular",
    *,
    sizes: Sequence[int] | None = None,
    activations: Sequence[str] | None = None,
    loss: str = "squared_error",
    l2: float = 0.1,
    n_layers: int = 3,
    n_samples: int | None = None,
    n_outputs: int | None = None,
    convention: Convention = CHAINRULE,
    seed: int = 0,
) -> Probe:
    """Return a probe of a family; whatever is given is kept, the rest is chosen.

    Parameters
    ----------
    family : str
        One of ``FAMILIES``; only names the probe if ``sizes`` are given.
    sizes, activations : sequence, optional
        As in ``Network``.
    loss : str
        A registered loss.
    l2 : float
        The penalty.
    n_layers, n_samples, n_outputs : int, optional
        Used where ``sizes`` are not given.
    convention : Convention
        What J is.
    seed : int
        Another draw of the same family.

    Returns
    -------
    Probe
        Same arguments, same probe.

    Examples
    --------
    >>> print(probe("square", loss="multiclass_log_loss"))
    square 4-4-4-4 (leaky_relu(0.1), sigmoid, identity), multiclass_log_loss(0.0), n = 6
    """
    chosen, n = shape(family, n_layers, n_outputs)
    sizes = tuple(sizes) if sizes is not None else chosen
    n = n_samples or n
    if activations is None:
        activated = losses.get(loss).link.is_identity and len(sizes) > 2
        last = "tanh" if activated else "identity"
        hidden = [name for name in HIDDEN if name != last] if len(sizes) < 5 else list(HIDDEN)
        if len(sizes) == 3:  # with a single hidden layer, that one should have negative slopes too
            hidden = hidden[1:] if activated else hidden
        if family in ("square", "single square"):
            # another order, so that no two kinds agree by the choice of functions
            hidden = [*hidden[1:], hidden[0]]
            last = "softplus" if activated else last
        activations = [*(hidden[i % len(hidden)] for i in range(len(sizes) - 2)), last]
    return _chosen(family, Architecture(sizes, tuple(activations), loss, l2), n, convention, seed)


@lru_cache(maxsize=1024)
def _chosen(
    family: str, architecture: Architecture, n: int, convention: Convention, seed: int
) -> Probe:
    """Return the first draw that shows everything, or the best of many."""
    best, best_quality = None, -np.inf
    for attempt in range(_DRAWS):
        rng = np.random.default_rng([20140305, seed, attempt])
        candidate = _draw(rng, family, architecture, n, convention)
        quality = _quality(candidate)
        if quality > best_quality:
            best, best_quality = candidate, quality
        if quality >= 1.0:
            break
    assert best is not None
    return best


def _draw(
    rng: np.random.Generator,
    family: str,
    architecture: Architecture,
    n: int,
    convention: Convention,
) -> Probe:
    theta = Parameters(architecture)
    for l in range(1, architecture.n_layers + 1):
        fan_in = max(architecture.sizes[l - 1], 1)
        theta.W[l][...] = rng.normal(0.0, 1.5 / np.sqrt(fan_in), theta.W[l].shape)
        theta.b[l][...] = rng.uniform(-0.6, 0.6, theta.b[l].shape)
    X = rng.normal(0.0, 1.2, (n, architecture.sizes[0]))
    scores = Setting(theta, X, np.zeros((n, architecture.sizes[-1]))).a[-1]
    return Probe(family, theta, X, _targets(rng, architecture, scores), convention)


def _targets(rng: np.random.Generator, architecture: Architecture, scores: Array) -> Array:
    n, k = scores.shape
    draw = architecture.loss_function.targets.draw
    if draw is not None:
        return draw(rng, n, k)
    # a noisy prediction: residuals of order 1 and of both signs
    residual: Array = rng.choice((-1.0, 1.0), (n, k)) * rng.uniform(0.4, 1.6, (n, k))
    return scores + residual


def _quality(p: Probe) -> float:
    """Tell how well a draw shows everything: 1 or more is good, and it is the least of several figures."""
    s = p.setting
    figures = []
    for l in range(1, s.L + 1):
        z = s.z[l]
        if s.f[l].kinks:
            figures.append(np.abs(z).min() / _ENOUGH)
            both = min(int((z > 0).sum()), int((z < 0).sum()))
            figures.append(both / max(1.0, 0.15 * z.size))
    delta = s.error * s.f[s.L].prime(s.z[s.L], s.a[s.L])
    for l in range(s.L, 0, -1):
        size = np.abs(delta).max() * s.n
        figures += [size / 0.15, 12.0 / size if size else 0.0]
        # a unit without any gradient would hide mistakes in its column
        figures.append(np.abs(delta).max(axis=0).min() * s.n / 0.01)
        delta = delta @ s.W[l].T * s.f[l - 1].prime(s.z[l - 1], s.a[l - 1])
    return float(min(figures))
