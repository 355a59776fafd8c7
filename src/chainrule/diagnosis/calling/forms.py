"""The forms in which people write a backward function, and how its arguments look in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.diagnosis.calling.returned import Layout
from chainrule.diagnosis.calling.spelling import Role, Spelled, function, word
from chainrule.diagnosis.probes import Probe
from chainrule.equations.elementary import Array

# samples, W is (fan_out, fan_in), b has two dimensions; the common ones first
CONVENTIONS = (
    ("rows", False, False),
    ("rows", False, True),
    ("columns", True, True),
    ("rows", True, False),
    ("columns", True, False),
    ("columns", False, True),
    ("rows", True, True),
    ("columns", False, False),
)
VECTORS = (("vector", False, False), ("vector", True, False), ("vector", True, True))


#: Passed where there is an argument for a rate: so small that W comes back from a step nearly as it was.
RATE = 1e-3


@dataclass(frozen=True)
class Form:
    """How a function takes its arguments.

    Attributes
    ----------
    samples : str
        ``"rows"``, ``"columns"`` or ``"vector"`` (a single sample without the axis of samples).
    out_in : bool
        Whether W is (fan_out, fan_in).
    bias_2d : bool
        Whether b is (1, k) or (k, 1).
    targets : str
        ``"2-D"``, ``"flat"``, ``"number"`` or ``"labels"`` (the index of the class).
    container : str
        Of weights and biases: ``"list"``, ``"dict"`` (keys from 1), ``"padded"`` (a list whose place 0 is empty),
        ``"array"`` (one layer), and for one argument of all parameters ``"keys"``, ``"nested keys"``,
        ``"vector"``,
        ``"pairs"``.
    base : int
        Whether the first weight is W1 or W0.
    words : str
        Activations as ``"words"``, ``"Words"`` (ReLU), ``"pairs"`` (functions that return f and f') or ``"values"``.
    cache : str
        What the forward pass leaves: ``"keys"`` (z1, a1, ...) or ``"tuples"``, a list of ((a[l-1], W[l], b[l]), z[l]).
    returns : str
        What the gradients come back in, where it is known.
    """

    samples: str = "rows"
    out_in: bool = False
    bias_2d: bool = False
    targets: str = "2-D"
    container: str = "list"
    base: int = 1
    words: str = "words"
    cache: str = "keys"
    returns: str = ""

    @property
    def layout(self) -> Layout:
        """How arrays are to be read."""
        return Layout(self.samples == "columns", self.out_in, self.returns)

    def __str__(self) -> str:
        samples = {
            "rows": "rows are samples",
            "columns": "columns are samples",
            "vector": "one sample, a vector",
        }
        W = "(fan_out, fan_in)" if self.out_in else "(fan_in, fan_out)"
        b = "(k,)" if not self.bias_2d else "(k, 1)" if self.samples == "columns" else "(1, k)"
        return f"{samples[self.samples]}; W {W}, b {b}; targets {self.targets}"


def argument(r: Role, p: Probe, form: Form) -> Any:
    """Return what an argument of this role receives on a probe."""
    L = p.architecture.n_layers
    if r.kind == "X":
        return _oriented(p.X, form)
    if r.kind == "Y":
        return _targets(p.Y, form)
    if r.kind in ("W", "b"):
        arrays = _weights(p, form)[r.kind]
        if r.index is not None:
            return arrays[r.index - form.base]
        return _contained(arrays, form.container)
    if r.kind in ("a", "z"):
        values = _values(p, form)[r.kind]
        if r.index is not None:
            return values[r.index]
        return dict(enumerate(values)) if form.container == "dict" else values
    if r.kind == "params":
        return _parameters(p, form)
    if r.kind == "cache":
        both = _values(p, form)
        if form.cache == "tuples":
            inside = _weights(p, form)
            linear = zip(both["a"], inside["W"], inside["b"], strict=False)
            return list(zip(linear, both["z"][1:], strict=True))
        numbered = {
            kind: {l: v for l, v in enumerate(items) if kind == "a" or l > 0}
            for kind, items in both.items()
        }
        return Spelled(numbered, lower=True)
    if r.kind == "activations":
        return _activations(p, form)
    scalars: dict[str, Any] = {
        "l2": p.l2,
        "sizes": list(p.architecture.sizes),
        "L": L,
        "n": len(p.X),
        "rate": RATE,
        "iterations": 1,
        "loss": p.architecture.loss.split("(")[0],
        "prediction": p.a[-1].ravel() if form.targets == "flat" else _oriented(p.a[-1], form),
    }
    return scalars[r.kind]


def arrays_in(value: Any) -> list[Array]:
    """Return all arrays in an argument."""
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, dict):
        return [array for item in value.values() for array in arrays_in(item)]
    if isinstance(value, list | tuple):
        return [array for item in value for array in arrays_in(item)]
    return []


def _oriented(array: Array, form: Form) -> Array:
    if form.samples == "vector":
        return array[0].copy()
    return np.array(array.T, order="C") if form.samples == "columns" else array.copy()


def _targets(Y: Array, form: Form) -> Any:
    if form.targets == "number":
        return float(Y.item())
    if form.targets == "flat":
        return Y.ravel().copy()
    if form.targets == "labels":
        return Y.argmax(axis=1)
    return _oriented(Y, form)


def _weights(p: Probe, form: Form) -> dict[str, list[Array]]:
    W = [np.array(w.T, order="C") for w in p.W] if form.out_in else p.W
    b = p.b
    if form.bias_2d:
        column = form.samples == "columns" or form.samples == "vector"
        b = [x.reshape(-1, 1) if column else x.reshape(1, -1) for x in b]
    return {"W": W, "b": b}


def _values(p: Probe, form: Form) -> dict[str, list[Array]]:
    return {"a": [_oriented(a, form) for a in p.a], "z": [_oriented(z, form) for z in p.z]}


def _contained(arrays: Sequence[Array], container: str) -> Any:
    if container == "array":
        return arrays[0]
    if container == "dict":
        return dict(enumerate(arrays, start=1))
    return [None, *arrays] if container == "padded" else list(arrays)


def _parameters(p: Probe, form: Form) -> Any:
    arrays = _weights(p, form)
    if form.container == "vector":
        return np.concatenate(
            [x.ravel() for pair in zip(*arrays.values(), strict=True) for x in pair]
        )
    if form.container == "pairs":
        return list(zip(arrays["W"], arrays["b"], strict=True))
    if form.container == "list":
        return [x for pair in zip(*arrays.values(), strict=True) for x in pair]
    numbered = {kind: dict(enumerate(items, start=form.base)) for kind, items in arrays.items()}
    return Spelled(numbered, nested=form.container == "nested keys")


def _activations(p: Probe, form: Form) -> list[Any]:
    link = p.architecture.loss_function.link
    specs = list(p.architecture.activations)
    if p.architecture.f[-1].is_identity and link.of_probabilities:
        specs[-1] = link.name  # in a list of activations the output's link stands last
    if form.words in ("words", "Words"):
        return [word(spec, form.words == "Words") for spec in specs]
    return [function(spec, form.words == "pairs") for spec in specs]


def without_biases(p: Probe) -> Probe:
    """Return the same probe with b = 0, for networks that have none."""
    theta = p.theta.copy()
    for b in theta.b[1:]:
        b[...] = 0.0
    return replace(p, theta=theta)
