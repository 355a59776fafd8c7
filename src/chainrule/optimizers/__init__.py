"""Optimizers, schedules and clipping: how a gradient becomes a step.

Every first-order rule is a pure, elementwise function in a file of its own;
``catalogue.optimizers`` and ``schedules.schedules`` list what exists. L-BFGS is SciPy's, in
``lbfgs``.
"""

from __future__ import annotations

from chainrule.optimizers.adam import Adam
from chainrule.optimizers.adamw import AdamW, decay
from chainrule.optimizers.catalogue import optimizers
from chainrule.optimizers.cosines import CosLog, FlatCosine
from chainrule.optimizers.lbfgs import LBFGS, LBFGSResult, minimize
from chainrule.optimizers.optimizer import Optimizer, OptimizerState, apply, update
from chainrule.optimizers.rmsprop import RMSprop
from chainrule.optimizers.schedule import Horizon, Schedule, ScheduleState
from chainrule.optimizers.schedules import (
    Adaptive,
    Constant,
    Cosine,
    Exponential,
    InverseScaling,
    OneCycle,
    Step,
    WarmUp,
    make_schedule,
    schedules,
)
from chainrule.optimizers.sgd import SGD

__all__ = [
    "LBFGS",
    "SGD",
    "Adam",
    "AdamW",
    "Adaptive",
    "Constant",
    "CosLog",
    "Cosine",
    "Exponential",
    "FlatCosine",
    "Horizon",
    "InverseScaling",
    "LBFGSResult",
    "OneCycle",
    "Optimizer",
    "OptimizerState",
    "RMSprop",
    "Schedule",
    "ScheduleState",
    "Step",
    "WarmUp",
    "apply",
    "decay",
    "make_schedule",
    "minimize",
    "optimizers",
    "schedules",
    "update",
]
