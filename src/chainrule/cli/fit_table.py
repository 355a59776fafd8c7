"""What `chainrule fit` does: read, divide, train, judge, write; and tells of each step."""

from __future__ import annotations

import math
import os
from dataclasses import asdict, replace
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from chainrule.cli.baseline import judge, training_baseline
from chainrule.cli.console import Page, print_json
from chainrule.cli.fit_ensemble import ensemble_of, preset_of, train_ensemble, training_facts
from chainrule.cli.fit_options import FitOptions
from chainrule.cli.learning_task import LearningTask, read_learning_task
from chainrule.cli.paths import FIT, check_output, default_output
from chainrule.cli.recipe import estimator_of, in_words_of_the_command
from chainrule.cli.reporting import check_report, command, recorder_for, write_page
from chainrule.cli.rows import TablePart
from chainrule.errors import ChainruleError
from chainrule.report import model as described
from chainrule.report.judging import raw_scores
from chainrule.report.scores import Scores
from chainrule.report.wording import count, listed, number, printable, size


def fit_table(o: FitOptions) -> None:
    """Run `chainrule fit`."""
    output = default_output(o.table) if o.output is None else o.output
    inputs = (o.table,) if o.test is None else (o.table, o.test)
    check_output(output, inputs=inputs, force=o.force)
    check_report(o.report, inputs=inputs, output=output, force=o.force)
    page = Page(silent=o.as_json or o.quiet, held=True)
    with page.collecting():
        preset = preset_of(o, page)
        # Folds say when to stop: no other rows need to.
        folded = o if preset is None else replace(o, validation_fraction=0.0)
        problem = read_learning_task(folded, page)
        recorder = None if o.report is None else recorder_for(o.max_iter)
        prepared: list[Any] = []
        if preset is None:
            estimator = estimator_of(o, problem.classifies, problem.training.n)
            seconds = _train(estimator, problem, page, recorder, prepared)
            page.print_notes()
            _tell_training(page, estimator, seconds)
        else:
            estimator = ensemble_of(o, preset, problem.classifies)
            seconds = train_ensemble(estimator, o, problem, page)
        classes = estimator.classes_.tolist() if problem.classifies else []
        baseline = training_baseline(problem.classifies, problem.training.y, classes)
        judged = estimator if problem.test is None else _tested(estimator, problem.test, prepared)
        found = None if problem.test is None else judge(judged, problem.test, baseline)
        _tell_scores(page, problem, found)
        facts = _facts(o, problem, estimator, seconds, found, page.notes)
        written = _save(estimator, output, {**facts, "baseline_of_training": baseline})
        page.field("model", f"{printable(output)} ({size(written)})")
        page.field("", f"predict with: chainrule predict {printable(output)} NEW_TABLE.csv")
        if o.report is not None:
            _report(o, output, judged, problem, page, facts, baseline, recorder)
    if o.as_json:
        columns = [s._asdict() for s in estimator.preparation_.summary()]
        told = {"model": output, "bytes": written, "report": o.report, **facts}
        print_json({**told, "columns": columns})


def _report(
    o: FitOptions,
    output: str,
    estimator: Any,
    problem: LearningTask,
    page: Page,
    facts: dict[str, Any],
    baseline: dict[str, Any],
    recorder: Any,
) -> None:
    """Write the page about the fit; the model is on the disk by now."""
    judged = problem.test or problem.validation or problem.training
    options = {**asdict(o), "table": None, "force": False, "as_json": False, "quiet": False}
    write_page(
        page,
        o.report or "",
        estimator,
        judged,
        {
            "table": facts["table"],
            "target": o.target,
            "reason": problem.reason,
            "rows": facts["rows"],
            "source": _judged_rows(problem),
            "seen": judged is not problem.test,
            "baseline": baseline,
            "notes": page.notes,
            "seconds": facts["seconds"],
            "recorder": recorder,
            "commands": [
                ("The command that trained it", command("fit", FitOptions, [o.table], options))
            ],
        },
        f"the model {output} was",
    )


def _judged_rows(problem: LearningTask) -> str:
    if problem.test is not None:
        return problem.test_source
    if problem.validation is not None:
        return "that decided when to stop, for want of test rows"
    return "that it was trained on, for want of others: they say how well it remembers"


def _tested(estimator: Any, test: TablePart, prepared: list[Any]) -> Any:
    """Return the estimator with the scores of the test rows: they go forward once, for scores and report."""
    if hasattr(estimator, "thetas_"):  # the mean of several, which is no network's scores
        return estimator
    if prepared:  # a test table of its own, that was looked at before training
        raw = estimator._scores(prepared[0].astype(estimator.theta_.dtype, copy=False))
    else:
        raw = raw_scores(estimator, test.X)
    return estimator._as_of(estimator.theta_, test.X, raw)


def _train(
    estimator: Any, problem: LearningTask, page: Page, recorder: Any, prepared: list[Any]
) -> float:
    """Train; return the seconds. Ctrl-C ends it with the best weights so far, if there are any.

    A test table of its own is prepared at the start, and put into ``prepared``.
    """
    from chainrule.training import TrainingStarted
    from chainrule.training.progress import RichProgress

    def announce(event: Any) -> None:
        if isinstance(event, TrainingStarted):  # only now are columns and network known
            if problem.from_file and problem.test is not None:
                # a test table that does not fit is found now, and not after the training
                prepared.append(estimator.preparation_.transform(problem.test.X))
            _tell_network(page, estimator)
            page.release()

    estimator.callbacks = [announce] if page.silent else [announce, RichProgress()]
    if recorder is not None:
        estimator.callbacks.append(recorder)
    validation = problem.validation
    held_out = {} if validation is None else {"X_val": validation.X, "y_val": validation.y}
    began = perf_counter()
    try:
        estimator.fit(problem.training.X, problem.training.y, **held_out)
    except ChainruleError as error:
        raise in_words_of_the_command(error) from error
    if estimator.n_iter_ == 0 and estimator.stop_reason_ == "interrupted":
        raise KeyboardInterrupt
    return perf_counter() - began


# ---- the page -----------------------------------------------------------------------------------


def _tell_network(page: Page, estimator: Any) -> None:
    preparation = estimator.preparation_
    summaries = preparation.summary()
    used, inputs = len(preparation.input_columns), len(preparation.feature_names)
    page.field("columns", f"{used} of {len(summaries)} used, as {count(inputs, 'input')}")
    page.block(described.columns(summaries))
    page.print_notes()
    page.field("network", described.one_line(estimator.network_))
    page.field("training", _plan(estimator))


def _plan(estimator: Any) -> str:
    """Describe how the training goes."""
    from chainrule.estimators.solver_parameter import optimizer_of

    dropout = estimator.dropout if isinstance(estimator.dropout, tuple) else (estimator.dropout,)
    dropped = f"dropout {listed(map(number, dropout))}, " if any(dropout) else ""
    longest = f"at most {count(estimator.max_iter, 'epoch')}"
    if math.isfinite(estimator.n_iter_no_change):
        longest += f", fewer after {estimator.n_iter_no_change} without improvement"
    if optimizer_of(estimator).second_order:
        return f"{estimator.solver}, all rows a step; {longest}"
    return (
        f"{estimator.solver}, {estimator.learning_rate} rate from {number(estimator.learning_rate_init)}, {dropped}"
        f"{count(estimator.batch_size, 'row')} a step; {longest}"
    )


def _tell_training(page: Page, estimator: Any, seconds: float) -> None:
    if estimator.stop_reason_ == "interrupted":
        page.note("interrupted: the best weights so far are kept, judged and written")
        page.print_notes()
    best, history = estimator.best_epoch_, estimator.history_
    page.field("", described.training(estimator.stop_reason_, history, best, seconds))
    shown = {name: history[name] for name in ("loss", "validation_loss")}
    page.block(described.curves(shown, width=max(min(40, page.room - 51), 8)))


def _tell_scores(page: Page, problem: LearningTask, found: Scores | None) -> None:
    if found is None:
        return
    for remark in [*found.remarks, *found.warnings()]:
        page.note(remark)
    where = f"on {count(found.rows, 'test row')} {problem.test_source}"
    page.field("scores", f"{where}; the baseline says {found.rule}")
    page.block(found.lines())
    page.print_notes()


# ---- the file -----------------------------------------------------------------------------------


def _facts(
    o: FitOptions,
    problem: LearningTask,
    estimator: Any,
    seconds: float,
    found: Scores | None,
    notes: list[str],
) -> dict[str, Any]:
    """Return what is to be known of this fit later, as plain data."""
    network = estimator.network_
    parts = {"training": problem.training, "validation": problem.validation, "test": problem.test}
    return {
        "table": os.path.basename(o.table),
        "target": o.target,
        "task": "classification" if problem.classifies else "regression",
        "task_reason": problem.reason,
        "rows": {name: 0 if part is None else part.n for name, part in parts.items()},
        "network": {
            "sizes": list(network.sizes),
            "activations": list(network.activations),
            "loss": network.loss,
            "parameters": network.n_parameters,
        },
        **(training_facts if hasattr(estimator, "thetas_") else _training_facts)(estimator),
        "seconds": seconds,
        "scores": {} if found is None else found.values,
        "baseline": {} if found is None else found.baseline,
        "baseline_rule": "" if found is None else found.rule,
        "notes": list(notes),
        "options": {name: value for name, value in asdict(o).items() if name not in _NOT_KEPT},
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _training_facts(estimator: Any) -> dict[str, Any]:
    return {
        "epochs": estimator.n_iter_,
        "best_epoch": estimator.best_epoch_,
        "stop_reason": estimator.stop_reason_,
    }


#: Options that say where things lie on this machine or how they are shown, not how the model came about.
_NOT_KEPT = ("table", "test", "output", "report", "force", "as_json", "quiet")


def _save(estimator: Any, output: str, facts: dict[str, Any]) -> int:
    """Write the model and return its bytes."""
    from chainrule.estimators.saving import save_estimator

    if hasattr(estimator, "callbacks"):
        estimator.callbacks = None
    save_estimator(estimator, output, {FIT: facts})
    return os.path.getsize(output)
