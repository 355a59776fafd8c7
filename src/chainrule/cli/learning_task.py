"""From a table to a problem: what there is to learn, from which rows, and which are kept to stop by and to test on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chainrule.cli.console import Page
from chainrule.cli.rows import (
    FEWEST_TO_HOLD_OUT,
    TablePart,
    divided,
    groups_of,
    require_column,
    require_name,
    times_of,
    words_as_missing,
)
from chainrule.cli.training_options import TrainingOptions
from chainrule.cli.true_target import (
    check_known,
    labels_as_written,
    true_labels,
    true_numbers,
    with_target,
)
from chainrule.errors import InputError
from chainrule.report.wording import count, printable


@dataclass(frozen=True)
class LearningTask:
    """What there is to learn, from what, and why it is taken so."""

    classifies: bool
    reason: str
    training: TablePart
    validation: TablePart | None
    test: TablePart | None
    from_file: bool
    test_source: str


def read_learning_task(o: TrainingOptions, page: Page) -> LearningTask:
    """Read the table, recognise the task and divide the rows; the page is told.

    Raises
    ------
    FileError, InputError
        The table cannot be read or learned from.
    """
    from chainrule.tables import labels, read_table, recognise_task, separate, target_values

    for name, fraction in (
        ("--test-fraction", o.test_fraction),
        ("--validation-fraction", o.validation_fraction),
    ):
        if not 0.0 <= fraction < 1.0:
            raise InputError.of(name, got=fraction, expected="a number from 0 to below 1")
    words = labels.ALL if o.labels_as_written else labels.NAMES

    def named(names: list[str]) -> None:  # before a wide table is read for nothing
        require_name(names, o.target, "--target")

    frame = read_table(
        o.table,
        format=o.format,
        encoding=o.encoding,
        sheet=o.sheet,
        labels=o.target,
        named=named,
    )
    require_column(frame, o.target, "--target")
    X, y = separate(frame, o.target)
    X, y, left_out = with_target(X, y, skip_missing=o.skip_missing, words=words)
    X, key, by = _keys(o, X)
    for name in o.drop or ():
        if name == o.target:
            raise InputError.of(
                "--drop", got=repr(name), expected="a column that is not the target"
            )
        if name != o.groups:  # which is no input anyway
            require_column(X, name, "--drop")
            X = separate(X, name)[0]
    choice = recognise_task(y, o.task, words)
    classifies = choice.task == "classification"
    if o.class_weight is not None and not classifies:
        raise InputError.of("--class-weight", got=repr(o.class_weight), expected="a classification")
    values = target_values(y, choice.task, words)
    if (
        classifies and values.dtype.kind == "f"
    ):  # numbers with fractions, but classes were asked for
        values = labels_as_written(y)
    if classifies and values.dtype.kind == "O":
        for word in set(labels.ALL).intersection(values.tolist()):
            page.note(f"{word!r} in the target is taken as a class, not as a missing value")
        if not o.labels_as_written:
            values, notes = labels.joined(values)
            for note in notes:
                page.note(f"{note}; --labels-as-written keeps them apart")
    whole = TablePart(X, values, key)
    if o.test is not None:
        # Values must mean the same in both files: what was text here is read as text there.
        as_text = [name for name in frame.columns if not _is_numeric(frame[name])]
        test_frame = read_table(o.test, text_columns=as_text, labels=o.target, named=named)
        require_column(test_frame, o.target, "--target")
        X_test, y_test = separate(test_frame, o.target)
        X_test, y_test, more = with_target(X_test, y_test, skip_missing=o.skip_missing, words=words)
        left_out += more
        kinds = sorted(set(whole.y.tolist())) if classifies else []
        true = true_labels(y_test, kinds) if classifies else true_numbers(y_test)
        if classifies:
            check_known(o.target, true, kinds)
        test: TablePart | None
        rest, test, source = whole, TablePart(X_test, true), f"of {printable(o.test)}"
    else:
        rest, test = divided(whole, o.test_fraction, o.random_state, stratified=classifies, by=by)
        source = "held out"
    training, validation = divided(
        rest, o.validation_fraction, o.random_state + 1, stratified=classifies, by=by
    )
    if validation is not None:
        validation = _tolerant(training, validation, page)
    if test is not None and o.test is None:
        test = _tolerant(training, test, page)
    parts = [f"{training.n:,} to learn from"]
    if validation is not None:
        parts.append(f"{validation.n:,} to stop by")
    if test is not None:
        parts.append(f"{test.n:,} to test on ({source})")
    drawn = f"; {_how(o, classifies)}" if len(parts) > 1 else ""
    page.field("table", f"{printable(o.table)}: {_extent(frame)}")
    page.field("task", f"{choice.task}: {choice.reason}")
    page.field("rows", ", ".join(parts) + drawn)
    if left_out:
        page.note(f"{count(left_out, 'row')} without a target left out")
    if test is None and o.test_fraction > 0.0:
        why = "are too few to hold some out"
        if by is not None and whole.n >= FEWEST_TO_HOLD_OUT:
            why = f"cannot be divided by {printable(o.groups or o.time or '')!r}"
        page.note(f"{count(whole.n, 'row')} {why}, so there is no test")
    return LearningTask(
        classifies, choice.reason, training, validation, test, o.test is not None, source
    )


def _keys(o: TrainingOptions, X: Any) -> tuple[Any, Any, str | None]:
    """Return the inputs, the key of each row by which rows are set aside, and what the keys are."""
    from chainrule.tables import separate

    if o.groups is None and o.time is None:
        return X, None, None
    if o.groups is not None and o.time is not None:
        raise InputError.of("--groups", got="--groups and --time", expected="one of them")
    for option, name in (("--groups", o.groups), ("--time", o.time)):
        if name == o.target:
            expected = "a column that is not the target"
            raise InputError.of(option, got=repr(name), expected=expected)
    if o.groups is not None:
        require_column(X, o.groups, "--groups")
        X, groups = separate(X, o.groups)  # new rows are of new groups: their names say nothing
        return X, groups_of(groups), "groups"
    require_column(X, o.time or "", "--time")
    return X, times_of(X[o.time]), "time"


def _how(o: TrainingOptions, classifies: bool) -> str:
    """Say how rows were set aside."""
    if o.time is not None:
        return f"the latest by {printable(o.time)!r}"
    if o.groups is not None:
        return f"whole groups of the same {printable(o.groups)!r}, seed {o.random_state}"
    return f"drawn at random{', of every class alike' if classifies else ''}, seed {o.random_state}"


def _tolerant(training: TablePart, aside: TablePart, page: Page) -> TablePart:
    aside, notes = words_as_missing(training, aside)
    for note in notes:
        page.note(note)
    return aside


def _extent(frame: Any) -> str:
    return f"{count(len(frame), 'row')}, {count(frame.shape[1], 'column')}"


def _is_numeric(series: Any) -> bool:
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    return bool(is_numeric_dtype(series.dtype) and not is_bool_dtype(series.dtype))
