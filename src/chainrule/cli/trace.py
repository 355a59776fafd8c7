"""`chainrule trace`: rows of a table through a model, forward and backward, every number with its formula."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer

from chainrule.cli.options import Format, Json, Model, Table
from chainrule.errors import FileError, InputError

_MOST = 1000  # rows of one trace: every number of each is kept


def trace(
    model: Model,
    table: Table,
    row: Annotated[
        str,
        typer.Option(
            "--row",
            metavar="N,...",
            help="The row of the table, from 1; several as 3,7 or 3-7: J is then their mean.",
        ),
    ] = "1",
    layer: Annotated[
        int | None,
        typer.Option("--layer", metavar="L", help="Only one layer, from 1.", show_default=False),
    ] = None,
    unit: Annotated[
        int | None,
        typer.Option(
            "--unit",
            metavar="J",
            help="Only one unit of --layer, from 0: its sums written out, its weights one by one.",
            show_default=False,
        ),
    ] = None,
    columns: Annotated[
        bool, typer.Option("--columns", help="Write samples as columns: z = W x + b.")
    ] = False,
    delta: Annotated[
        str, typer.Option("--delta", metavar="z|h", help="Whether delta is dJ/dz or dJ/dh.")
    ] = "z",
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            "-t",
            metavar="COLUMN",
            help="Column with the true value; by default the one that the model was trained to predict.",
            show_default=False,
        ),
    ] = None,
    html: Annotated[
        str | None,
        typer.Option(
            "--html",
            metavar="FILE",
            help="Write a page with the formulas set; it needs no network.",
            show_default=False,
        ),
    ] = None,
    format: Format = None,
    as_json: Json = False,
) -> None:
    """Show what a model does with one row, or several, and what they would teach it.

    Every z, a, delta, dW and db with its formula, its numbers and a line of why; relu'(0) = 0. The loss is that of
    training, the arithmetic float64.

    Example: chainrule trace penguins.model penguins.csv --row 3 --layer 1 --unit 5
    """
    from chainrule.cli.console import Page, print_json
    from chainrule.report.wording import printable
    from chainrule.storage import write_atomically

    if unit is not None and layer is None:
        raise InputError.of("--unit", got=unit, expected="--layer beside it")
    for option, given in (("--html", html is not None), ("--json", as_json)):
        if layer is not None and given:
            raise InputError.of(
                "--layer", got=f"{layer} beside {option}", expected=f"one of them: {option} has all"
            )
    _check_page(html, model, table)
    page = Page(silent=as_json)
    rows = _rows(row)
    with page.collecting():
        seen, members = _traced(model, table, rows, target, format)
    seen = seen.view(samples="columns" if columns else "rows", delta=delta)
    word = "row" if len(rows) == 1 else "rows"
    title = f"{printable(model)}, {word} {row} of {printable(table)}"
    if members > 1:
        title += f", the first of {members} nets"
    if html is not None:
        write_atomically(html, [seen.to_html(title=title).encode()])
    if as_json:
        which = {"row": rows[0]} if len(rows) == 1 else {"rows": rows}
        print_json({"model": model, "table": table, **which, **seen.to_dict()})
    elif html is not None:
        page.field("written", printable(html))
    else:
        for line in [title, "", *_text(seen, layer, unit).splitlines()]:
            print(
                printable(line, most=2000)
            )  # not the page's indented block: lines are long enough
    page.print_notes()


def _check_page(html: str | None, model: str, table: str) -> None:
    from chainrule.cli.paths import check_output

    if html is None:
        return
    if not html.lower().endswith((".html", ".htm")):
        raise FileError.of(html, got="another ending", expected="a name that ends in .html")
    check_output(html, inputs=(model, table), force=True)


def _rows(given: str) -> list[int]:
    """Return the numbers that are meant by 3, by 3,7 or by 3-7, each once, in that order."""
    parts = [re.fullmatch(r"\s*(\d{1,15})\s*(?:-\s*(\d{1,15})\s*)?", p) for p in given.split(",")]
    found: dict[int, None] = {}
    for part in parts:
        first, last = (int(part[1]), int(part[2] or part[1])) if part else (0, -1)
        if not 1 <= first <= last or len(found) + last - first >= _MOST:
            raise InputError.of(
                "--row", got=given, expected=f"at most {_MOST:,} rows from 1, as in 3, 3,7 or 3-7"
            )
        found.update(dict.fromkeys(range(first, last + 1)))
    return list(found)


def _traced(
    model: str, table: str, rows: list[int], target: str | None, format: str | None
) -> tuple[Any, int]:
    """Return the trace of some rows, and how many nets the model has."""
    from chainrule.cli.model_inputs import model_inputs
    from chainrule.cli.paths import open_model
    from chainrule.cli.rows import require_column
    from chainrule.cli.true_target import true_labels, true_numbers, with_target
    from chainrule.gradients.trace import trace as traced
    from chainrule.report.wording import count
    from chainrule.tables import read_table, separate

    opened = open_model(model)
    if opened.n_columns != 1:
        raise InputError.of(
            "model",
            got=f"one that predicts {opened.n_columns} columns",
            expected="one target column",
            remedy="trace it from Python",
        )
    name = target or opened.target
    if name is None:
        raise InputError.of(
            "--target", got="nothing", expected="the column with the true values, for this model"
        )
    classes = opened.estimator.classes_.tolist() if opened.classifies else []
    words = [label for label in classes if isinstance(label, str)]
    frame = read_table(
        table,
        format=format,
        text_columns=(*opened.text_columns(), *([name] if words else [])),
        labels=name if words else None,
    )
    require_column(frame, name, "--target")
    if max(rows) > len(frame):
        expected = f"1 to {len(frame)}, for the table has {count(len(frame), 'row')}"
        raise InputError.of("--row", got=max(rows), expected=expected)
    chosen = frame.iloc[[row - 1 for row in rows]].reset_index(drop=True)
    X, y, _ = with_target(*separate(chosen, name), skip_missing=False, words=words)
    true = true_labels(y, classes) if classes else true_numbers(y)
    seen = traced(opened.one_network(), model_inputs(opened, X), true)
    return seen, opened.content.members or 1


def _text(seen: Any, layer: int | None, unit: int | None) -> str:
    if layer is None:
        return str(seen)
    if unit is not None:
        return str(seen.unit(layer, unit))
    return str(seen.layer_text(layer))
