"""Figures, by scikit-learn's Display convention: ``from_estimator``, ``from_predictions``, ``ax=``, ``plot()``.

``chainrule.figures`` is this package. Each display holds data, ``figure_`` and ``ax_`` when drawn, ``alt`` (what it
shows, in words) and ``save(path)``. matplotlib is imported here and nowhere else.
"""

from __future__ import annotations

from chainrule.report.figures.boundary import DecisionBoundaryDisplay
from chainrule.report.figures.classes import ConfusionDisplay, PrecisionRecallDisplay, RocDisplay
from chainrule.report.figures.compared import (
    ComparedBoundaryDisplay,
    ComparedLossDisplay,
    ComparedScoreDisplay,
)
from chainrule.report.figures.curves import LearningRateDisplay, LossCurveDisplay
from chainrule.report.figures.diagram import NetworkDisplay
from chainrule.report.figures.display import Display, save_figure
from chainrule.report.figures.gradient_flow import GradientFlowDisplay
from chainrule.report.figures.importance import ImportanceDisplay
from chainrule.report.figures.layers import (
    ActivationHistogramDisplay,
    UnitHealthDisplay,
    WeightHistogramDisplay,
)
from chainrule.report.figures.live import LiveLoss
from chainrule.report.figures.quantities import PredictedDisplay
from chainrule.report.figures.reliability import ReliabilityDisplay
from chainrule.report.figures.style import palette, style

__all__ = [
    "Display",
    "style",
    "palette",
    "save_figure",
    "LossCurveDisplay",
    "LiveLoss",
    "LearningRateDisplay",
    "DecisionBoundaryDisplay",
    "ConfusionDisplay",
    "RocDisplay",
    "PrecisionRecallDisplay",
    "ReliabilityDisplay",
    "PredictedDisplay",
    "ImportanceDisplay",
    "NetworkDisplay",
    "WeightHistogramDisplay",
    "ActivationHistogramDisplay",
    "UnitHealthDisplay",
    "GradientFlowDisplay",
    "ComparedLossDisplay",
    "ComparedScoreDisplay",
    "ComparedBoundaryDisplay",
]
