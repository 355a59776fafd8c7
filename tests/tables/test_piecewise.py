"""The piecewise-linear encoding: worked by hand, beside the number, kept in plain data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chainrule.errors import InputError
from chainrule.tables import Preparation
from chainrule.tables.piecewise import piecewise, quantile_edges


def test_any_function_that_is_linear_between_the_edges_is_linear_in_the_outputs() -> None:
    edges = (-1.0, 0.0, 0.5, 4.0)
    x = np.linspace(-1.0, 4.0, 57)
    bent = np.interp(x, edges, [3.0, -2.0, 7.0, 0.0])
    A = np.column_stack([np.ones(len(x)), piecewise(x, edges)])
    assert np.abs(A @ np.linalg.lstsq(A, bent)[0] - bent).max() < 1e-12


def test_outer_bins_go_on_and_end() -> None:
    assert piecewise(np.array([-1e308, 1e308, -0.25]), (0.0, 1.0, 2.0)).tolist() == [
        [-0.5, 0.0],
        [1.0, 1.5],
        [-0.25, 0.0],
    ]


def test_edges_are_quantiles_each_once() -> None:
    x = np.concatenate([np.zeros(50), np.arange(1.0, 51.0), [np.nan, np.inf]])
    edges = quantile_edges(x, 4)
    assert edges == tuple(np.unique(np.quantile(x[:100], [0, 0.25, 0.5, 0.75, 1])))
    assert quantile_edges(np.array([-1.7e308, 0.0, 1.7e308]), 2) == (-1.7e308, 0.0, 1.7e308)
    assert quantile_edges(np.array([np.nan]), 4) == ()


def test_beside_the_number_and_before_its_indicator_and_from_plain_data_again() -> None:
    frame = pd.DataFrame({"x": [0.0, 1.0, 2.0, 3.0, 4.0, None], "g": list("abcabc")})
    preparation = Preparation.fit(frame, bins=2)
    assert preparation.feature_names[:4] == ("x", "x:bin 1", "x:bin 2", "x:missing")
    assert preparation.widths == (4, 3)
    X = preparation.transform(frame)
    assert X[3, :4].tolist() == [pytest.approx(0.5 / np.sqrt(1 + 1 / 36)), 1.0, 0.5, 0.0]
    assert X[5, :4].tolist() == [0.0, 0.0, 0.0, 1.0]
    again = Preparation.from_dict(preparation.to_dict())
    np.testing.assert_array_equal(again.transform(frame), X)
    forged = preparation.to_dict()
    forged["columns"][0]["edges"] = [0.0, 3.0, 1.0]
    with pytest.raises(InputError, match="edges"):
        Preparation.from_dict(forged)


def test_columns_can_be_left_out_later_with_a_reason() -> None:
    frame = pd.DataFrame({"x": [0.0, 1.0, 2.5], "y": [2.0, 1.0, 9.0]})
    rest = Preparation.fit(frame).without({"y": "it says nothing"})
    assert rest.input_columns == ("x",)
    assert rest.notes == ["column 'y' is left out: it says nothing"]
    assert rest.transform(frame).shape == (3, 1)
