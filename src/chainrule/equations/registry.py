"""Registries: the one list of what exists under a name.

What is registered is found by its name everywhere at once: in the estimators, the command's help, the documentation
table and the conformance tests. A name may carry numbers, ``"leaky_relu(0.2)"``, so that a choice with parameters is
plain text that can be stored, printed and cloned.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Generic, Protocol, Self, TypeVar

from chainrule.errors import InputError, InputTypeError


class Record(Protocol):
    """What a registry holds: a named thing with numbers that may be set."""

    @property
    def name(self) -> str:
        """The name it is registered under."""

    @property
    def aliases(self) -> tuple[str, ...]:
        """Other names for it."""

    def with_parameters(self, *parameters: float) -> Self:
        """Return the same thing with its numbers set."""


R = TypeVar("R", bound=Record)
_SPECIFICATION = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\s*(?:\(([^()]*)\))?")
_LONGEST = 200  # characters; a damaged file may hold megabytes where a name should be


class Registry(Generic[R]):
    """Records by name, in the order in which they were registered.

    Parameters
    ----------
    kind : str
        What is held, as it should read in an error: ``"activation"``, ``"loss"``.

    Examples
    --------
    >>> from chainrule.equations.activations import activations
    >>> activations.get("leaky_relu(0.2)").spec
    'leaky_relu(0.2)'
    >>> activations.get("rellu")
    Traceback (most recent call last):
        ...
    chainrule.errors.InputError: activation: got 'rellu', expected one of ...; did you mean 'relu'?
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._records: dict[str, R] = {}
        self._aliases: dict[str, str] = {}

    def register(self, record: R) -> R:
        """Add ``record``; a name that is taken raises InputError."""
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

    def get(self, specification: str | R) -> R:
        """Return the record that ``"name"`` or ``"name(number, ...)"`` stands for.

        Raises
        ------
        InputError
            If there is no such name, or its numbers are not accepted.
        InputTypeError
            If ``specification`` is neither text nor a record.
        """
        if not isinstance(specification, str):
            if hasattr(specification, "with_parameters"):
                return specification
            raise InputTypeError.of(
                self.kind, got=repr(specification), expected=f"a name, one of {self._listed()}"
            )
        if len(specification) > _LONGEST:
            raise InputError.of(
                self.kind,
                got=f"{len(specification)} characters",
                expected=f"one of {self._listed()}",
            )
        match = _SPECIFICATION.fullmatch(specification.strip())
        name = match[1] if match else specification
        record = self._records.get(self._aliases.get(name, name))
        if record is None:
            close = difflib.get_close_matches(name.lower(), [*self._records, *self._aliases], n=1)
            raise InputError.of(
                self.kind,
                got=repr(specification),
                expected=f"one of {self._listed()}",
                remedy=f"did you mean {close[0]!r}?" if close else "",
            )
        if match is None or match[2] is None:
            return record
        try:
            parameters = [float(part) for part in match[2].split(",")] if match[2].strip() else []
        except ValueError:
            raise InputError.of(
                self.kind,
                got=repr(specification),
                expected=f"numbers in the brackets of {record.name}(...)",
            ) from None
        return record.with_parameters(*parameters)

    def names(self) -> list[str]:
        """Return the registered names, without aliases."""
        return list(self._records)

    def __iter__(self) -> Iterator[R]:
        return iter(self._records.values())

    def __contains__(self, name: object) -> bool:
        return name in self._records or name in self._aliases

    def _listed(self) -> str:
        return ", ".join(self._records)


def specification(name: str, parameters: tuple[float, ...]) -> str:
    """Write a name and its numbers as the text that ``Registry.get`` reads back."""
    return f"{name}({', '.join(repr(float(p)) for p in parameters)})" if parameters else name
