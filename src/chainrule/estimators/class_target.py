"""Labels as a network learns them, and scores as labels and probabilities again.

The outputs of the network are cut into blocks, one for each column of y. A block of two classes is one score, the
log-odds of the second. A block of more is one score a class: coupled by softmax where y has one column (multiclass
log-loss), else one-versus-rest, because a loss takes one softmax a row. Those p_j are divided by their sum.

================== ===================== ======================= =====================================
y                  blocks                default loss            ``predict_proba``
================== ===================== ======================= =====================================
two classes        1 of 1 score          binary_log_loss         (n, 2)
k classes          1 of k scores         multiclass_log_loss     (n, k)
0/1 matrix         k of 1 score          binary_log_loss         (n, k), of the ones
several columns    one for each column   binary_log_loss         a list of (n, classes), one a column
================== ===================== ======================= =====================================

Probabilities come from scores by way of their logarithms, which are finite for any finite score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from chainrule.equations.activations import sigmoid, softplus
from chainrule.equations.losses import Loss, log_sum_exp, losses
from chainrule.errors import InputError

KINDS = ("single", "multilabel", "multioutput")
Labels = np.ndarray


class Block(NamedTuple):
    """The outputs that belong to one column of y."""

    classes: np.ndarray
    start: int
    stop: int


@dataclass(frozen=True, eq=False)
class ClassTarget:
    """How labels and outputs belong together.

    Attributes
    ----------
    kind : {"single", "multilabel", "multioutput"}
    classes : tuple of ndarray
        The sorted labels of each column of y; for multilabel 0 and 1 each time.
    loss : str
        The loss on the scores.
    """

    kind: str
    classes: tuple[np.ndarray, ...]
    loss: str

    def __getstate__(self) -> dict[str, Any]:
        # Without what is cached: a user's own loss may be a lambda, which cannot be pickled.
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @cached_property
    def function(self) -> Loss:
        """The loss as a function."""
        return losses.get(self.loss)

    @property
    def coupled(self) -> bool:
        """Whether the scores of a block are coupled by softmax."""
        return self.function.normalizer is not None

    @cached_property
    def blocks(self) -> list[Block]:
        """The outputs of each column."""
        found, start = [], 0
        for classes in self.classes:
            width = len(classes) if self.coupled or len(classes) > 2 else 1
            found.append(Block(classes, start, start + width))
            start += width
        return found

    @property
    def n_outputs(self) -> int:
        """The units of the last layer."""
        return self.blocks[-1].stop

    @property
    def n_columns(self) -> int:
        """The columns of y."""
        return len(self.classes)

    @property
    def public_classes(self) -> Any:
        """``classes_`` as scikit-learn has it: an array, or a list of arrays for several columns."""
        if self.kind == "multilabel":
            return np.arange(self.n_columns)
        return self.classes[0] if self.kind == "single" else list(self.classes)

    @property
    def link_name(self) -> str:
        """``out_activation_`` as scikit-learn calls it."""
        return self.function.link.scikit_learn_name or self.function.link.name

    def codes(self, y: np.ndarray) -> np.ndarray:
        """Return the position of each label in its column's classes, (n, n_columns).

        Raises
        ------
        InputError
            If a label is not among the classes.
        """
        columns = y.reshape(len(y), -1)
        if columns.shape[1] != self.n_columns:
            raise InputError.of(
                "y", got=f"{columns.shape[1]} columns", expected=f"{self.n_columns}, as at first"
            )
        codes = np.empty(columns.shape, dtype=np.intp)
        for j, classes in enumerate(self.classes):
            codes[:, j] = positions(columns[:, j], classes)
        return codes

    def encode(self, codes: np.ndarray, dtype: np.dtype[Any]) -> np.ndarray:
        """Return what the scores are compared with, 0 and 1, (n, n_outputs)."""
        Y = np.zeros((len(codes), self.n_outputs), dtype=dtype)
        rows = np.arange(len(codes))
        for j, (_, start, stop) in enumerate(self.blocks):
            if stop - start == 1:
                Y[:, start] = codes[:, j]
            else:
                Y[rows, start + codes[:, j]] = 1.0
        return Y

    def decide(self, scores: np.ndarray) -> np.ndarray:
        """Return the position of the likeliest class of each column, (n, n_columns)."""
        return np.column_stack([_likeliest(scores, block) for block in self.blocks])

    def predictions(self, scores: np.ndarray) -> Labels:
        """Return labels, (n,) or (n, n_columns)."""
        if self.kind == "single":
            labels: Labels = self.classes[0][_likeliest(scores, self.blocks[0])]
            return labels
        return np.column_stack([block.classes[_likeliest(scores, block)] for block in self.blocks])

    def log_probabilities(self, scores: np.ndarray) -> Any:
        """Return the logarithms of ``probabilities``, finite for finite scores."""
        return self._per_column(scores, _log_probabilities, lambda z: -softplus(-z))

    def probabilities(self, scores: np.ndarray) -> Any:
        """Return class probabilities in the shape of the table above."""
        return self._per_column(scores, _probabilities, sigmoid)

    def decision(self, scores: np.ndarray) -> Any:
        """Return the raw scores: log-odds (n,) for two classes, else (n, classes), or a list of those."""
        if self.kind == "multioutput":
            return [self._raw(scores, block) for block in self.blocks]
        return scores if self.kind == "multilabel" else self._raw(scores, self.blocks[0])

    def _raw(self, scores: np.ndarray, block: Block) -> np.ndarray:
        z = scores[:, block.start : block.stop]
        if z.shape[1] == 1:
            return z[:, 0]
        return z[:, 1] - z[:, 0] if len(block.classes) == 2 else z

    def _per_column(self, scores: np.ndarray, rule: Any, one: Any) -> Any:
        scores = np.asarray(scores)
        if self.kind == "multilabel":
            return np.asarray(one(scores), dtype=scores.dtype)
        coupled = self.coupled
        if self.kind == "single":
            return rule(scores, len(self.classes[0]), coupled)
        return [
            rule(scores[:, start:stop], len(classes), coupled)
            for classes, start, stop in self.blocks
        ]


def class_target(kind: str, classes: Sequence[np.ndarray], loss: str | Loss) -> ClassTarget:
    """Choose the loss for labels of a kind.

    Parameters
    ----------
    kind : {"single", "multilabel", "multioutput"}
    classes : sequence of ndarray
        The sorted labels of each column.
    loss : str
        ``"auto"``, ``"log_loss"`` (the same), ``"log_loss(0.1)"`` (the same with label smoothing), or a registered loss
        of probabilities, or its record.

    Raises
    ------
    InputError
        If the loss is not one of probabilities, or cannot serve several columns.

    Examples
    --------
    >>> class_target("single", [np.array(["a", "b", "c"])], "auto").loss
    'multiclass_log_loss(0.0)'
    >>> class_target("single", [np.array([0, 1])], "log_loss(0.1)").loss
    'binary_log_loss(0.1)'
    """
    if isinstance(loss, str):
        name, bracket, rest = loss.partition("(")
        if name in ("auto", "log_loss"):
            several = kind == "single" and len(classes[0]) > 2
            loss = ("multiclass_log_loss" if several else "binary_log_loss") + bracket + rest
    record = losses.registered(loss)
    target = ClassTarget(kind, tuple(classes), record.spec)
    if not record.targets.of_classes:
        fitting = [r.name for r in losses if r.targets.of_classes]
        expected = f"'auto', 'log_loss' or one of {', '.join(fitting)}"
        raise InputError.of("loss", got=repr(loss), expected=f"a loss of probabilities: {expected}")
    if record.normalizer is None and (record.link.by_rows or not record.link.of_probabilities):
        raise InputError.of(
            "loss",
            got=f"{loss!r} with link {record.link.name}",
            expected="a loss with link sigmoid, or multiclass_log_loss",
        )
    if target.coupled and kind != "single":
        raise InputError.of(
            "loss",
            got=f"{loss!r} for y with several columns",
            expected="a loss of one output at a time, such as binary_log_loss",
        )
    return target


def positions(labels: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return where each label stands in the sorted ``classes``; InputError for one that does not."""
    try:
        found = np.searchsorted(classes, labels)
        found[found == len(classes)] = 0
        known = classes[found] == labels
    except TypeError:
        known = np.zeros(1, dtype=bool)
    if not np.all(known):
        strange = list(set(labels.tolist()) - set(classes.tolist()))  # of any types, so not sorted
        raise InputError.of(
            "y",
            got=f"labels {shown(np.array(strange, dtype=object))}",
            expected=f"only known classes: {shown(classes)}",
            remedy="name every class at the first call, or start anew with fit and warm_start=False",
        )
    return found


def shown(labels: np.ndarray, most: int = 8) -> str:
    """Return labels as text, not too many of them."""
    some = ", ".join(map(repr, labels[:most].tolist()))
    return f"{some}, …" if len(labels) > most else some


_ZERO = {np.dtype(kind): np.zeros(1, kind) for kind in (np.float32, np.float64)}  # faster than 0


def _likeliest(scores: np.ndarray, block: Block) -> np.ndarray:
    """Return the position of the likeliest of a block's classes, (n,)."""
    classes, start, stop = block
    if len(classes) == 1:
        return np.zeros(len(scores), dtype=np.intp)
    if stop - start == 1:
        return (scores[:, start] > _ZERO[scores.dtype]).astype(np.intp)
    return np.asarray(scores[:, start:stop].argmax(axis=1))


def _probabilities(z: np.ndarray, n_classes: int, coupled: bool) -> np.ndarray:
    if n_classes == 1:
        return np.ones_like(z)
    if z.shape[1] == 1:
        return _two_probabilities(z[:, 0])
    return _softmax(z if coupled else -softplus(-z))  # p_j / sum p, by way of log p_j


def _two_probabilities(z: np.ndarray) -> np.ndarray:
    """Return sigmoid(-z) and sigmoid(z) side by side, the same bits with half of the arithmetic.

    They are the softmax of 0 and z: less the larger of the two, one exponent is 0 and the other -abs(z). Column by
    column in memory, as scikit-learn's are, each operation runs over one long row.
    """
    p: np.ndarray = np.exp(np.minimum(np.array([-z, z]), 0.0))
    p /= p[0] + p[1]
    return p.T


def _softmax(z: np.ndarray) -> np.ndarray:
    """Return softmax(z), the same bits with each exponential taken once."""
    p: np.ndarray = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return p


def _log_probabilities(z: np.ndarray, n_classes: int, coupled: bool) -> np.ndarray:
    if n_classes == 1:
        return np.zeros_like(z)
    if z.shape[1] == 1:
        return np.hstack([-softplus(z), -softplus(-z)])
    log_p = z if coupled else -softplus(-z)
    return np.asarray(log_p - log_sum_exp(log_p))
