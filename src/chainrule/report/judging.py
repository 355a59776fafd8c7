"""Predictions of a model for rows whose target is known, in blocks, and what they are worth beside a baseline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.estimators.inputs import as_table, take_rows
from chainrule.report import scores
from chainrule.report.scores import Codes, Floats, Scores
from chainrule.report.wording import number

BLOCK = 20_000
"""Rows that are prepared and predicted at a time, so that memory does not grow with the table."""


@dataclass(frozen=True)
class JudgedClasses:
    """What a classifier has said of rows.

    Attributes
    ----------
    scores : Scores
    codes, decided : ndarray of int, shape (n,)
        The positions of the true and of the predicted class; -1 for a class that the model does not know.
    log_probabilities : ndarray, shape (n, k)
    """

    scores: Scores
    codes: Codes
    log_probabilities: Floats
    decided: Codes


@dataclass(frozen=True)
class JudgedNumbers:
    """What a regressor has said of rows.

    Attributes
    ----------
    scores : Scores
    y, predicted : ndarray of float64, shape (n,)
        Of several quantiles, the one nearest the median.
    """

    scores: Scores
    y: Floats
    predicted: Floats


def blocks(n: int) -> Iterator[slice]:
    """Cut n rows into blocks.

    Examples
    --------
    >>> list(blocks(3)), len(list(blocks(40_001)))
    ([slice(0, 3, None)], 3)
    """
    for start in range(0, n, BLOCK):
        yield slice(start, min(start + BLOCK, n))


def predicted(rule: Callable[[Any], Any], X: Any) -> NDArray[Any]:
    """Apply a prediction method to a table or an array, block by block."""
    X = as_table(X)
    return np.concatenate([np.asarray(rule(take_rows(X, rows))) for rows in blocks(X.shape[0])])


def raw_scores(estimator: Any, X: Any) -> NDArray[Any]:
    """Return the raw scores of a table, block by block, unless the estimator knows those of this very one already."""
    known = vars(estimator).get("_known_scores")
    if known is not None and known[0] is X:
        return np.asarray(known[1])
    return predicted(estimator._raw_scores, X)


def positions(y: NDArray[Any], classes: list[Any]) -> Codes:
    """Return where each label stands among the classes, -1 where it does not.

    Examples
    --------
    >>> positions(np.array(["b", "z", "a"], dtype=object), ["a", "b"]).tolist()
    [1, -1, 0]
    """
    place = {label: i for i, label in enumerate(classes)}
    return np.array([place.get(label, -1) for label in y.tolist()], dtype=np.intp)


def baseline_of(classes: list[Any], y: NDArray[Any]) -> dict[str, Any]:
    """Return what the baseline learns from rows; ``classes`` is empty for quantities."""
    if classes:
        return scores.class_baseline(positions(y, classes), classes)
    return scores.number_baseline(y.astype(np.float64))


def judge(
    estimator: Any, X: Any, y: NDArray[Any], baseline: Mapping[str, Any]
) -> JudgedClasses | JudgedNumbers:
    """Compare predictions with what is true.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
        With one target column.
    X : data frame or array, n rows
    y : ndarray, shape (n,)
        Labels, or quantities.
    baseline : mapping
        As `baseline_of` gives it.
    """
    raw, target = raw_scores(estimator, X), estimator._target
    if hasattr(estimator, "classes_"):
        classes = estimator.classes_.tolist()
        log_probabilities = target.log_probabilities(raw).astype(np.float64)
        decided = target.decide(raw)[:, 0]
        codes = positions(y, classes)
        found = scores.classification(codes, log_probabilities, decided, classes, baseline)
        return JudgedClasses(found, codes, log_probabilities, decided)
    quantities, levels = y.astype(np.float64), target.levels
    columns = target.predictions(raw).reshape(len(y), -1).astype(np.float64)
    middle = middle_level(levels)
    found = scores.regression(quantities, columns[:, middle], baseline)
    if len(levels) > 1:
        covered = scores.quantile_coverage(quantities, columns, levels)
        said = ", ".join(f"{100.0 * share:.0f} % for {number(level)}" for level, share in covered)
        found.remarks.append(f"rows that are not above the predicted quantile: {said}")
        found.remarks.append(f"the scores are those of the quantile {number(levels[middle])}")
    return JudgedNumbers(found, quantities, columns[:, middle])


def middle_level(levels: tuple[float, ...]) -> int:
    """Return the position of the quantile level nearest the median; 0 where there are no levels."""
    return int(np.argmin([abs(level - 0.5) for level in levels])) if len(levels) > 1 else 0
