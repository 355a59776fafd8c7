"""The architecture: sizes, activations, loss, penalties and dropout as plain data. It determines J up to the data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from numbers import Integral, Real
from typing import Any, Self

from chainrule.equations.activations import Activation, activations
from chainrule.equations.losses import Loss, losses
from chainrule.errors import InputError

_FIELDS = ("sizes", "activations", "loss", "l2", "l1", "dropout")
_OF_COLUMNS = ("columns", "column_dropout")  # kept only where there are columns
_OPTIONAL = (*_OF_COLUMNS, "penalize_biases")  # kept only where they say something
_LARGEST = 2**40  # parameters; more is a damaged file or a slip, not a network


@dataclass(frozen=True)
class Architecture:
    """What a network is, without its parameters.

    Parameters
    ----------
    sizes : tuple of int
        Features, units of each hidden layer, outputs: L + 1 numbers.
    activations : tuple of str
        The activation of each layer, L names. The last is ``"identity"`` unless the scores that the
        loss receives are to be activated.
    loss : str
        The loss on the last layer's output.
    l2, l1 : float
        Penalties: J gains ``(l2/2) sum W²`` and ``l1 sum |W|``.
    dropout : tuple of float
        The probability of dropping a unit after each hidden layer, L - 1 numbers from 0 to below 1.
    columns : tuple of int
        How many inputs, side by side, each column of a table became. With it each column has a trainable scale
        (``network.scales``). Empty for none.
    column_dropout : float
        The probability of dropping a column, all its inputs together.
    penalize_biases : bool
        Whether the penalties cover the biases too, as some textbooks have it.

    Raises
    ------
    InputError
        If anything does not fit together.

    Examples
    --------
    >>> net = Architecture((2, 64, 32, 1), ("relu", "relu", "identity"), "binary_log_loss")
    >>> net.n_layers, net.n_parameters
    (3, 2305)
    """

    sizes: tuple[int, ...]
    activations: tuple[str, ...]
    loss: str
    l2: float = 0.0
    l1: float = 0.0
    dropout: tuple[float, ...] = ()
    columns: tuple[int, ...] = ()
    column_dropout: float = 0.0
    penalize_biases: bool = False

    def __post_init__(self) -> None:
        sizes = tuple(self.sizes)
        if len(sizes) < 2 or not all([_is_a(s, Integral) for s in sizes]):
            raise InputError.of(
                "sizes",
                got=f"{sizes!r:.60}",
                expected="at least two integers: features, ..., outputs",
            )
        sizes = tuple(map(int, sizes))
        object.__setattr__(self, "sizes", sizes)
        if min(sizes[1:]) < 1 or sizes[0] < 0:
            raise InputError.of(
                "sizes", got=f"{sizes!r:.60}", expected="at least one unit in every layer"
            )
        if self.n_parameters > _LARGEST:
            raise InputError.of(
                "sizes", got=f"{sizes!r:.60}", expected=f"at most {_LARGEST} parameters"
            )
        if len(self.activations) != self.n_layers:
            raise InputError.of(
                "activations",
                got=f"{len(self.activations)} for {self.n_layers} layers",
                expected="one for each layer",
                remedy="the last layer's is usually 'identity'",
            )
        object.__setattr__(
            self, "activations", tuple([activations.registered(a).spec for a in self.activations])
        )
        object.__setattr__(self, "loss", losses.registered(self.loss).spec)
        self.loss_function.columns(self.loss_function.parameters, sizes[-1])  # do the outputs fit?
        for name in ("l2", "l1"):
            number = _float(getattr(self, name))
            if not 0.0 <= number < math.inf:
                raise InputError.of(
                    name, got=f"{getattr(self, name)!r:.60}", expected="a finite number >= 0"
                )
            object.__setattr__(self, name, number)
        dropout = tuple(map(_float, self.dropout)) or (0.0,) * (self.n_layers - 1)
        if len(dropout) != self.n_layers - 1 or not all([0.0 <= rate < 1.0 for rate in dropout]):
            raise InputError.of(
                "dropout",
                got=f"{self.dropout!r:.60}",
                expected=f"{self.n_layers - 1} rates from 0 to below 1, one for each hidden layer",
            )
        object.__setattr__(self, "dropout", dropout)
        object.__setattr__(self, "penalize_biases", bool(self.penalize_biases))
        self._check_columns()

    def _check_columns(self) -> None:
        columns, rate = tuple(self.columns), _float(self.column_dropout)
        whole = all(_is_a(inputs, Integral) and inputs > 0 for inputs in columns)
        if columns and not (whole and sum(columns) == self.sizes[0]):
            raise InputError.of(
                "columns",
                got=f"{columns!r:.60}",
                expected=f"the number of inputs of each column, {self.sizes[0]} in all",
            )
        if not 0.0 <= rate < 1.0 or (rate and not columns):
            raise InputError.of(
                "column_dropout",
                got=f"{self.column_dropout!r:.60}",
                expected="a rate from 0 to below 1, and with it columns",
            )
        object.__setattr__(self, "columns", tuple(map(int, columns)))
        object.__setattr__(self, "column_dropout", rate)

    def __getstate__(self) -> dict[str, Any]:
        # Without the cached functions: a user's own may be a lambda, which cannot be pickled.
        return {name: getattr(self, name) for name in _FIELDS + _OPTIONAL}

    @property
    def n_layers(self) -> int:
        """L, the number of layers that have weights."""
        return len(self.sizes) - 1

    @cached_property
    def n_parameters(self) -> int:
        """The number of weights, biases and scales."""
        return sum([(m + 1) * k for m, k in pairwise(self.sizes)]) + len(self.columns)

    @property
    def drops(self) -> bool:
        """Whether training draws masks."""
        return any(self.dropout) or self.column_dropout > 0.0

    @cached_property
    def f(self) -> tuple[Activation, ...]:
        """The activations as functions: ``f[l]`` for l = 1..L, ``f[0]`` is the identity and is not used."""
        return (activations.get("identity"), *(activations.get(name) for name in self.activations))

    @cached_property
    def loss_function(self) -> Loss:
        """The loss as a function."""
        return losses.get(self.loss)

    def without_penalties(self) -> Self:
        """Return the same architecture with l2 = l1 = 0, for sums over blocks of rows."""
        return replace(self, l2=0.0, l1=0.0)

    def without_columns(self) -> Self:
        """Return the architecture after training, when the scales are part of W[1]."""
        return replace(self, columns=(), column_dropout=0.0)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data that ``from_dict`` accepts."""
        return {
            "sizes": list(self.sizes),
            "activations": list(self.activations),
            "loss": self.loss,
            "l2": self.l2,
            "l1": self.l1,
            "dropout": list(self.dropout),
            **(
                {"columns": list(self.columns), "column_dropout": self.column_dropout}
                if self.columns
                else {}
            ),
            **({"penalize_biases": True} if self.penalize_biases else {}),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build from plain data; InputError for anything missing, unknown or of the wrong type."""
        if not isinstance(data, Mapping) or set(data) - set(_OPTIONAL) != set(_FIELDS):
            raise InputError.of(
                "architecture",
                got=sorted(map(str, data)) if isinstance(data, Mapping) else type(data).__name__,
                expected=f"exactly the fields {', '.join(_FIELDS)}",
            )
        data = {"columns": [], "column_dropout": 0.0, "penalize_biases": False, **data}
        lists = (("sizes", int), ("activations", str), ("dropout", (int, float)), ("columns", int))
        for name, kind in lists:
            items = data[name]
            if not isinstance(items, list | tuple) or not all(_is_a(item, kind) for item in items):
                raise InputError.of(
                    f"architecture {name}",
                    got=f"{type(items).__name__} {items!r:.60}",
                    expected=f"a list of {'text' if kind is str else 'numbers'}",
                )
        number = (int, float)
        for name, kind in (
            ("loss", str),
            ("l2", number),
            ("l1", number),
            ("column_dropout", number),
        ):
            if not _is_a(data[name], kind):
                raise InputError.of(
                    f"architecture {name}",
                    got=f"{data[name]!r:.60}",
                    expected="text" if kind is str else "a number",
                )
        if not isinstance(data["penalize_biases"], bool):
            raise InputError.of(
                "architecture penalize_biases",
                got=f"{data['penalize_biases']!r:.60}",
                expected="true or false",
            )
        return cls(
            tuple(data["sizes"]),
            tuple(data["activations"]),
            data["loss"],
            data["l2"],
            data["l1"],
            tuple(data["dropout"]),
            tuple(data["columns"]),
            data["column_dropout"],
            data["penalize_biases"],
        )


def _is_a(value: object, kind: type | tuple[type, ...]) -> bool:
    """Whether ``value`` is a ``kind`` and no bool, which Python counts among the integers."""
    return isinstance(value, kind) and not isinstance(value, bool)


def _float(value: object) -> float:
    """Return ``value`` as a float, NaN if it is no number or too large for one."""
    try:
        return float(value) if isinstance(value, Real) and _is_a(value, Real) else math.nan
    except OverflowError:
        return math.nan
