"""The recipe as numbers: what every net is, how it is trained, and how many there are.

Numbers are scaled, bent, and stand beside a piecewise-linear encoding (``tables.piecewise``); every column has a
trainable scale (``network.scales``) and, where classes are told, is dropped as a whole now and then. Five nets learn
from four fifths of the rows each, the last fifth says when to stop; columns without which the held-out rows are told as
well are left out and the five trained again; then five nets learn from all rows, over half as many epochs more. All are
averaged.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Self

from chainrule.network.architecture import Architecture

_SMALLEST_BATCH, _LARGEST_BATCH, _BATCHES = 32, 256, 50
_HALF = 20  # columns at which the dropout of columns has half of its rate
_NUMBERS = 2**28  # of the rows as the network sees them, 1 GiB: with more there are fewer bins
_FEW_EPOCHS = 25  # so few, and time is better spent on them than on another round
_RESERVE = 0.85  # of the time limit is planned for


def batch_rows(n: int) -> int:
    """Return the rows of a step: the power of two that gives about 50 steps an epoch, within limits.

    Examples
    --------
    >>> [batch_rows(n) for n in (20, 247, 5000, 1_000_000)]
    [20, 32, 128, 256]
    """
    wanted = 1 << round(math.log2(max(n / _BATCHES, 1.0)))
    return min(max(wanted, _SMALLEST_BATCH), _LARGEST_BATCH, n)


@dataclass(frozen=True)
class TableRecipe:
    """What is done with a table.

    Attributes
    ----------
    bins : int
        Of the piecewise-linear encoding of each number.
    hidden : tuple of int
        The units of the hidden layers, relu.
    learning_rate, weight_decay, dropout : float
        Of AdamW along half a cosine, and of hidden units.
    scale_factor : float
        How many times the rate the columns' scales learn with.
    column_dropout : float
        For many columns; d columns have ``column_dropout * d / (d + 20)``. Not where quantities are predicted.
    epochs, patience : int
        Of the nets on folds.
    folds : int
        Nets on folds, and nets on all rows.
    removal : bool
        Whether columns are left out.
    refit : float
        Nets on all rows train for so many times the mean best epoch of the folds; 0 for no such nets.
    """

    bins: int = 16
    hidden: tuple[int, ...] = (128, 64)
    learning_rate: float = 0.003
    weight_decay: float = 0.1
    dropout: float = 0.1
    scale_factor: float = 10.0
    column_dropout: float = 0.25
    epochs: int = 100
    patience: int = 10
    folds: int = 5
    removal: bool = True
    refit: float = 1.5

    def bins_for(self, n: int, columns: int) -> int:
        """Return the bins for a table of n rows: fewer where the encoded rows would need too much memory."""
        bins = self.bins
        while bins > 2 and n * columns * (bins + 1) > _NUMBERS:
            bins //= 2
        return bins

    def architecture(
        self, widths: tuple[int, ...], n_outputs: int, loss: str, classifies: bool
    ) -> Architecture:
        """Return the network for columns that became ``widths`` inputs."""
        d = len(widths)
        rate = self.column_dropout * d / (d + _HALF) if classifies else 0.0
        return Architecture(
            (sum(widths), *self.hidden, n_outputs),
            (*["relu"] * len(self.hidden), "identity"),
            loss,
            dropout=(self.dropout,) * len(self.hidden),
            columns=widths,
            column_dropout=rate,
        )

    def within(self, seconds: float, seconds_an_epoch: float, threads: int) -> Self:
        """Return the recipe that ends in time: fewer epochs, on which the cosine is laid, and if few, fewer rounds.

        ``seconds_an_epoch`` is that of one net on one fold; every net is supposed to need all its epochs.
        """
        waves = -(-self.folds // threads)

        def affordable(rounds: float) -> float:
            return _RESERVE * seconds / (rounds * waves * seconds_an_epoch)

        all_rows = self.refit * self.folds / max(self.folds - 1, 1)
        plans = [
            (1.0 + self.removal + all_rows, self),
            (1.0 + all_rows, replace(self, removal=False)),
        ]
        for rounds, plan in plans:
            if affordable(rounds) >= min(_FEW_EPOCHS, self.epochs):
                return replace(plan, epochs=int(min(affordable(rounds), self.epochs)))
        epochs = max(int(affordable(1.0)), 1)
        return replace(self, removal=False, refit=0.0, epochs=min(epochs, self.epochs))


#: The recipes by name.
PRESETS = {
    "fast": TableRecipe(removal=False, refit=0.0),
    "default": TableRecipe(),
}
