"""Permutation importances of a perceptron, also for tables with many columns.

What a score loses when the values of one column are dealt out anew among the rows (Breiman, Random Forests, 2001,
section 10). The rows are prepared once, and the inputs that a column becomes are shuffled together; that is the same as
shuffling the column, and a hundred times faster where a table is wide.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from chainrule.network.inference import scores
from chainrule.report.figures.inside import input_names, some_rows
from chainrule.report.judging import JudgedClasses, JudgedNumbers, middle_level
from chainrule.report.scores import Floats

MOST_ROWS, MOST_COLUMNS, REPEATS = 1000, 100, 5


class Importances(NamedTuple):
    """What a score loses, shape (columns, repeats), the columns' names, and what was measured."""

    losses: Floats
    names: list[str]
    score: str
    rows: int
    left_out: int
    """Columns that were not shuffled, because of many those with the largest weights were taken."""


def importances(
    estimator: Any, X: Any, judged: JudgedClasses | JudgedNumbers, seed: int = 0
) -> Importances:
    """Shuffle every column some times.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
    X : data frame or array, n rows
    judged : JudgedClasses or JudgedNumbers
        Of the same rows; the truth is taken from it.
    seed : int
    """
    from chainrule.network.parameters import Parameters

    n = judged.scores.rows
    rows = some_rows(np.arange(n), most=MOST_ROWS)[0]
    Z = estimator._network_inputs(some_rows(X, most=MOST_ROWS)[0])
    Z = np.array(Z.toarray() if hasattr(Z, "toarray") else Z)  # of one's own, to shuffle in
    theta = Parameters(estimator.network_, estimator.theta_)
    groups = _inputs_by_column(estimator)
    weight = np.linalg.norm(theta.W[1], axis=1)
    heavy = sorted(groups, key=lambda name: -float(np.linalg.norm(weight[groups[name]])))
    chosen = [name for name in groups if name in set(heavy[:MOST_COLUMNS])]
    name, score = _scorer(estimator, judged, rows)
    repeats = REPEATS if len(chosen) <= MOST_COLUMNS // 3 else 2
    usual, draw = score(scores(theta, Z)), np.random.default_rng(seed)
    losses = np.empty((len(chosen), repeats))
    for i, column in enumerate(chosen):
        inputs = groups[column]
        kept = Z[:, inputs].copy()
        for j in range(repeats):
            Z[:, inputs] = kept[draw.permutation(len(Z))]
            losses[i, j] = usual - score(scores(theta, Z))
        Z[:, inputs] = kept
    return Importances(losses, chosen, name, len(Z), len(groups) - len(chosen))


def _inputs_by_column(estimator: Any) -> dict[str, np.ndarray]:
    """Return which inputs of the network each used column becomes."""
    if estimator.preparation_ is None:
        return {name: np.array([i]) for i, name in enumerate(input_names(estimator))}
    found, start = {}, 0
    for column in estimator.preparation_.summary():
        stop = start + len(column.outputs)
        if stop > start:
            found[column.column] = np.arange(start, stop)
        start = stop
    return found


def _scorer(
    estimator: Any, judged: JudgedClasses | JudgedNumbers, rows: np.ndarray
) -> tuple[str, Callable[[np.ndarray], float]]:
    """Return a score, greater is better, as a function of raw scores of some rows; and its name."""
    from sklearn.metrics import r2_score, roc_auc_score

    target = estimator._target
    if isinstance(judged, JudgedNumbers):
        y, middle = judged.y[rows], middle_level(target.levels)

        def determination(raw: np.ndarray) -> float:
            found = target.predictions(raw).reshape(len(y), -1)[:, middle]
            return float(r2_score(y, found.astype(np.float64)))

        return "R²", determination
    codes = judged.codes[rows]
    if len(estimator.classes_) == 2 and set(codes.tolist()) == {0, 1}:
        return "ROC AUC", lambda raw: float(roc_auc_score(codes, target.decision(raw)))
    return "accuracy", lambda raw: float(np.mean(target.decide(raw)[:, 0] == codes))
