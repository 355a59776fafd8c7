"""`chainrule evaluate`: how good a model is on a table whose target is known."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from chainrule.cli.options import (
    Encoding,
    Format,
    Json,
    Model,
    Report,
    Sheet,
    SkipMissing,
    Strict,
    Table,
)
from chainrule.errors import InputError


def evaluate(
    model: Model,
    table: Table,
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            "-t",
            metavar="COLUMN",
            help="Column with the true values; by default the one that the model was trained to predict.",
            show_default=False,
        ),
    ] = None,
    report: Report = None,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite the report's file whatever it is.")
    ] = False,
    skip_missing: SkipMissing = False,
    strict: Strict = False,
    format: Format = None,
    encoding: Encoding = None,
    sheet: Sheet = None,
    as_json: Json = False,
) -> None:
    """Score a model on a table, beside a trivial baseline, with its confusion matrix.

    The baseline is what the rows that the model was trained on give without any model: always their most frequent
    class, or their mean.

    Example: chainrule evaluate penguins.model test.csv
    """
    from chainrule.cli.baseline import judge
    from chainrule.cli.console import Page, print_json
    from chainrule.cli.model_inputs import model_inputs, tell_drift
    from chainrule.cli.paths import open_model
    from chainrule.cli.reporting import check_report
    from chainrule.cli.rows import TablePart, require_column, require_name
    from chainrule.cli.true_target import check_known, true_labels, true_numbers, with_target
    from chainrule.report.wording import confusion, count, printable
    from chainrule.tables import labels, read_table, separate
    from chainrule.tables.drift import drift_notes

    check_report(report, inputs=(model, table), force=force)
    page = Page(silent=as_json)
    with page.collecting():
        opened = open_model(model)
        if opened.n_columns != 1:
            raise InputError.of(
                "model",
                got=f"one that predicts {opened.n_columns} columns",
                expected="one target column",
                remedy="evaluate it from Python",
            )
        if report is not None and opened.content.members is not None:
            raise InputError.of(
                "--report",
                got=f"a model of {opened.content.members} nets",
                expected="one network, whose inside the page shows",
                remedy="train one with chainrule fit --preset mlp",
            )
        name = target or opened.target
        if name is None:
            raise InputError.of(
                "--target", got="nothing", expected="the column to compare with, for this model"
            )
        classes = opened.estimator.classes_.tolist() if opened.classifies else []
        words = [label for label in classes if isinstance(label, str)]
        frame = read_table(
            table,
            format=format,
            encoding=encoding,
            sheet=sheet,
            text_columns=(*opened.text_columns(), *([name] if words else [])),
            labels=name if words else None,
            named=lambda names: require_name(names, name, "--target"),
        )
        require_column(frame, name, "--target")
        X, y, left_out = with_target(
            *separate(frame, name), skip_missing=skip_missing, words=[*labels.NAMES, *words]
        )
        if left_out:
            page.note(f"{count(left_out, 'row')} without a target left out")
        true = true_labels(y, classes) if classes else true_numbers(y)
        if classes:
            check_known(name, true, classes)
        tell_drift(page, drift_notes(opened.estimator.preparation_, X), strict)
        part = TablePart(model_inputs(opened, X), true)
        baseline = _baseline(opened, classes, true)
        found = judge(opened.estimator, part, baseline)
        for remark in [*found.remarks, *found.warnings()]:
            page.note(remark)
    page.field("model", f"{printable(model)}, predicts {printable(name)}")
    page.field("table", f"{printable(table)}: {count(found.rows, 'row')}")
    page.field("scores", f"the baseline says {found.rule}")
    page.block(found.lines())
    if found.confusion is not None:
        page.field("confusion", "rows of each true class by what was predicted")
        page.block(confusion(found.confusion, classes, page.room))
    page.print_notes()
    if report is not None:
        options = {
            "target": target,
            "report": report,
            "skip_missing": skip_missing,
            "strict": strict,
            "format": format,
        }
        _report(page, report, opened, part, baseline, options, table)
    if as_json:
        facts = {"model": model, "table": table, "target": name, "report": report}
        print_json({**facts, **found.to_dict(), "notes": page.notes})


def _report(
    page: Any,
    report: str,
    opened: Any,
    part: Any,
    baseline: dict[str, Any],
    options: dict[str, Any],
    table: str,
) -> None:
    """Write the page; how the model was trained is told as far as its file knows."""
    import os

    from chainrule.cli.fit_options import FitOptions
    from chainrule.cli.reporting import command, write_page

    fitted = opened.fit
    commands = [
        ("The command that judged it", command("evaluate", evaluate, [opened.path, table], options))
    ]
    trained_on, kept = fitted.get("table"), fitted.get("options")
    if isinstance(trained_on, str) and isinstance(kept, dict):
        line = command("fit", FitOptions, [trained_on], kept)
        commands.append(("The command that trained it", line))
    seconds = fitted.get("seconds")
    background = {
        "table": os.path.basename(table),
        "target": options["target"] or opened.target or "",
        "source": f"of {os.path.basename(table)}",
        "baseline": baseline,
        "notes": page.notes,
        "seconds": seconds if isinstance(seconds, float) and seconds >= 0.0 else None,
        "commands": commands,
    }
    with page.collecting():
        write_page(page, report, opened.estimator, part, background, "the scores were shown")


def _baseline(opened: Any, classes: list[Any], true: Any) -> dict[str, Any]:
    """Return the baseline that was learned from the training rows; where the file has none, from these rows."""
    from chainrule.cli.baseline import training_baseline

    kept = opened.fit.get("baseline_of_training")
    if isinstance(kept, dict):
        shares, mean = kept.get("shares"), kept.get("mean")
        usable = isinstance(shares, list) and len(shares) == len(classes) > 0
        if usable and all(type(share) is float and 0.0 <= share <= 1.0 for share in shares or ()):
            return {"shares": shares}
        if not classes and type(mean) is float:
            return {"mean": mean}
    return training_baseline(bool(classes), true, classes)
