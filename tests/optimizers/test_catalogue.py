"""The list of optimizers."""

from __future__ import annotations

import json

import pytest

from chainrule.errors import InputError, InputTypeError
from chainrule.optimizers.adam import Adam
from chainrule.optimizers.catalogue import make_optimizer, optimizers
from chainrule.optimizers.sgd import SGD


def test_names() -> None:
    assert optimizers.names() == ["sgd", "adam", "adamw", "rmsprop"]
    assert optimizers.get("sgd") is SGD
    assert all(kind.name == name for name, kind in zip(optimizers.names(), optimizers, strict=True))


def test_plain_data_there_and_back() -> None:
    for kind in optimizers:
        optimizer = kind(learning_rate=0.125)
        data = json.loads(json.dumps(optimizer.to_dict()))
        assert make_optimizer(**data) == optimizer


def test_mistakes_are_named() -> None:
    with pytest.raises(InputError, match="did you mean 'adam'"):
        make_optimizer("adan")
    with pytest.raises(InputError, match=r"optimizer adam: got numbers .* set them by name"):
        make_optimizer("adam(0.1)")
    with pytest.raises(InputError, match="momentum: got no setting of adam, expected one of"):
        make_optimizer("adam", momentum=0.9)
    with pytest.raises(InputTypeError):
        make_optimizer(3)  # type: ignore[arg-type]  # what is tested
    assert make_optimizer("adam()") == Adam()
