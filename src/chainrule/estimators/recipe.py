"""What the constructor's parameters come to: optimizer, schedule, precision, threads, rows of a step."""

from __future__ import annotations

import os
from numbers import Integral
from typing import Any

import numpy as np

from chainrule.estimators.parameters import SECOND_ORDER, activation_names
from chainrule.network.threads import available_processors
from chainrule.optimizers.catalogue import make_optimizer
from chainrule.optimizers.optimizer import Optimizer
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
    full_batch = estimator.solver == SECOND_ORDER or batch_rows(estimator, n) == n
    return np.dtype("float64" if full_batch and input_dtype == np.float64 else "float32")


def optimizer_of(estimator: Any) -> Optimizer:
    """Return the first-order optimizer; plain descent stands in where L-BFGS needs none."""
    rate = float(estimator.learning_rate_init)
    match estimator.solver:
        case "sgd":
            return make_optimizer(
                "sgd",
                learning_rate=rate,
                momentum=float(estimator.momentum),
                nesterov=bool(estimator.nesterovs_momentum),
            )
        case "adam" | "adamw":
            settings = {name: float(getattr(estimator, name)) for name in ("beta_1", "beta_2")}
            if estimator.solver == "adamw" and estimator.weight_decay is not None:
                settings["weight_decay"] = float(estimator.weight_decay)
            epsilon = float(estimator.epsilon)
            return make_optimizer(estimator.solver, learning_rate=rate, epsilon=epsilon, **settings)
        case "rmsprop":
            return make_optimizer("rmsprop", learning_rate=rate, epsilon=float(estimator.epsilon))
    return make_optimizer("sgd", momentum=0.0)


def schedule_of(estimator: Any, steps_per_epoch: int) -> Schedule:
    """Return the schedule; numbers that do not stand in its name come from the other parameters."""
    given = schedules.get(estimator.learning_rate)
    if estimator.learning_rate == "invscaling":
        given = given.with_parameters(float(estimator.power_t))
    if estimator.learning_rate == "adaptive":
        given = given.with_parameters(float(estimator.tol), estimator.n_iter_no_change)
    return make_schedule(given, _warmup_epochs(estimator, steps_per_epoch))


def initializer_of(estimator: Any) -> Any:
    """Return the initialiser; ``"auto"`` is Glorot's, as in scikit-learn, and LeCun's for selu, which needs it.

    He's variance of 2 / fan_in is meant for wide inputs. A table has few columns, and from so large a
    first layer noise is fitted before the rest: with 2 to 10 layers of relu or gelu, Glorot's start gave
    the better test score on every table that was tried (Friedman's 1: R² .94 for .87).
    """
    if not isinstance(estimator.initializer, str) or estimator.initializer != "auto":
        return estimator.initializer
    return "auto" if "selu" in activation_names(estimator) else "glorot_uniform"


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
