"""One net of an ensemble: trained on some rows, stopped by others if there are any."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Self

import numpy as np

from chainrule.engines import Data, make_engine
from chainrule.estimators import weights
from chainrule.estimators.table.table_recipe import TableRecipe, batch_rows
from chainrule.network.architecture import Architecture
from chainrule.network.initializers import initial_parameters
from chainrule.network.parameters import Parameters
from chainrule.optimizers.adamw import AdamW
from chainrule.optimizers.schedules import make_schedule, schedules
from chainrule.training import TrainingSettings, TrainingState, Validation, train
from chainrule.training.events import Event

FLOAT = np.dtype(np.float32)


@dataclass(frozen=True, eq=False)
class TableRows:
    """Rows as a network sees them.

    Attributes
    ----------
    X : ndarray of float32, shape (n, inputs)
    Y : ndarray of float32, shape (n, outputs)
    weights : ndarray of float64, shape (n,), or None
    widths : tuple of int
        How many inputs, side by side, each column became.
    """

    X: np.ndarray
    Y: np.ndarray
    weights: np.ndarray | None
    widths: tuple[int, ...]

    @property
    def n(self) -> int:
        """The number of rows."""
        return len(self.Y)

    def data(self, rows: np.ndarray | None) -> Data:
        """Return some rows, or all, as an engine takes them."""
        if rows is None:
            return Data(self.X, self.Y, weights.normalised(self.weights, FLOAT))
        w = None if self.weights is None else self.weights[rows]
        return Data(self.X[rows], self.Y[rows], weights.normalised(w, FLOAT))

    def followed_by(self, other: Self) -> Self:
        """Return these rows and, behind them, others."""
        X, Y = np.concatenate([self.X, other.X]), np.concatenate([self.Y, other.Y])
        if self.weights is None and other.weights is None:
            return replace(self, X=X, Y=Y)
        parts = [np.ones(r.n) if r.weights is None else r.weights for r in (self, other)]
        return replace(self, X=X, Y=Y, weights=np.concatenate(parts))

    def with_columns(self, kept: np.ndarray) -> Self:
        """Return the rows with some of the columns; ``kept`` is bool, (columns,)."""
        widths = tuple(width for width, keep in zip(self.widths, kept, strict=True) if keep)
        X = np.ascontiguousarray(self.X[:, np.repeat(kept, self.widths)])
        return replace(self, X=X, widths=widths)


@dataclass(frozen=True, eq=False)
class Member:
    """A trained net.

    Attributes
    ----------
    theta : ndarray of float32, shape (P,)
        The weights, with the scales of columns multiplied in.
    best_epoch : int
        With rows held out, the epoch (from 1) that the weights are of.
    seconds_an_epoch : float
    """

    theta: np.ndarray
    best_epoch: int
    seconds_an_epoch: float


def train_member(
    architecture: Architecture,
    rows: TableRows,
    learning: np.ndarray | None,
    held_out: np.ndarray | None,
    recipe: TableRecipe,
    epochs: int,
    seed: int,
    engine: str,
    stop: Callable[[], bool],
) -> Member:
    """Train one net, on one thread.

    Parameters
    ----------
    architecture : Architecture
    rows : TableRows
    learning, held_out : ndarray of int, or None
        Rows to learn from (None: all), and rows whose loss chooses the epoch (None: the last).
    recipe : TableRecipe
    epochs : int
        What the cosine is laid over.
    seed : int
        Of weights, order and masks.
    engine : str
    stop : callable
        Is asked after each epoch whether to give up.
    """
    data = rows.data(learning)
    validation = None if held_out is None else Validation(rows.data(held_out))
    optimizer = AdamW(learning_rate=recipe.learning_rate, weight_decay=recipe.weight_decay)
    start = initial_parameters(architecture, "glorot_uniform", seed, FLOAT)
    settings = TrainingSettings(
        max_epochs=epochs,
        batch_size=batch_rows(data.n),
        seed=seed,
        tol=0.0,
        n_iter_no_change=math.inf if validation is None else recipe.patience,
        monitor="loss" if validation is None else "validation_loss",
        scale_factor=recipe.scale_factor,
    )

    def asked(event: Event) -> bool:
        return stop()

    began = perf_counter()
    result = train(
        make_engine(engine, architecture, optimizer, FLOAT, 1),
        optimizer,
        make_schedule(schedules.get("cosine"), 0.0),
        TrainingState.start(start.vector, optimizer),
        data,
        settings,
        validation=validation,
        callbacks=[asked],
    )
    theta = Parameters(architecture, result.theta).without_scales().vector
    seconds = (perf_counter() - began) / max(result.state.epoch, 1)
    return Member(theta, result.state.best_epoch, seconds)
