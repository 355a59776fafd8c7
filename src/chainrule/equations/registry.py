"""Registries: the one list of what exists under a name.

What is registered is found by its name everywhere at once: in the estimators, the command's help, the documentation
table and the conformance tests. A name may carry numbers, ``"leaky_relu(0.2)"``, so that a choice with parameters is
plain text that can be stored, printed and cloned.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, Protocol, Self, TypeVar

from chainrule.errors import InputError, InputTypeError


class Record(Protocol):
    """What a registry holds: a named thing with numbers that may be set."""

    @property
    def name(self) -> str:
        """The name it is registered under."""

    @property
    def aliases(self) -> tuple[str, ...]:
        """Other names for it."""

    @property
    def parameters(self) -> tuple[Any, ...]:
        """Its numbers."""

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """What they are called."""

    @property
    def spec(self) -> str:
        """The text that gets this very record from the registry."""

    def with_parameters(self, *parameters: Any) -> Self:
        """Return the same thing with its numbers set."""


R = TypeVar("R", bound=Record)
_SPECIFICATION = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\s*(?:\(([^()]*)\))?")
_LONGEST = 200  # characters; a damaged file may hold megabytes where a name should be
_FLAGS = {"True": True, "False": False}


class Registry(Generic[R]):
    """Records by name, in the order in which they were registered.

    Parameters
    ----------
    kind : str
        What is held, as it should read in an error: ``"activation"``, ``"loss"``.
    record : type
        The class of the records.

    Examples
    --------
    >>> from chainrule.equations.activations import activations
    >>> activations.get("leaky_relu(0.2)").spec, activations.get("leaky_relu(slope=0.2)").spec
    ('leaky_relu(0.2)', 'leaky_relu(0.2)')
    >>> activations.get("rellu")
    Traceback (most recent call last):
        ...
    chainrule.errors.InputError: activation: got 'rellu', expected one of ...; did you mean 'relu'?
    """

    def __init__(self, kind: str, record: type[R]) -> None:
        self.kind = kind
        self._type = record
        self._records: dict[str, R] = {}
        self._aliases: dict[str, str] = {}

    def register(self, record: R) -> R:
        """Add ``record``; a name that is taken raises InputError."""
        self._check_type(record)
        for name in (record.name, *record.aliases):
            if name in self._records or name in self._aliases:
                raise InputError.of(
                    f"{self.kind} name",
                    got=repr(name),
                    expected="a name that is not taken",
                    remedy=f"choose another name or unregister('{name}') first",
                )
        self._records[record.name] = record
        self._aliases.update(dict.fromkeys(record.aliases, record.name))
        return record

    def unregister(self, name: str) -> None:
        """Remove the record called ``name``, if there is one."""
        record = self._records.pop(name, None)
        for alias in record.aliases if record else ():
            self._aliases.pop(alias, None)

    def get(self, given: str | R, usual: Callable[[R], Mapping[str, Any]] | None = None) -> R:
        """Return the record that ``"name"``, ``"name(number, ...)"`` or ``"name(what=number, ...)"`` stands for.

        Parameters
        ----------
        given : str or record
            A record is returned as it is.
        usual : callable, optional
            From the named record to the numbers that the text leaves open, by their names.

        Raises
        ------
        InputError
            If there is no such name, or its numbers are not accepted.
        InputTypeError
            If ``given`` is neither text nor a record of this kind.
        """
        if not isinstance(given, str):
            self._check_type(given)
            return given
        if len(given) > _LONGEST:
            raise InputError.of(
                self.kind, got=f"{len(given)} characters", expected=f"one of {self._listed()}"
            )
        match = _SPECIFICATION.fullmatch(given.strip())
        name = match[1] if match else given
        record = self._records.get(self._aliases.get(name, name))
        if record is None:
            close = difflib.get_close_matches(name.lower(), [*self._records, *self._aliases], n=1)
            raise InputError.of(
                self.kind,
                got=repr(given),
                expected=f"one of {self._listed()}",
                remedy=f"did you mean {close[0]!r}?" if close else "",
            )
        inside = None if match is None else match[2]
        numbers, named = ([], {}) if inside is None else self._numbers(record, given, inside)
        named = {**(usual(record) if usual else {}), **named}
        if named:
            values = dict(zip(record.parameter_names, record.parameters, strict=False))
            by_place = dict(zip(record.parameter_names, numbers, strict=False))
            return record.with_parameters(*{**values, **named, **by_place}.values())
        return record if inside is None else record.with_parameters(*numbers)

    def _numbers(self, record: R, given: str, inside: str) -> tuple[list[Any], dict[str, Any]]:
        """Read what stands in the brackets: numbers by their places, then numbers by their names."""
        numbers: list[Any] = []
        named: dict[str, Any] = {}
        for part in inside.split(",") if inside.strip() else []:
            left, equals, right = part.rpartition("=")
            name, text = left.strip(), right.strip()
            try:
                number = _FLAGS[text] if text in _FLAGS else float(text)
            except ValueError:
                number = None
            free = record.parameter_names[len(numbers) :] if equals else ()
            if number is None or (named and not equals):
                expected = f"numbers in the brackets of {record.name}(...)"
                raise InputError.of(self.kind, got=repr(given), expected=expected)
            if not equals:
                numbers.append(number)
            elif name not in free or name in named:
                expected = (
                    f"each of {', '.join(record.parameter_names) or 'no number'} at most once"
                )
                raise InputError.of(
                    f"{self.kind} {record.name}", got=repr(given), expected=expected
                )
            else:
                named[name] = number
        return numbers, named

    def registered(self, given: str | R) -> R:
        """Return the record as ``get`` does, if the text ``record.spec`` gets it again.

        Raises
        ------
        InputError
            Also for a record that is not registered, or is another than the one registered under its name.
        """
        record = self.get(given)
        known = self._records.get(record.name)
        if known is record:
            return record
        if known is None or known.with_parameters(*record.parameters) != record:
            raise InputError.of(
                self.kind,
                got=f"{record.name!r}, {'another than is' if known else 'which is not'} registered",
                expected="a registered record, because a network and its file know it by its name",
                remedy="register it, under a name of its own",
            )
        return record

    def _check_type(self, record: object) -> None:
        if not isinstance(record, self._type):
            expected = f"a name, one of {self._listed()}, or a record ({self._type.__name__})"
            raise InputTypeError.of(self.kind, got=repr(record), expected=expected)

    def names(self) -> list[str]:
        """Return the registered names, without aliases."""
        return list(self._records)

    def __iter__(self) -> Iterator[R]:
        return iter(self._records.values())

    def __contains__(self, name: object) -> bool:
        return name in self._records or name in self._aliases

    def _listed(self) -> str:
        return ", ".join(self._records)


def specification(name: str, parameters: tuple[Any, ...], names: tuple[str, ...] = ()) -> str:
    """Write a name and its numbers, by their names if those are given, as the text that ``Registry.get`` reads back."""
    texts = [repr(p) if isinstance(p, bool) else repr(float(p)) for p in parameters]
    if names:
        texts = [f"{name}={text}" for name, text in zip(names, texts, strict=True)]
    return f"{name}({', '.join(texts)})" if texts else name
