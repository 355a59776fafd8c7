"""What the forward pass is, by itself: how deep it ran, and a softmax over the samples."""

from __future__ import annotations

import numpy as np

from chainrule.reading.candidates import outputs
from chainrule.reading.roles import PRODUCTS, TrainingRun


def is_deep(training: TrainingRun) -> bool:
    """Tell whether the forward pass goes through weights twice: a hidden layer ran."""
    for node in training.nodes[: training.last + 1]:
        i = node.index
        if node.name not in PRODUCTS or not training.is_forward(i) or training.bare[i]:
            continue
        weighted = [k for k in node.inputs if training.weighted[k]]
        bare = sum(training.bare[k] for k in weighted)
        if 0 < bare < len(weighted):
            return True
    return False


def softmax_axes(training: TrainingRun) -> tuple[int, int, int] | None:
    """Return the output's node, its softmax's axis and the targets' where they differ.

    A mistake of the forward pass that J's own numbers show: each target sums to 1 one way, the output the other.
    """
    values = [node.value for node in training.nodes]
    for p, target in outputs(training):
        P, Y = values[p], np.asarray(target(values), float)
        if P.ndim != 2 or min(P.shape) < 2 or P.shape != Y.shape:
            continue
        of_P = [k for k in (0, 1) if np.allclose(P.sum(k), 1)]
        of_Y = [k for k in (0, 1) if np.allclose(Y.sum(k), 1)]
        one_hot = bool(((Y == 0.0) | (Y == 1.0)).all())
        if len(of_P) == 1 and len(of_Y) == 1 and of_P != of_Y and one_hot:
            return p, of_P[0], of_Y[0]
    return None
