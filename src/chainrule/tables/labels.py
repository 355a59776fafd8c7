"""The words of a target as labels, also one that reads like a missing value, and those that differ only in writing.

``None`` is the name of a class (no disorder, no damage) where the other values are words; in a column of numbers it is
a missing number. ``NA`` and the like are missing there too, unless the user says that they are labels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from chainrule.tables import columns, text
from chainrule.tables.recognition import recognise

NAMES: tuple[str, ...] = ("None",)
"""Missing markers that are labels among words."""
ALL: tuple[str, ...] = tuple(word for word in text.MISSING_WORDS if word)
"""All missing markers, for a user who says that they are labels."""


def label_texts(y: Any, words: Collection[str] = NAMES) -> Any:
    """Convert a target column to cleaned text, a ``LargeStringArray`` of shape (n,), null where missing.

    Parameters
    ----------
    y : pandas.Series, shape (n,)
    words : collection of str
        Missing markers that are labels, if the other values are words.

    Examples
    --------
    >>> import pandas as pd
    >>> label_texts(pd.Series(["Apnea", " None", "NA"])).to_pylist()
    ['Apnea', 'None', None]
    >>> label_texts(pd.Series(["1.5", "None"])).to_pylist()
    ['1.5', None]
    """
    values = columns.texts(y)
    if not values.null_count or not words or recognise(str(y.name), y).kind != "category":
        return values
    written = pa.array(
        [v.strip() if isinstance(v, str) else None for v in y.array], pa.large_string()
    )
    named = pc.is_in(written, value_set=pa.array(list(words), pa.large_string()))
    return pc.if_else(pc.fill_null(named, False), written, values)


def joined(labels: NDArray[Any]) -> tuple[NDArray[Any], list[str]]:
    """Join labels that differ only in case or blanks, each into the most frequent of them.

    Parameters
    ----------
    labels : ndarray of str, shape (n,)

    Returns
    -------
    labels : ndarray, shape (n,)
    notes : list of str
        A sentence for each that was joined.

    Examples
    --------
    >>> found, notes = joined(np.array(["ja", "JA", "nein", "ja"], dtype=object))
    >>> found.tolist(), notes
    (['ja', 'ja', 'nein', 'ja'], ["labels 'ja' and 'JA' differ only in case or blanks and are taken as one, 'ja'"])
    """
    alike: dict[str, list[str]] = {}
    for label, _ in Counter(labels.tolist()).most_common():
        alike.setdefault(_key(label), []).append(label)
    notes = []
    for first, *others in alike.values():
        if others:
            named = " and ".join(map(repr, [first, *others][:4]))
            notes.append(
                f"labels {named} differ only in case or blanks and are taken as one, {first!r}"
            )
    return as_known(labels, [first for first, *_ in alike.values()]), notes


def as_known(labels: NDArray[Any], classes: Sequence[str]) -> NDArray[Any]:
    """Return labels, each as the class that it differs from only in case or blanks, if there is exactly one.

    Examples
    --------
    >>> as_known(np.array(["JA", "Ja", "vielleicht", None], dtype=object), ["ja", "nein"]).tolist()
    ['ja', 'ja', 'vielleicht', None]
    """
    counts = Counter(map(_key, classes))
    by_key = {_key(c): c for c in classes if counts[_key(c)] == 1}
    known = set(classes)
    found = np.empty(len(labels), dtype=object)
    found[:] = [v if v is None or v in known else by_key.get(_key(v), v) for v in labels.tolist()]
    return found


def _key(label: str) -> str:
    return " ".join(label.split()).casefold()
