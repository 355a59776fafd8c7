from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.inspection import DecisionBoundaryDisplay as Base
from sklearn.linear_model import LogisticRegression

from chainrule.errors import InputError, InputTypeError
from chainrule.report.figures import DecisionBoundaryDisplay
from chainrule.report.figures.planes import numeric_columns, plane


def labels(display: Any) -> list[str]:
    legend = display.ax_.get_legend()
    return [text.get_text() for text in legend.get_texts()]


def test_two_classes_with_line_truth_and_points(circle: Any) -> None:
    angle = np.linspace(0, np.pi / 2, 50)
    truth = np.sqrt(0.6) * np.c_[np.cos(angle), np.sin(angle)]
    display = DecisionBoundaryDisplay.from_estimator(
        circle.model, circle.X, circle.y, truth=truth, title="circle", grid_resolution=60
    )
    assert isinstance(display, Base)
    assert labels(display) == ["P = .5", "true boundary", "False", "True"]
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("x0", "x1")
    assert display.ax_.get_title(loc="left") == "circle"
    P = circle.model.predict_proba(np.c_[display.xx0.ravel(), display.xx1.ravel()])[:, 1]
    np.testing.assert_allclose(display.response.ravel(), P)
    # the line P = .5 runs near the true one, because the model is good
    (line,) = (
        plt.figure().gca().contour(display.xx0, display.xx1, display.response, [0.5]).allsegs[0]
    )
    inside = (line > 0.05).all(axis=1) & (line < 0.95).all(axis=1)
    assert np.abs(np.hypot(*line[inside].T) - np.sqrt(0.6)).max() < 0.06
    assert "true boundary" in display.alt


def test_the_truth_may_be_a_function(circle: Any) -> None:
    display = DecisionBoundaryDisplay.from_estimator(
        circle.model, circle.X, truth=lambda a, b: a**2 + b**2 - 0.6, grid_resolution=20
    )
    assert labels(display) == ["P = .5", "true boundary"]


def test_a_pair_of_columns_of_a_wider_table(penguins: Any) -> None:
    columns = ("bill_length_mm", "bill_depth_mm")
    display = DecisionBoundaryDisplay.from_estimator(*penguins, columns=columns, grid_resolution=25)
    assert display.response.shape == (25, 25, 3)
    assert labels(display) == ["Adelie", "Chinstrap", "Gentoo"]
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == columns
    assert "the 5 other columns at their medians" in display.alt


def test_a_quantity_shares_its_colours_with_the_points(plane: Any) -> None:
    display = DecisionBoundaryDisplay.from_estimator(*plane, columns=(1, 0), grid_resolution=20)
    points = display.ax_.collections[-1]
    low, high = display.surface_.levels[[0, -1]]
    assert points.get_clim() == (low, high)
    assert low <= min(plane.y.min(), display.response.min())
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("x1", "x0")


def test_any_classifier_will_do() -> None:
    X = np.random.default_rng(0).normal(size=(60, 2))
    peer = LogisticRegression().fit(X, X[:, 0] > 0)
    display = DecisionBoundaryDisplay.from_estimator(peer, X, X[:, 0] > 0, grid_resolution=10)
    assert "P = .5" in labels(display)


def test_a_plane_through_a_mixed_table() -> None:
    frame = pd.DataFrame(
        {
            "a": [0.0, 1.0, 2.0],
            "kind": ["x", "y", "y"],
            "b": [10.0, np.nan, 30.0],
            "flag": [True, True, False],
            "c": [1.0, 2.0, 9.0],
        }
    )
    at = plane(frame, ("b", "a"), 3, 0.0)
    assert at.rows.columns.tolist() == frame.columns.tolist()
    assert at.rows["b"].tolist() == [10.0, 20.0, 30.0] * 3
    assert at.rows["a"].tolist() == [0.0] * 3 + [1.0] * 3 + [2.0] * 3
    assert set(at.rows["kind"]) == {"y"}
    assert set(at.rows["flag"]) == {True}
    assert set(at.rows["c"]) == {2.0}
    assert numeric_columns(frame) == [0, 2, 4]


@pytest.mark.parametrize(
    ("columns", "error", "message"),
    [
        (("a", "zz"), InputError, "columns: got 'zz'"),
        (("a", "kind"), InputError, "column 'kind': got text"),
        (("a", "a"), InputError, "two different columns"),
        ((0, 9), InputError, "below 2"),
        ((0, 1.5), InputTypeError, "names or positions"),
    ],
)
def test_columns_that_cannot_be_drawn(columns: Any, error: type, message: str) -> None:
    frame = pd.DataFrame({"a": [0.0, 1.0], "kind": ["x", "y"]})
    with pytest.raises(error, match=message):
        plane(frame, columns, 5, 0.0)


def test_a_single_column_is_no_plane() -> None:
    with pytest.raises(InputError, match="m >= 2 columns"):
        plane(np.ones((3, 1)), (0, 1), 5, 0.0)
