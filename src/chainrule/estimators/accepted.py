"""What the estimators' parameters may be, for type checkers; ``parameters`` checks values when training begins.

A name that was misspelt is an error before the program runs. A name with numbers in it (``"rmsprop(rho=0.9)"``) is text
like any other for a type checker: use the record (``RMSprop(rho=0.9)``) where types are checked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from chainrule.equations.activations import Activation
from chainrule.optimizers.optimizer import Optimizer

SolverName = Literal["adam", "sgd", "lbfgs", "adamw", "rmsprop"]
EngineName = Literal["auto", "fused", "reference"]

Solver: TypeAlias = SolverName | Optimizer
#: One for all hidden layers, or one for each; users register names of their own.
Activations: TypeAlias = str | Activation | Sequence[str | Activation]
Units: TypeAlias = int | Sequence[int]
