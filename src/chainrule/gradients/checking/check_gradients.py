"""The check of a network's gradient."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import Any

import numpy as np

from chainrule.equations.noise import function_noise
from chainrule.equations.numeric_derivative import complex_step_derivative, elementwise_derivative
from chainrule.errors import InputError
from chainrule.gradients.checking.block_check import BlockCheck, BlockPlace, sorted_worst
from chainrule.gradients.checking.flags import (
    clipping_flags,
    float32_slack,
    network_flags,
)
from chainrule.gradients.checking.gradient_report import Flag, GradientReport
from chainrule.gradients.checking.kinks import Kink, kinks_between, kinks_near
from chainrule.gradients.checking.probers import ComplexProber, DifferenceProber, Prober
from chainrule.gradients.checking.rounding import gradient_scale
from chainrule.gradients.problem import Problem, as_problem
from chainrule.gradients.tracing.plan import shown_loss
from chainrule.network.backprop import Masks, forward
from chainrule.network.parameters import Parameters, segments

_WORK = 2e8  # multiplications of one forward pass beyond which a sample of the rows is taken
_NEAR = 1e-13  # two orders of summation may put a z this near (of the largest) to a kink on different sides


def check_gradients(
    network: Any,
    X: Any,
    Y: Any,
    sample_weight: Any = None,
    *,
    masks: Masks | None = None,
    gradient: Any = None,
    method: str = "auto",
    max_rows: int | None = None,
    max_entries: int = 2000,
    seed: int = 0,
) -> GradientReport:
    """Check the gradient of a network against its own objective.

    The complex step is exact: what it cannot explain by rounding is wrong. It needs activations and losses that compute
    with complex numbers, as all of ours do; where a user's own does not, there are central differences.

    Parameters
    ----------
    network : Network or fitted estimator
        An estimator takes X and y as its ``fit`` does.
    X, Y : array-like
        Rows and targets.
    sample_weight : array-like of shape (n,), optional
        Weights of the rows.
    masks : sequence, optional
        Dropout masks, for l = 0..L.
    gradient : array-like, optional
        Another gradient to be checked for the same network: a flat vector (P,), or the arrays dW1, db1, dW2, db2, ...
        The network's own by default.
    method : {"auto", "complex step", "central differences"}
        How the truth is found.
    max_rows : int, optional
        Use at most so many rows, drawn at random. By default as many as keep one evaluation below a second.
    max_entries : int
        How many entries of one block are looked at if its random direction does not agree.
    seed : int
        Of the directions and of the rows.

    Returns
    -------
    GradientReport

    Raises
    ------
    InputError
        If something has the wrong shape or is not finite.

    Examples
    --------
    >>> from chainrule.network.network import Network
    >>> net = Network([2, 3, 1], activations="tanh", loss="binary_log_loss", l2=0.1)
    >>> X, Y = [[0.5, -1.0], [2.0, 1.0]], [[1.0], [0.0]]
    >>> check_gradients(net, X, Y).raise_if_wrong().verdict
    'ok'
    >>> doubled = 2.0 * net.gradient(X, Y)[1]
    >>> check_gradients(net, X, Y, gradient=doubled).verdict
    'wrong'
    """
    began = perf_counter()
    problem = as_problem(network, X, Y, sample_weight, masks)
    flags: list[Flag] = []
    problem = _fewer_rows(problem, None if gradient is None else problem.n, max_rows, seed, flags)
    with np.errstate(all="ignore"):
        J = float(np.real(problem.objective(problem.theta.vector)))
    if not np.isfinite(J):
        raise InputError.of("J", got=J, expected="a finite objective", remedy="scale the inputs")
    with np.errstate(all="ignore"):
        given = problem.gradient() if gradient is None else _flat(problem, gradient)
    is_float32 = gradient is not None and _is_float32(gradient)

    scale = gradient_scale(problem)
    prober = _prober(problem, method, scale, J, flags, seed)
    size = float(np.abs(given[np.isfinite(given)]).max(initial=0.0))
    with np.errstate(all="ignore"):
        P = forward(problem.theta, problem.X, problem.masks)
        largest = max(1.0, *(float(np.abs(z).max()) for z in P.z))
    near = kinks_near(problem.theta, problem.X, problem.Y, _NEAR * largest)
    comparison = BlockCheck(
        prober,
        given,
        floor=np.inf if prober.method == ComplexProber.method else 1e-6 * max(size, abs(J)),
        slack=float32_slack(scale) if is_float32 else lambda start, stop: np.zeros(stop - start),
        hull=_hull(problem, near),
        explain=lambda place, h: [str(kink) for kink in _crossed(problem, place, h)],
        most=max_entries,
        seed=seed,
    )
    blocks, entries = [], []
    with np.errstate(all="ignore"):
        for place in _places(problem):
            block, looked_at = comparison.block(place)
            blocks.append(block)
            entries += looked_at
    flags += network_flags(problem, network, is_float32, len(near))
    entries, blocks = clipping_flags(entries, blocks, given, flags)
    return GradientReport(
        subject=_described(problem),
        method=prober.method,
        blocks=blocks,
        entries=sorted_worst(entries)[:100],
        flags=flags,
        kinks=_each_once([*(str(kink) for kink in near), *comparison.kinks]),
        J=J,
        seconds=perf_counter() - began,
    )


def _each_once(kinks: list[str]) -> list[str]:
    """Return kinks without those at the same place."""
    return list({kink.partition(" (")[0]: kink for kink in reversed(kinks)}.values())[::-1]


def _described(problem: Problem) -> str:
    a = problem.architecture
    sizes = "-".join(map(str, a.sizes))
    rows = "1 sample" if problem.n == 1 else f"{problem.n} samples"
    return f"network {sizes}, {', '.join(a.activations)}, {shown_loss(a.loss_function)}, {rows}"


def _places(problem: Problem) -> list[BlockPlace]:
    theta = problem.theta
    return [
        BlockPlace(s.name, s.start, (theta.W if s.is_weight else theta.b)[s.layer].shape, s.layer)
        for s in segments(problem.architecture.sizes)
    ]


def _fewer_rows(
    problem: Problem, needed: int | None, max_rows: int | None, seed: int, flags: list[Flag]
) -> Problem:
    most = max_rows or max(16, int(_WORK / max(problem.architecture.n_parameters, 1)))
    if problem.n <= most or needed is not None:
        return problem
    chosen = np.sort(np.random.default_rng(seed).choice(problem.n, most, replace=False))
    text = f"{most} of {problem.n} were drawn at random; max_rows={problem.n} takes all"
    flags.append(Flag("rows", text))
    return problem.rows(chosen)


def _is_float32(gradient: Any) -> bool:
    parts = gradient if isinstance(gradient, Sequence) else [gradient]
    return any(getattr(part, "dtype", None) == np.float32 for part in parts)


def _flat(problem: Problem, gradient: Any) -> np.ndarray:
    size = problem.architecture.n_parameters
    if isinstance(gradient, np.ndarray) and gradient.shape == (size,):
        return gradient.astype(float)
    expected = [place.shape for place in _places(problem)]
    try:
        parts = [np.asarray(part, dtype=float) for part in gradient]
    except (TypeError, ValueError):
        parts = []
    if [part.shape for part in parts] != expected:
        raise InputError.of(
            "gradient",
            got=f"shapes {[part.shape for part in parts]}",
            expected=f"a vector of shape ({size},), or arrays of shapes {expected}",
        )
    return np.concatenate([part.ravel() for part in parts])


def _prober(
    problem: Problem, method: str, scale: np.ndarray, J: float, flags: list[Flag], seed: int
) -> Prober:
    choices = ("auto", ComplexProber.method, DifferenceProber.method)
    if method not in choices:
        expected = f"one of {', '.join(map(repr, choices))}"
        raise InputError.of("method", got=repr(method), expected=expected)
    theta = problem.theta.vector
    unsafe = [] if method == DifferenceProber.method else _not_analytic(problem)
    if unsafe and method == "auto":
        text = f"{' and '.join(unsafe)} cannot be computed with complex numbers, so there are differences"
        flags.append(Flag("method", text))
    if method == ComplexProber.method or (method == "auto" and not unsafe):
        return ComplexProber(problem.objective, theta, lambda start, stop: scale[start:stop])
    return DifferenceProber(
        problem.objective, theta, function_noise(problem.objective, theta, seed)
    )


def _not_analytic(problem: Problem) -> list[str]:
    """Return the names of activations, and of the loss, whose complex step is not their derivative.

    Each is asked at the values that it meets here, since a function such as abs takes complex numbers and is wrong.
    """
    found = []
    a = problem.architecture
    P = forward(problem.theta, problem.X, problem.masks)
    random = np.random.default_rng(0)
    for l in range(1, a.n_layers + 1):
        z = P.z[l].ravel()
        z = z[np.abs(z[:, None] - np.array(a.f[l].kinks)).min(axis=1, initial=np.inf) > 1e-3]
        some_z = random.choice(z, min(200, z.size))
        if z.size and not elementwise_derivative(a.f[l], some_z, h=1e-4).exact:
            found.append(f"activation {a.f[l].name}")
    some = slice(0, 50)

    def loss(t: np.ndarray) -> Any:
        return a.loss_function.rows(t.reshape(-1, a.sizes[-1]), problem.Y[some]).sum()

    scores = P.scores[some].ravel()
    v = random.standard_normal(scores.size)
    try:
        exact = complex_step_derivative(loss, scores, v)
    except TypeError:
        exact = np.nan
    claimed = float(a.loss_function.gradient(P.scores[some], problem.Y[some]).ravel() @ v)
    h = 1e-5
    near = float(loss(scores + h * v) - loss(scores - h * v)) / (2 * h)
    # either agreement will do: at a kink of the loss the differences are no witness
    if not min(abs(exact - claimed), abs(exact - near)) <= 1e-5 * (1.0 + abs(near)):
        found.append(f"loss {a.loss_function.name}")
    return found


def _crossed(problem: Problem, place: int, h: float) -> list[Kink]:
    plus, minus = problem.theta.copy(), problem.theta.copy()
    width = h * max(1.0, abs(problem.theta.vector[place]))
    plus.vector[place] += width
    minus.vector[place] -= width
    return kinks_between(plus, minus, problem.X, problem.Y)


def _hull(problem: Problem, near: list[Kink]) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the smallest and largest gradient on the sides of the kinks that the network stands on."""
    if not near:
        return None
    sides = [problem.gradient()]
    for sign in (1.0, -1.0):
        moved = problem.theta.copy()
        for kink in near:
            if kink.what == "activation":
                moved.b[kink.layer][kink.unit] += sign * 1e-9
            elif kink.what == "loss":
                moved.b[-1][kink.unit] += sign * 1e-9
            else:
                moved.W[kink.layer][kink.sample, kink.unit] += sign * 1e-9
        at = Problem(
            Parameters(problem.architecture, moved.vector),
            problem.X,
            problem.Y,
            problem.share,
            problem.weighted,
            problem.masks,
        )
        sides.append(at.gradient())
    return np.minimum.reduce(sides), np.maximum.reduce(sides)
