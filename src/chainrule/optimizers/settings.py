"""Records that are frozen dataclasses of settings (optimizers, schedules), and the limits of those settings.

Limits are data, so that the same line serves the check, the documentation and the tests that walk
the boundary. They are checked once, when a record is made.
"""

from __future__ import annotations

import math
from abc import ABC
from collections.abc import Mapping
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from chainrule.equations.registry import specification
from chainrule.errors import InputError, InputTypeError


class Limits(NamedTuple):
    """An interval of accepted numbers.

    Attributes
    ----------
    low, high : float
        The ends.
    low_included, high_included : bool
        Whether an end itself is accepted; infinity is accepted where it is an included end.
    whole : bool
        Only whole numbers (and an included infinity) are accepted.

    Examples
    --------
    >>> FRACTION.text
    'a number, 0 <= number < 1'
    >>> FRACTION.accepts(1.0), POSITIVE.accepts(1e-8), COUNT.accepts(2.5)
    (False, True, False)
    """

    low: float
    high: float
    low_included: bool = False
    high_included: bool = False
    whole: bool = False

    @property
    def text(self) -> str:
        """The limits in words, for an error or a help text."""
        kind = "whole number" if self.whole else "number"
        below = f"{self.low:g} {'<=' if self.low_included else '<'} "
        if self.high == math.inf:
            above = "" if self.high_included else " and finite"
        else:
            above = f" {'<=' if self.high_included else '<'} {self.high:g}"
        return f"a {kind}, {below}number{above}"

    def accepts(self, value: float) -> bool:
        """Return whether ``value`` lies within; a NaN never does."""
        if self.whole and math.isfinite(value) and value != math.floor(value):
            return False
        above = value >= self.low if self.low_included else value > self.low
        below = value <= self.high if self.high_included else value < self.high
        return above and below

    def checked(self, name: str, value: Any) -> float:
        """Return ``value`` as a plain ``float``, or ``int`` where only whole numbers are accepted.

        Plain numbers cannot raise the precision of a float32 array (NEP 50) and can be written as
        JSON; NumPy scalars can do neither.

        Raises
        ------
        InputTypeError
            If it is not a real number (a bool is not).
        InputError
            If it lies outside the limits.
        """
        if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
            raise InputTypeError.of(name, got=repr(value), expected=self.text)
        number = int(value) if isinstance(value, Integral) else float(value)
        if not self.accepts(number):
            raise InputError.of(name, got=number, expected=self.text)
        return int(number) if self.whole and math.isfinite(number) else float(number)


class Switch(NamedTuple):
    """True or False.

    Examples
    --------
    >>> Switch().checked("nesterov", np.True_)
    True
    """

    text: str = "True or False"

    def checked(self, name: str, value: Any) -> bool:
        """Return ``value`` as a plain bool; InputTypeError if it is none."""
        if not isinstance(value, bool | np.bool_):
            raise InputTypeError.of(name, got=repr(value), expected=self.text)
        return bool(value)


POSITIVE = Limits(0.0, math.inf)
NOT_NEGATIVE = Limits(0.0, math.inf, low_included=True)
FRACTION = Limits(0.0, 1.0, low_included=True)
PROPORTION = Limits(0.0, 1.0, low_included=True, high_included=True)
POSITIVE_PROPORTION = Limits(0.0, 1.0, high_included=True)
AT_LEAST_ONE = Limits(1.0, math.inf, low_included=True)
COUNT = Limits(1.0, math.inf, low_included=True, whole=True)
COUNT_OR_INFINITE = Limits(1.0, math.inf, low_included=True, high_included=True, whole=True)
FLAG = Switch()


def check(record: object, limits: Mapping[str, Limits | Switch]) -> None:
    """Check the fields of a frozen dataclass and turn them into plain numbers; see ``Limits.checked``."""
    for name, limit in limits.items():
        object.__setattr__(record, name, limit.checked(name, getattr(record, name)))


class SettingsRecord(ABC):
    """Base of the records that are frozen dataclasses of checked settings.

    Attributes
    ----------
    name, aliases : str, tuple of str
        The names in the registry.
    formula : str
        The rule as it is written on paper.
    source : str
        Where it was published.
    limits : mapping of str to Limits or Switch
        The settings, in the order in which they stand in the brackets of a name, and what is accepted.
    takes : mapping of str to str
        Settings that come from an estimator's parameters where the rule is called by its name: the
        setting, and the parameter.
    """

    name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    formula: ClassVar[str]
    source: ClassVar[str] = ""
    limits: ClassVar[Mapping[str, Limits | Switch]] = {}
    takes: ClassVar[Mapping[str, str]] = {}
    _kind: ClassVar[str]  # as it reads in an error
    _named: ClassVar[bool] = False  # whether the settings stand with their names in ``spec``

    def __post_init__(self) -> None:
        check(self, self.limits)

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """The names of the settings."""
        return tuple(self.limits)

    @property
    def parameters(self) -> tuple[Any, ...]:
        """The settings, in the order of ``limits``."""
        return tuple(getattr(self, name) for name in self.limits)

    @property
    def spec(self) -> str:
        """The text that gets this very record from the registry."""
        return specification(
            self.name, self.parameters, self.parameter_names if self._named else ()
        )

    def with_parameters(self, *parameters: Any) -> Self:
        """Return this record with its first settings set, the others as they are.

        Raises
        ------
        InputError
            If there are more than it takes, or one is not accepted.
        """
        if len(parameters) > len(self.limits):
            raise InputError.of(
                f"{self._kind} {self.name}",
                got=f"{len(parameters)} numbers",
                expected=f"at most {len(self.limits)}: {', '.join(self.limits)}"
                if self.limits
                else "no number",
            )
        # Subclasses are dataclasses; the base is not, so that it adds no field of its own.
        return replace(self, **dict(zip(self.limits, parameters, strict=False)))  # type: ignore[type-var]

    def taken_from(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings that an estimator's parameters give; one that is None gives nothing."""
        return {
            setting: parameters[name]
            for setting, name in self.takes.items()
            if parameters[name] is not None
        }
