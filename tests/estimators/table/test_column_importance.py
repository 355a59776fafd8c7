"""Rises of the loss against scikit-learn's way: shuffle the column in the inputs, predict anew."""

from __future__ import annotations

import numpy as np

from chainrule.estimators.table.column_importance import loss_rises
from chainrule.estimators.table.folds import Fold
from chainrule.estimators.table.member import TableRows
from chainrule.network import random
from chainrule.network.architecture import Architecture
from chainrule.network.backprop import forward
from chainrule.network.initializers import initial_parameters


def test_against_predicting_anew() -> None:
    rng = np.random.default_rng(0)
    net = Architecture((5, 7, 3, 2), ("relu", "tanh", "identity"), "squared_error")
    P = initial_parameters(net, seed=3)
    rows = TableRows(rng.normal(size=(40, 5)), rng.normal(size=(40, 2)), None, (2, 1, 2))
    held_out = np.arange(10, 40)
    found = loss_rises(net, P.vector, rows, Fold(np.arange(10), held_out), 9)
    X, Y = rows.X[held_out], rows.Y[held_out]
    loss = net.loss_function
    for c, inputs in enumerate(([0, 1], [2], [3, 4])):
        expected = np.zeros(30)
        for shuffle in range(2):
            Z = X.copy()
            order = random.generator(9, "shuffle", c, shuffle).permutation(30)
            Z[:, inputs] = X[order][:, inputs]
            expected += loss.rows(forward(P, Z).scores, Y) - loss.rows(forward(P, X).scores, Y)
        np.testing.assert_allclose(found[:, c], expected / 2, atol=1e-12)
