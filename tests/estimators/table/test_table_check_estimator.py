"""scikit-learn's own examination of the estimators of tables."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from chainrule import TableClassifier, TableRegressor

pytestmark = pytest.mark.filterwarnings(
    "ignore::chainrule.errors.DataWarning", "ignore::sklearn.exceptions.SkipTestWarning"
)


def other_on_purpose(estimator: Any) -> dict[str, str]:
    return {
        "check_sample_weight_equivalence_on_dense_data": (
            "folds are drawn by row: a row that is there twice may be learned from and held out"
        )
    }


@parametrize_with_checks(
    [TableClassifier("fast"), TableRegressor("fast")], expected_failed_checks=other_on_purpose
)
def test_check_estimator(estimator: Any, check: Any) -> None:
    check(estimator)
