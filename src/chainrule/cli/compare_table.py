"""What `chainrule compare` does: read, divide, train all candidates, rank them, test the best, write."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import product
from pathlib import Path
from typing import Any

from chainrule.cli import options
from chainrule.cli.baseline import judge, training_baseline
from chainrule.cli.console import Page, print_json
from chainrule.cli.learning_task import LearningTask, read_learning_task
from chainrule.cli.paths import default_output
from chainrule.cli.recipe import FitOptions, estimator_of, in_words_of_the_command
from chainrule.comparison.compare import compare_estimators, written
from chainrule.comparison.comparison_result import ComparisonResult
from chainrule.errors import ChainruleError, FileError, InputError
from chainrule.report.scores import Scores
from chainrule.report.text import count, printable

FIGURES = ("png", "svg")
#: The option behind each parameter that candidates differ in.
_WORDS = {
    "hidden_layer_sizes": "--hidden",
    "activation": "--activation",
    "solver": "--solver",
    "learning_rate_init": "--learning-rate",
}


@dataclass(frozen=True)
class CompareOptions:
    """The options of `chainrule compare`; those that candidates have in common as `chainrule fit` has them."""

    common: FitOptions
    hidden: list[str]
    activation: list[str]
    solver: list[str]
    learning_rate: list[float]
    seeds: int
    folds: int | None
    figures: str


def common_options(**given: Any) -> FitOptions:
    """Return the options of `chainrule fit` that all candidates share; those not given are at their default, None."""
    others: dict[str, Any] = {
        field.name: None for field in fields(FitOptions) if field.name not in given
    }
    return FitOptions(**given, **others)


def compare_table(o: CompareOptions) -> None:
    """Run `chainrule compare`."""
    common = o.common
    kinds = _figure_kinds(o.figures)
    folder = _folder(common)
    page = Page(silent=common.as_json or common.quiet)
    with page.collecting():
        problem = read_learning_task(common, page)
        parts = _parts(o, problem)
        estimators, factors, chosen = _candidates(o, problem.classifies, len(parts[0].y))
        n = len(estimators) * len(parts) * o.seeds
        page.field(
            "comparing",
            f"{count(len(estimators), 'candidate')}, {count(n, 'training')} of at most {common.epochs:,} epochs",
        )
        page.print_notes()
        try:
            result = compare_estimators(
                estimators,
                parts,
                range(common.seed, common.seed + o.seeds),
                factors=factors,
                n_jobs=common.threads,
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
        page.field("fit it", f"chainrule fit {_arguments(common, chosen[result.best])}")
    if common.as_json:
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
            split_seed=o.common.seed,
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
    rates: Sequence[float | None] = o.learning_rate or [None]
    values = (o.hidden, o.activation, o.solver, rates)
    several = [len(given) > 1 for given in values]
    estimators: dict[str, Any] = {}
    factors: dict[str, dict[str, Any]] = {}
    chosen: dict[str, FitOptions] = {}
    for hidden, activation, solver, rate in product(*values):
        option = replace(
            o.common, hidden=hidden, activation=activation, solver=solver, learning_rate=rate
        )
        estimator = estimator_of(option, classifies, n_rows)
        shown = {
            name: getattr(estimator, name)
            for name, told in zip(_WORDS, several, strict=True)
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


def _folder(common: FitOptions) -> str | None:
    """Return where to write, None for nowhere; refuse it before any work is done."""
    if common.output == "none":
        return None
    path = common.output or f"{default_output(common.table).removesuffix('.model')}.comparison"
    if os.path.lexists(path) and not os.path.isdir(path):
        raise FileError.of(path, got="a file", expected="a folder", remedy="choose --output")
    ours = os.path.join(path, "comparison.json")
    if os.path.isdir(path) and os.listdir(path) and not os.path.exists(ours) and not common.force:
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


def _arguments(common: FitOptions, chosen: FitOptions) -> str:
    """Return the words that fit the best candidate again, on the same split."""
    import shlex

    words = [common.table, "--target", common.target, "--hidden", chosen.hidden]
    for name, text in (("activation", "relu"), ("solver", "adamw")):
        if getattr(chosen, name) != text:
            words += [f"--{name}", getattr(chosen, name)]
    if chosen.learning_rate is not None:
        words += ["--learning-rate", f"{chosen.learning_rate:g}"]
    for name, usual in (("dropout", None), ("schedule", "cosine"), ("batch_size", "auto"),
                        ("epochs", 100), ("patience", 20), ("seed", 0), ("task", None)):  # fmt: skip
        value = getattr(common, name)
        if value != usual:
            words += [f"--{name.replace('_', '-')}", str(value)]
    for column in common.drop:
        words += ["--drop", column]
    if common.skip_missing:
        words.append("--skip-missing")
    return printable(" ".join(map(shlex.quote, words)), most=1000)
