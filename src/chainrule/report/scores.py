"""How good predictions are, beside a trivial baseline: the same few numbers wherever a model is judged.

A score means little alone: 0.95 is poor where 97 % of the rows are of one class. So each is shown beside what one gets
without any model, by always predicting the training rows' most frequent class (with the classes' shares as its
probabilities) or their mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.report.wording import listed, number, printable, table

Codes = NDArray[np.intp]
Floats = NDArray[np.float64]

#: (name in JSON, name for people); higher is better for all but those marked.
CLASSIFICATION = (
    ("accuracy", "accuracy"),
    ("balanced_accuracy", "balanced accuracy"),
    ("log_loss", "log-loss (lower is better)"),
    ("roc_auc", "ROC AUC"),
)
REGRESSION = (
    ("r2", "R²"),
    ("mae", "mean absolute error (lower is better)"),
    ("rmse", "root mean squared error (lower is better)"),
)


@dataclass(frozen=True)
class Scores:
    """What a set of rows says about a model.

    Attributes
    ----------
    rows : int
    values, baseline : dict of str to float or None
        By the names of ``CLASSIFICATION`` or ``REGRESSION``; None where a score is not defined on these rows.
    rule : str
        What the baseline does, in words.
    confusion : list of list of int, optional
        Rows by true class, columns by predicted class, in the order of ``classes``.
    classes : list, optional
    remarks : list of str
        What limits these numbers, one sentence each.
    """

    rows: int
    values: dict[str, float | None]
    baseline: dict[str, float | None]
    rule: str
    confusion: list[list[int]] | None = None
    classes: list[Any] | None = None
    remarks: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able data."""
        data: dict[str, Any] = {
            "rows": self.rows,
            "scores": self.values,
            "baseline": self.baseline,
            "baseline_rule": self.rule,
        }
        if self.confusion is not None:
            data["confusion"] = {"classes": self.classes, "matrix": self.confusion}
        return data

    def warnings(self) -> list[str]:
        """Return a sentence if the model is no better than the baseline."""
        name = "log_loss" if "log_loss" in self.values else "rmse"
        value, trivial = self.values.get(name), self.baseline.get(name)
        if value is None or trivial is None or value < trivial:
            return []
        return [
            f"the model is no better than the baseline ({name.replace('_', '-')} {shown(value)}, {shown(trivial)})"
        ]

    def lines(self) -> list[str]:
        """Return the scores as an aligned table, the model's beside the baseline's."""
        names = dict((*CLASSIFICATION, *REGRESSION))
        rows = [["", "model", "baseline"]]
        for name, value in self.values.items():
            if value is not None:
                both = shown(value), shown(self.baseline.get(name))
                rows.append([names.get(name, name), *both])
        return table(rows, right=(1, 2))


def class_baseline(codes: Codes, classes: Sequence[Any]) -> dict[str, Any]:
    """Return what the baseline has to know of the training rows: the share of each class.

    Examples
    --------
    >>> class_baseline(np.array([0, 0, 1, 0]), ["a", "b"])
    {'shares': [0.75, 0.25]}
    """
    counts = np.bincount(codes[codes >= 0], minlength=len(classes)).astype(np.float64)
    return {"shares": (counts / max(counts.sum(), 1.0)).tolist()}


def classification(
    codes: Codes,
    log_probabilities: Floats,
    decided: Codes,
    classes: Sequence[Any],
    baseline: Mapping[str, Any],
) -> Scores:
    """Judge class predictions.

    Parameters
    ----------
    codes : ndarray of int, shape (n,)
        The position of each row's true class in ``classes``; -1 for a class that the model does not know.
    log_probabilities : ndarray, shape (n, k)
    decided : ndarray of int, shape (n,)
        The position of the predicted class.
    classes : sequence, length k
    baseline : mapping
        As `class_baseline` gives it.

    Examples
    --------
    >>> p = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.7, 0.3]])
    >>> found = classification(np.array([0, 0, 1, 1]), np.log(p), p.argmax(axis=1), ["a", "b"],
    ...                        class_baseline(np.array([0, 0, 1]), ["a", "b"]))
    >>> found.values["accuracy"], found.baseline["accuracy"], found.confusion
    (0.75, 0.5, [[2, 0], [1, 1]])
    """
    k = len(classes)
    shares = np.asarray(baseline["shares"], dtype=np.float64)
    usual = int(shares.argmax())
    known = codes >= 0
    with np.errstate(divide="ignore"):
        log_shares = np.log(shares)
    values = _class_scores(codes, decided, log_probabilities, k)
    trivial = _class_scores(
        codes, np.full_like(codes, usual), np.broadcast_to(log_shares, (len(codes), k)), k
    )
    if k == 2:
        values["roc_auc"] = _roc_auc(codes, log_probabilities)
        trivial["roc_auc"] = None if values["roc_auc"] is None else 0.5
    matrix = np.zeros((k, k), dtype=np.int64)
    np.add.at(matrix, (codes[known], decided[known]), 1)
    remarks = []
    if not known.all():
        remarks.append(
            f"{int((~known).sum())} rows have a class that the model was never shown: they count as mistakes, and "
            "log-loss and confusion matrix leave them out"
        )
    absent = [classes[c] for c in range(k) if not (codes == c).any()]
    if absent:
        remarks.append(f"no row of these is of class {listed(absent)}")
    rule = f"always {printable(classes[usual], most=30)}"
    return Scores(len(codes), values, trivial, rule, matrix.tolist(), list(classes), remarks)


def _class_scores(
    codes: Codes, decided: Codes, log_probabilities: Floats, k: int
) -> dict[str, float | None]:
    right = codes == decided
    recalls = [right[codes == c].mean() for c in range(k) if (codes == c).any()]
    known = codes >= 0
    losses = -log_probabilities[known, codes[known]]
    return {
        "accuracy": _finite(right.mean()),
        "balanced_accuracy": _finite(np.mean(recalls)) if recalls else None,
        "log_loss": _finite(losses.mean()) if len(losses) else None,
    }


def _roc_auc(codes: Codes, log_probabilities: Floats) -> float | None:
    from sklearn.metrics import roc_auc_score

    known = codes >= 0
    if len(np.unique(codes[known])) < 2:
        return None
    log_odds = log_probabilities[known, 1] - log_probabilities[known, 0]
    return _finite(roc_auc_score(codes[known], log_odds))


def number_baseline(y: Floats) -> dict[str, Any]:
    """Return what the baseline has to know of the training rows: their mean."""
    return {"mean": float(np.mean(y))}


def regression(y: Floats, predicted: Floats, baseline: Mapping[str, Any]) -> Scores:
    """Judge predicted quantities.

    Parameters
    ----------
    y, predicted : ndarray of float64, shape (n,)
    baseline : mapping
        As `number_baseline` gives it.

    Examples
    --------
    >>> found = regression(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 4.0]), {"mean": 2.0})
    >>> found.values["r2"], found.baseline["r2"], found.rule
    (0.5, 0.0, 'always 2')
    """
    mean = float(baseline["mean"])
    return Scores(
        len(y),
        _number_scores(y, np.asarray(predicted, dtype=np.float64)),
        _number_scores(y, np.full(len(y), mean)),
        f"always {number(mean)}",
    )


def quantile_coverage(
    y: Floats, predicted: Floats, levels: Sequence[float]
) -> list[tuple[float, float]]:
    """Return, for each quantile level, the share of rows that are not above the prediction; it should be the level.

    Parameters
    ----------
    y : ndarray, shape (n,)
    predicted : ndarray, shape (n, q)
    levels : sequence of float, length q

    Examples
    --------
    >>> quantile_coverage(np.arange(4.0), np.array([[0.5, 9.0]] * 4), [0.25, 1.0])
    [(0.25, 0.25), (1.0, 1.0)]
    """
    return [(float(level), float(np.mean(y <= predicted[:, j]))) for j, level in enumerate(levels)]


def _number_scores(y: Floats, predicted: Floats) -> dict[str, float | None]:
    # Scaled first, so that the squares of large quantities stay finite.
    unit = float(np.abs(y).max(initial=0.0)) or 1.0
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        residual = (y - predicted) / unit
        spread = (y - y.mean()) / unit
        total = float(spread @ spread)
        return {
            "r2": _finite(1.0 - (residual @ residual) / total) if total > 0.0 else None,
            "mae": _finite(unit * np.abs(residual).mean()),
            "rmse": _finite(unit * np.sqrt(np.mean(residual**2))),
        }


def shown(value: float | None) -> str:
    """Write a score: four decimals where that says something, so that scores are aligned."""
    if value is not None and (0.001 <= value < 100.0 or -100.0 < value <= 0.0):
        return f"{value:.4f}"
    return number(value)


def _finite(value: Any) -> float | None:
    """Return a plain float, or None where JSON has no number for it."""
    number = float(value)
    return number if np.isfinite(number) else None
