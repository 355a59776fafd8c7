"""Check a gradient: a network's, any function's, an activation's or a loss's. Each returns a GradientReport."""

from chainrule.gradients.checking.check_function import check_function
from chainrule.gradients.checking.check_gradients import check_gradients
from chainrule.gradients.checking.check_rules import check_activation, check_loss
from chainrule.gradients.checking.gradient_report import BlockReport, Entry, Flag, GradientReport

__all__ = [
    "BlockReport",
    "Entry",
    "Flag",
    "GradientReport",
    "check_activation",
    "check_function",
    "check_gradients",
    "check_loss",
]
