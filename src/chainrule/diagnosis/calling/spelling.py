"""Names as people spell them: which argument is which, and a dictionary that answers to every usual key.

``W1``, ``w_1``, ``weights1``, ``params["w"][1]`` all mean W[1]; ``H2``, ``a2``, ``cache["A"][2]`` all mean a[2].
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.equations.activations import Activation, activations
from chainrule.equations.links import LINKS, Link

_SPELLINGS = {
    "W": "w ws weight weights",
    "b": "b bs bias biases",
    "a": "a h as hs activated outs outputs act_values",
    "z": "z s zs u pre preactivation preactivations",
    "X": "x xs inputs input data features xtrain xbatch",
    "Y": "y ys target targets label labels t ytrue ytrain ybatch yobserved",
    "params": "params parameters param p theta thetas model net network weightsandbiases wb",
    "cache": "cache caches forward forwardcache f fwd memory state saved intermediates",
    "activations": "act acts activation activations activators activationfunctions funcs functions",
    "l2": "l2 lambda lambd lam lmbda lmbd lamda reg regularization regularisation weightdecay penalty",
    "sizes": "sizes layersizes layerdims dims layers nh units architecture nunits",
    "L": "nl l nlayers numlayers depth",
    "n": "n m batchsize nsamples",
    "rate": "lr rate learningrate alpha eta lrate learnrate stepsize",
    "iterations": "epochs nepochs numepochs iterations niterations numiterations iters niter numiters maxiter",
    "loss": "loss lossname lossfunction cost",
    "prediction": "yhat ypred ypredicted pred prediction predictions output al hl aout prob probs",
}
_ROLE = {word: role for role, words in _SPELLINGS.items() for word in words.split()}
_INDEXED = re.compile(r"([a-z]+?)(\d+)")


@dataclass(frozen=True)
class Role:
    """What a name stands for: ``Role("W", 2)`` for W2, ``Role("W", None)`` for all of them."""

    kind: str
    index: int | None = None


def role(name: str) -> Role | None:
    """Return what an argument or a key means; None if the name says nothing.

    Examples
    --------
    >>> role("W_1"), role("lambd"), role("forward"), role("whatever")
    (Role(kind='W', index=1), Role(kind='l2', index=None), Role(kind='cache', index=None), None)
    """
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    if plain in _ROLE:
        return Role(_ROLE[plain])
    match = _INDEXED.fullmatch(plain)
    if match and _ROLE.get(match[1]) in ("W", "b", "a", "z"):
        return Role(_ROLE[match[1]], int(match[2]))
    return Role("W", int(match[2])) if match and match[1] == "theta" else None


class Spelled(dict[Any, Any]):
    """A dictionary that holds one spelling of each key and answers to the others.

    Parameters
    ----------
    arrays : mapping of str to dict of int to ndarray
        ``{"W": {1: ..., 2: ...}, "b": {...}, "a": {0: ...}, "z": {...}}``; the keys of the inner dictionaries are kept.
    lower : bool
        Whether the keys that it holds are w1, b1 instead of W1, b1.
    nested : bool
        Whether ``["w"]`` is a dictionary even if there is one layer only.
    """

    def __init__(
        self,
        arrays: Mapping[str, Mapping[int, Any]],
        lower: bool = False,
        nested: bool = False,
    ) -> None:
        super().__init__()
        self._arrays, self._nested = arrays, nested
        for kind, by_layer in arrays.items():
            for l, array in by_layer.items():
                self[f"{kind.lower() if lower else kind}{l}"] = array

    def __missing__(self, key: Any) -> Any:
        if isinstance(key, int):  # params[1]["W"]
            layer = {kind: arrays[key] for kind, arrays in self._arrays.items() if key in arrays}
            if layer:
                return Spelled({kind: {key: array} for kind, array in layer.items()})
        found = role(key) if isinstance(key, str) else None
        if found and found.kind == "X" and "a" in self._arrays:
            return self._arrays["a"][0]
        if found and found.kind in self._arrays:
            arrays = self._arrays[found.kind]
            if found.index is None:
                single = len(arrays) == 1 and not self._nested
                return next(iter(arrays.values())) if single else dict(arrays)
            if found.index in arrays:
                return arrays[found.index]
        raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        try:
            self[key]
        except KeyError:
            return False
        return True

    def get(self, key: Any, default: Any = None) -> Any:
        """Return what ``key`` means, or ``default``."""
        try:
            return self[key]
        except KeyError:
            return default


_FAMILIAR = {
    "relu": "ReLU",
    "leaky_relu": "LeakyReLU",
    "identity": "linear",
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
}
_SAME = {
    "logistic": "sigmoid",
    "linear": "identity",
    "none": "identity",
    "id": "identity",
    "leakyrelu": "leakyrelu",
}


#: Output links that are no activations, but stand in people's lists of them.
_BY_ROWS = [link for link in LINKS.values() if link.by_rows]


class Word(str):
    """The name of an activation that equals its other spellings, and can be called: it returns (f(z), f'(z))."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and _plain(self) == _plain(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(str(self))

    def lower(self) -> str:
        """Return the name in lower case."""
        return Word(str(self).lower())

    def __call__(self, z: Any, *_: Any) -> tuple[Any, Any]:
        """Return f(z) and f'(z)."""
        return _value_and_derivative(_plain(self))(np.asarray(z, dtype=float))


def _plain(name: str) -> str:
    plain = re.sub(r"[^a-z]", "", str.lower(name))
    return _SAME.get(plain, plain)


def _value_and_derivative(plain: str) -> Callable[[Any], tuple[Any, Any]]:
    return _both(next(f for f in (*activations, *_BY_ROWS) if _plain(f.name) == plain))


def _both(rule: Activation | Link) -> Callable[[Any], tuple[Any, Any]]:
    def both(z: Any) -> tuple[Any, Any]:
        z = np.asarray(z, dtype=float)
        a = rule(z)
        return a, rule.prime(z, a) if isinstance(rule, Activation) else a * (1.0 - a)

    return both


def function(spec: str, derivative: bool) -> Callable[..., Any]:
    """Return an activation as a function of z: its value, or value and derivative."""
    linked = next((link for link in _BY_ROWS if link.name == spec), None)
    both = _both(linked or activations.get(spec))

    def value(z: Any, *_: Any) -> Any:
        return both(z)[0]

    def pair(z: Any, *_: Any) -> tuple[Any, Any]:
        return both(z)

    return pair if derivative else value


def word(spec: str, familiar: bool) -> Word:
    """Return the name of an activation as people write it, without its number."""
    name = spec.split("(")[0]
    return Word(_FAMILIAR.get(name, name) if familiar else name)
