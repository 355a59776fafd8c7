"""The sections of the report page on what a model is worth: scores, mistakes, calibration, columns that matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.report.bootstrap import intervals
from chainrule.report.embedded import Picture, embedded
from chainrule.report.figures import (
    ConfusionDisplay,
    ImportanceDisplay,
    PredictedDisplay,
    ReliabilityDisplay,
    RocDisplay,
)
from chainrule.report.judging import JudgedClasses, JudgedNumbers
from chainrule.report.reproduction import Background
from chainrule.report.scores import CLASSIFICATION, REGRESSION, shown
from chainrule.report.shuffling import importances
from chainrule.report.wording import listed, printable

Section = dict[str, Any]
Judged = JudgedClasses | JudgedNumbers

MOST_CLASSES, MOST_CURVES, MOST_IN_MATRIX = 50, 8, 25


def scores(judged: Judged, known: Background, baseline: Mapping[str, Any]) -> Section:
    """Return the scores with their intervals, beside the baseline's."""
    found, names = intervals(judged), dict((*CLASSIFICATION, *REGRESSION))
    lines = []
    for key, value in judged.scores.values.items():
        if value is None:
            continue
        interval = found.get(key)
        between = "–" if interval is None else " to ".join(_like(value, interval[:2]))
        lines.append(
            {
                "key": key,
                "name": names.get(key, key).partition(" (")[0],
                "better": "lower" if "lower" in names.get(key, "") else "higher",
                "value": shown(value),
                "between": between,
                "interval": interval,
                "baseline": shown(judged.scores.baseline.get(key)),
            }
        )
    section: Section = {
        "rows": judged.scores.rows,
        "source": known.source,
        "rule": judged.scores.rule,
        "own_baseline": known.baseline is None,
        "lines": lines,
        "exact": any(i.exact for i in found.values()),
        "undefined": any(line["interval"] is None for line in lines),
    }
    if isinstance(judged, JudgedClasses):
        section["classes"] = _by_class(judged, baseline)
        section["more_classes"] = max(len(judged.scores.classes or ()) - MOST_CLASSES, 0)
    return section


def _like(value: float, others: Sequence[float]) -> list[str]:
    """Write numbers with as many decimals as a score is shown with."""
    decimals = len(shown(value).partition(".")[2])
    return [f"{x:.4f}" if decimals == 4 else shown(x) for x in others]


def _by_class(judged: JudgedClasses, baseline: Mapping[str, Any]) -> list[Section]:
    matrix, classes = np.array(judged.scores.confusion), judged.scores.classes or []
    # A row of a class that the model does not know is in no line of the matrix, but its prediction is wrong.
    said = np.bincount(judged.decided, minlength=len(classes))
    rows = []
    for c, name in enumerate(classes[:MOST_CLASSES]):
        n, right = int(matrix[c].sum()), int(matrix[c, c])
        rows.append(
            {
                "name": name,
                "share": f"{100.0 * baseline['shares'][c]:.1f} %",
                "rows": n,
                "recall": f"{right / n:.3f}" if n else "–",
                "precision": f"{right / said[c]:.3f}" if said[c] else "–",
            }
        )
    return rows


def predictions(estimator: Any, judged: Judged, known: Background) -> Section:
    """Return what was predicted for which rows, and how far probabilities can be taken at their word."""
    if isinstance(judged, JudgedNumbers):
        pictures = [
            _predicted(
                judged,
                known,
                "predicted",
                "Each row by what was predicted and is true; on the line it is right.",
            ),
            _predicted(
                judged,
                known,
                "residuals",
                "What is left over; a shape in it is something the model missed.",
            ),
        ]
        return {"heading": "Predictions and residuals", "pictures": pictures, "mixed": []}
    classes = list(judged.scores.classes or [])
    known_rows = judged.codes >= 0
    codes, P = judged.codes[known_rows], np.exp(judged.log_probabilities[known_rows])
    names = [printable(c, most=40) for c in classes]
    truth = list(range(len(classes)))
    pictures = []
    matrix = np.array(judged.scores.confusion)
    if len(classes) <= MOST_IN_MATRIX:
        pictures.append(
            embedded(
                lambda ax: ConfusionDisplay(matrix, names),
                "Rows of each true class by what was predicted.",
            )
        )
    if len(codes):
        label = names[1] if len(names) == 2 else "the predicted class"
        happened = codes == 1 if len(names) == 2 else P.argmax(axis=1) == codes
        said = P[:, 1] if len(names) == 2 else P.max(axis=1)
        pictures.append(
            embedded(
                lambda ax: ReliabilityDisplay(said, happened, name=label),
                "Calibration: of the rows given a probability, how many were so. On the dotted line it is as said.",
            )
        )
    if len(classes) <= MOST_CURVES:
        pictures.append(
            embedded(
                lambda ax: _named(
                    RocDisplay.from_predictions(codes, P, classes=truth, ax=ax), names
                ),
                "ROC: how well each class is told from the others, whatever the threshold.",
            )
        )
    return {
        "heading": "Mistakes and calibration",
        "pictures": pictures,
        "mixed": _mixed(matrix, classes),
    }


def _predicted(judged: JudgedNumbers, known: Background, kind: str, caption: str) -> Picture | str:
    return embedded(
        lambda ax: PredictedDisplay(judged.y, judged.predicted, name=known.target, kinds=(kind,)),
        caption,
    )


def _named(display: RocDisplay, names: list[str]) -> RocDisplay:
    """Put names for the positions that the curves were computed by: labels of any type are compared safely so."""
    display.curves = {names[int(code)]: curve for code, curve in display.curves.items()}
    return display


def _mixed(matrix: np.ndarray, classes: list[Any], most: int = 10) -> list[Section]:
    """List the most frequent mistakes."""
    wrong = matrix - np.diag(np.diag(matrix))
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    places = [np.unravel_index(int(place), wrong.shape) for place in order]
    return [
        {"true": classes[i], "predicted": classes[j], "rows": int(wrong[i, j])}
        for i, j in places
        if wrong[i, j]
    ]


def columns(estimator: Any, X: Any, judged: Judged) -> Section:
    """Return what each column is worth to the model."""
    found = importances(estimator, X, judged)
    means = found.losses.mean(axis=1)
    order = np.argsort(-means, kind="stable")
    picture: Picture | str = embedded(
        lambda ax: ImportanceDisplay(found.losses, found.names, score_name=found.score),
        f"What {found.score} loses when the values of one column are dealt out anew among the rows.",
    )
    quiet = [found.names[i] for i in order if means[i] <= 0.0]
    return {
        "picture": picture,
        "score": found.score,
        "rows": found.rows,
        "repeats": found.losses.shape[1],
        "left_out": found.left_out,
        "quiet": listed(quiet, most=12),
    }
