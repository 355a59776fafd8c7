"""The check of one activation or one loss, on a grid of points."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.equations.activations import Activation, activations
from chainrule.equations.domains import domain_named
from chainrule.equations.losses import Loss, losses
from chainrule.errors import InputError
from chainrule.gradients.checking.check_function import compare
from chainrule.gradients.checking.gradient_report import (
    UNDECIDABLE,
    WRONG,
    Entry,
    Flag,
    GradientReport,
    worst,
)
from chainrule.gradients.checking.parameter_layout import ParameterLayout

_NEAR = 1e-3  # grid points nearer to a declared kink are left out


def check_activation(
    activation: str | Activation | Callable[..., Any],
    derivative: Callable[..., Any] | None = None,
    *,
    kinks: Sequence[float] = (),
    z: Any = None,
) -> GradientReport:
    """Check an activation's derivative.

    Parameters
    ----------
    activation : str, Activation or callable
        A registered one, or ``value(z)``, elementwise.
    derivative : callable, optional
        ``derivative(z)`` or ``derivative(z, a)`` with a = value(z); needed for a callable.
    kinks : sequence of float
        Points without a derivative, left out.
    z : array-like, optional
        Where to look; from -8 to 8 and at -40 and 40 by default.

    Returns
    -------
    GradientReport
        Its entries name the points.

    Examples
    --------
    >>> check_activation("leaky_relu").verdict
    'ok'
    >>> report = check_activation(lambda z: z**3, lambda z: z**2)
    >>> report.verdict
    'wrong'
    """
    if isinstance(activation, str | Activation):
        record = activations.get(activation)
        name, kinks = record.name, record.kinks
        value: Callable[..., Any] = record
        prime: Callable[..., Any] = record.prime
    else:
        name = getattr(activation, "__name__", "activation").strip("<>")
        value, prime = activation, _of_z_and_a(derivative, "activation")
    points = np.r_[np.linspace(-8.0, 8.0, 161), -40.0, 40.0] if z is None else np.ravel(z)
    points = points.astype(float)
    for kink in kinks:
        points = points[np.abs(points - kink) > _NEAR]
    with np.errstate(all="ignore"):
        given = np.broadcast_to(np.asarray(prime(points, value(points)), dtype=float), points.shape)
    return _report(
        f"{name}'", lambda t: np.sum(value(t)), given, points, lambda i: f"z = {points[i]:.6g}"
    )


def check_loss(
    loss: str | Loss | Callable[..., Any],
    derivative: Callable[..., Any] | None = None,
    *,
    domain: str = "real",
    kinks: bool = False,
    outputs: int = 1,
    z: Any = None,
    seed: int = 0,
) -> GradientReport:
    """Check the derivative of a loss with respect to its scores.

    Parameters
    ----------
    loss : str, Loss or callable
        A registered one, or ``value(z, y)`` on arrays (n, outputs), elementwise or one number a row.
    derivative : callable, optional
        ``derivative(z, y)``, (n, outputs); needed for a callable.
    domain : {"real", "nonnegative", "positive", "unit", "one_hot"}
        What y may be; a registered loss knows its own.
    kinks : bool
        Whether there is no derivative at z = y; such points are left out.
    outputs : int
        Outputs of a row; at least 3 for one-hot targets.
    z : array-like, optional
        The scores to look at for every target; from -6 to 6 and at -40 and 40 by default.
    seed : int
        Of the scores, where a row has several outputs.

    Returns
    -------
    GradientReport
        Its entries name the points. Where a value stands still because it is clipped, that is said.

    Examples
    --------
    >>> check_loss("huber").verdict
    'ok'
    >>> import numpy as np
    >>> def clipped(z, y):
    ...     p = np.clip(1.0 / (1.0 + np.exp(-z)), 1e-15, 1.0 - 1e-15)
    ...     return -(y * np.log(p) + (1.0 - y) * np.log(1.0 - p))
    >>> report = check_loss(clipped, lambda z, y: 1.0 / (1.0 + np.exp(-z)) - y, domain="unit")
    >>> report.verdict, [flag.kind for flag in report.flags]
    ('undecidable', ['clipping'])
    """
    if isinstance(loss, str | Loss):
        record = losses.get(loss)
        name, value, prime, domain = record.name, record.rows, record.gradient, record.domain
        kinks = bool(record.kinks)
    else:
        if derivative is None:
            raise InputError.of("derivative", got=None, expected="a function of z and y")
        name = getattr(loss, "__name__", "loss").strip("<>")
        value, prime = loss, derivative
    Z, Y = _points(domain, outputs, z, seed)
    if kinks:
        keep = np.all(np.abs(Z - Y) > _NEAR, axis=1)
        Z, Y = Z[keep], Y[keep]
    with np.errstate(all="ignore"):
        given = np.broadcast_to(np.asarray(prime(Z, Y), dtype=float), Z.shape)

    def place(i: int) -> str:
        row = i // Z.shape[1]
        return f"z = {_row(Z[row])}, y = {_row(Y[row])}"

    report = _report(
        f"{name}'", lambda t: np.sum(value(t.reshape(Z.shape), Y)), given.ravel(), Z.ravel(), place
    )
    return _without_clipped(report, Z, Y, name) if Z.shape[1] == 1 else report


def _of_z_and_a(derivative: Callable[..., Any] | None, what: str) -> Callable[..., Any]:
    if derivative is None:
        raise InputError.of("derivative", got=None, expected=f"the derivative of the {what}")
    if len(inspect.signature(derivative).parameters) != 1:
        return derivative
    return lambda z, a: derivative(z)


def _points(domain: str, outputs: int, z: Any, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return scores and targets, (n, outputs)."""
    accepted = domain_named(domain)
    targets = accepted.examples
    if outputs > 1 or not targets:
        random = np.random.default_rng(seed)
        Z = 3.0 * random.standard_normal((60, outputs if targets else max(outputs, 3)))
        if targets:
            return Z, random.choice(targets, size=Z.shape)
        assert accepted.draw is not None  # the rows of such a domain count as a whole
        return Z, accepted.draw(random, *Z.shape)
    grid = np.r_[-40.0, np.linspace(-6.02, 6.03, 121), 40.0] if z is None else np.sort(np.ravel(z))
    Z = np.tile(grid.astype(float), len(targets))[:, None]
    return Z, np.repeat(targets, len(grid))[:, None]


def _row(values: np.ndarray) -> str:
    written = ", ".join(f"{value:.6g}" for value in values)
    return written if len(values) == 1 else f"({written})"


def _report(
    name: str,
    f: Callable[[np.ndarray], Any],
    given: np.ndarray,
    points: np.ndarray,
    place: Callable[[int], str],
) -> GradientReport:
    """Compare on all points at once, and name the points in the entries."""
    layout = ParameterLayout(points)
    layout.places = [layout.places[0]._replace(name=name)]
    every = len(points)
    report = compare(
        f, np.array(given, dtype=float), layout, name=name, max_entries=every, keep=every
    )
    entries = [
        replace(
            entry, reason=f"{place(entry.index[0])}{'; ' if entry.reason else ''}{entry.reason}"
        )
        for entry in report.entries
    ]
    return replace(report, entries=entries)


def _without_clipped(
    report: GradientReport, Z: np.ndarray, Y: np.ndarray, name: str
) -> GradientReport:
    """Call entries undecidable where the value stands still out to the end of the grid."""
    still = {
        entry.index[0]: entry
        for entry in report.entries
        if entry.expected == 0.0 and entry.given != 0.0
    }
    clipped: list[int] = []
    for target in np.unique(Y):
        rows = np.flatnonzero(Y[:, 0] == target)
        rows = rows[np.argsort(Z[rows, 0])]
        for ordered in (rows, rows[::-1]):
            for row in ordered:
                if int(row) not in still:
                    break
                clipped.append(int(row))
    if not clipped:
        return report
    entries = [_excused(entry, clipped) for entry in report.entries]
    n_wrong = sum(entry.verdict == WRONG for entry in entries)
    verdict = worst([entry.verdict for entry in entries])
    block = replace(
        report.blocks[0],
        verdict=verdict,
        n_wrong=n_wrong,
        n_undecidable=sum(entry.verdict == UNDECIDABLE for entry in entries),
    )
    ends = Z[clipped, 0]
    text = (
        f"the value of {name} stands still for large scores (here at z = {ends.min():.6g} to {ends.max():.6g})"
        " while its derivative does not: it is clipped. Write it with raw scores, softplus(z) - y z"
    )
    flags = [*report.flags, Flag("clipping", text)]
    return replace(report, blocks=[block], entries=entries, flags=flags)


def _excused(entry: Entry, clipped: list[int]) -> Entry:
    if entry.index[0] not in clipped or entry.verdict != WRONG:
        return entry
    return replace(entry, verdict=UNDECIDABLE, reason=f"{entry.reason}; the value is clipped here")
