"""Backward functions in random forms: for ``benchmarks.diagnosis``, which looks whether each is recognised."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from inspect import Parameter, Signature
from typing import Any

import numpy as np

from chainrule.diagnosis.mistakes import Setting
from chainrule.diagnosis.mistakes.variant import backward_with
from chainrule.network.architecture import Architecture
from chainrule.network.parameters import Parameters

Planter = Callable[[Architecture], dict[tuple[str, int], Any]]


@dataclass(frozen=True)
class Style:
    """How a function is written."""

    columns: bool
    out_in: bool
    bias_2d: bool
    arguments: str  # lists, padded, dicts, names, names0, params, nested, pairs, vector
    result: str  # tuple, dict, nested, halves, turns, pairs, vector
    with_J: bool
    penalty: str  # the name of the argument, or "" for none
    hidden: str
    loss: str
    depth: int


def random_style(rng: np.random.Generator) -> Style:
    columns = bool(rng.integers(2))
    return Style(
        columns,
        bool(columns) if rng.integers(4) else not columns,
        bool(columns or rng.integers(2)),
        str(
            rng.choice(
                [
                    "lists",
                    "padded",
                    "dicts",
                    "names",
                    "names0",
                    "params",
                    "nested",
                    "pairs",
                    "vector",
                ]
            )
        ),
        str(rng.choice(["tuple", "dict", "nested", "halves", "turns", "pairs", "vector"])),
        bool(rng.integers(2)),
        str(rng.choice(["", "l2", "lambd", "reg"])),
        str(rng.choice(["relu", "tanh", "sigmoid"])),
        str(rng.choice(["squared_error", "binary_log_loss", "multiclass_log_loss"])),
        int(rng.integers(1, 4)),
    )


def function(style: Style, plant: Planter = lambda architecture: {}) -> Callable[..., Any]:
    """Return a backward function in this style, with what ``plant`` puts into it."""
    first = 0 if style.arguments == "names0" else 1
    names = {
        "names": [f"{k}{l}" for l in range(1, style.depth + 1) for k in ("W", "b")],
        "names0": [f"{k}{l}" for k in ("w", "b") for l in range(style.depth)],
        "lists": ["weights", "biases"],
        "padded": ["W", "b"],
        "dicts": ["W", "b"],
        "params": ["params"],
        "nested": ["parameters"],
        "pairs": ["params"],
        "vector": ["theta"],
    }[style.arguments]
    arguments = ["x", "y", *names, *([style.penalty] if style.penalty else [])]
    L = style.depth

    def backward(**given: Any) -> Any:
        x, y = given["x"], given["y"]
        X, Y = (x.T, y.T) if style.columns else (x, y)
        if np.ndim(x) != 2 or np.ndim(y) != 2 or len(X) != len(Y):
            raise ValueError("x and y do not fit")
        W, b = _taken(given, style, names, first, X.shape[1], Y.shape[1])
        before = X.shape[1]
        for w, c in zip(W, b, strict=True):
            shape = c.shape if style.bias_2d else None
            expected = (
                ((w.shape[1], 1) if style.columns else (1, w.shape[1])) if style.bias_2d else None
            )
            if w.shape[0] != before or shape != expected or c.size != w.shape[1]:
                raise ValueError(f"shapes {w.shape}, {c.shape} do not fit")
            before = w.shape[1]
        if before != Y.shape[1]:
            raise ValueError("outputs and targets do not fit")
        architecture = Architecture(
            (X.shape[1], *(w.shape[1] for w in W)),
            (*(style.hidden for _ in range(L - 1)), "identity"),
            style.loss,
            given.get(style.penalty, 0.0) if style.penalty else 0.0,
        )
        vector = np.concatenate([v.ravel() for pair in zip(W, b, strict=True) for v in pair])
        setting = Setting(Parameters(architecture, vector), X, Y)
        gradients = backward_with(setting, plant(architecture))
        J = float(setting.loss.rows(setting.a[-1], Y).mean())
        return _returned(gradients, style, J)

    backward.__signature__ = Signature(  # type: ignore[attr-defined] # what inspect.signature reads
        [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in arguments]
    )
    backward.__name__ = "backward"
    return backward


def _taken(
    given: dict[str, Any], style: Style, names: list[str], first: int, m: int, k: int
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return W, (fan_in, fan_out), and b, as they came."""
    L = style.depth
    if style.arguments in ("names", "names0"):
        stem = names[0][0]
        W = [given[f"{stem}{l + first}"] for l in range(L)]
        b = [given[f"b{l + first}"] for l in range(L)]
    elif style.arguments == "lists":
        W, b = given["weights"], given["biases"]
        if not (isinstance(W, list) and len(W) == L and W[0] is not None):
            raise TypeError("lists are wanted")
    elif style.arguments in ("padded", "dicts"):
        W, b = given["W"], given["b"]
        if (style.arguments == "dicts" and not isinstance(W, dict)) or len(W) != L + (
            style.arguments == "padded"
        ):
            raise TypeError("another container is wanted")
        W, b = [W[l] for l in range(1, L + 1)], [b[l] for l in range(1, L + 1)]
    elif style.arguments == "params":
        p = given["params"]
        if len(p) != 2 * L:
            raise TypeError("another depth")
        W, b = [p[f"W{l}"] for l in range(1, L + 1)], [p[f"b{l}"] for l in range(1, L + 1)]
    elif style.arguments == "nested":
        p = given["parameters"]
        if len(p["w"]) != L:
            raise TypeError("another depth")
        W, b = [p["w"][l] for l in range(1, L + 1)], [p["b"][l] for l in range(1, L + 1)]
    elif style.arguments == "pairs":
        p = given["params"]
        if not isinstance(p, list) or len(p) != L or len(p[0]) != 2:
            raise TypeError("pairs are wanted")
        W, b = [w for w, _ in p], [c for _, c in p]
    else:
        return _cut(given["theta"], style, m, k)
    return [np.asarray(w).T if style.out_in else np.asarray(w) for w in W], [
        np.asarray(c) for c in b
    ]


def _cut(theta: Any, style: Style, m: int, k: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Cut one vector; the code knows its hidden widths, which are those of the rectangular probe here."""
    theta = np.asarray(theta)
    if theta.ndim != 1 or theta.dtype == object:
        raise TypeError("one vector is wanted")
    for hidden in (
        tuple(range(style.depth + 2, 3, -1))[: style.depth - 1],
        (4,) * (style.depth - 1),
    ):
        sizes = (m, *hidden, k)
        if sum((i + 1) * o for i, o in itertools.pairwise(sizes)) == theta.size:
            break
    else:
        raise ValueError("theta does not fit")
    W, b, start = [], [], 0
    for i, o in itertools.pairwise(sizes):
        shape = (o, i) if style.out_in else (i, o)
        w = theta[start : start + i * o].reshape(shape)
        W.append(w.T if style.out_in else w)
        c = theta[start + i * o : start + (i + 1) * o]
        b.append(c.reshape((-1, 1) if style.columns else (1, -1)) if style.bias_2d else c)
        start += (i + 1) * o
    return W, b


def _returned(gradients: Any, style: Style, J: float) -> Any:
    L = style.depth
    dW = [g.T if style.out_in else g for g in gradients.dW[1:]]
    db = list(gradients.db[1:])
    if style.bias_2d:
        db = [g.reshape((-1, 1) if style.columns else (1, -1)) if g.ndim == 1 else g for g in db]
    if style.columns:
        db = [g.T if g.ndim == 2 and 1 not in g.shape else g for g in db]
    results: dict[str, Callable[[], Any]] = {
        "tuple": lambda: (dW, db),
        "dict": lambda: {
            **{f"dW{l}": dW[l - 1] for l in range(1, L + 1)},
            **{f"db{l}": db[l - 1] for l in range(1, L + 1)},
        },
        "nested": lambda: {
            "dw": {l: dW[l - 1] for l in range(1, L + 1)},
            "db": {l: db[l - 1] for l in range(1, L + 1)},
        },
        "halves": lambda: [*dW, *db],
        "turns": lambda: [g for pair in zip(dW, db, strict=True) for g in pair],
        "pairs": lambda: list(zip(dW, db, strict=True)),
        "vector": lambda: np.concatenate(
            [np.ravel(g) for pair in zip(dW, db, strict=True) for g in pair]
        ),
    }
    found = results[style.result]()
    if not style.with_J:
        return found
    return (J, found)
