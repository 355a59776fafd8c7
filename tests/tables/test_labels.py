"""The words of a target: which are labels, which are missing, which are the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from chainrule.tables import labels, read_table, recognise_task, target_values


@pytest.mark.parametrize(
    ("values", "words", "expected"),
    [
        (["a", "None", None], labels.NAMES, ["a", "None", None]),
        (["a", "NA", "null", ""], labels.NAMES, ["a", None, None, None]),
        (["a", "NA", "null", ""], labels.ALL, ["a", "NA", "null", None]),
        (["1", "None", "2"], labels.ALL, ["1", None, "2"]),
        ([1.0, None, 2.0], labels.ALL, ["1", None, "2"]),
        (["yes", "no", "None"], labels.NAMES, ["yes", "no", None]),
    ],
)
def test_which_words_are_labels(values: list[Any], words: Any, expected: list[Any]) -> None:
    assert labels.label_texts(pd.Series(values), words).to_pylist() == expected


def test_a_class_called_none_is_learned_from_text(tmp_path: Any) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "1,Apnea\n2,None\n3,Insomnia\n" * 8)
    y = read_table(path, labels="y")["y"]
    assert recognise_task(y).reason.startswith("target 'y' holds 3 different words")
    assert set(target_values(y, "classification").tolist()) == {"Apnea", "None", "Insomnia"}
    assert read_table(path)["y"].isna().sum() == 8
    path.write_text("x,y\n" + "1,1.5\n2,None\n3,2\n" * 8)
    assert read_table(path, labels="y")["y"].dtype == np.float64  # a missing number


def test_labels_are_joined_into_the_commonest_and_known_again() -> None:
    given = np.array(["Yes", "yes", " YES", "no", "yes"], dtype=object)
    found, (note,) = labels.joined(given)
    assert found.tolist() == ["yes", "yes", "yes", "no", "yes"]
    assert "'yes' and 'Yes' and ' YES'" in note
    assert labels.as_known(given, ["yes", "no"]).tolist() == found.tolist()
    # where a model tells them apart, only what is written alike is known
    assert labels.as_known(given, ["yes", "Yes", "no"]).tolist()[2] == " YES"


def test_the_names_are_told_before_any_row_is_read(tmp_path: Any) -> None:
    class Refused(Exception):
        pass

    def refuse(names: list[str]) -> None:
        assert names == ["x", "y"]
        raise Refused

    path = tmp_path / "t.csv"
    path.write_text("x,y\n1,2\n1,2,3\n")  # the third row is no row, but nobody comes so far
    pd.DataFrame({"x": [1], "y": [2]}).to_parquet(tmp_path / "t.parquet")
    for source in (path, tmp_path / "t.parquet"):
        with pytest.raises(Refused):
            read_table(source, named=refuse)
