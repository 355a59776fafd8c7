"""Estimators as plain data: what stands in a model file, and nothing that could run.

Weights, network, labels, target scale, preparation and history are kept exactly, so a loaded model
predicts the same bits. Of the constructor's parameters, objects (callbacks, a RandomState, a scorer of
one's own) are left out: a file holds no code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from chainrule.estimators.class_target import ClassTarget
from chainrule.storage import ModelContent, save_model

#: Numbers and words that a training leaves behind, by the names of the attributes.
FACTS = ("n_iter_", "t_", "best_epoch_", "stop_reason_", "n_features_in_")


def save_estimator(estimator: Any, path: Any, info: Mapping[str, Any] | None = None) -> None:
    """Write a trained estimator to a model file; see ``chainrule.storage.save_model``."""
    save_model(to_content(estimator, info), path)


def to_content(estimator: Any, info: Mapping[str, Any] | None = None) -> ModelContent:
    """Return a trained estimator as plain data.

    Parameters
    ----------
    estimator : MLPClassifier, MLPRegressor, TableClassifier or TableRegressor
    info : mapping, optional
        More to be kept under ``info``, such as test scores.
    """
    check_is_fitted(estimator)
    target = estimator._target
    if isinstance(target, ClassTarget):
        kind, classes = "classifier", [labels.tolist() for labels in target.classes]
        described = {"kind": target.kind, "types": [labels.dtype.str for labels in target.classes]}
    else:
        kind, classes = "regressor", None
        described = {
            "center": target.center.tolist(),
            "scale": target.scale.tolist(),
            "flat": target.flat,
            "dtype": target.dtype,
        }
    names = getattr(estimator, "feature_names_in_", None)
    preparation = estimator.preparation_
    averaged = hasattr(estimator, "thetas_")
    facts = estimator.facts() if averaged else {name: getattr(estimator, name) for name in FACTS}
    return ModelContent(
        kind=kind,
        architecture=estimator.network_.to_dict(),
        vector=estimator.thetas_.ravel() if averaged else estimator.theta_,
        classes=classes,
        target=described,
        preparation=None if preparation is None else preparation.to_dict(),
        settings={
            name: _plain(name, value) for name, value in estimator.get_params(deep=False).items()
        },
        history={} if averaged else dict(estimator.history_),
        info={
            **facts,
            "feature_names_in_": None if names is None else [str(name) for name in names],
            "versions": _versions(),
            **dict(info or {}),
        },
        members=len(estimator.thetas_) if averaged else None,
    )


def _plain(name: str, value: Any) -> Any:
    """Return a constructor's parameter as plain data; objects become what stands for "not given"."""
    if name == "preparation" and isinstance(value, Mapping):
        return True  # what was said of the writing of columns stands in what was learned of them
    if name == "callbacks" or (name in ("random_state", "scoring") and not _is_plain(value)):
        return None
    if name == "initializer" and not isinstance(value, str):
        return "auto"
    if name == "class_weight":
        return _class_weight_to_plain(value)
    if name == "dtype" and not isinstance(value, str):
        return np.dtype(value).name
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, tuple | list):
        return type(value)(_plain(name, item) for item in value)
    return value if _is_plain(value) else getattr(value, "spec", None)


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str | np.generic)


def _class_weight_to_plain(given: Any) -> Any:
    if isinstance(given, Mapping):  # JSON's keys are text, labels need not be
        return {"labels": list(given), "weights": list(given.values())}
    if isinstance(given, list | tuple):
        return [_class_weight_to_plain(part) for part in given]
    return given


def _versions() -> dict[str, str]:
    import sklearn

    from chainrule import __version__

    return {"chainrule": __version__, "numpy": np.__version__, "scikit-learn": sklearn.__version__}
