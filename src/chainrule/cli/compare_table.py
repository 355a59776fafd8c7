"""What `chainrule compare` does: read, divide, train all candidates, rank them, test the best, write."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from itertools import product
from pathlib import Path
from typing import Any

from chainrule.cli import options
from chainrule.cli.baseline import judge, training_baseline
from chainrule.cli.compare_options import CompareOptions
from chainrule.cli.console import Page, print_json
from chainrule.cli.fit_options import FitOptions
from chainrule.cli.learning_task import LearningTask, read_learning_task
from chainrule.cli.paths import default_output
from chainrule.cli.recipe import estimator_of, in_words_of_the_command
from chainrule.cli.reporting import command
from chainrule.cli.training_options import TrainingOptions
from chainrule.comparison.compare import compare_estimators, written
from chainrule.comparison.comparison_result import ComparisonResult
from chainrule.errors import ChainruleError, FileError, InputError
from chainrule.report.scores import Scores
from chainrule.report.wording import count, printable

FIGURES = ("png", "svg")
#: What candidates differ in.
_FACTORS = ("hidden_layer_sizes", "activation", "solver", "learning_rate_init")


def compare_table(o: CompareOptions) -> None:
    """Run `chainrule compare`."""
    if o.folds is not None:
        if o.groups or o.time:
            raise InputError.of(
                "--folds",
                got=f"{o.folds} with --groups or --time",
                expected="rows that may stand on either side",
                remedy="leave out --folds: one split keeps groups and times apart",
            )
        o = replace(o, validation_fraction=0.0)
    kinds = _figure_kinds(o.figures)
    folder = _folder(o)
    page = Page(silent=o.as_json or o.quiet)
    with page.collecting():
        problem = read_learning_task(o, page)
        parts = _parts(o, problem)
        estimators, factors, chosen = _candidates(o, problem.classifies, len(parts[0].y))
        n = len(estimators) * len(parts) * o.seeds
        page.field(
            "comparing",
            f"{count(len(estimators), 'candidate')}, {count(n, 'training')} of at most {o.max_iter:,} epochs",
        )
        page.print_notes()
        try:
            result = compare_estimators(
                estimators,
                parts,
                range(o.random_state, o.random_state + o.seeds),
                factors=factors,
                n_jobs=o.threads,
                progress=not page.silent,
            )
        except ChainruleError as error:
            raise in_words_of_the_command(error) from error
        page.block(["", *result.lines(), ""])
        for remark in result.remarks():
            page.field("", remark)
        for note in result.notes:
            page.note(note)
        page.print_notes()
        found = _test(page, result, problem)
        _tell_files(page, result, folder, kinds)
        page.field("fit it", _command(chosen[result.best], o.folds is not None))
    if o.as_json:
        data = result.to_dict()
        for trial in data["trials"]:
            del trial["history"]  # in comparison.json; too long for a terminal
        test = {} if found is None else found.to_dict()
        print_json({**data, "best": result.best, "test": test, "folder": folder})


def _parts(o: CompareOptions, problem: LearningTask) -> list[Any]:
    from chainrule.comparison.trials import Split, splits

    training, validation = problem.training, problem.validation
    if o.folds is not None:
        return splits(
            training.X,
            training.y,
            stratified=problem.classifies,
            validation_fraction=0.0,
            folds=o.folds,
            split_seed=o.random_state,
        )
    if validation is None:
        raise InputError.of(
            "--validation-fraction",
            got=f"no row of {training.n:,} to compare on",
            expected="rows to compare on",
            remedy="give more rows, a larger share, or --folds",
        )
    return [Split(training.X, training.y, validation.X, validation.y)]


def _candidates(
    o: CompareOptions, classifies: bool, n_rows: int
) -> tuple[dict[str, Any], dict[str, dict[str, Any]], dict[str, FitOptions]]:
    """Return an estimator for each combination, what they differ in, and the options of each."""
    rates: Sequence[float | None] = o.learning_rate_init or [None]
    values = (o.hidden_layer_sizes, o.activation, o.solver, rates)
    common = {field.name: getattr(o, field.name) for field in fields(TrainingOptions)}
    several = [len(given) > 1 for given in values]
    estimators: dict[str, Any] = {}
    factors: dict[str, dict[str, Any]] = {}
    chosen: dict[str, FitOptions] = {}
    for hidden, activation, solver, rate in product(*values):
        option = FitOptions(
            **common,
            hidden_layer_sizes=hidden,
            activation=activation,
            solver=solver,
            learning_rate_init=rate,
        )
        estimator = estimator_of(option, classifies, n_rows)
        shown = {
            name: getattr(estimator, name)
            for name, told in zip(_FACTORS, several, strict=True)
            if told or name == "hidden_layer_sizes"
        }
        name = ", ".join(map(written, shown.values()))
        if name in estimators:
            raise InputError.of(
                "--hidden, --activation, --solver, --learning-rate",
                got=f"{name} twice",
                expected="different candidates",
            )
        estimators[name], chosen[name] = estimator, option
        factors[name] = {
            key: written(value) if isinstance(value, tuple) else value
            for key, value in shown.items()
        }
    return estimators, factors, chosen


def _test(page: Page, result: ComparisonResult, problem: LearningTask) -> Scores | None:
    """Judge the best candidate, trained from the first seed, on the rows that took no part."""
    best = result.estimators.get(result.best)
    if best is None or problem.test is None:
        return None
    classes = best.classes_.tolist() if problem.classifies else []
    baseline = training_baseline(problem.classifies, problem.training.y, classes)
    found = judge(best, problem.test, baseline)
    where = f"on {count(found.rows, 'test row')} {problem.test_source}"
    page.field("the best", f"{where}; the baseline says {found.rule}")
    page.block(found.lines())
    return found


# ---- files --------------------------------------------------------------------------------------


def _figure_kinds(text: str) -> tuple[str, ...]:
    kinds = tuple(dict.fromkeys(options.items(text)))
    if not kinds or not set(kinds) <= set(FIGURES):
        raise InputError.of(
            "--figures", got=repr(text), expected=" or ".join((*FIGURES, "png,svg"))
        )
    return kinds


def _folder(o: CompareOptions) -> str | None:
    """Return where to write, None for nowhere; refuse it before any work is done."""
    if o.output == "none":
        return None
    path = o.output or f"{default_output(o.table).removesuffix('.model')}.comparison"
    if os.path.lexists(path) and not os.path.isdir(path):
        raise FileError.of(path, got="a file", expected="a folder", remedy="choose --output")
    ours = os.path.join(path, "comparison.json")
    if os.path.isdir(path) and os.listdir(path) and not os.path.exists(ours) and not o.force:
        raise FileError.of(
            path,
            got="a folder with other files in it",
            expected="a new folder, or one of an earlier comparison",
            remedy="choose another name with --output, or --force",
        )
    above = os.path.dirname(os.path.abspath(path))
    writable = path if os.path.isdir(path) else above
    if not os.path.isdir(above) or not os.access(writable, os.W_OK | os.X_OK):
        raise FileError.of(
            path,
            got=f"no folder {above} that can be written to",
            expected="one",
            remedy="choose another place with --output",
        )
    return path


def _tell_files(
    page: Page, result: ComparisonResult, folder: str | None, kinds: tuple[str, ...]
) -> None:
    if folder is None:
        return
    paths = result.save(folder, formats=kinds)
    names = ", ".join(path.name for path in paths)
    page.field("written", f"{printable(Path(folder))}: {names}")


def _command(chosen: FitOptions, folded: bool) -> str:
    """Return the command that fits the best candidate again, on the same split."""
    options = {**asdict(chosen), "threads": None, "as_json": False, "quiet": False}
    if folded:
        del options["validation_fraction"]
    return printable(command("fit", FitOptions, [chosen.table], options, paths=True), most=1000)
