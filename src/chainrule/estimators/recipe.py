"""What the constructor's parameters come to: schedule, precision, threads, rows of a step."""

from __future__ import annotations

import os
from numbers import Integral
from typing import Any

import numpy as np

from chainrule.equations.activations import activations
from chainrule.estimators.parameters import activation_names, optimizer_of
from chainrule.network.threads import available_processors
from chainrule.optimizers.schedule import Schedule
from chainrule.optimizers.schedules import make_schedule, schedules


def batch_rows(estimator: Any, n: int) -> int:
    """Return the rows of a step for ``n`` rows in all."""
    return min(200 if estimator.batch_size == "auto" else int(estimator.batch_size), n)


def arithmetic(estimator: Any, input_dtype: np.dtype[Any], n: int) -> np.dtype[Any]:
    """Return the dtype that parameters have and predictions are computed in.

    ``"auto"`` is float64 where X is and every step sees all rows (L-BFGS, or a batch that holds the
    whole table): rounding is the only noise there, and weights equal repetition to the last digits.
    With smaller batches their own noise hides float32's, which is twice as fast.
    """
    if estimator.dtype != "auto":
        chosen: np.dtype[Any] = np.dtype(estimator.dtype)
        return chosen
    full_batch = optimizer_of(estimator).second_order or batch_rows(estimator, n) == n
    return np.dtype("float64" if full_batch and input_dtype == np.float64 else "float32")


def schedule_of(estimator: Any, steps_per_epoch: int) -> Schedule:
    """Return the schedule; numbers that do not stand in its name come from the other parameters."""
    given = estimator.get_params(deep=False)
    schedule = schedules.get(given["learning_rate"], lambda record: record.taken_from(given))
    return make_schedule(schedule, _warmup_epochs(estimator, steps_per_epoch))


def initializer_of(estimator: Any) -> Any:
    """Return the initialiser; ``"auto"`` is Glorot's, as in scikit-learn, and LeCun's for selu, which needs it.

    He's variance of 2 / fan_in is meant for wide inputs. A table has few columns, and from so large a
    first layer noise is fitted before the rest: with 2 to 10 layers of relu or gelu, Glorot's start gave
    the better test score on every table that was tried (Friedman's 1: R² .94 for .87).
    """
    if not isinstance(estimator.initializer, str) or estimator.initializer != "auto":
        return estimator.initializer
    hidden = map(activations.get, activation_names(estimator))
    return "auto" if any(f.self_normalizing for f in hidden) else "glorot_uniform"


def has_horizon(estimator: Any) -> bool:
    """Tell whether the schedule is laid out for exactly ``max_iter`` epochs, so that ending there is the plan."""
    return schedules.get(estimator.learning_rate).ends


def thread_count(estimator: Any) -> int:
    """Return ``threads``, or the processors that this process may use."""
    if estimator.threads is not None:
        return int(estimator.threads)
    available = available_processors()
    # joblib tells its workers in this way how many threads each may have
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return min(available, int(asked)) if asked.isdigit() and int(asked) > 0 else available


def _warmup_epochs(estimator: Any, steps_per_epoch: int) -> float:
    if isinstance(estimator.warmup, Integral):
        return int(estimator.warmup) / steps_per_epoch
    return float(estimator.warmup) * int(estimator.max_iter)
