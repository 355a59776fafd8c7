from __future__ import annotations

import json
import math
from typing import Any

import pytest

from chainrule.errors import InputError
from chainrule.training import History


def filled() -> History:
    history = History()
    history.append(1.0, None, None, 0.1, 2.0, 0.01)
    history.append(0.5, 0.6, math.nan, 0.1, math.inf, 0.02)
    return history


def test_every_list_has_one_entry_an_epoch() -> None:
    history = filled()
    assert len(history) == 2
    assert {len(values) for values in history.to_dict().values()} == {2}
    history.cut(1)
    assert history.to_dict() == {
        "loss": [1.0],
        "validation_loss": [None],
        "validation_score": [None],
        "learning_rate": [0.1],
        "gradient_norm": [2.0],
        "seconds": [0.01],
    }


def test_it_survives_strict_json() -> None:
    data = filled().to_dict()
    again = History.from_dict(json.loads(json.dumps(data, allow_nan=False)))
    assert again.to_dict() == data
    assert data["validation_score"] == [None, None]


def test_its_dict_is_a_copy() -> None:
    history = filled()
    history.to_dict()["loss"].append(3.0)
    assert len(history) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"loss": [1.0]},
        {**History().to_dict(), "extra": []},
        {**History().to_dict(), "loss": 1.0},
        {**History().to_dict(), "loss": ["1"]},
        {**History().to_dict(), "loss": [True]},
        {**History().to_dict(), "loss": [1.0]},
    ],
)
def test_anything_else_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="history"):
        History.from_dict(wrong)
