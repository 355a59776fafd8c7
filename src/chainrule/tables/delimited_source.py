"""Delimited text of which encoding and layout are known, and its rows as Arrow takes them apart."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from chainrule.tables import encodings
from chainrule.tables.delimited_faults import MOST, Met, Tail, Wrong, tabbed
from chainrule.tables.header import (
    BLANKS,
    HEAD,
    TableLayout,
    check_head,
    layout_of,
    no_rows,
    unblanked,
)

Opener = Callable[[], BinaryIO]


@dataclass(frozen=True)
class Delimited:
    """Text of which encoding and layout are known.

    Attributes
    ----------
    opened : callable
        Opens it from its beginning, in UTF-8.
    label : str
        What to call the file in errors.
    layout : TableLayout
    """

    opened: Opener
    label: str
    layout: TableLayout

    @property
    def names(self) -> tuple[str, ...]:
        """All columns."""
        return tuple(name for name in self.layout.names if name)

    def batches(
        self,
        met: Met,
        block_size: int,
        columns: Collection[str] = (),
    ) -> Iterator[Any]:
        """Give the rows as text, Arrow's record batches of ``block_size`` bytes or so, repeated headers left out.

        Parameters
        ----------
        met : Met
            Is told what is met on the way.
        block_size : int
        columns : collection of str
            Those to give; by default all.
        """

        def remember(row: Any) -> str:
            met.wrong.append(Wrong(row.actual_columns, row.expected_columns, row.text))
            return "skip" if len(met.wrong) < MOST else "error"

        layout = self.layout
        options = {
            "read_options": pa.csv.ReadOptions(
                block_size=block_size,
                use_threads=False,
                skip_rows=layout.skip,
                column_names=layout.names,
            ),
            "parse_options": pa.csv.ParseOptions(
                delimiter="\t" if layout.separator == BLANKS else layout.separator,
                newlines_in_values=True,
                invalid_row_handler=remember,
            ),
            "convert_options": pa.csv.ConvertOptions(
                column_types=dict.fromkeys(layout.names, pa.large_string()),
                strings_can_be_null=False,
                include_columns=list(columns),
            ),
        }
        with self.opened() as stream:
            met.tail = Tail(stream)
            try:
                with pa.csv.open_csv(met.tail, **options) as reader:
                    for batch in reader:
                        kept = self._without_headers(batch)
                        met.repeated += batch.num_rows - kept.num_rows
                        yield kept
            finally:
                met.tail.finish()

    def _without_headers(self, batch: Any) -> Any:
        """Leave out the rows that repeat the header, as files that were joined have them."""
        said = dict(zip(self.layout.names, self.layout.header, strict=False))
        name = batch.schema.names[0] if batch.num_columns else ""
        if not said.get(name):
            return batch
        repeated = pc.equal(pc.utf8_trim_whitespace(batch.column(0)), said[name])
        if len(self.layout.header) != len(self.layout.names) or not pc.any(repeated).as_py():
            return batch
        for at, name in enumerate(batch.schema.names):
            same = pc.equal(pc.utf8_trim_whitespace(batch.column(at)), said[name])
            repeated = pc.and_(repeated, same)
        return batch.filter(pc.invert(repeated))


def look_at(
    opened: Opener, label: str, separator: str, encoding: str | None, *, is_utf8: bool = True
) -> Delimited:
    """Look at the head of a stream; the parameters are those of `read_delimited`.

    Where it is known that some byte of the stream is no UTF-8, or the head shows it, the encoding is guessed.

    Raises
    ------
    FileError
        It is no text, has a header that cannot be used, or no rows.
    """
    with opened() as stream:
        head = _read_some(stream, HEAD + 1)
    notes: list[str] = []
    if encoding is None:
        encoding = encodings.told_by_head(head)
        if encoding is not None and encoding != "utf-8-sig":
            notes.append(f"is read as {encoding}; --encoding names another")
        elif encoding is None and (
            guess := None if is_utf8 and _is_utf8(head) else encodings.guessed(opened)
        ):
            encoding = guess
            notes.append(f"is no UTF-8 and is read as {guess}; --encoding names another")
    if encoding not in (None, "utf-8-sig"):
        opened = encodings.as_utf8(opened, str(encoding), label)
        with opened() as stream:
            head = _read_some(stream, HEAD + 1)
    check_head(head, label)
    stop = max(1 << 20, head.find(b"\n") + 1)  # the header whole, however many columns it names
    sample = head[:stop]
    if stop < len(head):  # whole lines only, of those that there are
        whole = sample[: max(sample.rfind(b"\n"), sample.rfind(b"\r")) + 1]
        sample = whole if re.search(rb"[\r\n]", whole.strip()) else sample
    if not re.search(rb"[\r\n]", head.strip()):
        raise no_rows(label)
    layout = layout_of(sample.decode("utf-8-sig", "replace"), separator, label)
    if layout.separator == BLANKS:
        opened = _tabbed(opened)
    return Delimited(opened, label, layout._replace(notes=[*notes, *layout.notes]))


def _tabbed(opened: Opener) -> Opener:
    """Open a stream whose values are parted by blanks as one whose values are parted by tabs."""

    def lines() -> Iterator[bytes]:
        with io.TextIOWrapper(opened(), "utf-8", newline=None) as stream:
            for line in stream:
                yield tabbed(unblanked(line))

    return lambda: io.BufferedReader(encodings.Made(lines()))


def _read_some(stream: BinaryIO, size: int) -> bytes:
    """Read up to ``size`` bytes from a stream that may give them in pieces."""
    pieces, left = [], size
    while left and (piece := stream.read(min(left, 1 << 20))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _is_utf8(head: bytes) -> bool:
    """Say whether the first bytes are UTF-8, of which the last character may be cut."""
    try:
        codecs.utf_8_decode(head, "strict", len(head) <= HEAD)
    except UnicodeDecodeError:
        return False
    return True
