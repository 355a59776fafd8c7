"""The place of a value that cannot be used, in a table that comes in blocks."""

from __future__ import annotations

import pandas as pd
import pytest

from chainrule.errors import InputError
from chainrule.tables import Preparation
from chainrule.tables.unusable import first_unusable

TRAINING = pd.DataFrame(
    {
        "cm": [1.0, 2.0, 4.0, 5.0],
        "day": ["2024-01-31", "2024-02-01", "2024-03-02", "2024-03-05"],
        "sex": ["f", "m", "f", "m"],
        "same": "x",
    }
)


def table(**changed: list[object]) -> pd.DataFrame:
    frame = pd.concat([TRAINING.drop(columns="same")] * 3, ignore_index=True).astype(object)
    return frame.assign(**changed)


@pytest.mark.parametrize("column", ["cm", "day"])
@pytest.mark.parametrize("row", [0, 5, 11])
def test_the_row_is_that_of_the_whole_table(column: str, row: int) -> None:
    preparation = Preparation.fit(TRAINING)
    frame = table(sex=["?"] * 12)
    frame.loc[row, column] = "word"
    with pytest.raises(InputError) as whole:
        preparation.transform(frame)
    for size in (1, 4, 12):
        blocks = (frame.iloc[i : i + size] for i in range(0, 12, size))
        assert str(first_unusable(preparation, blocks)) == str(whole.value)


def test_the_first_block_decides_and_the_whole_column_is_counted() -> None:
    preparation = Preparation.fit(TRAINING)
    frame = table()
    frame.loc[[3, 7, 8], "day"] = "word"
    frame.loc[5, "cm"] = "word"
    found = str(first_unusable(preparation, [frame.iloc[:4], frame.iloc[4:8], frame.iloc[8:]]))
    assert found.startswith("column 'day', row 4: got 'word'")
    assert "3 such values" in found


def test_nothing_is_wrong_where_words_stood_in_training() -> None:
    training = pd.DataFrame(
        {"cm": ["word", *map(str, range(40))], "day": ["word"] + ["2024-01-31", "2024-02-01"] * 20}
    )
    preparation = Preparation.fit(training)
    assert first_unusable(preparation, [training, training.assign(cm="other", day="other")]) is None
