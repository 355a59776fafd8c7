"""What every optimizer is: settings, an elementwise rule, coefficients of each step.

The rule is written once. ``update`` below calls it on whole vectors; a compiled engine calls the
very same function on scalars. So a rule holds arithmetic and functions of
``chainrule.equations.elementary`` only, no state and no literals; everything that depends on a
setting or on the step comes in as a coefficient. The coefficients are computed in float64
(``1 - 0.999`` in float32 would be wrong by 5e-5) and lowered to the precision of the parameters
afterwards.

Shapes: ``theta`` and ``g`` are (P,), ``moments`` is (n_moments, P), ``coefficients`` is
(n_steps, n_coefficients). Steps are counted from 1: the first update of a training is step 1, as in
the papers.

Overwritten, in place: ``update`` and ``apply`` write into ``theta``, ``moments`` and
``state.step``. ``gradient`` is only read. Nothing accumulates.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from chainrule.errors import InputError
from chainrule.optimizers.decay import decay as decay  # re-exported, compiled by the engines
from chainrule.optimizers.settings import SettingsRecord

#: rule(theta, g, *moments, rate, *coefficients) -> theta, or (theta, *moments) if there are any
Rule = Callable[..., Any]
Vector = npt.NDArray[Any]


@dataclass
class OptimizerState:
    """All that an optimizer remembers between two steps.

    Attributes
    ----------
    moments : ndarray of shape (n_moments, P)
        One row for each moment, in the dtype of the parameters; zeros at the start.
    step : int
        The number of updates made so far.
    """

    moments: Vector
    step: int = 0


class Optimizer(SettingsRecord):
    """Base of the optimizers; each is a frozen dataclass in its own file.

    What a record has besides its rule stands in ``SettingsRecord``. ``learning_rate`` is always taken
    from the estimator's ``learning_rate_init``.

    Attributes
    ----------
    rules : tuple of callable
        Every function that ``rule`` may be, so that all of them can be tested and compiled.
    usual_rate : float
        The rate that the command trains tables with, for want of another.
    second_order : bool
        Whether it sees all rows at every step, in float64, and finds its steps itself; then there
        are no rules, and neither schedule, dropout nor clipping.
    learning_rate : float
        The base rate; a schedule multiplies it.
    """

    rules: ClassVar[tuple[Rule, ...]]
    usual_rate: ClassVar[float] = 0.003
    second_order: ClassVar[bool] = False
    _kind: ClassVar[str] = "optimizer"
    _named: ClassVar[bool] = True

    learning_rate: float

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "learning_rate" in cls.limits:
            cls.takes = {"learning_rate": "learning_rate_init", **cls.takes}

    @property
    def weight_decay(self) -> float:
        """The strength of decoupled decay; 0 unless the optimizer has it as a setting."""
        return 0.0

    @property
    @abstractmethod
    def n_moments(self) -> int:
        """How many vectors of the size of theta it remembers: 0, 1 or 2."""

    @property
    @abstractmethod
    def rule(self) -> Rule:
        """The update: a pure, elementwise function of arrays or of scalars."""

    @abstractmethod
    def coefficients(self, steps: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the numbers that ``rule`` takes after ``rate``, one row for each step.

        Parameters
        ----------
        steps : array of int64, shape (n_steps,)
            Absolute step numbers, the first of a training is 1.

        Returns
        -------
        ndarray of float64, shape (n_steps, n_coefficients)
        """

    @property
    def n_coefficients(self) -> int:
        """The number of columns of ``coefficients``."""
        return int(self.coefficients([1]).shape[1])

    def start(self, n_parameters: int, dtype: npt.DTypeLike = np.float32) -> OptimizerState:
        """Return the state before the first step: zero moments, no steps."""
        return OptimizerState(np.zeros((self.n_moments, n_parameters), dtype=dtype))


def columns(steps: npt.ArrayLike, *values: Any) -> npt.NDArray[np.float64]:
    """Lay coefficients side by side, one row for each step; a plain number is repeated."""
    rows = np.empty((np.size(steps), len(values)), dtype=np.float64)
    for column, value in enumerate(values):
        rows[:, column] = value
    return rows


def update(
    rule: Rule,
    theta: Vector,
    gradient: Vector,
    moments: Vector,
    rate: float,
    coefficients: Sequence[float] | npt.NDArray[np.float64],
    *,
    weight_decay: float = 0.0,
    is_weight: npt.NDArray[np.bool_] | None = None,
) -> None:
    """Make one step: decay the weights, then apply the rule.

    Overwrites ``theta`` (P,) and every row of ``moments`` (n_moments, P); ``gradient`` is only
    read. Both keep their dtype, since rate and coefficients are lowered to Python floats first.

    Parameters
    ----------
    rule : callable
        ``optimizer.rule``.
    theta, gradient : ndarray of shape (P,)
        Parameters and dJ/dtheta, same dtype.
    moments : ndarray of shape (n_moments, P)
        The rule's memory, same dtype.
    rate : float
        The learning rate of this step, schedule included.
    coefficients : sequence of float
        One row of ``optimizer.coefficients``.
    weight_decay : float, default=0.0
        Strength of the decoupled decay.
    is_weight : ndarray of bool, shape (P,), optional
        True where theta is a weight, False for biases; needed if ``weight_decay`` is not 0.

    Raises
    ------
    InputError
        If there is weight decay and nothing says which parameters are weights.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule.optimizers.sgd import SGD
    >>> sgd = SGD(learning_rate=0.5, momentum=0.0)
    >>> theta = np.array([1.0, 2.0])
    >>> update(sgd.rule, theta, np.array([1.0, -1.0]), np.empty((0, 2)), 0.5, ())
    >>> theta.tolist()
    [0.5, 2.5]
    """
    rate = float(rate)
    if weight_decay:
        if is_weight is None:
            raise InputError.of(
                "is_weight",
                got=None,
                expected="a bool array as long as theta when weight_decay > 0",
                remedy="biases must not decay",
            )
        theta[is_weight] = decay(theta[is_weight], rate, float(weight_decay))
    result = rule(theta, gradient, *moments, rate, *map(float, coefficients))
    if len(moments) == 0:
        theta[...] = result
    else:
        theta[...] = result[0]
        for row, moment in zip(moments, result[1:], strict=True):
            row[...] = moment


def apply(
    optimizer: Optimizer,
    theta: Vector,
    gradient: Vector,
    state: OptimizerState,
    rate: float | None = None,
    is_weight: npt.NDArray[np.bool_] | None = None,
) -> None:
    """Make the next step of a training: the readable form that every engine is tested against.

    Overwrites ``theta``, ``state.moments`` and ``state.step`` (one more); ``gradient`` is only
    read.

    Parameters
    ----------
    optimizer : Optimizer
        Settings and rule.
    theta, gradient : ndarray of shape (P,)
        Parameters and dJ/dtheta, same dtype.
    state : OptimizerState
        From ``optimizer.start`` or from the step before.
    rate : float, optional
        The learning rate of this step; ``optimizer.learning_rate`` if not given.
    is_weight : ndarray of bool, shape (P,), optional
        True where theta is a weight; needed if the optimizer has weight decay.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule.optimizers.adam import Adam
    >>> adam = Adam(learning_rate=0.1)
    >>> theta = np.array([1.0, 1.0])
    >>> state = adam.start(2, dtype=theta.dtype)
    >>> apply(adam, theta, np.array([3.0, -0.01]), state)
    >>> theta.round(6).tolist(), state.step  # the first step is the rate, whatever the size of g
    ([0.9, 1.1], 1)
    """
    step = state.step + 1
    update(
        optimizer.rule,
        theta,
        gradient,
        state.moments,
        optimizer.learning_rate if rate is None else rate,
        optimizer.coefficients([step])[0],
        weight_decay=optimizer.weight_decay,
        is_weight=is_weight,
    )
    state.step = step
