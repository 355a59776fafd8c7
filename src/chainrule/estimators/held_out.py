"""Which rows are validated on: those that the user gives, or a share set aside, by chance, by group or by time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils import check_consistent_length, column_or_1d

from chainrule.errors import InputError
from chainrule.estimators.checked_parameters import CheckedParameters
from chainrule.estimators.inputs import Rows
from chainrule.estimators.splitting import split, split_by_group, split_by_time


@dataclass(frozen=True)
class HeldOut:
    """What was handed to ``fit`` about validation, as it came.

    Attributes
    ----------
    X_val, y_val, sample_weight_val
        Rows to validate on.
    groups, times : array-like of shape (n,)
        By what a share is set aside instead of by chance.
    """

    X_val: Any = None
    y_val: Any = None
    sample_weight_val: Any = None
    groups: Any = None
    times: Any = None

    def check(self, p: CheckedParameters, partial: bool) -> None:
        """Refuse what contradicts itself or the parameters.

        Raises
        ------
        InputError
        """
        self._check_pair()
        if partial and p.early_stopping:
            raise InputError.of(
                "early_stopping",
                got=True,
                expected="False for partial_fit",
                remedy="partial_fit does not support early_stopping=True; decide between its calls",
            )
        if p.scoring is not None and self.X_val is None and not p.early_stopping:
            raise InputError.of(
                "scoring",
                got=f"{p.scoring!r} without validation rows",
                expected="rows to score on",
                remedy="give X_val and y_val, or set early_stopping=True",
            )
        if self.groups is not None and self.times is not None:
            raise InputError.of("groups", got="groups and times", expected="one of them")
        for name, values in (("groups", self.groups), ("times", self.times)):
            if values is not None and (self.X_val is not None or not p.early_stopping):
                given = "X_val" if self.X_val is not None else "early_stopping=False"
                raise InputError.of(
                    name,
                    got=f"values, and {given}",
                    expected="a share of the rows to set aside",
                    remedy="set early_stopping=True and give no X_val",
                )

    def check_alone(self) -> None:
        """Refuse what contradicts itself, where rows are always held out.

        Raises
        ------
        InputError
        """
        self._check_pair()
        given = {"X_val": self.X_val, "groups": self.groups, "times": self.times}
        named = [name for name, values in given.items() if values is not None]
        if len(named) > 1:
            raise InputError.of(named[1], got=" and ".join(named), expected="one of them")

    def _check_pair(self) -> None:
        if (self.X_val is None) != (self.y_val is None) and not isinstance(self.y_val, str):
            name, other = ("X_val", "y_val") if self.X_val is None else ("y_val", "X_val")
            raise InputError.of(name, got=None, expected=f"values, because {other} is given")

    def key(self, n: int) -> np.ndarray | None:
        """Return the group or the time of each of ``n`` rows, or None.

        Raises
        ------
        InputError
            If it is not one known value for each row; values that have no order cannot be times.
        """
        name, values = ("times", self.times) if self.groups is None else ("groups", self.groups)
        if values is None:
            return None
        key: np.ndarray = column_or_1d(np.asarray(values))
        check_consistent_length(key, np.empty(n))
        # It knows every kind of missing value; chainrule is imported without it.
        from pandas import isna

        if isna(key).any():
            got = f"{int(isna(key).sum())} missing"
            raise InputError.of(
                name, got=got, expected="a value for each row", remedy="drop those rows"
            )
        try:
            np.sort(key)
        except TypeError as error:
            got = f"values that cannot be compared ({error})"
            raise InputError.of(name, got=got, expected="values of one kind") from error
        return key

    def rows(
        self, seed: int, fraction: float, rows: Rows, strata: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the positions of the rows to train on and of a share of them to validate on."""
        if rows.key is None:
            return split(seed, rows.n, fraction, strata)
        if self.groups is None:
            return split_by_time(rows.key, fraction)
        return split_by_group(seed, rows.key, fraction)


NOTHING_GIVEN = HeldOut()
