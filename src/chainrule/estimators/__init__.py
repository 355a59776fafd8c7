"""Estimators with scikit-learn's interface, and the way from a model file back to one."""

from chainrule.estimators.classifier import MLPClassifier
from chainrule.estimators.loading import load
from chainrule.estimators.regressor import MLPRegressor
from chainrule.estimators.table.table_classifier import TableClassifier
from chainrule.estimators.table.table_regressor import TableRegressor

__all__ = ["MLPClassifier", "MLPRegressor", "TableClassifier", "TableRegressor", "load"]
