"""A user's own activation or loss: value and derivative, checked here once, then run like any built-in one.

The derivative is compared with the value's own on a grid: by complex step where the value passes complex numbers
through (exact), else by central differences with Richardson's error bar. A mistake is found when the function is
registered, with the point where it is worst, and not after a training that went wrong.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from chainrule.equations.activations import Activation, activations
from chainrule.equations.domains import domain_named
from chainrule.equations.elementary import Array
from chainrule.equations.links import link_named
from chainrule.equations.losses import Loss, losses
from chainrule.equations.numeric_derivative import ElementwiseDerivative, elementwise_derivative
from chainrule.errors import InputError


def register_activation(
    name: str,
    value: Callable[..., Array],
    derivative: Callable[..., Array],
    *,
    kinks: Sequence[float] = (),
    initializer: str = "he_uniform",
    formula: str = "",
    derivative_formula: str = "",
    source: str = "",
) -> Activation:
    """Register an activation of your own under ``name``, after checking its derivative.

    Parameters
    ----------
    name : str
        The name to use in ``activation=``; a Python identifier that is not taken.
    value : callable
        ``value(z)``, elementwise, of NumPy functions or those of ``chainrule.equations.elementary``. Write float
        literals (``1.0``, not ``1``). The fused engine compiles its source.
    derivative : callable
        ``derivative(z)`` or ``derivative(z, a)`` with ``a = value(z)``.
    kinks : sequence of float
        Points without a derivative; they are left out of the check.
    initializer : str
        The initial weights for a layer of it, where ``initializer="auto"`` lets a ``Network``'s layers choose.
    formula, derivative_formula, source : str
        Shown wherever the activation is shown.

    Returns
    -------
    Activation
        The record, also found by its name from now on.

    Raises
    ------
    InputError
        If the name is taken, a function fails, or the derivative is not the value's.

    Examples
    --------
    >>> from chainrule.equations.activations import activations
    >>> square = register_activation("squared", lambda z: z * z, lambda z: 2.0 * z)
    >>> activations.unregister("squared")
    >>> register_activation("wrong", lambda z: z * z, lambda z: z)
    Traceback (most recent call last):
        ...
    chainrule.errors.InputError: derivative of activation wrong: got -6.05 at z = -6.05,
    expected -12.1; differentiate value again, or name its kinks
    """
    _check_name("activation", name)
    value, derivative = _plain(value), _of_z_and_a(_plain(derivative))
    z = np.linspace(-6.05, 6.05, 243)
    for kink in kinks:
        z = z[np.abs(z - kink) > 1e-3]
    z.flags.writeable = False
    what = f"activation {name}"
    a = _evaluated(what, "value", partial(value), z)
    given = _evaluated(what, "derivative", partial(derivative), z, a)
    _compare(what, "z", given, z, elementwise_derivative(value, z))
    return activations.register(
        Activation(
            name,
            value,
            derivative,
            formula or name,
            derivative_formula or f"{name}'(z)",
            source=source,
            kinks=tuple(float(kink) for kink in kinks),
            initializer=initializer,
        )
    )


def register_loss(
    name: str,
    value: Callable[[Array, Array], Array],
    derivative: Callable[[Array, Array], Array],
    *,
    link: str = "identity",
    domain: str = "real",
    kinks: bool = False,
    formula: str = "",
    derivative_formula: str = "",
    source: str = "",
) -> Loss:
    """Register a loss of your own under ``name``, after checking its derivative.

    Parameters
    ----------
    name : str
        The name to use in ``loss=``; a Python identifier that is not taken.
    value : callable
        ``value(z, y)``, elementwise on raw scores and targets of the same shape. A row's loss is the sum over outputs.
    derivative : callable
        ``derivative(z, y)``, the derivative of ``value`` with respect to ``z``.
    link : {"identity", "sigmoid", "softmax", "exp"}
        From raw scores to predictions.
    domain : {"real", "nonnegative", "positive", "unit"}
        What ``y`` may be.
    kinks : bool
        Whether there is no derivative at ``z = y``.
    formula, derivative_formula, source : str
        Shown wherever the loss is shown.

    Returns
    -------
    Loss
        The record, also found by its name from now on.

    Raises
    ------
    InputError
        If the name is taken, a function fails, or the derivative is not the value's.

    Examples
    --------
    >>> from chainrule.equations.losses import losses
    >>> quartic = register_loss("quartic", lambda z, y: (z - y) ** 4.0, lambda z, y: 4.0 * (z - y) ** 3.0)
    >>> losses.unregister("quartic")
    """
    _check_name("loss", name)
    fused = link_named(link)
    value, derivative = _plain(value), _plain(derivative)
    what = f"loss {name}"
    for target in domain_named(domain, of_numbers=True).examples:
        z = np.linspace(-4.03, 4.03, 163)
        z = z[np.abs(z - target) > 1e-3] if kinks else z
        y = np.full_like(z, target)
        z.flags.writeable = y.flags.writeable = False
        given = _evaluated(what, "derivative", partial(derivative), z, y)
        _evaluated(what, "value", partial(value), z, y)
        _compare(what, f"y = {target:g}, z", given, z, elementwise_derivative(value, z, y))
    return losses.register(
        Loss(
            name,
            value,
            derivative,
            fused,
            domain,
            formula or name,
            derivative_formula or f"d{name}/dz",
            source=source,
            kinks="z = y" if kinks else "",
        )
    )


def _check_name(kind: str, name: str) -> None:
    if not isinstance(name, str) or not name.isidentifier():
        raise InputError.of(f"{kind} name", got=repr(name), expected="a Python identifier")


def _plain(rule: Callable[..., Array]) -> Callable[..., Array]:
    """Put a ufunc (``numpy.sin``) into a function: one argument too many would be where it writes."""
    if not isinstance(rule, np.ufunc):
        return rule
    ufunc = rule
    if ufunc.nin == 1:
        return lambda z: ufunc(z)
    return lambda z, y: ufunc(z, y)


def _of_z_and_a(derivative: Callable[..., Array]) -> Callable[..., Array]:
    """Let a derivative that takes only ``z`` be called with ``a`` as well."""
    if len(inspect.signature(derivative).parameters) != 1:
        return derivative

    def derivative_of_z(z: Array, a: Array) -> Array:
        return derivative(z)

    return derivative_of_z


def _evaluated(what: str, role: str, rule: Callable[..., Array], *arrays: np.ndarray) -> np.ndarray:
    try:
        with np.errstate(all="ignore"):
            result = np.asarray(rule(*arrays), dtype=float)
            some = np.asarray(rule(*(array[::7].copy() for array in arrays)), dtype=float)
    except Exception as error:
        raise InputError.of(
            f"{role} of {what}",
            got=f"{type(error).__name__}: {error}",
            expected=f"an elementwise function of {len(arrays)} arrays",
        ) from error
    if result.shape not in ((), arrays[0].shape) or not np.all(np.isfinite(result)):
        raise InputError.of(
            f"{role} of {what}",
            got="values not finite" if not np.all(np.isfinite(result)) else f"shape {result.shape}",
            expected=f"finite values of the shape of z, {arrays[0].shape}",
        )
    if not np.allclose(some, result[::7] if result.ndim else result, rtol=1e-9, atol=1e-12):
        raise InputError.of(
            f"{role} of {what}",
            got="other values when fewer are given",
            expected="an elementwise function, each value from its own z alone",
        )
    return np.broadcast_to(result, arrays[0].shape)


def _compare(
    what: str, name: str, given: np.ndarray, z: np.ndarray, found: ElementwiseDerivative
) -> None:
    expected = found.value
    excess = np.abs(given - expected) - np.maximum(found.bar, 1e-9 * (1.0 + np.abs(expected)))
    worst = int(np.argmax(excess))
    if excess[worst] > 0.0:
        raise InputError.of(
            f"derivative of {what}",
            got=f"{given[worst]:.6g} at {name} = {z[worst]:.6g}",
            expected=f"{expected[worst]:.6g}",
            remedy="differentiate value again, or name its kinks",
        )
