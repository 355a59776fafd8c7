"""How far rounding alone may put a gradient off, entry by entry: a running error analysis of backpropagation.

Every quantity q of the pass gets a companion E_q, so that in units of one rounding |computed q - true q| is about E_q:
its own size plus the errors that it inherits. Roundings are as good as independent, so those of the terms of a sum add
up as squares (Higham & Mary 2019, SIAM J. Sci. Comput. 41(5), section 3). Not so over samples, which may be alike and
sorted: there sizes add up. A gradient that is small because large terms cancel gets a large E, and is not called wrong
for its last digits.
"""

from __future__ import annotations

import numpy as np

from chainrule.equations.activations import Activation
from chainrule.gradients.problem import Problem
from chainrule.network.backprop import forward, penalty_gradient
from chainrule.network.parameters import Parameters

ROUNDINGS = 32.0  #: how many units of E are still rounding; sums have more than one
_STEP = 1e-4  # for the slopes of slopes, of which only the size matters


def gradient_scale(problem: Problem) -> np.ndarray:
    """Return E of every entry of the gradient, (P,).

    Examples
    --------
    >>> from chainrule.gradients.problem import as_problem
    >>> from chainrule.network.network import Network
    >>> at = as_problem(Network([2, 3, 1]), [[1.0, -2.0]], [[0.5]])
    >>> bool(np.all(gradient_scale(at) * 1.0001 >= np.abs(at.gradient())))
    True
    """
    theta, L = problem.theta, problem.architecture.n_layers
    f, W, b = problem.architecture.f, theta.W, theta.b
    many = 1.0 + problem.n / ROUNDINGS  # n equal terms, added one by one, round n times alike
    with np.errstate(all="ignore"):
        P = forward(theta, problem.X, problem.masks)
        E_h, E_slope = [np.abs(problem.X)], [np.zeros(1)]
        slope = [np.zeros(1)]
        for l in range(1, L + 1):
            E_z = _sum_error(P.h[l - 1], E_h[l - 1], W[l]) + np.abs(P.z[l]) + np.abs(b[l])
            slope.append(np.abs(f[l].prime(P.z[l], P.a[l])))
            E_a, E_prime = np.abs(P.a[l]) + slope[l] * E_z, slope[l] + _bend(f[l], P.z[l]) * E_z
            if not _piecewise_linear(
                f[l]
            ):  # tails are differences of larger numbers: 1 - a², 1 + erf(z)
                E_a += np.minimum(np.abs(P.z[l]), 10.0)
                E_prime += 1.0
            E_slope.append(E_prime)
            E_h.append(E_a * P.mask[l])

        scores, share = P.a[L], problem.share
        loss = np.abs(problem.architecture.loss_function.gradient(scores, problem.Y))
        E_loss = loss + np.maximum(1.0, _loss_bend(problem, scores)) * (E_h[L] + np.abs(problem.Y))
        delta = share * loss * slope[L]
        E_delta = share * (E_loss * slope[L] + loss * E_slope[L])
        scale = Parameters(problem.architecture, np.empty_like(theta.vector))
        for l in range(L, 0, -1):
            h, both = np.abs(P.h[l - 1]), delta + E_delta
            scale.W[l][...] = many * (h.T @ both + E_h[l - 1].T @ delta)
            scale.W[l][...] += np.abs(penalty_gradient(theta, W[l]))
            scale.b[l][...] = many * both.sum(axis=0)
            if l > 1:
                back = np.sqrt(np.square(delta) @ np.square(W[l].T))
                E_back = _sum_error(delta, E_delta, W[l].T) + back
                delta = back * P.mask[l - 1] * slope[l - 1]
                E_delta = P.mask[l - 1] * (E_back * slope[l - 1] + back * E_slope[l - 1])
    return np.where(np.isfinite(scale.vector), scale.vector, np.inf)


def _sum_error(terms: np.ndarray, errors: np.ndarray, W: np.ndarray) -> np.ndarray:
    """Return E of ``terms @ W``; the partial sums of long products round as well."""
    total = np.sqrt((np.square(terms) + np.square(errors)) @ np.square(W))
    result: np.ndarray = total * (1.0 + np.sqrt(W.shape[0]) / 32.0)
    return result


def _piecewise_linear(f: Activation) -> bool:
    """Tell whether a function consists of straight lines, so that its slopes are exact."""
    z = np.array([0.5, 1.0, 3.0, 9.0])
    return all(np.ptp(f.prime(side, f(side))) == 0.0 for side in (z, -z))


def _bend(f: Activation, z: np.ndarray) -> np.ndarray:
    """Return the size of f'' at z; beside a kink, on the side away from it."""
    here = f.prime(z, f(z))
    sides = [np.abs(f.prime(z + t, f(z + t)) - here) / _STEP for t in (_STEP, -_STEP)]
    bend: np.ndarray = np.minimum(*sides)
    return bend


def _loss_bend(problem: Problem, scores: np.ndarray) -> np.ndarray:
    """Return the size of the loss's second derivative, as far as an output depends on its own score."""
    loss, Y = problem.architecture.loss_function, problem.Y
    here = loss.gradient(scores, Y)
    sides = [np.abs(loss.gradient(scores + t, Y) - here) / _STEP for t in (_STEP, -_STEP)]
    bend: np.ndarray = np.minimum(*sides)
    return bend
