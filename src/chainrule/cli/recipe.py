"""The options of `chainrule fit` as an estimator, with the defaults that suit tables.

They are meant for a hundred rows to a million: two hidden layers of 128 and 64 relu units, dropout 0.1, AdamW whose
rate falls from 0.003 along half a cosine over at most 100 epochs, and the weights of the epoch with the lowest loss on
rows set aside. The size of a batch grows with the table: a small one needs steps, a large one speed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from chainrule.cli import options
from chainrule.errors import ChainruleError

#: The estimator's parameter behind each option, so that an error names what the user wrote.
_OPTIONS = {
    "hidden_layer_sizes": "--hidden",
    "activation": "--activation",
    "dropout": "--dropout",
    "solver": "--solver",
    "learning_rate_init": "--learning-rate",
    "learning_rate": "--schedule",
    "batch_size": "--batch-size",
    "max_iter": "--epochs",
    "alpha": "--alpha",
    "weight_decay": "--weight-decay",
    "n_iter_no_change": "--patience",
    "engine": "--engine",
    "threads": "--threads",
    "max_time": "--max-time",
    "random_state": "--seed",
    "loss": "--loss",
    "class_weight": "--class-weight",
}
_DROPOUT, _WEIGHT_DECAY = 0.1, 0.1
_SMALLEST_BATCH, _LARGEST_BATCH, _BATCHES = 32, 256, 50


@dataclass(frozen=True)
class FitOptions:
    """The options of `chainrule fit`, as they were written; None where the default depends on others."""

    table: str
    target: str
    output: str | None
    force: bool
    format: str | None
    task: str | None
    drop: list[str]
    skip_missing: bool
    test: str | None
    test_fraction: float
    validation_fraction: float
    hidden: str
    activation: str
    dropout: str | None
    loss: str | None
    class_weight: str | None
    solver: str
    learning_rate: float | None
    schedule: str
    batch_size: str
    epochs: int
    patience: int
    alpha: float
    weight_decay: float | None
    max_time: float | None
    seed: int
    engine: str
    threads: int | None
    as_json: bool
    quiet: bool
    report: str | None = None
    groups: str | None = None
    time: str | None = None
    labels_as_written: bool = False


def estimator_of(o: FitOptions, classifies: bool, n_rows: int) -> Any:
    """Make the estimator that the options ask for.

    Parameters
    ----------
    o : FitOptions
    classifies : bool
        Whether it predicts classes.
    n_rows : int
        Training rows.

    Raises
    ------
    InputError
        An option's text is not what it should be. The rest is checked by the estimator when training begins.
    """
    from chainrule.estimators import MLPClassifier, MLPRegressor
    from chainrule.optimizers.catalogue import optimizers

    try:
        optimizer = optimizers.get(o.solver)
    except ChainruleError as error:
        raise in_words_of_the_command(error) from error
    first_order = not optimizer.second_order
    rate = optimizer.usual_rate if o.learning_rate is None else o.learning_rate
    decays = "weight_decay" in optimizer.takes.values()
    decay = _WEIGHT_DECAY if o.weight_decay is None and decays else o.weight_decay
    hidden = options.hidden_sizes(o.hidden)
    if o.dropout is None:
        dropout: Any = _DROPOUT if first_order else 0.0
    else:
        dropout = options.rates(o.dropout)
    batch = options.batch_size(o.batch_size)
    settings: dict[str, Any] = {
        "hidden_layer_sizes": hidden,
        "activation": options.one_or_each(o.activation),
        "dropout": dropout,
        "solver": o.solver,
        "learning_rate_init": rate,
        "learning_rate": o.schedule if first_order else "constant",
        "batch_size": _batch_rows(n_rows) if batch == "auto" else min(batch, n_rows),
        "max_iter": o.epochs,
        "alpha": o.alpha,
        "weight_decay": decay,
        "n_iter_no_change": o.patience or math.inf,
        "max_time": o.max_time,
        "random_state": o.seed,
        "engine": o.engine,
        "threads": o.threads,
        "preparation": True,
    }
    if o.loss is not None:
        settings["loss"] = o.loss
    if o.class_weight is not None:
        settings["class_weight"] = None if o.class_weight == "none" else o.class_weight
    return (MLPClassifier if classifies else MLPRegressor)(**settings)


def _batch_rows(n: int) -> int:
    """Return the rows of a step: the power of two that gives about 50 steps an epoch, within limits.

    Examples
    --------
    >>> [_batch_rows(n) for n in (20, 247, 5000, 1_000_000)]
    [20, 32, 128, 256]
    """
    wanted = 1 << round(math.log2(max(n / _BATCHES, 1.0)))
    return min(max(wanted, _SMALLEST_BATCH), _LARGEST_BATCH, n)


def in_words_of_the_command(error: ChainruleError) -> ChainruleError:
    """Name the option in an error that names the estimator's parameter."""
    name, colon, rest = str(error).partition(": ")
    if colon and name in _OPTIONS:
        return type(error)(f"{_OPTIONS[name]}: {rest.removeprefix('schedule: ')}")
    return error
