"""`chainrule predict`: a model and new rows in, predictions out."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Annotated

import typer

from chainrule.cli.options import Encoding, Format, Model, Quiet, Sheet, Strict, Table
from chainrule.errors import FileError, InputError

_SEPARATORS = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
_PARQUET = (".parquet", ".pq")
_IN_MEMORY = 16 << 20  # bytes of a table for standard output that wait without a file


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
    strict: Strict = False,
    format: Format = None,
    encoding: Encoding = None,
    sheet: Sheet = None,
    quiet: Quiet = False,
) -> None:
    """Predict every row of a table.

    The table needs the columns that the model was trained on, in any order; others are ignored. There is one row of
    output for each row of input, in the same order. Rows are read, predicted and written in blocks, so a table may be
    larger than the memory; nothing is put out before all of it is predicted.

    Example: chainrule predict penguins.model new.csv --proba --output predicted.csv
    """
    import pandas as pd

    from chainrule.cli.console import Page
    from chainrule.cli.model_inputs import check_columns, tell_drift, wanted_columns
    from chainrule.cli.paths import check_output, open_model
    from chainrule.cli.predictions import file_parts, prediction_blocks
    from chainrule.cli.rows import require_column
    from chainrule.cli.rows_progress import RowsProgress
    from chainrule.report.wording import count, printable
    from chainrule.storage import write_atomically
    from chainrule.tables import open_blocks

    page = Page(silent=quiet, to_errors=True)
    separator: str | None = ","
    if output is not None:
        separator = _separator(output)
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
        wanted = wanted_columns(opened)
        with (
            RowsProgress(page.console, page.silent) as progress,
            open_blocks(
                table,
                columns=None if wanted is None else (*wanted, *carried),
                format=format,
                encoding=encoding,
                sheet=sheet,
                text_columns=(*opened.text_columns(), *carried),
                as_stored=carried,
                told=lambda rows: progress("reading", rows),
            ) as blocks,
        ):
            header = pd.DataFrame(columns=list(blocks.names))
            for name in carried:
                require_column(header, name, "--id")
            check_columns(opened, header)
            found = prediction_blocks(
                opened,
                blocks,
                proba=proba,
                carried=carried,
                told=lambda rows: progress("predicting", rows, blocks.n_rows),
                drifted=lambda notes: tell_drift(page, notes, strict),
            )
            parts = file_parts(found, separator, blocks.types)
            if output is not None:
                write_atomically(output, parts)
                progress.stop()
                page.print_notes()
            else:
                with _kept(parts) as table_out:
                    progress.stop()
                    page.print_notes()
                    _write_to_standard_output(table_out)
    if output is not None and sys.stderr.isatty():
        page.field("written", f"{printable(output)}, {count(blocks.n_rows, 'row')}")


def _separator(output: str) -> str | None:
    """Tell by the ending of the file to write what separates its columns; None for Parquet."""
    ending = os.path.splitext(output)[1].lower()
    if ending not in (*_SEPARATORS, *_PARQUET):
        raise FileError.of(
            output,
            got=f"the ending {ending!r}" if ending else "no ending",
            expected=f"one of {' '.join((*_SEPARATORS, *_PARQUET))}",
        )
    return _SEPARATORS.get(ending)


@contextmanager
def _kept(parts: Iterator[bytes]) -> Iterator[IO[bytes]]:
    """Keep all parts until the last is made, so that standard output gets the whole table or nothing of it."""
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        for part in parts:
            try:
                file.write(part)
            except OSError as error:
                raise FileError.of(
                    tempfile.gettempdir(),
                    got=f"an error of the system ({error.strerror or error})",
                    expected="room for the predictions until all are made",
                    remedy="free some space, or write them to a file with --output",
                ) from error
        file.seek(0)
        yield file


def _write_to_standard_output(table: IO[bytes]) -> None:
    stream = getattr(sys.stdout, "buffer", None)
    if stream is not None:
        shutil.copyfileobj(table, stream)
    else:
        for line in table:
            sys.stdout.write(line.decode())
    sys.stdout.flush()
