"""scikit-learn's own examination of an estimator, whole."""

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


@parametrize_with_checks([MLPClassifier(), MLPRegressor()])
def test_check_estimator(estimator: Any, check: Any) -> None:
    check(estimator)
