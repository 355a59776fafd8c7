"""How sure a score is: confidence intervals from resampled rows.

The rows that a model is judged on are drawn anew, with replacement, as often as there are rows, and the score is
computed again; the middle 95 % of what comes out is the interval (the percentile bootstrap: Efron and Tibshirani, An
Introduction to the Bootstrap, 1993, chapter 13). It tells what other test rows would have said of this very model, not
what another training would have given.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chainrule.report.figures.reliability import wilson
from chainrule.report.judging import JudgedClasses, JudgedNumbers
from chainrule.report.scores import Floats

LEVEL = 0.95
#: Resamples, and at most so many drawn rows in all; never fewer than the fewest.
RESAMPLES, MOST_DRAWS, FEWEST = 1000, 10_000_000, 200
_AT_ONCE = 1_000_000  # drawn rows that are in memory together

#: From how often each row was drawn, shape (b, n), to the score of each resample, shape (b,).
Rule = Callable[[Floats], Floats]


class Interval(NamedTuple):
    """A confidence interval; ``exact`` where it is Wilson's for a share and not from resampling."""

    low: float
    high: float
    exact: bool = False


def intervals(judged: JudgedClasses | JudgedNumbers, seed: int = 0) -> dict[str, Interval]:
    """Return a 95 % interval for every score that has one.

    Where all resamples agree (every row is right) resampling says nothing. Accuracy then has Wilson's interval, and
    other scores have none.

    Parameters
    ----------
    judged : JudgedClasses or JudgedNumbers
    seed : int
        Equal seeds give equal intervals.

    Examples
    --------
    >>> from chainrule.report.scores import regression
    >>> y, predicted = np.arange(50.0), np.arange(50.0) + np.tile([1.0, -1.0], 25)
    >>> judged = JudgedNumbers(regression(y, predicted, {"mean": 24.5}), y, predicted)
    >>> found = intervals(judged)
    >>> sorted(found), found["r2"].low < judged.scores.values["r2"] < found["r2"].high
    (['r2'], True)
    """
    rules = _class_rules(judged) if isinstance(judged, JudgedClasses) else _number_rules(judged)
    wanted = {
        name: rules[name] for name, value in judged.scores.values.items() if value is not None
    }
    n, draw = judged.scores.rows, np.random.default_rng(seed)
    resamples = max(min(RESAMPLES, MOST_DRAWS // max(n, 1)), FEWEST)
    at_once = max(_AT_ONCE // max(n, 1), 1)
    drawn: dict[str, list[Floats]] = {name: [] for name in wanted}
    for start in range(0, resamples, at_once):
        times = _times_drawn(draw, min(at_once, resamples - start), n)
        with np.errstate(divide="ignore", invalid="ignore"):
            for name, rule in wanted.items():
                drawn[name].append(rule(times))
    found = {}
    for name, parts in drawn.items():
        values = np.concatenate(parts)
        low, high = np.nanquantile(values, [(1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0])
        if high - low > 1e-12 * max(abs(low), abs(high)):
            found[name] = Interval(float(low), float(high))
        elif name == "accuracy":
            share = np.array((judged.scores.values[name] or 0.0) * n)
            low, high = wilson(share, np.array(n))
            found[name] = Interval(float(low), float(high), exact=True)
    return found


def _times_drawn(draw: np.random.Generator, b: int, n: int) -> Floats:
    """Return how often each of n rows is among n draws, b times over, shape (b, n)."""
    rows = draw.integers(0, n, size=(b, n))
    rows += np.arange(b)[:, None] * n
    return np.bincount(rows.ravel(), minlength=b * n).reshape(b, n).astype(np.float64)


def _class_rules(judged: JudgedClasses) -> dict[str, Rule]:
    codes, log_p = judged.codes, judged.log_probabilities
    n, k = log_p.shape
    known = codes >= 0
    right = (judged.decided == codes).astype(np.float64)
    one_hot = (codes[:, None] == np.arange(k)).astype(np.float64)
    hits, losses = one_hot * right[:, None], -log_p[known, codes[known]]

    def recall(times: Floats) -> Floats:
        by_class = (times @ hits) / (times @ one_hot)  # NaN where no row of a class was drawn
        present = np.isfinite(by_class)
        return np.asarray(np.where(present, by_class, 0.0).sum(axis=1) / present.sum(axis=1))

    rules: dict[str, Rule] = {
        "accuracy": lambda times: times @ right / n,
        "balanced_accuracy": recall,
        "log_loss": lambda times: times[:, known] @ losses / times[:, known].sum(axis=1),
    }
    if k == 2:
        rules["roc_auc"] = _roc_auc(log_p[known, 1] - log_p[known, 0], codes[known] == 1, known)
    return rules


def _roc_auc(score: Floats, positive: NDArray[np.bool_], known: NDArray[np.bool_]) -> Rule:
    """Return the area under the ROC curve as a rule: the share of pairs in the right order, ties half."""
    order = np.argsort(score, kind="stable")
    ranked = score[order]
    starts = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
    up, down = positive[order].astype(np.float64), (~positive[order]).astype(np.float64)

    def rule(times: Floats) -> Floats:
        times = times[:, known][:, order]
        above = np.add.reduceat(times * up, starts, axis=1)
        below = np.add.reduceat(times * down, starts, axis=1)
        won = above * (np.cumsum(below, axis=1) - 0.5 * below)
        return np.asarray(won.sum(axis=1) / (above.sum(axis=1) * below.sum(axis=1)))

    return rule


def _number_rules(judged: JudgedNumbers) -> dict[str, Rule]:
    y, n = judged.y, len(judged.y)
    unit = float(np.abs(y).max(initial=0.0)) or 1.0  # squares of large quantities stay finite
    residual, spread = (y - judged.predicted) / unit, (y - y.mean()) / unit
    squares = residual**2

    def r2(times: Floats) -> Floats:
        total = times @ spread**2 - (times @ spread) ** 2 / n
        return np.asarray(1.0 - times @ squares / np.where(total > 0.0, total, np.nan))

    return {
        "r2": r2,
        "mae": lambda times: unit * (times @ np.abs(residual)) / n,
        "rmse": lambda times: unit * np.sqrt(times @ squares / n),
    }
