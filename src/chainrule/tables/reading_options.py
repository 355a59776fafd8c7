"""`Reading`: what the user says about how a table is written and what its columns hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self, get_args

from chainrule.errors import InputError

Kind = Literal["number", "boolean", "category", "date"]
KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(frozen=True)
class Reading:
    """How the text of a table is to be read, as far as the user says so.

    Attributes
    ----------
    decimal : {".", ","}, optional
        The decimal mark of all numbers.
    day_first : bool, optional
        Whether 3/4/2014 is in April.
    missing : tuple of str
        More words that count as missing.
    kinds : mapping of str to {"number", "boolean", "category", "date"}
        What a column is taken as, whatever it looks like; it is not dropped as an identifier then.
    """

    decimal: str | None = None
    day_first: bool | None = None
    missing: tuple[str, ...] = ()
    kinds: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, given: Any) -> Self:
        """Make a reading of a mapping of its attributes.

        Raises
        ------
        InputError
            Something in it cannot be used.
        """
        names = tuple(cls.__dataclass_fields__)
        unknown = [name for name in given if name not in names]
        if unknown:
            raise InputError.of("preparation", got=repr(unknown[0]), expected=", ".join(names))
        return cls(**{**given, "missing": tuple(given.get("missing", ()))})

    def __post_init__(self) -> None:
        """Check the values."""
        if self.decimal not in (None, ".", ","):
            raise InputError.of("decimal", got=repr(self.decimal), expected="'.' or ','")
        for name, kind in self.kinds.items():
            if kind not in KINDS:
                raise InputError.of(
                    f"the kind of column {name!r}", got=repr(kind), expected=" or ".join(KINDS)
                )
