from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chainrule.errors import InputError
from chainrule.report.figures import ImportanceDisplay, PredictedDisplay


def test_predicted_and_residuals(plane: Any) -> None:
    display = PredictedDisplay.from_estimator(*plane, name="price in $")
    left, right = display.axes_
    assert left.get_xlabel() == r"predicted price in \$"
    assert left.get_title(loc="left").startswith("R² = ")
    assert right.get_ylabel() == "residual (true − predicted)"
    points = right.collections[0].get_offsets()
    predicted = plane.model.predict(plane.X)
    np.testing.assert_allclose(points, np.c_[predicted, plane.y - predicted])
    assert "for 200 rows" in display.alt


def test_one_kind_alone_and_many_rows() -> None:
    y = np.linspace(0.0, 1.0, 5000)
    display = PredictedDisplay.from_predictions(y, y, kinds=("residuals",))
    assert len(display.axes_) == 1
    assert len(display.ax_.collections[0].get_offsets()) == 2000


@pytest.mark.parametrize(
    ("true", "predicted", "kinds", "message"),
    [
        ([1.0], [1.0, 2.0], ("predicted",), "y_pred: got shape"),
        ([], [], ("predicted",), "y_pred: got shape"),
        ([1.0], [1.0], ("both",), "kinds: got"),
    ],
)
def test_what_does_not_fit(true: Any, predicted: Any, kinds: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        PredictedDisplay(true, predicted, kinds=kinds)


def test_importances_find_the_columns_that_matter(plane: Any) -> None:
    display = ImportanceDisplay.from_estimator(*plane)
    # y = x0 - 2 x1 + 0 x2
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == ["x1", "x0", "x2"]
    widths = [bar.get_width() for bar in display.ax_.patches]
    assert widths[0] > widths[1] > abs(widths[2])
    assert abs(widths[2]) < 0.01
    assert display.ax_.get_xlabel() == "loss of R² when shuffled"


def test_importances_of_the_columns_of_a_table(penguins: Any) -> None:
    display = ImportanceDisplay.from_estimator(*penguins, n_repeats=2, most=3)
    assert len(display.ax_.patches) == 3
    assert set(display.names) == set(penguins.X.columns)
    assert "(4 more columns below)" in display.ax_.get_xlabel()
    with pytest.raises(InputError, match="one row a column"):
        ImportanceDisplay(np.ones((2, 5)), ["a"])
