"""After a training: is the network well? Dead units, saturated layers, exploding gradients.

Each finding is one plain sentence; ``warn`` issues them as HealthWarning. The training loop does not call this: whoever
owns the training (an estimator, the command) does, once, at its end.

The limits are wide on purpose. A third of the units dead or a layer half saturated can be a good network; what is
reported here has lost most of a layer, or has jumped away from what it had learned.
"""

from __future__ import annotations

import statistics
import warnings

import numpy as np

from chainrule.engines.engine import Data
from chainrule.equations.activations import Activation
from chainrule.errors import HealthWarning
from chainrule.network.architecture import Architecture
from chainrule.network.backprop import forward
from chainrule.network.parameters import Parameters
from chainrule.training.history import History

#: Rows that the units are looked at on, spread evenly over the table.
SAMPLE_ROWS = 1000
#: Rows that are looked at first; a unit that is alive on one of them is alive.
FIRST_ROWS = 100
#: Fewer rows than this say nothing about a unit.
FEWEST_ROWS = 10
#: The share of a layer's units that are dead before it is reported.
DEAD_SHARE = 0.5
#: f'(z) below this part of its largest value is flat; a layer is saturated when nine in ten of its values are.
FLAT, SATURATED_SHARE = 0.01, 0.9
#: An explosion: a gradient so many times the median of the epochs before, beside a loss above the first epoch's.
NORM_JUMP = 100.0


def findings(
    architecture: Architecture, theta: np.ndarray, data: Data, history: History
) -> list[str]:
    """Return what is not well, one sentence each; nothing for a healthy network.

    Parameters
    ----------
    architecture : Architecture
    theta : ndarray of shape (P,)
        The parameters that training returned.
    data : Data
        The training rows; at most ``SAMPLE_ROWS`` of them are looked at.
    history : History

    Returns
    -------
    list of str

    Examples
    --------
    >>> from chainrule.network.network import Network
    >>> net = Network([2, 8, 1], random_state=0)
    >>> X, Y = np.random.default_rng(0).normal(size=(100, 2)), np.zeros((100, 1))
    >>> findings(net.architecture, net.parameters.vector, Data(X, Y), History())
    []
    >>> net.b[1][:6] = -100.0
    >>> findings(net.architecture, net.parameters.vector, Data(X, Y), History())
    ['layer 1: 6 of its 8 relu units are dead (zero slope on every row); ...']
    """
    return [*_units(architecture, theta, data), *_gradients(history)]


def warn(
    architecture: Architecture,
    theta: np.ndarray,
    data: Data,
    history: History,
    stacklevel: int = 2,
) -> None:
    """Issue every finding as a HealthWarning; ``stacklevel`` as in ``warnings.warn``, seen from the caller."""
    for finding in findings(architecture, theta, data, history):
        warnings.warn(finding, HealthWarning, stacklevel=stacklevel + 1)


def _units(architecture: Architecture, theta: np.ndarray, data: Data) -> list[str]:
    """Look at the slopes f'(z) of every hidden layer: a unit learns only through them."""
    if data.n < FEWEST_ROWS or architecture.n_layers < 2:
        return []
    found: list[str] = []
    for n_rows in (FIRST_ROWS, SAMPLE_ROWS):  # what looks well on a few rows is well
        found = _units_on(_spread_rows(data.n, n_rows), architecture, theta, data)
        if not found or data.n <= n_rows:
            break
    return found


def _spread_rows(n: int, most: int) -> np.ndarray:
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.int64))


def _units_on(
    rows: np.ndarray, architecture: Architecture, theta: np.ndarray, data: Data
) -> list[str]:
    """Return what is not well with the units on some rows."""
    with np.errstate(all="ignore"):
        P = forward(Parameters(architecture, theta), data.X[rows])
    found = []
    for layer in range(1, architecture.n_layers):
        f, z = architecture.f[layer], P.z[layer]
        with np.errstate(all="ignore"):
            slope = np.abs(np.broadcast_to(f.prime(z, P.a[layer]), z.shape))
        dead, width = int((slope == 0.0).all(axis=0).sum()), z.shape[1]
        steepest = _steepest_if_bounded(f)
        if steepest and float((slope < FLAT * steepest).mean()) >= SATURATED_SHARE:
            found.append(
                f"layer {layer}: {f.spec} is saturated (f'(z) below {FLAT:.0%} of its largest on at least "
                f"{SATURATED_SHARE:.0%} of the values), so it hardly learns; scale the inputs, lower the learning rate "
                "or use alpha (L2) to keep the weights small"
            )
        elif dead >= max(DEAD_SHARE * width, 1):
            found.append(
                f"layer {layer}: {dead} of its {width} {f.spec} units are dead (zero slope on every row); scale the "
                "inputs, lower the learning rate or use leaky_relu"
            )
    return found


def _steepest_if_bounded(f: Activation) -> float:
    """Return the largest f'(z) of an activation that is flat at both ends, as sigmoid and tanh are; else 0."""
    z = np.array([-40.0, -4.0, -1.0, -0.25, 0.0, 0.25, 1.0, 4.0, 40.0])
    slope = np.abs(np.broadcast_to(f.prime(z, f(z)), z.shape))
    return float(slope.max()) if max(slope[0], slope[-1]) < 1e-6 else 0.0


def _gradients(history: History) -> list[str]:
    """Look for an epoch whose gradient jumped far above what was usual and undid all that had been learned."""
    for epoch in range(1, len(history)):
        loss, norm = history.loss[epoch], history.gradient_norm[epoch]
        # The cheap test first: the median is asked for only where the loss is above where it began.
        if loss > history.loss[0]:
            usual = statistics.median(history.gradient_norm[:epoch])
            if norm > max(
                NORM_JUMP * usual, history.gradient_norm[0]
            ):  # a jump among tiny ones is none
                return [
                    f"the gradients exploded in epoch {epoch + 1} (norm {norm:.3g}, usually {usual:.3g}; loss "
                    f"{loss:.3g}, in the first epoch {history.loss[0]:.3g}); lower the learning rate or set clip_norm, "
                    f"for instance to {2.0 * usual:.2g}"
                ]
    return []
