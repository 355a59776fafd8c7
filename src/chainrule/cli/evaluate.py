"""`chainrule evaluate`: how good a model is on a table whose target is known."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from chainrule.cli.options import Format, Json, Model, SkipMissing, Table
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
    skip_missing: SkipMissing = False,
    format: Format = None,
    as_json: Json = False,
) -> None:
    """Score a model on a table, beside a trivial baseline, with its confusion matrix.

    The baseline is what the rows that the model was trained on give without any model: always their most frequent
    class, or their mean.

    Example: chainrule evaluate penguins.model test.csv
    """
    from chainrule.cli.console import Page, print_json
    from chainrule.cli.files import open_model
    from chainrule.cli.inputs import model_inputs
    from chainrule.cli.judging import judge
    from chainrule.cli.rows import Part, require_column, true_labels, true_numbers, with_target
    from chainrule.report.text import confusion, count, printable
    from chainrule.tables import read_table, separate

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
        name = target or opened.target
        if name is None:
            raise InputError.of(
                "--target", got="nothing", expected="the column to compare with, for this model"
            )
        classes = opened.estimator.classes_.tolist() if opened.classifies else []
        as_text = (name,) if classes and isinstance(classes[0], str) else ()
        frame = read_table(table, format=format, text_columns=(*opened.text_columns(), *as_text))
        require_column(frame, name, "--target")
        X, y, left_out = with_target(*separate(frame, name), skip_missing=skip_missing)
        if left_out:
            page.note(f"{count(left_out, 'row')} without a target left out")
        true = true_labels(y, classes) if classes else true_numbers(y)
        part = Part(model_inputs(opened, X), true)
        found = judge(opened.estimator, part, _baseline(opened, classes, true))
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
    if as_json:
        facts = {"model": model, "table": table, "target": name}
        print_json({**facts, **found.to_dict(), "notes": page.notes})


def _baseline(opened: Any, classes: list[Any], true: Any) -> dict[str, Any]:
    """Return the baseline that was learned from the training rows; where the file has none, from these rows."""
    from chainrule.cli.judging import training_baseline

    kept = opened.fit.get("baseline_of_training")
    if isinstance(kept, dict):
        shares, mean = kept.get("shares"), kept.get("mean")
        usable = isinstance(shares, list) and len(shares) == len(classes) > 0
        if usable and all(type(share) is float and 0.0 <= share <= 1.0 for share in shares or ()):
            return {"shares": shares}
        if not classes and type(mean) is float:
            return {"mean": mean}
    return training_baseline(bool(classes), true, classes)
