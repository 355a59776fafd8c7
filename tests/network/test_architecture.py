"""Architectures: what is accepted, what is plain data, and that nothing hostile gets in or out."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.equations.activations import activations
from chainrule.equations.losses import losses
from chainrule.errors import InputError
from chainrule.network.architecture import Architecture

GOOD: dict[str, Any] = {
    "sizes": [2, 3, 1],
    "activations": ["relu", "identity"],
    "loss": "squared_error",
    "l2": 0.1,
    "l1": 0,
    "dropout": [0.5],
}


def test_plain_data_goes_in_and_comes_out() -> None:
    architecture = Architecture.from_dict(GOOD)
    assert Architecture.from_dict(json.loads(json.dumps(architecture.to_dict()))) == architecture
    assert architecture.sizes == (2, 3, 1)
    assert (architecture.n_layers, architecture.n_parameters) == (2, 13)
    assert architecture.f[1].name == "relu"
    assert architecture.loss_function.name == "squared_error"
    assert architecture.without_penalties().l2 == 0.0
    assert hash(architecture) == hash(Architecture.from_dict(GOOD))


def test_names_are_written_in_full() -> None:
    architecture = Architecture((2, 3, 1), ("logistic", "leaky_relu"), "pinball")
    assert architecture.activations == ("sigmoid", "leaky_relu(0.01)")
    assert architecture.loss == "quantile(0.5)"
    assert architecture.dropout == (0.0,)


def test_numbers_of_numpy_become_pythons() -> None:
    architecture = Architecture(
        (np.int64(2), np.int32(3), 1),
        ("relu", "identity"),
        "squared_error",
        np.float32(0.5),
        np.int64(1),
        (np.float64(0.25),),
    )
    assert json.loads(json.dumps(architecture.to_dict()))["sizes"] == [2, 3, 1]
    assert all(type(size) is int for size in architecture.sizes)
    assert (architecture.l2, architecture.l1, architecture.dropout) == (0.5, 1.0, (0.25,))


@pytest.mark.parametrize(
    "change",
    [
        {"sizes": [3]},
        {"sizes": []},
        {"sizes": [2, 0, 1]},
        {"sizes": [2, -3, 1]},
        {"sizes": [-1, 3, 1]},
        {"sizes": [2, 3.0, 1]},
        {"sizes": [2, True, 1]},
        {"sizes": [2, "3", 1]},
        {"sizes": [2, 2**50, 1]},
        {"sizes": [2, 10**400, 1]},
        {"sizes": "231"},
        {"sizes": None},
        {"activations": ["relu"]},
        {"activations": ["relu", "relu", "relu"]},
        {"activations": ["relu", "nonsense"]},
        {"activations": ["relu", "elu(inf)"]},
        {"activations": ["relu", None]},
        {"activations": "relu"},
        {"loss": "nonsense"},
        {"loss": "huber(nan)"},
        {"loss": "quantile(0.1, 0.9)"},
        {"loss": None},
        {"loss": 3},
        {"l2": -0.1},
        {"l2": float("nan")},
        {"l2": float("inf")},
        {"l2": 10**400},
        {"l2": "0.1"},
        {"l2": True},
        {"l1": None},
        {"dropout": [1.0]},
        {"dropout": [-0.1]},
        {"dropout": [float("nan")]},
        {"dropout": [10**400]},
        {"dropout": [0.1, 0.1]},
        {"dropout": [True]},
        {"dropout": ["0.1"]},
        {"dropout": 0.1},
        {"more": 1},
    ],
    ids=str,
)
def test_what_does_not_fit_is_an_input_error(change: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Architecture.from_dict({**GOOD, **change})


@pytest.mark.parametrize("name", GOOD)
def test_a_missing_field_is_an_input_error(name: str) -> None:
    with pytest.raises(InputError, match="expected exactly the fields"):
        Architecture.from_dict({key: value for key, value in GOOD.items() if key != name})


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**300)
    | st.floats()
    | st.text(max_size=8)
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8) | st.integers(), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(ANYTHING)
def test_anything_at_all_is_an_input_error(data: Any) -> None:
    with pytest.raises(InputError):
        Architecture.from_dict(data)


@given(st.sampled_from(sorted(GOOD)), ANYTHING)
def test_any_field_may_hold_anything(name: str, value: Any) -> None:
    """Either it is refused with an InputError, or a usable architecture of plain data comes out."""
    said = ""
    try:
        architecture = Architecture.from_dict({**GOOD, name: value})
    except InputError as error:
        said = str(error)
    if said:
        assert len(said) < 2000
        return
    assert Architecture.from_dict(json.loads(json.dumps(architecture.to_dict()))) == architecture


@given(
    st.lists(st.integers(1, 50), min_size=2, max_size=6),
    st.randoms(use_true_random=False),
    st.floats(0.0, 10.0),
)
def test_what_is_registered_fits_together(sizes: list[int], random: Any, l2: float) -> None:
    hidden = [random.choice(activations.names()) for _ in sizes[1:]]
    architecture = Architecture(tuple(sizes), tuple(hidden), random.choice(losses.names()), l2)
    assert Architecture.from_dict(architecture.to_dict()) == architecture
    assert architecture.n_parameters == sum((m + 1) * k for m, k in pairwise(sizes))
