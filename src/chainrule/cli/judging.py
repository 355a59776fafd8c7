"""Predictions of a model for a table, in blocks of rows, and what they are worth beside a baseline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.cli.rows import Part, positions
from chainrule.report import scores
from chainrule.report.scores import Scores
from chainrule.report.text import number

BLOCK = 20_000
"""Rows that are prepared and predicted at a time, so that memory does not grow with the table."""


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
    """Apply a prediction method to a table, block by block."""
    parts = [np.asarray(rule(X.iloc[rows])) for rows in blocks(len(X))]
    return np.concatenate(parts)


def training_baseline(classifies: bool, y: NDArray[Any], classes: list[Any]) -> dict[str, Any]:
    """Return what the baseline knows of the training rows."""
    if classifies:
        return scores.class_baseline(positions(y, classes), classes)
    return scores.number_baseline(y.astype(np.float64))


def judge(estimator: Any, part: Part, baseline: Mapping[str, Any]) -> Scores:
    """Compare predictions with what is true.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
        With one target column.
    part : Part
        Labels, or quantities.
    baseline : mapping
        As `training_baseline` gives it.
    """
    if hasattr(estimator, "classes_"):
        classes = estimator.classes_.tolist()
        log_probabilities = predicted(estimator.predict_log_proba, part.X).astype(np.float64)
        decided = positions(predicted(estimator.predict, part.X), classes)
        return scores.classification(
            positions(part.y, classes), log_probabilities, decided, classes, baseline
        )
    y, found = part.y.astype(np.float64), predicted(estimator.predict, part.X)
    levels = estimator._target.levels
    columns = found.reshape(len(y), -1).astype(np.float64)
    middle = int(np.argmin([abs(level - 0.5) for level in levels])) if len(levels) > 1 else 0
    result = scores.regression(y, columns[:, middle], baseline)
    if len(levels) > 1:
        covered = scores.quantile_coverage(y, columns, levels)
        said = ", ".join(f"{100.0 * share:.0f} % for {number(level)}" for level, share in covered)
        result.remarks.append(f"rows that are not above the predicted quantile: {said}")
        result.remarks.append(f"the scores are those of the quantile {number(levels[middle])}")
    return result
