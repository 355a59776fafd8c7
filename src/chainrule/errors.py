"""One family of exceptions for everything a user can cause, and the warnings that go with it.

Every message names the argument or file, what came, what was expected and the remedy, in that order, so that it can be
acted on without reading the source. Each class also derives from the built-in exception that callers already catch.
"""

from __future__ import annotations

from typing import Self


class ChainruleError(Exception):
    """Base of every error that chainrule raises on purpose."""

    @classmethod
    def of(cls, name: str, *, got: object, expected: str, remedy: str = "") -> Self:
        """Build the error from its four parts.

        Parameters
        ----------
        name : str
            The argument, column or file that is wrong.
        got : object
            What came; shown with ``str``.
        expected : str
            What would have been accepted.
        remedy : str, optional
            What to do about it.

        Examples
        --------
        >>> print(InputError.of("l2", got=-1, expected="a number >= 0", remedy="use l2=0 for none"))
        l2: got -1, expected a number >= 0; use l2=0 for none
        """
        text = f"{name}: got {got}, expected {expected}"
        return cls(f"{text}; {remedy}" if remedy else text)


class InputError(ChainruleError, ValueError):
    """A value that was given cannot be used."""


class InputTypeError(ChainruleError, TypeError):
    """A value of the wrong type was given."""


class FileError(ChainruleError, OSError):
    """A file cannot be read or written, or does not hold what it should."""


class TrainingError(ChainruleError, ArithmeticError, ValueError):
    """Training met a loss or a weight that is not finite and stopped there; a ValueError too, as in scikit-learn."""


class GradientError(ChainruleError, AssertionError):
    """A gradient is not the derivative of its function; an AssertionError, so that tests may just ask for the check."""


class HealthWarning(UserWarning):
    """Training runs, but something in the network is not well: dead units, saturation, exploding gradients."""


class DataWarning(UserWarning):
    """A table can be used, but a column in it deserves a look."""
