"""Check a gradient: a network's, any function's, an activation's or a loss's. Each returns a GradientReport."""

from chainrule.gradients.checking.functions import check_function
from chainrule.gradients.checking.network import check_gradients
from chainrule.gradients.checking.report import Block, Entry, Flag, GradientReport
from chainrule.gradients.checking.rules import check_activation, check_loss

__all__ = [
    "Block",
    "Entry",
    "Flag",
    "GradientReport",
    "check_activation",
    "check_function",
    "check_gradients",
    "check_loss",
]
