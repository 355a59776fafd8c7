"""The options of `chainrule fit` as an estimator, with the defaults that suit tables.

They are meant for a hundred rows to a million: two hidden layers of 128 and 64 relu units, dropout 0.1, AdamW whose
rate falls from 0.003 along half a cosine over at most 100 epochs, and the weights of the epoch with the lowest loss on
rows set aside. The size of a batch grows with the table: a small one needs steps, a large one speed.
"""

from __future__ import annotations

from typing import Any

from chainrule.cli.fit_options import FitOptions
from chainrule.cli.option_fields import flags, values
from chainrule.errors import ChainruleError

_DROPOUT, _WEIGHT_DECAY = 0.1, 0.1


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
    from chainrule.estimators.table.table_recipe import batch_rows
    from chainrule.optimizers.catalogue import optimizers

    try:
        optimizer = optimizers.get(o.solver)
    except ChainruleError as error:
        raise in_words_of_the_command(error) from error
    kind = MLPClassifier if classifies else MLPRegressor
    known = kind._get_param_names()
    settings = {name: value for name, value in values(o).items() if name in known}
    told = {name for name, value in settings.items() if value is not None}
    if "learning_rate_init" not in told:
        settings["learning_rate_init"] = optimizer.usual_rate
    if "dropout" not in told:
        settings["dropout"] = 0.0 if optimizer.second_order else _DROPOUT
    if "weight_decay" not in told and "weight_decay" in optimizer.takes.values():
        settings["weight_decay"] = _WEIGHT_DECAY
    if "loss" not in told:
        del settings["loss"]
    if settings.get("class_weight") == "none":
        settings["class_weight"] = None
    if optimizer.second_order:
        settings["learning_rate"] = "constant"
    batch = settings["batch_size"]
    settings["batch_size"] = batch_rows(n_rows) if batch == "auto" else min(batch, n_rows)
    return kind(**settings, preparation=o.reading())


def in_words_of_the_command(error: ChainruleError) -> ChainruleError:
    """Name the option in an error that names the estimator's parameter."""
    name, colon, rest = str(error).partition(": ")
    flag = flags(FitOptions).get("max_time" if name == "time_limit" else name)
    if colon and flag:
        return type(error)(f"{flag}: {rest.removeprefix('schedule: ')}")
    return error
