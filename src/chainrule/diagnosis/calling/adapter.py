"""Call a backward function in the form in which it was written.

The arguments are recognised by their names (X, y, W1, b, params, cache, activations, lambd, ...), the rest by trying:
whether rows or columns are samples, whether W is (fan_in, fan_out) or its transpose, whether b is (k,) or a column, and
in which container weights come. On a rectangular network only one form fits its shapes.

Whatever cannot be recognised is bridged by a function of two lines::

    def call(backward, probe):          # probe.X, .Y, .W, .b, .z, .a (lists, rows are samples), .l2
        return backward(probe.X.T, probe.Y.T, [W.T for W in probe.W])

    diagnose(backward, call=call)
"""

from __future__ import annotations

import contextlib
import inspect
import io
import warnings
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any, cast

import numpy as np

from chainrule.diagnosis.calling.forms import (
    CONVENTIONS,
    RATE,
    VECTORS,
    Form,
    argument,
    arrays_in,
)
from chainrule.diagnosis.calling.returned import Read, read
from chainrule.diagnosis.calling.spelling import Role, role
from chainrule.diagnosis.calling.stepping import as_gradients, is_step
from chainrule.diagnosis.probes import Probe
from chainrule.errors import InputError

#: What is passed even where it has a default.
_NEVER_LEFT_OUT = ("l2", "activations", "W", "b", "rate", "iterations")

Call = Callable[[Callable[..., Any], Probe], Any]


class Watched:
    """A probe that notes what is asked of it."""

    def __init__(self, p: Probe, seen: set[str]) -> None:
        self._probe, self._seen = p, seen

    def __getattr__(self, name: str) -> Any:
        self._seen.add(name)
        value = getattr(self._probe, name)
        return (
            value.copy() if name in ("X", "Y") else value
        )  # probes are shared, and code may write


class Adapter:
    """A user's function, callable on probes.

    Parameters
    ----------
    target : callable
        The function.
    call : callable, optional
        ``call(target, probe)``, where the arguments cannot be recognised.

    Raises
    ------
    InputError
        If an argument's name says nothing and no ``call`` is given.
    """

    def __init__(self, target: Callable[..., Any], call: Call | None = None) -> None:
        self.target, self.custom = target, call
        self.roles: dict[str, Role] = {}
        self.positional: set[str] = set()
        self.seen: set[str] = set()  #: what ``call`` has asked its probe for
        if call is None:
            self._recognise()

    def _recognise(self) -> None:
        try:
            parameters = inspect.signature(self.target).parameters.values()
        except (TypeError, ValueError):
            raise InputError.of(
                "function", got=repr(self.target), expected="a Python function", remedy="give call="
            ) from None
        unknown = []
        for p in parameters:
            if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
                continue
            found = role(p.name)
            if p.default is not p.empty and (found is None or found.kind not in _NEVER_LEFT_OUT):
                continue
            if found is None:
                unknown.append(p.name)
                continue
            self.roles[p.name] = self._one_reading(p.name, found)
            if p.kind == p.POSITIONAL_ONLY:
                self.positional.add(p.name)
        if unknown:
            raise InputError.of(
                "arguments of the function",
                got=", ".join(unknown),
                expected="names such as X, y, W, b, W1, params, cache, activations, lambd",
                remedy="rename them, or give call=, a function of (function, probe) that calls it",
            )

    def _one_reading(self, name: str, found: Role) -> Role:
        """Settle what depends on the other names: L beside l2, a list of activations or of values."""
        return Role("L") if name == "L" else found

    # ---- what the names tell ------------------------------------------------------------------------

    def has(self, *kinds: str) -> bool:
        """Tell whether an argument of one of these kinds is taken."""
        if self.custom is not None:
            return bool(self.seen & {"theta", "architecture", "setting", *kinds})
        return any(r.kind in kinds for r in self.roles.values())

    @property
    def n_layers(self) -> int | None:
        """The number of layers, where W1, W2, ... are arguments of their own."""
        return (
            len([r for r in self.roles.values() if r.kind == "W" and r.index is not None]) or None
        )

    @property
    def takes_activations(self) -> bool:
        """Whether the activations are an argument and not built in."""
        return self.has("activations")

    @property
    def takes_one_weight(self) -> bool:
        """Whether the weights are one argument called ``w``, in lower case."""
        return "w" in self.roles

    @property
    def takes_depth(self) -> bool:
        """Whether the function is told how many layers there are."""
        return any(r.kind in ("L", "sizes", "activations") for r in self.roles.values())

    @property
    def base(self) -> int:
        """The index of the first weight."""
        return min(
            (r.index for r in self.roles.values() if r.kind == "W" and r.index is not None),
            default=1,
        )

    def forms(self, p: Probe) -> Iterator[Form]:
        """Yield the forms that can be tried on a probe, the common ones first."""
        if self.custom is not None:
            yield Form()
            yield Form(out_in=True)
            return
        n, k = p.Y.shape
        conventions: tuple[tuple[str, bool, bool], ...] = CONVENTIONS
        targets = ["2-D"]
        if k == 1:
            targets.append("flat")
        if n == 1:
            conventions = (*CONVENTIONS, *VECTORS)
            targets += ["number"] if k == 1 else []
        if p.architecture.loss_function.domain == "one_hot":
            targets.append("labels")
        containers = ["list"]
        if self._is_whole():
            containers = ["keys", "vector", "pairs", "list"]
            if p.architecture.n_layers == 1:
                containers.append("nested keys")
        elif any(r.kind in ("W", "b") and r.index is None for r in self.roles.values()):
            containers = ["list", "dict", "padded"]
            if p.architecture.n_layers == 1:
                containers.insert(0, "array")
        words = (
            ["words", "Words", "pairs", "values"] if self._has_role("activations") else ["words"]
        )
        bases = [self.base] if self.n_layers else [1, 0] if "keys" in containers else [1]
        caches = ["keys", "tuples"] if self._has_role("cache") else ["keys"]
        for base, spelled, cache, container, target, convention in product(
            bases, words, caches, containers, targets, conventions
        ):
            yield Form(*convention, target, container, base, spelled, cache)

    def _is_whole(self) -> bool:
        return self._has_role("params")

    def _has_role(self, kind: str) -> bool:
        return any(r.kind == kind for r in self.roles.values())

    # ---- the call -----------------------------------------------------------------------------------

    def call(self, p: Probe, form: Form) -> Read:
        """Call the function on a probe and read what it returns. Whatever it raises is passed on."""
        return self.call_and_watch(p, form)[0]

    def call_and_watch(self, p: Probe, form: Form) -> tuple[Read, list[str]]:
        """Call the function, and also list the arguments that it has changed."""
        result, changed = self.raw(p, form)
        found = read(result, p.architecture.n_layers, p.architecture.sizes, form.layout)
        if self.custom is None and is_step(found, p):
            found = as_gradients(found, p, RATE if self.has("rate") else None)
        return found, changed

    def raw(self, p: Probe, form: Form) -> tuple[Any, list[str]]:
        """Call the function; return what it returns and the names of the arguments that it has changed."""
        changed: list[str] = []
        with (
            contextlib.redirect_stdout(io.StringIO()),
            warnings.catch_warnings(),
            np.errstate(all="ignore"),
        ):
            warnings.simplefilter("ignore")
            if self.custom is not None:
                result = self.custom(self.target, cast(Probe, Watched(p, self.seen)))
            else:
                given = {name: argument(r, p, form) for name, r in self.roles.items()}
                kept = {name: arrays_in(value) for name, value in given.items()}
                copies = {name: [array.copy() for array in arrays] for name, arrays in kept.items()}
                first = [value for name, value in given.items() if name in self.positional]
                named = {
                    name: value for name, value in given.items() if name not in self.positional
                }
                result = self.target(*first, **named)
                changed = [
                    name
                    for name, arrays in kept.items()
                    if any(
                        not np.array_equal(now, before)
                        for now, before in zip(arrays, copies[name], strict=True)
                    )
                ]
        return result, changed
