"""The optimizers that exist: what estimators, help texts, documentation and tests go through."""

from __future__ import annotations

from chainrule.equations.registry import Registry
from chainrule.optimizers.adam import Adam
from chainrule.optimizers.adamw import AdamW
from chainrule.optimizers.lbfgs import LBFGS
from chainrule.optimizers.optimizer import Optimizer
from chainrule.optimizers.rmsprop import RMSprop
from chainrule.optimizers.sgd import SGD

#: records by name; ``optimizers.get("rmsprop(rho=0.9)")``
optimizers: Registry[Optimizer] = Registry("solver", Optimizer)  # type: ignore[type-abstract]

for _optimizer in (Adam(), SGD(), LBFGS(), AdamW(), RMSprop()):
    optimizers.register(_optimizer)
