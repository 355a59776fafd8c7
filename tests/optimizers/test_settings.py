"""Limits: what is accepted, in words and in fact."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pytest

from chainrule.errors import InputError, InputTypeError
from chainrule.optimizers import settings
from chainrule.optimizers.settings import Limits, check

INF = math.inf
NAN = math.nan


@pytest.mark.parametrize(
    ("limits", "accepted", "refused"),
    [
        (settings.POSITIVE, [1e-300, 1, 1e300], [0.0, -1.0, INF, NAN]),
        (settings.NOT_NEGATIVE, [0, 1e300], [-1e-300, INF, NAN]),
        (settings.FRACTION, [0.0, 0.9999], [1.0, -0.1, NAN]),
        (settings.PROPORTION, [0.0, 1.0], [1.0001, -0.1, INF, NAN]),
        (settings.POSITIVE_PROPORTION, [1e-9, 1.0], [0.0, 1.1, NAN]),
        (settings.AT_LEAST_ONE, [1, 1.5], [0.999, INF, NAN]),
        (settings.COUNT, [1, 2.0, 10**6], [0, 1.5, -1, INF, NAN]),
        (settings.COUNT_OR_INFINITE, [1, INF], [0, 1.5, NAN]),
    ],
)
def test_limits(limits: Limits, accepted: list[float], refused: list[float]) -> None:
    assert all(limits.accepts(value) for value in accepted)
    assert not any(limits.accepts(value) for value in refused)


def test_text() -> None:
    assert settings.POSITIVE.text == "a number, 0 < number and finite"
    assert settings.PROPORTION.text == "a number, 0 <= number <= 1"
    assert settings.COUNT.text == "a whole number, 1 <= number and finite"
    assert settings.COUNT_OR_INFINITE.text == "a whole number, 1 <= number"


@dataclass(frozen=True)
class Record:
    """Two numbers."""

    share: Any = 0.5
    count: Any = 3

    def __post_init__(self) -> None:
        check(self, {"share": settings.FRACTION, "count": settings.COUNT_OR_INFINITE})


def test_numpy_scalars_become_plain_numbers() -> None:
    record = Record(np.float32(0.25), np.int32(7))
    assert type(record.share) is float
    assert type(record.count) is int
    assert json.loads(json.dumps(asdict(record))) == {"share": 0.25, "count": 7}
    assert type(Record(count=4.0).count) is int
    assert type(Record(share=0).share) is float
    assert Record(count=INF).count == INF


@pytest.mark.parametrize("value", [True, "0.5", None, 1j, [0.5], np.bool_(True)])
def test_what_is_no_number_is_a_type_error(value: Any) -> None:
    with pytest.raises(InputTypeError, match=r"share: got .*, expected a number, 0 <= number < 1"):
        Record(share=value)


def test_a_number_outside_is_named() -> None:
    with pytest.raises(InputError, match=r"^share: got 1, expected a number, 0 <= number < 1$"):
        Record(share=1)
