"""What is measured on validation rows after each epoch, besides the loss; greater is better.

The default is what the estimator's ``score`` returns, computed from scores that are there anyway: an
epoch of a small table takes less time than one call of a scikit-learn metric. Any scikit-learn scorer
may take its place; it sees the estimator as it would be if training ended now.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.metrics import get_scorer

from chainrule.errors import InputTypeError
from chainrule.estimators.class_target import ClassTarget
from chainrule.estimators.inputs import Rows
from chainrule.estimators.number_target import NumberTarget

Score = Callable[[np.ndarray], float]


def accuracy(target: ClassTarget, codes: np.ndarray, weights: np.ndarray | None) -> Score:
    """Return the share of rows with every column right, as a function of raw scores."""

    def score(scores: np.ndarray) -> float:
        right = (target.decide(scores) == codes).all(axis=1)
        return float(np.average(right, weights=weights))

    return score


def determination(target: NumberTarget, y: np.ndarray, weights: np.ndarray | None) -> Score:
    """Return R², averaged over the columns of y, as a function of raw scores."""
    wanted = y.reshape(len(y), -1)

    def losses(predicted: np.ndarray) -> np.ndarray:
        return np.asarray(np.average((wanted - predicted) ** 2, axis=0, weights=weights))

    baseline = losses(np.average(wanted, axis=0, weights=weights))
    return _explained(target, losses, baseline)


def pinball(target: NumberTarget, y: np.ndarray, weights: np.ndarray | None) -> Score:
    """Return D², the part of the pinball loss that is explained, averaged over levels and columns of y."""
    levels = np.tile(target.levels, target.n_columns)
    wanted = np.repeat(y.reshape(len(y), -1), target.n_levels, axis=1)

    def losses(predicted: np.ndarray) -> np.ndarray:
        residual = wanted - predicted
        pinballs = np.maximum(levels * residual, (levels - 1.0) * residual)
        return np.asarray(np.average(pinballs, axis=0, weights=weights))

    constants = [
        weighted_quantile(column, level, weights)
        for column, level in zip(wanted.T, levels, strict=True)
    ]
    return _explained(target, losses, losses(np.array(constants)))


def _explained(
    target: NumberTarget, losses: Callable[[np.ndarray], np.ndarray], baseline: np.ndarray
) -> Score:
    """Return 1 - (loss of the predictions) / (loss of the best constants) as a function of raw scores.

    Where the constants are perfect it is 1 if the predictions are too, else 0, as in scikit-learn.
    """

    def score(scores: np.ndarray) -> float:
        with np.errstate(over="ignore", invalid="ignore"):
            predicted = target.predictions(scores).astype(np.float64)
            found = losses(predicted.reshape(len(scores), -1))
            ratio = found / np.where(baseline > 0.0, baseline, 1.0)
        ratio = np.where(baseline > 0.0, ratio, (found > 0.0).astype(float))
        return float(np.mean(1.0 - ratio))

    return score


def weighted_quantile(y: np.ndarray, level: float, weights: np.ndarray | None) -> float:
    """Return the quantile that minimises the pinball loss, interpolated if there are no weights."""
    if weights is None:
        return float(np.quantile(y, level))
    order = np.argsort(y, kind="stable")
    share = np.cumsum(weights[order])
    place = min(int(np.searchsorted(share, level * share[-1])), len(y) - 1)
    return float(y[order][place])


def validation_score(
    estimator: Any, rows: Rows, default: Score
) -> Callable[[np.ndarray, np.ndarray], float]:
    """Return the score of the validation rows as a function of the parameters and of the raw scores they give.

    Parameters
    ----------
    estimator : estimator
        Everything but ``theta_`` is already as it will be after training.
    rows : Rows
        The validation rows as they were given.
    default : callable
        What to return if ``scoring`` is None, as a function of raw scores.
    """
    if estimator.scoring is None:
        return lambda theta, scores: default(scores)
    scorer = get_scorer(estimator.scoring)
    keywords = {}
    if rows.weights is not None and "sample_weight" in _arguments(scorer):
        keywords["sample_weight"] = rows.weights

    def score(theta: np.ndarray, scores: np.ndarray) -> float:
        present = estimator._as_of(theta, rows.X, scores)
        value = scorer(present, rows.X, rows.y, **keywords)
        try:
            return float(value)
        except (TypeError, ValueError):
            raise InputTypeError.of(
                "scoring", got=f"a scorer that returned {value!r}", expected="one number"
            ) from None

    return score


def _arguments(scorer: Any) -> set[str]:
    try:
        return set(inspect.signature(scorer).parameters)
    except (TypeError, ValueError):  # a callable in C has no signature to look at
        return set()
