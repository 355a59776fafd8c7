from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from chainrule.errors import InputError, InputTypeError
from chainrule.training import MONITORS, TrainingSettings


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("max_epochs", 0, InputError),
        ("max_epochs", 1.5, InputError),
        ("max_epochs", "ten", InputTypeError),
        ("max_epochs", math.inf, InputError),
        ("batch_size", 0, InputError),
        ("batch_size", None, InputTypeError),
        ("seed", -1, InputError),
        ("tol", -1e-9, InputError),
        ("tol", math.nan, InputError),
        ("n_iter_no_change", 0, InputError),
        ("n_iter_no_change", True, InputTypeError),
        ("max_time", 0.0, InputError),
        ("max_time", "1h", InputTypeError),
        ("clip_norm", 0.0, InputError),
        ("clip_norm", None, InputTypeError),
        ("monitor", "accuracy", InputError),
        ("horizon_epochs", 0, InputError),
        ("max_fun", 0, InputError),
    ],
)
def test_what_is_not_accepted_is_named(name: str, value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=f"^{name}: got "):
        TrainingSettings(**{name: value})


@pytest.mark.parametrize(
    "accepted",
    [
        {"n_iter_no_change": math.inf},
        {"clip_norm": math.inf},
        {"tol": 0},
        {"max_time": None},
        {"max_time": 0.5},
        {"seed": 2**63},
        *({"monitor": monitor} for monitor in MONITORS),
    ],
)
def test_the_ends_of_the_ranges_are_accepted(accepted: dict[str, Any]) -> None:
    ((name, value),) = accepted.items()
    assert getattr(TrainingSettings(**accepted), name) == value


def test_numpy_scalars_become_plain_numbers() -> None:
    settings = TrainingSettings(
        max_epochs=np.int64(3), tol=np.float32(0.5), seed=np.int32(1), max_time=np.float64(2.0)
    )
    assert [
        type(getattr(settings, name)) for name in ("max_epochs", "tol", "seed", "max_time")
    ] == [
        int,
        float,
        int,
        float,
    ]
