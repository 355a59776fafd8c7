"""Mistakes made with the whole gradient after it was computed: they are undone, and then the rest is judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from chainrule.diagnosis.mistakes.mistake import Setting
from chainrule.diagnosis.mistakes.variant import Gradients, backward_with
from chainrule.equations.elementary import Array


@dataclass(frozen=True)
class WholeMistake:
    """A mistake made with all of dW and db at once.

    Attributes
    ----------
    name, wrong, right, sentence, remedy, needs : str
        As in ``Mistake``.
    apply : callable
        From right gradients and setting to wrong ones.
    undo : callable
        The reverse.
    """

    name: str
    wrong: str
    right: str
    sentence: str
    remedy: str
    apply: Callable[[Gradients, Setting], Gradients]
    undo: Callable[[Gradients, Setting], Gradients]
    needs: str = ""


def _each(gradients: Gradients, change: Callable[[Array], Array]) -> Gradients:
    def changed(arrays: list[Array | None]) -> list[Array | None]:
        return [None if array is None else change(array) for array in arrays]

    return Gradients(changed(gradients.dW), changed(gradients.db), gradients.delta)


def _norm(gradients: Gradients) -> float:
    parts = [array for array in (*gradients.dW, *gradients.db) if array is not None]
    return float(np.sqrt(sum(float((part * part).sum()) for part in parts)))


def _normalised(gradients: Gradients, setting: Setting) -> Gradients:
    norm = _norm(gradients)
    return _each(gradients, lambda array: array / norm)


def _right_norm(gradients: Gradients, setting: Setting) -> Gradients:
    norm = _norm(backward_with(setting, {}))
    return _each(gradients, lambda array: array * norm)


def _reversed(gradients: Gradients, setting: Setting) -> Gradients:
    return Gradients([None, *gradients.dW[:0:-1]], [None, *gradients.db[:0:-1]], gradients.delta)


WHOLE = (
    WholeMistake(
        "sign_of_everything",
        "gradient = -dJ/dtheta",
        "gradient = dJ/dtheta",
        "every dW and db has the wrong sign, the penalty included",
        "return the gradient of J itself; the step subtracts it (or J is a log-likelihood: minimise -J)",
        lambda g, s: _each(g, lambda array: -array),
        lambda g, s: _each(g, lambda array: -array),
    ),
    WholeMistake(
        "everything_times_n",
        "gradient = n * dJ/dtheta",
        "gradient = dJ/dtheta",
        "every dW and db is multiplied by the number of samples, the penalty included",
        "divide by n once",
        lambda g, s: _each(g, lambda array: array * s.n),
        lambda g, s: _each(g, lambda array: array / s.n),
        "more than one sample",
    ),
    WholeMistake(
        "everything_over_n",
        "gradient = dJ/dtheta / n",
        "gradient = dJ/dtheta",
        "every dW and db is divided by the number of samples once more, the penalty included",
        "divide the data term by n once, and leave the penalty alone",
        lambda g, s: _each(g, lambda array: array / s.n),
        lambda g, s: _each(g, lambda array: array * s.n),
        "more than one sample",
    ),
    WholeMistake(
        "layers_reversed",
        "gradient = [dW[L], ..., dW[1]]",
        "gradient = [dW[1], ..., dW[L]]",
        "the gradients are returned from the last layer to the first",
        "reverse the list: backpropagation finds them from the output to the input",
        _reversed,
        _reversed,
        "more than one layer",
    ),
    WholeMistake(
        "gradient_normalised",
        "gradient = dJ/dtheta / |dJ/dtheta|",
        "gradient = dJ/dtheta",
        "the gradient is divided by its norm",
        "return the gradient itself; scale the step where it is made",
        _normalised,
        _right_norm,
    ),
)
