"""Kilograms for grams, islands never seen, gaps where there were none: told; a table like the training's: silence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from chainrule.tables import Preparation
from chainrule.tables.drift import Drift

RNG = np.random.default_rng(5)


def table(n: int) -> pd.DataFrame:
    frame = pd.DataFrame({"grams": RNG.normal(4000.0, 400.0, n), "length": RNG.uniform(size=n)})
    frame["island"] = RNG.choice(["Biscoe", "Dream"], n)
    frame["sex"] = RNG.choice(["f", "m"], n)
    frame.loc[::5, "length"] = np.nan
    return frame


PREPARATION = Preparation.fit(table(400))


def notes(*blocks: Any) -> list[str]:
    drift = Drift(PREPARATION)
    for block in blocks:
        drift.see(block)
    return drift.notes()


@pytest.mark.parametrize("n", [1, 7, 300, 5000])
def test_rows_like_those_of_training_are_not_told_of(n: int) -> None:
    assert notes(table(n)) == []


def test_what_differs_is_told_over_all_blocks() -> None:
    new = table(200)
    new["grams"] /= 1000.0
    new.loc[150:, "island"] = "Torgersen"
    new.loc[:9, "sex"] = None
    new.loc[20:, "length"] = None  # as in training, where some were missing
    told = notes(new[:90], new[90:])
    assert [note.split()[1] for note in told] == ["'grams'", "'island'", "'sex'"]
    assert "in 200 of 200 rows (from 2." in told[0]
    assert told[1].endswith("never seen in training in 50 of 200 rows ('Torgersen')")
    assert "no value in 10 of 200 rows" in told[2]


def test_outliers_alone_are_not_drift() -> None:
    new = table(500)
    new.loc[3, "grams"] = 1e9
    assert notes(new) == []


def test_a_model_that_knows_no_ranges_tells_of_none() -> None:
    stored = PREPARATION.to_dict()
    for column in stored["columns"]:
        if column["kind"] == "number":
            column["span"] = []
    drift = Drift(Preparation.from_dict(stored))
    drift.see(table(50).assign(grams=1.0))
    assert drift.notes() == []
