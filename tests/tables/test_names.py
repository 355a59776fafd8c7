"""Names of columns."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chainrule.errors import InputError, InputTypeError
from chainrule.tables import plain
from chainrule.tables.names import absent_columns, column_names, suggestion


def test_names_become_text() -> None:
    assert column_names(pd.DataFrame([[1, 2]], columns=["a", 7])) == ["a", "7"]


@pytest.mark.parametrize("names", [["a", "a"], ["7", 7], ["\ud800"], ["x" * 10_001]])
def test_names_that_cannot_be_kept(names: list[object]) -> None:
    with pytest.raises(InputError):
        column_names(pd.DataFrame([[1] * len(names)], columns=pd.Index(names, dtype=object)))


def test_no_data_frame_and_too_many_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputTypeError, match="table: got ndarray, expected a pandas DataFrame"):
        column_names(np.zeros((2, 2)))
    monkeypatch.setattr(plain, "MAX_COLUMNS", 2)
    with pytest.raises(InputError, match="3 columns"):
        column_names(pd.DataFrame([[1, 2, 3]]))


def test_close_names_are_offered() -> None:
    assert suggestion("Species", ["species", "island"]) == "did you mean 'species'?"
    assert suggestion("zzz", [f"c{i}" for i in range(9)]).endswith("'c7', …")
    assert suggestion("zzz", []) == "the table has no columns"
    text = str(absent_columns([f"b{i}" for i in range(7)], ["b77"]))
    assert "no column 'b0', 'b1', 'b2', 'b3', 'b4' and 2 more" in text
