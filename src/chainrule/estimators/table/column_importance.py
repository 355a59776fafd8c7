"""How much worse held-out rows are told when a column is shuffled among them: the proof that it is needed.

Shuffling changes z[1] by the column's own inputs alone, z[1] + (x' - x) V, so the rest of the first layer's product is
made once for all columns. Breiman 2001, section 10; on rows that the net did not learn from.
"""

from __future__ import annotations

import numpy as np

from chainrule.estimators.table.folds import Fold
from chainrule.estimators.table.member import TableRows
from chainrule.network import random
from chainrule.network.architecture import Architecture
from chainrule.network.parameters import Parameters
from chainrule.network.threads import one_blas_thread

_SHUFFLES = 2
_MOST_ROWS = 4000  # of a fold


def loss_rises(
    architecture: Architecture, theta: np.ndarray, rows: TableRows, fold: Fold, seed: int
) -> np.ndarray:
    """Return the rise of each held-out row's loss for each column, (rows, columns), the mean of two shuffles."""
    held_out = fold.held_out[:_MOST_ROWS]
    X, Y, P = rows.X[held_out], rows.Y[held_out], Parameters(architecture, theta)
    loss = architecture.loss_function
    rises = np.zeros((len(held_out), len(rows.widths)))
    with one_blas_thread():
        z = X @ P.W[1] + P.b[1]
        before = loss.rows(_scores(P, z), Y)
        end = 0
        for c, width in enumerate(rows.widths):
            start, end = end, end + width
            x, V = X[:, start:end], P.W[1][start:end]
            for shuffle in range(_SHUFFLES):
                order = random.generator(seed, "shuffle", c, shuffle).permutation(len(x))
                after = loss.rows(_scores(P, z + (x[order] - x) @ V), Y)
                rises[:, c] += (after - before) / _SHUFFLES
    return rises


def _scores(P: Parameters, z: np.ndarray) -> np.ndarray:
    """Return the scores that follow from z[1]."""
    f, L = P.architecture.f, P.architecture.n_layers
    a: np.ndarray = f[1](z)
    for l in range(2, L + 1):
        a = f[l](a @ P.W[l] + P.b[l])
    return a
