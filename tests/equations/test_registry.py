"""Registries: names, aliases, numbers in brackets, and errors that help."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.equations.activations import Activation, activations
from chainrule.equations.losses import losses
from chainrule.equations.registry import Registry, specification
from chainrule.errors import InputError, InputTypeError


def record(name: str, *aliases: str) -> Activation:
    return Activation(name, lambda z: z, lambda z, a: 1.0, "z", "1", aliases=aliases)


def test_records_are_found_by_name_and_alias_in_the_order_of_registration() -> None:
    registry: Registry[Activation] = Registry("activation", Activation)
    first, second = registry.register(record("first")), registry.register(record("second", "other"))
    assert registry.names() == ["first", "second"]
    assert list(registry) == [first, second]
    assert registry.get("other") is registry.get("second") is registry.get(second) is second
    assert "other" in registry
    assert "third" not in registry


def test_what_is_unregistered_is_gone_with_its_aliases() -> None:
    registry: Registry[Activation] = Registry("activation", Activation)
    registry.register(record("first", "alias"))
    registry.unregister("first")
    registry.unregister("first")
    assert "first" not in registry
    assert "alias" not in registry
    registry.register(record("alias"))


@pytest.mark.parametrize("taken", [record("first"), record("alias"), record("new", "first")])
def test_a_name_that_is_taken_is_refused(taken: Activation) -> None:
    registry: Registry[Activation] = Registry("activation", Activation)
    registry.register(record("first", "alias"))
    with pytest.raises(InputError, match="expected a name that is not taken"):
        registry.register(taken)
    assert registry.names() == ["first"]


@pytest.mark.parametrize(
    ("slip", "meant"),
    [("rellu", "relu"), ("Relu", "relu"), ("sigmoid_", "sigmoid"), ("swich", "swish")],
)
def test_a_slip_is_answered_with_what_was_meant(slip: str, meant: str) -> None:
    with pytest.raises(InputError, match=f"did you mean '{meant}'"):
        activations.get(slip)


def test_spaces_are_forgiven() -> None:
    assert activations.get(" leaky_relu ( 0.2 ) ").parameter == 0.2


@pytest.mark.parametrize("what", [None, 3, ["relu"], b"relu"])
def test_what_is_no_name_is_a_type_error(what: object) -> None:
    with pytest.raises(InputTypeError, match="expected a name"):
        activations.get(what)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "hostile", ["a" + " " * 100_000 + "!", "relu(" * 50_000, "(" * 100_000, "é" * 10**6]
)
def test_a_hostile_name_is_refused_at_once_and_shortly(hostile: str) -> None:
    start = time.perf_counter()
    with pytest.raises(InputError) as error:
        losses.get(hostile)
    assert time.perf_counter() - start < 1.0
    assert len(str(error.value)) < 1000


@given(st.text(max_size=30))
def test_any_text_gives_a_record_or_an_input_error(text: str) -> None:
    for registry in (activations, losses):
        try:
            found = registry.get(text)
        except InputError:
            continue
        assert registry.get(found.spec) == found


@given(st.floats(0.0, 1.0))
def test_a_number_survives_being_written_down(slope: float) -> None:
    spec = specification("leaky_relu", (slope,))
    assert activations.get(spec).parameter == slope
    assert activations.get(spec).spec == spec
