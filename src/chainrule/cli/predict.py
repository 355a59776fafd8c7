"""`chainrule predict`: a model and new rows in, predictions out."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer

from chainrule.cli.options import Format, Model, Quiet, Table
from chainrule.errors import FileError, InputError

_SEPARATORS = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
_PARQUET = (".parquet", ".pq")


def predict(
    model: Model,
    table: Table = "-",
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="CSV, TSV or Parquet file to write, by its ending; default: CSV to standard output.",
            show_default=False,
        ),
    ] = None,
    proba: Annotated[
        bool, typer.Option("--proba", help="Add the probability of each class.")
    ] = False,
    id: Annotated[
        list[str] | None,
        typer.Option(
            "--id",
            metavar="COLUMN",
            help="Carry a column over, to tell the rows; may be given several times.",
            show_default=False,
        ),
    ] = None,
    format: Format = None,
    quiet: Quiet = False,
) -> None:
    """Predict every row of a table.

    The table needs the columns that the model was trained on, in any order; others are ignored. There is one row of
    output for each row of input, in the same order.

    Example: chainrule predict penguins.model new.csv --proba --output predicted.csv
    """
    from chainrule.cli.console import Page
    from chainrule.cli.files import check_output, open_model
    from chainrule.cli.inputs import model_inputs
    from chainrule.report.text import count, printable
    from chainrule.storage import write_atomically
    from chainrule.tables import read_table

    page = Page(silent=quiet, to_errors=True)
    if output is not None:
        _check_ending(output)
        check_output(output, inputs=(model, table), force=True)
    carried = list(dict.fromkeys(id or []))
    with page.collecting():
        opened = open_model(model)
        if proba and not opened.classifies:
            raise InputError.of(
                "--proba", got="a model of quantities", expected="a model of classes"
            )
        if table == "-" and sys.stdin.isatty():
            page.field("reading", "a table from this terminal; Ctrl-D ends it")
        frame = read_table(table, format=format, text_columns=(*opened.text_columns(), *carried))
        found = _predictions(opened, frame, model_inputs(opened, frame), proba, carried)
        page.print_notes()
    if output is None:
        _write_to_standard_output(_delimited(found, ","))
        return
    write_atomically(output, _parts(found, output))
    if sys.stderr.isatty():
        page.field("written", f"{printable(output)}, {count(len(found), 'row')}")


def _check_ending(output: str) -> None:
    ending = os.path.splitext(output)[1].lower()
    if ending not in (*_SEPARATORS, *_PARQUET):
        raise FileError.of(
            output,
            got=f"the ending {ending!r}" if ending else "no ending",
            expected=f"one of {' '.join((*_SEPARATORS, *_PARQUET))}",
        )


def _predictions(opened: Any, frame: Any, X: Any, proba: bool, carried: Sequence[str]) -> Any:
    """Return the table of predictions, (n, ...)."""
    import pandas as pd

    from chainrule.cli.rows import require_column
    from chainrule.report.judging import predicted

    estimator = opened.estimator
    columns: dict[str, Any] = {}
    for name in carried:
        require_column(frame, name, "--id")
        columns[name] = frame[name]

    def add(name: str, values: Any) -> None:
        if name in columns:
            raise InputError.of(
                "--id", got=repr(name), expected="no column named like a prediction"
            )
        columns[name] = values

    values = predicted(estimator.predict, X)
    names = _prediction_names(opened, values)
    for name, part in zip(names, values.reshape(len(values), -1).T, strict=True):
        add(name, part)
    if proba:
        for name, part in _probabilities(opened, X):
            add(name, part)
    return pd.DataFrame(columns, index=frame.index)


def _prediction_names(opened: Any, values: Any) -> list[str]:
    """Name the columns: prediction; prediction_q0.1, ... for quantiles; prediction_1, ... for several targets."""
    if values.ndim == 1:
        return ["prediction"]
    levels = () if opened.classifies else opened.estimator._target.levels
    if len(levels) == values.shape[1]:
        return [f"prediction_q{level:g}" for level in levels]
    return [f"prediction_{j}" for j in range(1, values.shape[1] + 1)]


def _probabilities(opened: Any, X: Any) -> Iterator[tuple[str, Any]]:
    """Yield a name and the probabilities for each class (of each target column, if there are several)."""
    import numpy as np

    from chainrule.report.judging import blocks

    estimator = opened.estimator
    found = [estimator.predict_proba(X.iloc[rows]) for rows in blocks(len(X))]
    if isinstance(found[0], list):
        for j, classes in enumerate(estimator.classes_):
            p = np.concatenate([block[j] for block in found])
            yield from ((f"probability_{j + 1}_{c}", p[:, k]) for k, c in enumerate(classes))
        return
    p = np.concatenate(found)
    classes = estimator.classes_
    if estimator._target.kind == "multilabel":
        classes = range(1, p.shape[1] + 1)
    yield from ((f"probability_{label}", p[:, k]) for k, label in enumerate(classes))


def _delimited(found: Any, separator: str) -> Iterator[bytes]:
    """Yield a table as UTF-8 text, a block of rows at a time."""
    from chainrule.report.judging import blocks

    for i, rows in enumerate(blocks(len(found))):
        text: str = found.iloc[rows].to_csv(
            index=False, header=i == 0, sep=separator, lineterminator="\n"
        )
        yield text.encode("utf-8", "replace")


def _parts(found: Any, output: str) -> Iterator[bytes]:
    """Yield the bytes of the output file in the format of its ending."""
    ending = os.path.splitext(output)[1].lower()
    if ending in _SEPARATORS:
        yield from _delimited(found, _SEPARATORS[ending])
        return
    import pyarrow as pa
    import pyarrow.parquet

    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pa.Table.from_pandas(found, preserve_index=False), buffer)
    yield buffer.getvalue()


def _write_to_standard_output(parts: Iterator[bytes]) -> None:
    stream = getattr(sys.stdout, "buffer", None)
    for part in parts:
        if stream is None:
            sys.stdout.write(part.decode())
        else:
            stream.write(part)
    sys.stdout.flush()
