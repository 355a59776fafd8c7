"""Generic values for weights, inputs and targets: a gradient is told from a wrong one where nothing is special.

One-hot rows stay rows that sum to 1, class numbers stay, weights are scaled by their size so that nothing saturates.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from chainrule.reading.graph import Values, substitute
from chainrule.reading.roles import TrainingRun
from chainrule.recording.tape import words


def _holds_only(value: np.ndarray, *numbers: float) -> bool:
    """Tell whether every entry is one of some numbers."""
    return bool(np.logical_or.reduce([value == number for number in numbers]).all())


def _weight(random: np.random.Generator, value: np.ndarray, positive: bool) -> np.ndarray:
    size = max(value.shape, default=1)
    spread = 0.8 if value.ndim == 0 else 0.6 if size <= 10 else 1.5 / np.sqrt(size)
    drawn = np.asarray(random.normal(0.0, spread, value.shape))
    return 0.5 * np.abs(drawn) + 0.05 if positive else drawn


def _input(random: np.random.Generator, value: np.ndarray) -> np.ndarray:
    if (value < 0).any() or _holds_only(value, 0.0, 1.0):
        return np.asarray(random.normal(0.0, 1.0, value.shape))
    return np.asarray(random.uniform(0.1, 1.5, value.shape))


def _target(random: np.random.Generator, value: np.ndarray) -> np.ndarray:
    signs = _holds_only(value, -1.0, 1.0) and (value < 0).any()
    if signs:
        return np.asarray(random.choice([-1.0, 1.0], value.shape))
    if value.dtype.kind in "iub" and (value.min() < 0 or value.max() > 1):
        return np.asarray(value)
    if _holds_only(value, 0.0, 1.0):
        drawn = np.asarray(random.uniform(0.1, 0.9, value.shape))
        axes = [k for k in range(value.ndim) if value.shape[k] > 1 and np.allclose(value.sum(k), 1)]
        return drawn / drawn.sum(axes[0], keepdims=True) if axes else drawn
    if value.min() >= 0 and value.max() <= 1:
        return np.asarray(random.uniform(0.1, 0.9, value.shape))
    return np.asarray(value + random.normal(0.0, 0.3, value.shape))


def draw(
    training: TrainingRun, seed: int, positive: bool = False
) -> tuple[dict[int, np.ndarray], set[int]]:
    """Return generic values for the nodes of weights and data, and which of them are targets."""
    random = np.random.default_rng(seed)
    values = {
        w.node: _weight(random, training.nodes[w.node].value, positive) for w in training.weights
    }
    inputs = 0
    for x in training.X:
        inputs |= 1 << x
        if not training.is_index(x):
            values[x] = _input(random, training.nodes[x].value)
    targets = set()
    for y in training.Y:
        follows = training.graph.above[y] & (inputs | training.weight_bits)
        if not follows and not training.is_index(y):
            values[y] = _target(random, training.nodes[y].value)
            targets.add(y)
    return values, targets


def replays(training: TrainingRun, seed: int, positive: bool = False) -> Iterator[Values]:
    """Yield the tape's values at a generic point, then at less and less generic ones where a program allows no more."""
    drawn, targets = draw(training, seed, positive)
    of_weights = {w.node: drawn[w.node] for w in training.weights}
    without_targets = {i: v for i, v in drawn.items() if i not in targets}
    for chosen in (drawn, without_targets, of_weights):
        try:
            values = training.graph.evaluate(chosen)
        except Exception:  # whatever the program's own functions raise on other values
            continue
        if all(np.isfinite(values[w.next]).all() for w in training.weights):
            yield values
            return


def saturated(training: TrainingRun, values: Values) -> bool:
    """Tell whether something is infinite here, or an output between 0 and 1 rounded to one of them."""
    for node in training.nodes[: training.last + 1]:
        here = values[node.index]
        if not training.fresh[node.index] or here.dtype.kind != "f":
            continue
        if not np.isfinite(here).all() and np.isfinite(node.value).all():
            return True
        within = training.is_forward(node.index) and ((node.value > 0) & (node.value < 1)).all()
        if within and (np.abs(here - 0.5) > 0.5 - 1e-7).any() and ((here >= 0) & (here <= 1)).all():
            return True
    return False


def on_a_kink(training: TrainingRun, values: Values) -> bool:
    """Tell whether a relu has exactly 0 before it: its slope there is anybody's choice."""
    compared = words("maximum minimum greater less greater_equal less_equal")
    for node in training.nodes[: training.last + 1]:
        if node.name not in compared or len(node.arguments) != 2:
            continue
        if training.weighted[node.index]:
            a, b = (substitute(x, values) for x in node.arguments)
            if np.any(np.equal(a, b)):
                return True
    return False


def faithful(training: TrainingRun) -> bool:
    """Tell whether the tape, run again at the recorded values, gives what was recorded."""
    start = {w.node: training.nodes[w.node].value for w in training.weights}
    start |= {i: training.nodes[i].value for i in (*training.X, *training.Y)}
    try:
        values = training.graph.evaluate(start, guards=True)
    except Exception:
        return False
    return all(
        np.allclose(
            values[w.next], training.nodes[w.next].value, rtol=1e-5, atol=1e-8, equal_nan=True
        )
        for w in training.weights
    )
