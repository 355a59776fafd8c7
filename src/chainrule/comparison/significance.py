"""Is one candidate better than another, or is it noise? Paired tests over seeds, validation rows or folds.

On one split two things vary: the seed (initial weights and order of the rows) and the validation rows, a sample of all
rows there could be. Both are crossed, every row judged by every seed, and the variance of the mean difference is at
most the sum of the variance over seeds and the variance over rows (Owen, "The pigeonhole bootstrap", Annals of Applied
Statistics 2007); that sum is used, with Satterthwaite's degrees of freedom. Over folds the training sets overlap, so
the variance of the mean is multiplied by 1/J + n_test/n_train in place of 1/J (Nadeau and Bengio, "Inference for the
generalization error", Machine Learning 2003).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import t as student

from chainrule.comparison.trials import Comparison, Trial


class Difference(NamedTuple):
    """The mean difference of two candidates' scores and the probability of one as large by noise alone.

    ``p`` is NaN where nothing tells how large the noise is: one seed, one split, and a score that is no mean of rows.
    """

    mean: float
    standard_error: float
    p: float


def difference(a: Sequence[Trial], b: Sequence[Trial], share: float | None = None) -> Difference:
    """Compare two candidates by trials that are paired: the same seeds, the same rows.

    Parameters
    ----------
    a, b : sequence of Trial
        In the same order.
    share : float, optional
        n_test / n_train where the trials are those of several folds; None on one split.

    Returns
    -------
    Difference
        Of a over b.
    """
    d = np.array([x.score - y.score for x, y in zip(a, b, strict=True)])
    if not np.isfinite(d).all():
        return Difference(float("nan"), float("nan"), float("nan"))
    mean, n = float(d.mean()), len(d)
    parts: list[tuple[float, int]] = []  # variance of the mean, degrees of freedom
    if share is not None:
        if n > 1:
            parts.append((float(d.var(ddof=1)) * (1.0 / n + share), n - 1))
    else:
        if n > 1:
            parts.append((float(d.var(ddof=1)) / n, n - 1))
        rows = _row_differences(a, b)
        if rows is not None and len(rows) > 1:
            parts.append((float(rows.var(ddof=1)) / len(rows), len(rows) - 1))
    if not parts:
        return Difference(mean, float("nan"), float("nan"))
    variance = sum(v for v, _ in parts)
    if variance <= 0.0:
        return Difference(mean, 0.0, 1.0 if mean == 0.0 else 0.0)
    freedom = variance**2 / sum(v**2 / df for v, df in parts)
    error = float(np.sqrt(variance))
    return Difference(mean, error, float(2.0 * student.sf(abs(mean) / error, freedom)))


def against_the_best(comparison: Comparison, ranked: Sequence[str]) -> list[Difference]:
    """Return each candidate's difference to the first of ``ranked``, p corrected for their number by Holm's method."""
    share = comparison.n_validation / comparison.n_train if comparison.n_folds else None
    best = comparison.of(ranked[0])
    found = [difference(comparison.of(name), best, share) for name in ranked[1:]]
    corrected = holm(np.array([f.p for f in found]))
    return [
        Difference(0.0, 0.0, 1.0),
        *(f._replace(p=float(p)) for f, p in zip(found, corrected, strict=True)),
    ]


def holm(p: np.ndarray) -> np.ndarray:
    """Correct p values for their number; NaN stays.

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03])).tolist()
    [0.03, 0.06, 0.06]
    """
    corrected = np.full(len(p), np.nan)
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p[known], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(p[order] * factors), 1.0)
    return corrected


def _row_differences(a: Sequence[Trial], b: Sequence[Trial]) -> np.ndarray | None:
    """Return the difference of each validation row, averaged over seeds."""
    of_trials = []
    for x, y in zip(a, b, strict=True):
        if x.row_scores is None or y.row_scores is None:
            return None
        of_trials.append(x.row_scores - y.row_scores)
    return np.asarray(np.mean(of_trials, axis=0))
