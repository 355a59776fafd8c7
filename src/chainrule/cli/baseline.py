"""A model's predictions for a part of a table, and what they are worth beside a baseline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from chainrule.cli.rows import TablePart
from chainrule.report import judging
from chainrule.report.scores import Scores


def training_baseline(classifies: bool, y: NDArray[Any], classes: list[Any]) -> dict[str, Any]:
    """Return what the baseline knows of the training rows."""
    return judging.baseline_of(classes if classifies else [], y)


def judge(estimator: Any, part: TablePart, baseline: Mapping[str, Any]) -> Scores:
    """Compare predictions with what is true; see `chainrule.report.judging.judge`."""
    return judging.judge(estimator, part.X, part.y, baseline).scores
