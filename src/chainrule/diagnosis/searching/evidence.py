"""The words and the numbers of a finding: which layers, which formulas, yours beside right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chainrule.diagnosis.mistakes import Mistake
from chainrule.diagnosis.mistakes.mistake import RIGHT
from chainrule.diagnosis.mistakes.variant import (
    Gradients,
    Planted,
    WrongShape,
    backward_with,
)
from chainrule.diagnosis.searching.runs import Run, Slot, distance
from chainrule.equations.elementary import Array
from chainrule.network.architecture import Architecture

_MOST = 5  # numbers of an array that are shown
_PLAIN = 0.01  # a difference that is plain to see, relative
_TINY = 1e-6  # sums below this are 0 up to rounding


def layers_text(layers: Sequence[int], possible: Sequence[int] = ()) -> str:
    """Say which layers.

    Examples
    --------
    >>> layers_text([2]), layers_text([1, 2, 3], [1, 2, 3]), layers_text([1, 2, 3]), layers_text([1, 3])
    ('layer 2', 'every layer (1 to 3)', 'layers 1 to 3', 'layers 1 and 3')
    """
    if len(layers) == 1:
        return f"layer {layers[0]}"
    if len(layers) > 2 and list(layers) == list(range(layers[0], layers[-1] + 1)):
        text = f"{layers[0]} to {layers[-1]}"
        return f"every layer ({text})" if list(layers) == list(possible) else f"layers {text}"
    return f"layers {', '.join(map(str, layers[:-1]))} and {layers[-1]}"


def words(
    architecture: Architecture, layers: Sequence[int], activations_known: bool
) -> dict[str, str]:
    """Return what stands for the braces in a mistake's texts."""
    L = architecture.n_layers
    link = architecture.loss_function.link

    def function(l: int) -> str:
        if l < 1:
            return "none"
        f = architecture.f[l]
        return link.name if l == L and f.is_identity and link.of_probabilities else f.spec

    if len(layers) == 1:
        l = layers[0]
        texts = {"l": str(l), "up": str(l + 1), "down": str(l - 1)}
    else:
        texts = {"l": "l", "up": "l+1", "down": "l-1"}
    for name, shift in (("f", 0), ("f_up", 1), ("f_down", -1)):
        known = {function(l + shift) for l in layers if 0 <= l + shift <= L}
        index = texts[{"f": "l", "f_up": "up", "f_down": "down"}[name]]
        texts[name] = known.pop() if activations_known and len(known) == 1 else f"f_{index}"
    return texts


def right_formula(quantity: str, l: int, L: int) -> str:
    """Return how delta, dW or db of layer l of L is computed."""
    if quantity == "delta":
        upstream = f"delta[{l + 1}] @ W[{l + 1}].T" if l < L else f"loss'(a[{l}], Y) / n"
        return f"delta[{l}] = ({upstream}) * f'(z[{l}])"
    texts = {"l": str(l), "up": str(l + 1), "down": str(l - 1)}
    return RIGHT["outer" if quantity == "dW" else "sum"].format(**texts)


def numbers(array: Array) -> str:
    """Write a few numbers of an array, and its shape where some are left out.

    Examples
    --------
    >>> numbers(np.array([0.5, -2.0])), numbers(np.arange(12.0).reshape(3, 4))
    ('[0.5, -2]', '[0, 1, 2, 3, 4, ...] (3, 4)')
    """
    array = np.asarray(array)
    shown = ", ".join(f"{float(x):.6g}" for x in array.ravel()[:_MOST])
    if array.ndim == 0:
        return f"{shown} (one number)"
    return (
        f"[{shown}]" if array.size <= _MOST and array.ndim == 1 else f"[{shown}, ...] {array.shape}"
    )


def _part(gradients: Gradients, quantity: str, l: int) -> Array | None:
    return (gradients.dW if quantity == "dW" else gradients.db)[l]


def of_mistake(
    runs: list[Run], planted: Planted, kind: Mistake, layers: Sequence[int]
) -> tuple[str, ...]:
    """Return the lines that prove a named mistake: yours, what it should be, and how well the mistake predicts it.

    What it should be contains the other mistakes found, so that only this one is compared.
    """
    without = {key: m for key, m in planted.items() if m is not kind}
    shown: tuple[float, str, Array, Array] | None = None
    gap = 0.0
    # the quantity itself, or for delta first db, the shorter one
    quantities = {"dW": ("dW",), "db": ("db",)}.get(kind.quantity, ("db", "dW"))
    for run in runs:
        try:
            predicted = backward_with(run.setting, planted)
            should = backward_with(run.setting, without)
        except WrongShape:
            continue
        for l in reversed(layers):
            gaps = []
            for quantity in quantities:
                yours = _part(run.user, quantity, l)
                expected, right = _part(predicted, quantity, l), _part(should, quantity, l)
                if yours is None or expected is None or right is None:
                    continue
                shape = (run.setting.W if quantity == "dW" else run.setting.b)[l].shape
                gaps.append(distance(yours, expected, shape, _TINY))
                off = distance(yours, right, shape)
                if shown is None or shown[0] < _PLAIN < off:
                    shown = (off, f"{run.name}: {quantity}[{l}]", yours, right)
            gap = max(gap, min(gaps, default=0.0))  # of the two, one may contain something unknown
    if shown is None:
        return ()
    _, where, yours, right = shown
    return (
        f"{where} is {numbers(yours)}",
        f"{' ' * len(where)} should be {numbers(right)}",
        f"with this mistake the reference gives your numbers {_agreement(gap)} on {_probes(len(runs))}",
    )


def _agreement(gap: float) -> str:
    return "exactly" if gap == 0.0 else f"to {gap:.1g}"


def _probes(count: int) -> str:
    return "the one network tried" if count == 1 else f"all {count} networks tried"


def of_whole(runs: list[Run]) -> tuple[str, ...]:
    """Return the first entry of dW[1] as it is and as it should be."""
    run = runs[0]
    yours, right = run.user.dW[1], backward_with(run.setting, {}).dW[1]
    if yours is None or right is None:
        return ()
    return (f"{run.name}: dW[1] is {numbers(yours)}", f"{run.name}: should be {numbers(right)}")


def of_unknown(runs: list[Run], planted: Planted, slot: Slot) -> tuple[str, ...]:
    """Return the local evidence where nothing fits: sizes, and the best alpha * data + beta * W."""
    lines = []
    quantities = ("dW", "db") if slot.quantity == "delta" else (slot.quantity,)
    for run in runs[:2]:
        try:
            should = backward_with(run.setting, planted)
        except WrongShape:
            continue
        for quantity in quantities:
            yours, right = (
                _part(run.user, quantity, slot.layer),
                _part(should, quantity, slot.layer),
            )
            if yours is not None and right is not None:
                lines += _compared(run, slot.layer, quantity, yours, right)
    return tuple(lines)


def _compared(run: Run, l: int, quantity: str, yours: Array, right: Array) -> list[str]:
    name = f"{run.name}: {quantity}[{l}]"
    if yours.shape != right.shape:
        return [f"{name} has shape {yours.shape}, should have {right.shape}"]
    off = np.abs(yours - right)
    worst = np.unravel_index(int(off.argmax()), off.shape)
    index = ", ".join(str(int(i)) for i in worst)
    relative = distance(yours, right)
    lines = [
        f"{name} is off by {relative:.2g} of its size; worst at [{index}]: "
        f"{yours[worst]:.6g}, should be {right[worst]:.6g}"
    ]
    data = right - (run.setting.l2 * run.setting.W[l] if quantity == "dW" else 0.0)
    columns = [data.ravel()] + ([run.setting.W[l].ravel()] if quantity == "dW" else [])
    fit, *_ = np.linalg.lstsq(np.array(columns).T, yours.ravel(), rcond=None)
    left = yours.ravel() - np.array(columns).T @ fit
    rest = float(np.abs(left).max() / max(np.abs(yours).max(), 1e-300))
    text = f"{fit[0]:.4g} * data term" + (f" + {fit[1]:.4g} * W" if quantity == "dW" else "")
    lines.append(f"{' ' * len(name)} closest is {text}, which leaves {rest:.2g}")
    return lines
