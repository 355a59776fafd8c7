"""`chainrule fit` with a recipe for tables: an ensemble of nets, of which everything is decided by rows held out."""

from __future__ import annotations

from dataclasses import fields
from time import perf_counter
from typing import Any

from chainrule.cli.console import Page
from chainrule.cli.fit_options import FitOptions
from chainrule.cli.learning_task import LearningTask
from chainrule.cli.option_fields import flags
from chainrule.cli.recipe import in_words_of_the_command
from chainrule.errors import ChainruleError, InputError
from chainrule.report import model as described
from chainrule.report.wording import count, duration, number

ONE_NETWORK = "mlp"


def preset_of(o: FitOptions, page: Page) -> str | None:
    """Return the recipe's name, None for one network: where that is asked for, or options speak of one.

    Raises
    ------
    InputError
        No such recipe, or a recipe beside options of one network.
    """
    from chainrule.estimators import MLPClassifier, TableClassifier
    from chainrule.estimators.table.table_recipe import PRESETS

    # What one network has as a parameter and the recipe has not; and the page that shows the inside of one.
    alone = {*MLPClassifier._get_param_names(), "report"} - {
        *TableClassifier._get_param_names(),
        "max_time",
    }
    given = [f.name for f in fields(o) if f.name in alone and getattr(o, f.name) != f.default]
    named = ", ".join(flags(FitOptions)[name] for name in given)
    if o.preset is None and given:
        page.note(f"{named}: one network is trained; without, a recipe for tables trains several")
        return None
    if o.preset == ONE_NETWORK:
        return None
    preset = o.preset or "default"
    if preset not in PRESETS:
        expected = f"one of {', '.join(PRESETS)}, {ONE_NETWORK}"
        raise InputError.of("--preset", got=repr(preset), expected=expected)
    if given:
        raise InputError.of(
            "--preset",
            got=f"{preset} beside {named}",
            expected="options that are not about one network",
            remedy=f"--preset {ONE_NETWORK} trains one network",
        )
    return preset


def ensemble_of(o: FitOptions, preset: str, classifies: bool) -> Any:
    """Make the estimator that the options ask for."""
    from chainrule.estimators import TableClassifier, TableRegressor

    settings: dict[str, Any] = {
        "time_limit": o.max_time,
        "random_state": o.random_state,
        "threads": o.threads,
        "engine": o.engine,
        "preparation": o.reading(),
    }
    if not classifies:
        return TableRegressor(preset, **settings)
    weight = None if o.class_weight == "none" else o.class_weight
    return TableClassifier(preset, class_weight=weight, **settings)


def train_ensemble(estimator: Any, o: FitOptions, problem: LearningTask, page: Page) -> float:
    """Train, tell what came of it, and return the seconds."""
    from chainrule.estimators.table.members_progress import members_progress

    training, began = problem.training, perf_counter()
    keys = {"groups": training.key} if o.groups is not None else {"times": training.key}
    with members_progress(not page.silent) as told:

        def announce(what: str, done: int, of: int) -> None:
            if problem.from_file and problem.test is not None and done == 0:
                estimator.check_table(problem.test.X)  # now, and not after the training
            page.release()
            told(what, done, of)

        estimator.verbose = announce
        try:
            estimator.fit(training.X, training.y, **keys)
        except ChainruleError as error:
            raise in_words_of_the_command(error) from error
    estimator.verbose = False
    seconds = perf_counter() - began
    _tell(page, estimator, seconds)
    return seconds


def _tell(page: Page, estimator: Any, seconds: float) -> None:
    preparation = estimator.preparation_
    summaries = preparation.summary()
    used, inputs = len(preparation.input_columns), len(preparation.feature_names)
    page.field("columns", f"{used} of {estimator.n_features_in_} used, as {count(inputs, 'input')}")
    page.block(described.columns(summaries))
    page.print_notes()
    page.field("network", f"{described.one_line(estimator.network_)}; {members_line(estimator)}")
    page.field("training", f"{training_line(estimator)}; {duration(seconds)}")


def members_line(estimator: Any) -> str:
    """Say how many nets a prediction is the mean of."""
    return f"the mean of {count(len(estimator.thetas_), 'such net')} is the prediction"


def training_line(estimator: Any) -> str:
    """Say how the nets of an ensemble were trained."""
    best, epochs = estimator.best_epochs_, estimator.n_refit_epochs_
    line = (
        f"preset {estimator.preset}: {count(len(best), 'net')} on folds, best after {_range(best)}"
    )
    if epochs:
        line += f"; as many on all rows, {count(epochs, 'epoch')}"
    temperature = getattr(estimator, "temperature_", None)
    return line if temperature is None else f"{line}; temperature {number(temperature, 3)}"


def _range(epochs: list[int]) -> str:
    low, high = min(epochs), max(epochs)
    return count(low, "epoch") if low == high else f"{low} to {high} epochs"


def training_facts(estimator: Any) -> dict[str, Any]:
    """Return what is to be known later of the training, by the names that one network has."""
    best = estimator.best_epochs_
    return {
        "epochs": estimator.n_refit_epochs_ or max(best),
        "best_epoch": round(sum(best) / len(best)),
        "stop_reason": "no_improvement",
    }
