"""scikit-learn's own examination of an estimator, whole but for what the rule for frames denies."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from chainrule import MLPClassifier, MLPRegressor

# The checks train on tables of ten rows and for a few epochs; of that the estimators warn, rightly.
pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning",
    "ignore::chainrule.errors.HealthWarning",
    "ignore::sklearn.exceptions.SkipTestWarning",
)


def other_on_purpose(estimator: Any) -> dict[str, str]:
    """Name what the rule for frames denies: that a frame of numbers gives the very model of its array."""
    if isinstance(estimator, MLPRegressor):
        return {"check_regressor_data_not_an_array": "a data frame is scaled, an array is not"}
    return {}


@parametrize_with_checks([MLPClassifier(), MLPRegressor()], expected_failed_checks=other_on_purpose)
def test_check_estimator(estimator: Any, check: Any) -> None:
    check(estimator)
