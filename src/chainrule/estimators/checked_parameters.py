"""What the constructor's parameters come to: one frozen record, parsed and checked once when training begins."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral
from typing import Any, Self

import numpy as np

from chainrule.equations.activations import activations
from chainrule.estimators import parameter_checks
from chainrule.network.threads import available_processors
from chainrule.optimizers.optimizer import Optimizer
from chainrule.optimizers.schedule import Schedule
from chainrule.optimizers.schedules import make_schedule


@dataclass(frozen=True)
class CheckedParameters:
    """The parameters of an estimator that training needs; what is not described has the constructor's meaning.

    Attributes
    ----------
    hidden : tuple of int
        The units of each hidden layer.
    activations : tuple of str
        The activation of each.
    dropout : tuple of float
        The rate after each.
    optimizer : Optimizer
    schedule : Schedule
        Without warm-up.
    callbacks : tuple of callable
    """

    hidden: tuple[int, ...]
    activations: tuple[str, ...]
    dropout: tuple[float, ...]
    optimizer: Optimizer
    schedule: Schedule
    callbacks: tuple[Callable[..., Any], ...]
    alpha: float
    l1: float
    max_iter: int
    tol: float
    n_iter_no_change: float
    max_fun: int
    validation_fraction: float
    max_time: float | None
    clip_norm: float | None
    threads: int | None
    shuffle: bool
    warm_start: bool
    early_stopping: bool
    batch_size: Any
    dtype: Any
    engine: str
    initializer: Any
    scoring: Any
    verbose: Any
    warmup: float

    @classmethod
    def of(cls, estimator: Any) -> Self:
        """Check every parameter of an estimator.

        Raises
        ------
        InputError
            If a value is not accepted.
        InputTypeError
            If its type is not.

        Examples
        --------
        >>> from chainrule import MLPClassifier
        >>> checked = CheckedParameters.of(MLPClassifier(hidden_layer_sizes=8, solver="sgd"))
        >>> checked.hidden, checked.activations, checked.optimizer
        ((8,), ('relu',), SGD(learning_rate=0.001, momentum=0.9, nesterov=True))
        """
        given = parameter_checks.checked(estimator)
        return cls(**{name: given[name] for name in cls.__dataclass_fields__})

    def batch_rows(self, n: int) -> int:
        """Return the rows of a step for ``n`` rows in all."""
        return min(200 if self.batch_size == "auto" else int(self.batch_size), n)

    def arithmetic(self, input_dtype: np.dtype[Any], n: int) -> np.dtype[Any]:
        """Return the dtype that parameters have and predictions are computed in.

        ``"auto"`` is float64 where X is and every step sees all rows (L-BFGS, or a batch that holds the
        whole table): rounding is the only noise there, and weights equal repetition to the last digits.
        With smaller batches their own noise hides float32's, which is twice as fast.
        """
        if self.dtype != "auto":
            chosen: np.dtype[Any] = np.dtype(self.dtype)
            return chosen
        full_batch = self.optimizer.second_order or self.batch_rows(n) == n
        return np.dtype("float64" if full_batch and input_dtype == np.float64 else "float32")

    def schedule_of(self, steps_per_epoch: int) -> Schedule:
        """Return the schedule, warm-up before it."""
        steps = isinstance(self.warmup, Integral)
        epochs = self.warmup / steps_per_epoch if steps else self.warmup * self.max_iter
        return make_schedule(self.schedule, float(epochs))

    @property
    def start(self) -> Any:
        """The initialiser; ``"auto"`` is Glorot's, as in scikit-learn, and LeCun's for selu, which needs it.

        He's variance of 2 / fan_in is meant for wide inputs. A table has few columns, and from so large a
        first layer noise is fitted before the rest: with 2 to 10 layers of relu or gelu, Glorot's start gave
        the better test score on every table that was tried (Friedman's 1: R² .94 for .87).
        """
        if not isinstance(self.initializer, str) or self.initializer != "auto":
            return self.initializer
        hidden = map(activations.get, self.activations)
        return "auto" if any(f.self_normalizing for f in hidden) else "glorot_uniform"


def thread_count(threads: int | None) -> int:
    """Return ``threads``, or the processors that this process may use."""
    if threads is not None:
        return int(threads)
    available = available_processors()
    # joblib tells its workers in this way how many threads each may have
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return min(available, int(asked)) if asked.isdigit() and int(asked) > 0 else available
