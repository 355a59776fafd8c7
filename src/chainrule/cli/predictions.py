"""The predictions of a model for a table that comes in blocks, and the bytes of the file that they are written to."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from chainrule.cli.model_inputs import first_unusable, model_inputs
from chainrule.cli.paths import Opened
from chainrule.errors import InputError
from chainrule.estimators.inputs import take_rows
from chainrule.report import judging
from chainrule.tables import Blocks
from chainrule.tables.delimited_blocks import cut
from chainrule.tables.drift import Drift

_GROUP = 1 << 20  # rows of a row group, as many as pyarrow puts into one by itself
_GROUP_BYTES = 64 << 20  # but no more than this, so that memory is bounded


def prediction_blocks(
    opened: Opened,
    blocks: Blocks,
    *,
    proba: bool,
    carried: Sequence[str],
    told: Callable[[int], None],
    drifted: Callable[[list[str]], None] = lambda notes: None,
) -> Iterator[pd.DataFrame]:
    """Predict every row of a table, `chainrule.report.judging.BLOCK` rows at a time.

    Parameters
    ----------
    opened : Opened
    blocks : Blocks
        The table, with at least the columns that the model takes and those that are carried over.
    proba : bool
        Whether to add the probability of each class.
    carried : sequence of str
        Columns to carry over.
    told : callable
        Is told how many rows are predicted.
    drifted : callable
        Is told at the end in what the table differs from the rows of training, and may refuse it.

    Raises
    ------
    InputError
        A value cannot be used; its row is counted in the whole table. Or a column that is carried over is named like a
        prediction.
    """
    done, preparation = 0, opened.estimator.preparation_
    drift = None if preparation is None else Drift(preparation)
    for frame in blocks.frames(judging.BLOCK):
        try:
            predicted = list(_predicted(opened, model_inputs(opened, frame), proba))
        except InputError as error:
            placed = first_unusable(opened, blocks.frames(judging.BLOCK))
            if placed is None:
                raise
            raise placed from error
        columns: dict[str, Any] = {name: frame[name] for name in carried}
        for name, values in predicted:
            if name in columns:
                raise InputError.of(
                    "--id", got=repr(name), expected="no column named like a prediction"
                )
            columns[name] = values
        done += len(frame)
        told(done)
        if drift is not None:
            drift.see(frame)
        yield pd.DataFrame(columns, index=frame.index)
    drifted([] if drift is None else drift.notes())


def _predicted(opened: Opened, X: Any, proba: bool) -> Iterator[tuple[str, Any]]:
    """Yield a name and the values of each column of predictions."""
    values = judging.predicted(opened.estimator.predict, X)
    parts = values.reshape(len(values), -1).T
    yield from zip(_prediction_names(opened, values), parts, strict=True)
    if proba:
        yield from _probabilities(opened, X)


def _prediction_names(opened: Opened, values: Any) -> list[str]:
    """Name the columns: prediction; prediction_q0.1, ... for quantiles; prediction_1, ... for several targets."""
    if values.ndim == 1:
        return ["prediction"]
    levels = () if opened.classifies else opened.estimator._target.levels
    if len(levels) == values.shape[1]:
        return [f"prediction_q{level:g}" for level in levels]
    return [f"prediction_{j}" for j in range(1, values.shape[1] + 1)]


def _probabilities(opened: Opened, X: Any) -> Iterator[tuple[str, Any]]:
    """Yield a name and the probabilities for each class (of each target column, if there are several)."""
    estimator = opened.estimator
    found = [estimator.predict_proba(take_rows(X, rows)) for rows in judging.blocks(len(X))]
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


def file_parts(
    found: Iterator[pd.DataFrame], separator: str | None, types: Mapping[str, Any]
) -> Iterator[bytes]:
    """Yield the bytes of a file of predictions.

    Parameters
    ----------
    found : iterator of pandas.DataFrame
        The predictions in blocks, at least one.
    separator : str or None
        Of delimited text; None for Parquet.
    types : mapping of str to pyarrow.DataType
        As `chainrule.tables.Blocks` has them.
    """
    return _parquet(found, types) if separator is None else _delimited(found, separator)


def _delimited(found: Iterator[pd.DataFrame], separator: str) -> Iterator[bytes]:
    """Yield UTF-8 text."""
    for i, block in enumerate(found):
        text: str = block.to_csv(index=False, header=i == 0, sep=separator, lineterminator="\n")
        yield text.encode("utf-8", "replace")


def _parquet(found: Iterator[pd.DataFrame], types: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield a Parquet file, a row group at a time."""
    first = next(found)
    schema = _schema(first, types)
    tables = (
        pa.Table.from_pandas(block, schema=schema, preserve_index=False)
        for block in chain([first], found)
    )
    table = next(tables)
    rows = min(_GROUP, max(judging.BLOCK, _GROUP_BYTES * len(table) // max(table.nbytes, 1)))
    batches = (batch for one in chain([table], tables) for batch in one.to_batches())
    sink = _Sink()
    with pa.parquet.ParquetWriter(sink, table.schema) as writer:
        for group in cut(batches, rows):
            writer.write_table(group.combine_chunks())
            yield sink.taken()
    yield sink.taken()


def _schema(first: pd.DataFrame, types: Mapping[str, Any]) -> Any:
    """Return the Arrow types of all blocks; the first may have no value in a column of objects, but a later one."""
    fields = [
        field.with_type(types[field.name])
        if field.name in types and first[field.name].dtype == np.dtype(object)
        else field
        for field in pa.Schema.from_pandas(first, preserve_index=False)
    ]
    return pa.schema(fields)


class _Sink(io.RawIOBase):
    """Takes bytes until somebody takes them away."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._pieces.append(bytes(data))
        return len(self._pieces[-1])

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
