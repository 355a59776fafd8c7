"""Which J the gradients may be of: what the program computes and no step uses, or else what fits its output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from chainrule.reading.graph import Values, is_number, substitute
from chainrule.reading.roles import TrainingRun
from chainrule.recording.tape import words

_MOST = 12  # stated candidates that are tried


@dataclass(frozen=True)
class Objective:
    """A J: where it looks at the tape, and its gradient there.

    Attributes
    ----------
    name : str
        What it is called; the line for a stated one.
    nodes : tuple of int
        The nodes it is a function of.
    seeds : callable (values) -> mapping
        dJ/du of those nodes.
    stated : int or None
        The node that is J, if the program computes it.
    """

    name: str
    nodes: tuple[int, ...]
    seeds: Callable[[Values], dict[int, np.ndarray]]
    stated: int | None = None

    @property
    def top(self) -> int:
        """The last node that it is made of."""
        return max(self.nodes)


def stated(training: TrainingRun) -> list[Objective]:
    """Return the numbers of the program that depend on all it takes for a J and feed no step; the likeliest first."""
    graph = training.graph
    pool = [
        n.index
        for n in training.nodes
        if n.value.size == 1
        and is_number(n)
        and training.fresh[n.index]
        and training.is_backward(n.index)
        and n.index not in training.feeding
    ]
    pool = [i for i in pool if not _is_metric(training, i)]
    last = [i for i in pool if not any(graph.depends(j, i) for j in pool if j != i)]
    last.sort(key=lambda i: -(graph.above[i] & training.weight_bits).bit_count())
    ordered = last + [i for i in pool if i not in last][::-1]
    return [
        Objective(
            f"the J of line {training.nodes[i].line}",
            (i,),
            lambda values, i=i: {i: np.ones(values[i].shape)},  # type: ignore[misc]
            i,
        )
        for i in ordered[:_MOST]
    ]


def _is_metric(training: TrainingRun, i: int) -> bool:
    """Tell whether a number is a mean absolute error that is only printed: no step takes a sign."""
    above = training.graph.above[i]
    absolute = any(
        above >> n.index & 1 and n.name in ("absolute", "fabs") and training.is_backward(n.index)
        for n in training.nodes[: i + 1]
    )
    signs = words("sign greater less greater_equal less_equal where")
    return absolute and not any(
        n.index in training.feeding and n.name in signs and training.is_backward(n.index)
        for n in training.nodes
    )


Target = Callable[[Values], np.ndarray]


def _beside(training: TrainingRun, output: int, target: int) -> Target:
    def values_of(values: Values) -> np.ndarray:
        Y, shape = values[target], values[output].shape
        if Y.shape != shape and Y.T.shape == shape:
            Y = Y.T
        return Y.reshape(shape) if Y.shape != shape and Y.size == values[output].size else Y

    return values_of


def _picked(training: TrainingRun, output: int, node: int) -> Target:
    """Class numbers: the entries that an index picks are the ones of a one-hot target."""
    index = training.nodes[node].arguments[1]

    def values_of(values: Values) -> np.ndarray:
        Y = np.zeros(values[output].shape)
        Y[substitute(index, values)] = 1.0
        return Y

    return values_of


def outputs(training: TrainingRun) -> list[tuple[int, Target]]:
    """Return the forward values that meet a target first, with that target in their form."""
    found = []
    for m, d in training.meets:
        node = training.nodes[m]
        forward = [k for k in node.inputs if training.weighted[k] and training.is_forward(k)]
        if not forward:
            continue
        size, of_target = training.nodes[forward[0]].value.size, training.nodes[d].value
        if node.name in ("setitem", "getitem"):
            found.append((forward[0], _picked(training, forward[0], m)))
        elif node.name != "scatter" and (of_target.size == size or of_target.ndim == 0):
            found.append((forward[0], _beside(training, forward[0], d)))
    first: dict[int, Target] = {}
    for p, target in found:
        if not any(q != p and training.graph.depends(p, q) for q, _ in found):
            first.setdefault(p, target)
    return list(first.items())


def _squared_error(P: np.ndarray, Y: np.ndarray) -> np.ndarray:
    return np.asarray(P - Y)


def _binary_cross_entropy(P: np.ndarray, Y: np.ndarray) -> np.ndarray:
    return np.asarray((P - Y) / (P * (1.0 - P)))


def _poisson_deviance(P: np.ndarray, Y: np.ndarray) -> np.ndarray:
    return np.asarray(1.0 - Y / P)


def _cross_entropy(P: np.ndarray, Y: np.ndarray) -> np.ndarray:
    return np.asarray(-Y / P)


def inferred(training: TrainingRun, values: Values) -> list[Objective]:
    """Return the losses that the output's range allows; what is said of them is said of "the exact gradient of"."""
    pairs = outputs(training)
    if not pairs:
        return []
    P = values[pairs[0][0]]
    shares = any(P.shape[k] > 1 and np.allclose(P.sum(k), 1) for k in range(P.ndim))
    open_interval = bool(((P > 0) & (P < 1)).all())
    kinds = [("squared error", _squared_error)]
    if shares:
        kinds.insert(0, ("cross-entropy", _cross_entropy))
    elif open_interval:
        kinds.append(("binary cross-entropy", _binary_cross_entropy))
    elif (P > 0).all():
        kinds.append(("Poisson deviance", _poisson_deviance))

    def seeds_of(
        derivative: Callable[[np.ndarray, np.ndarray], np.ndarray],
    ) -> Callable[[Values], dict[int, np.ndarray]]:
        return lambda values: {p: derivative(values[p], target(values)) for p, target in pairs}

    return [
        Objective(name, tuple(p for p, _ in pairs), seeds_of(derivative))
        for name, derivative in kinds
    ]
