"""What a column of delimited text is, found out a block of rows at a time: text, whole numbers or numbers.

What a value is taken for depends on all the others of its column: ``01`` is a code beside ``22`` and a number beside
``2.5``, and one word makes everything text. So a profile is taken of all rows first, and then each block of them is
converted as the whole would be. A table that is read at once is a single block; one rule decides for both.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from chainrule.tables import text


class ColumnProfile:
    """What has been seen of a column.

    Parameters
    ----------
    keep_text : bool
        Text it is and stays, whatever comes.
    verbatim : bool
        Only what is empty is missing.

    Attributes
    ----------
    markers : tuple of str
        What counts as missing.
    known : bool
        Whether some row holds a value.
    missing : bool
        Whether some row holds none.

    Examples
    --------
    >>> profile = ColumnProfile()
    >>> profile.add(text.arrow_text(["1", "2"]))
    >>> profile.kind
    'integer'
    >>> profile.add(text.arrow_text(["2.5"]))
    >>> profile.kind, profile.convert(text.arrow_text(["1", "2"])).tolist()
    ('number', [1.0, 2.0])
    """

    def __init__(self, keep_text: bool = False, verbatim: bool = False) -> None:
        self.markers = ("",) if verbatim else text.MISSING_WORDS
        self.known = self.missing = False
        self._keep_text = keep_text
        self._digits = self._integers = self._numbers = True
        self._padded = False
        self._widths: set[int] = set()

    def add(self, values: Any) -> None:
        """See some more rows: a ``LargeStringArray`` as `text.arrow_text` makes it, shape (n,)."""
        self.missing |= values.null_count > 0
        if values.null_count == len(values):
            return
        self.known = True
        if self._keep_text:
            return
        if self._digits:
            written = pc.drop_null(values)
            self._digits = text.are_digits(written)
            if self._digits:
                self._padded |= text.is_padded(written)
                self._widths.update(text.widths(written))
        if self._integers:
            self._integers = text.integers(values) is not None
        # Digits are numbers. Not so all that Arrow reads as integers: 0x1A is one of those.
        if self._numbers and not self._digits:
            self._numbers = not text.numbers(values)[1].any()

    @property
    def settled(self) -> bool:
        """Whether no further row could change `kind`; it may still change `missing`."""
        return self._keep_text or not (self._integers or self._numbers)

    @property
    def kind(self) -> str:
        """text, integer or number."""
        if self._keep_text or not self.known:
            return "text"
        if self._digits and (not self._integers or (len(self._widths) == 1 and self._padded)):
            return "text"  # codes: see `text.looks_like_codes`
        if self._integers:
            return "integer"
        return "number" if self._numbers else "text"

    def convert(self, values: Any) -> Any:
        """Turn some of the rows that were seen into what they are in a table that is read at once.

        Parameters
        ----------
        values : LargeStringArray, shape (n,)

        Returns
        -------
        pandas.Series, shape (n,)
            int64; float64 for numbers, and for whole numbers if any row of the column has none; else text.

        Raises
        ------
        ValueError
            These are not among the rows that were seen.
        """
        if self.kind == "text":
            return pd.Series(values.to_pandas())
        if self.kind == "integer":
            whole = text.integers(values)
            if whole is None or (whole.null_count and not self.missing):
                raise ValueError("not the integers that were seen")
            series = pd.Series(whole.to_pandas())
            return series.astype(np.float64) if self.missing else series
        x, bad = text.numbers(values)
        if bad.any():
            raise ValueError("not the numbers that were seen")
        return pd.Series(x)
