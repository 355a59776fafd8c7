"""The check of any function's gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np

from chainrule.equations.noise import function_noise, real
from chainrule.errors import InputError
from chainrule.gradients.checking.block_check import BlockCheck, sorted_worst
from chainrule.gradients.checking.flags import FLOAT32, clipping_flags
from chainrule.gradients.checking.gradient_report import UNDECIDABLE, Entry, Flag, GradientReport
from chainrule.gradients.checking.parameter_layout import ParameterLayout
from chainrule.gradients.checking.probers import ComplexProber, DifferenceProber, Prober
from chainrule.gradients.checking.rounding import ROUNDINGS

_NOISY = 1e-10  #: noise above this part of J is more than float64 makes


def check_function(
    f: Callable[[Any], Any],
    gradient: Any,
    theta: Any,
    *,
    hidden: Callable[[Any], Sequence[Any]] | None = None,
    method: str = "auto",
    max_entries: int = 2000,
    seed: int = 0,
    name: str = "f",
) -> GradientReport:
    """Check the gradient of any function of arrays.

    If the function computes with complex numbers, its derivative is known exactly; else by central differences, each
    with an error bar, and what the bars leave open is called undecidable, not wrong.

    Parameters
    ----------
    f : callable
        ``f(theta)``, one number.
    gradient : callable or arrays
        ``gradient(theta)``, or its result: of the same form as ``theta``.
    theta : array, or list, tuple or dict of arrays
        The point; f receives copies.
    hidden : callable, optional
        ``hidden(theta)``: the arrays z[1], z[2], ... (samples, units) that enter a relu, so that a kink can be named.
    method : {"auto", "complex step", "central differences"}
        How the truth is found.
    max_entries : int
        How many entries of one array are looked at if its random direction does not agree.
    seed : int
        Of the directions.
    name : str
        What to call the function in the report.

    Returns
    -------
    GradientReport

    Raises
    ------
    InputError, InputTypeError
        If a shape does not fit, or f is not finite at theta.

    Examples
    --------
    >>> import numpy as np
    >>> x, y = np.array([[1.0, 2.0], [0.5, -1.0]]), np.array([1.0, 0.0])
    >>> def loss(w):
    ...     return ((x @ w - y) ** 2).mean()
    >>> report = check_function(loss, lambda w: x.T @ (x @ w - y), np.array([0.3, -0.2]))
    >>> report.verdict, report.method
    ('ok', 'complex step')
    >>> doubled = check_function(loss, lambda w: 2.0 * x.T @ (x @ w - y), np.array([0.3, -0.2]))
    >>> doubled.verdict, doubled.entries[0].name
    ('wrong', 'theta[1]')
    """
    layout = ParameterLayout(theta)
    given = gradient(layout.structure(layout.vector)) if callable(gradient) else gradient
    stored = _stored_in_float32(given)
    vector = layout.flat("gradient", given)
    return compare(
        lambda t: f(layout.structure(t)),
        vector,
        layout,
        name=name,
        method=method,
        float32=stored,
        explain=None if hidden is None else _explain(hidden, layout),
        max_entries=max_entries,
        seed=seed,
    )


def compare(
    f: Callable[[np.ndarray], Any],
    given: np.ndarray,
    layout: ParameterLayout,
    *,
    name: str,
    method: str = "auto",
    float32: bool = False,
    explain: Callable[[int, float], list[str]] | None = None,
    max_entries: int = 2000,
    keep: int = 100,
    seed: int = 0,
) -> GradientReport:
    """Compare a flat gradient with the derivatives of a function of a flat vector."""
    began = perf_counter()
    flags: list[Flag] = []
    entries: list[Entry] = []
    with np.errstate(all="ignore"):
        J = real(f(layout.vector))
        if not np.isfinite(J):
            raise InputError.of(name, got=J, expected="a finite value at theta")
        noise = function_noise(f, layout.vector, seed)
        size = float(np.abs(given[np.isfinite(given)]).max(initial=0.0))
        prober = _prober(f, layout.vector, given, method, noise, max(size, abs(J)), flags, seed)
        comparison = BlockCheck(
            prober,
            given,
            floor=max(1e-6 * size, 1e-6 * abs(J), 1e-300),
            slack=_slack(given, float32),
            explain=explain,
            most=max_entries,
            seed=seed,
        )
        if comparison.flat_everywhere():
            blocks = [
                replace(comparison.block(place)[0], verdict=UNDECIDABLE, n_wrong=0)
                for place in layout.places
            ]
            text = (
                f"{name} does not change at all around theta although its gradient is not 0: either it is clipped"
                " (np.clip, max(p, eps)) or saturated here, or its units are all dead and the gradient is wrong;"
                " check at another point"
            )
            flags.append(Flag("clipping", text))
        else:
            blocks = []
            for place in layout.places:
                block, looked_at = comparison.block(place)
                blocks.append(block)
                entries += looked_at
            entries, blocks = clipping_flags(entries, blocks, given, flags)
    _storage_flags(flags, prober, noise, J, name, float32)
    return GradientReport(
        subject=name,
        method=prober.method,
        blocks=blocks,
        entries=sorted_worst(entries)[:keep],
        flags=flags,
        kinks=comparison.kinks,
        J=J,
        seconds=perf_counter() - began,
    )


def _prober(
    f: Callable[[np.ndarray], Any],
    theta: np.ndarray,
    given: np.ndarray,
    method: str,
    noise: float,
    size: float,
    flags: list[Flag],
    seed: int,
) -> Prober:
    """Return complex steps if they agree with differences, else differences."""
    choices = ("auto", ComplexProber.method, DifferenceProber.method)
    if method not in choices:
        expected = f"one of {', '.join(map(repr, choices))}"
        raise InputError.of("method", got=repr(method), expected=expected)
    differences = DifferenceProber(f, theta, noise)
    if method == DifferenceProber.method:
        return differences

    def scale(start: int, stop: int) -> np.ndarray:
        # 1e-12 of the entry itself and 1e-13 of the largest number around: its terms are not known
        terms: np.ndarray = 70.0 * np.abs(given[start:stop]) + 7.0 * size
        return terms

    exact = ComplexProber(f, theta, scale, known=False)
    if method == ComplexProber.method:
        return exact
    direction = np.random.default_rng(seed).standard_normal(theta.size)
    near = differences.along(0, direction)
    try:
        found = exact.along(0, direction)
    except Exception as error:  # whatever a function does that was not made for complex numbers
        flags.append(Flag("method", f"{type(error).__name__} with complex numbers: {error}"))
        return differences
    low, high = min(near.low, near.value), max(near.high, near.value)
    margin = 2.0 * near.bar + found.bar + 1e-7 * abs(near.value)
    if not low - margin <= found.value <= high + margin:
        margin += differences.doubt(0, direction, near) + exact.doubt(0, direction, found)
    if not low - margin <= found.value <= high + margin:
        text = "the function takes complex numbers and is not analytic (abs, maximum, .real do so)"
        flags.append(Flag("method", text))
        return differences
    return exact


def _slack(given: np.ndarray, float32: bool) -> Callable[[int, int], np.ndarray]:
    def slack(start: int, stop: int) -> np.ndarray:
        allowed = np.zeros(stop - start)
        if float32:
            allowed += ROUNDINGS * FLOAT32 * (np.abs(given[start:stop]) + 0.1 * np.abs(given).max())
        return allowed

    return slack


def _storage_flags(
    flags: list[Flag], prober: Prober, noise: float, J: float, name: str, float32: bool
) -> None:
    if noise > _NOISY * abs(J) and prober.method == DifferenceProber.method:
        text = (
            f"the noise of {name} is {noise / max(abs(J), 1e-300):.1e} of its value: something in it is stored in"
            " float32, and differences see no further; the error bars say how far. Use float64 for a check"
        )
        flags.append(Flag("float32", text))
    if float32:
        text = "the gradient is stored in float32 and is allowed its rounding"
        flags.append(Flag("float32", text))


def _stored_in_float32(gradient: Any) -> bool:
    parts = gradient.values() if isinstance(gradient, dict) else gradient
    if isinstance(parts, np.ndarray):
        return bool(parts.dtype == np.float32)
    try:
        return any(getattr(part, "dtype", None) == np.float32 for part in parts)
    except TypeError:
        return False


def _explain(
    hidden: Callable[[Any], Sequence[Any]], layout: ParameterLayout
) -> Callable[[int, float], list[str]]:
    """Return a function that names the signs which a step of one parameter changes."""

    def crossed(place: int, h: float) -> list[str]:
        width = max(h, 1e-12) * max(1.0, abs(layout.vector[place]))
        ends = []
        for sign in (1.0, -1.0):
            moved = layout.vector.copy()
            moved[place] += sign * width
            ends.append([np.asarray(z, dtype=float) for z in hidden(layout.structure(moved))])
        found = []
        for layer, (plus, minus) in enumerate(zip(*ends, strict=True), start=1):
            for i, j in np.argwhere((np.atleast_2d(plus) > 0.0) != (np.atleast_2d(minus) > 0.0))[
                :10
            ]:
                z = 0.5 * (np.atleast_2d(plus)[i, j] + np.atleast_2d(minus)[i, j])
                found.append(f"sample {i}, layer {layer}, unit {j} (z[{layer}] = {z:.3g})")
        return found

    return crossed
