"""Estimators with scikit-learn's interface, and the way from a model file back to one."""

from chainrule.estimators.classifier import MLPClassifier
from chainrule.estimators.loading import load
from chainrule.estimators.regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor", "load"]
