"""Model files as estimators again, from what ``saving`` wrote; whatever does not fit together is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.errors import ChainruleError, FileError, InputError, InputTypeError
from chainrule.estimators.checked_parameters import CheckedParameters
from chainrule.estimators.class_target import KINDS, ClassTarget
from chainrule.estimators.classifier import MLPClassifier
from chainrule.estimators.number_target import NumberTarget
from chainrule.estimators.regressor import MLPRegressor
from chainrule.estimators.saving import FACTS
from chainrule.estimators.table.table_classifier import TableClassifier
from chainrule.estimators.table.table_estimator import TableEstimator
from chainrule.estimators.table.table_regressor import TableRegressor
from chainrule.network.architecture import Architecture
from chainrule.storage import ModelContent, load_model
from chainrule.training import History

_LABEL_TYPE = re.compile(r"[<>|=]?(?:b1|[iu][1248]|f[248]|U[0-9]{0,9}|O)")


Estimator = MLPClassifier | MLPRegressor | TableClassifier | TableRegressor


def load(path: Any) -> Estimator:
    """Read a model file.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    MLPClassifier, MLPRegressor, TableClassifier or TableRegressor
        Trained; it predicts the same bits as the one that was saved. Nothing in the file is run.

    Raises
    ------
    FileError
        If the file cannot be read, is damaged, or is not a chainrule model.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from chainrule import MLPRegressor
    >>> model = MLPRegressor(hidden_layer_sizes=(), solver="lbfgs").fit([[0.0], [1.0]], [1.0, 3.0])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.save(pathlib.Path(folder, "line.model"))
    ...     loaded = load(pathlib.Path(folder, "line.model"))
    >>> (loaded.predict([[2.0]]) == model.predict([[2.0]])).all()
    np.True_
    """
    content = load_model(path)
    try:
        return from_content(content)
    except ChainruleError as error:
        raise FileError.of(
            str(path),
            got=f"a model that does not fit together ({error})",
            expected="a model as chainrule saves it",
            remedy="use another copy or save the model again",
        ) from error


def from_content(content: ModelContent) -> Estimator:
    """Return the estimator that plain data describes.

    Raises
    ------
    InputError, InputTypeError
        If anything in it does not belong there or does not fit the rest.
    """
    classifies, averaged = content.kind == "classifier", content.members is not None
    kinds: tuple[Any, Any] = (MLPRegressor, MLPClassifier)
    if averaged:
        kinds = (TableRegressor, TableClassifier)
    estimator = _constructed(kinds[classifies], content.settings)
    architecture = Architecture.from_dict(content.architecture)
    if classifies:
        estimator._target = _class_target(content, architecture)
        estimator.classes_ = estimator._target.public_classes
    else:
        estimator._target = _number_target(content.target, architecture)
    if estimator._target.n_outputs != architecture.sizes[-1]:
        raise InputError.of(
            "target",
            got=f"{estimator._target.n_outputs} outputs",
            expected=f"{architecture.sizes[-1]}, as the network has",
        )
    _take_facts(estimator, content.info, ("n_features_in_",) if averaged else FACTS)
    estimator.preparation_ = None
    n_inputs = estimator.n_features_in_
    if content.preparation is not None:
        from chainrule.tables import Preparation

        estimator.preparation_ = Preparation.from_dict(content.preparation)
        n_inputs = len(estimator.preparation_.feature_names)
    if n_inputs != architecture.sizes[0]:
        raise InputError.of(
            "inputs", got=n_inputs, expected=f"{architecture.sizes[0]}, as the network has"
        )
    estimator.network_ = architecture
    if averaged:
        estimator.thetas_ = content.vector.reshape(-1, architecture.n_parameters)
        estimator.take_facts(content.info)
        return estimator  # type: ignore[no-any-return]
    estimator.theta_ = content.vector
    estimator._history = History.from_dict(content.history)
    return estimator  # type: ignore[no-any-return]


def _constructed(kind: Any, settings: Mapping[str, Any]) -> Any:
    known = kind._get_param_names()
    for name in settings:
        if name not in known:
            raise InputError.of(
                "settings", got=f"the parameter {name!r}", expected=f"those of {kind.__name__}"
            )
    given = dict(settings)
    if "class_weight" in given:
        given["class_weight"] = _class_weight_from_plain(given["class_weight"])
    estimator = kind(**given)
    if isinstance(estimator, TableEstimator):
        estimator.recipe()
    else:
        CheckedParameters.of(estimator)
    return estimator


def _class_target(content: ModelContent, architecture: Architecture) -> ClassTarget:
    described, classes = content.target, content.classes or []
    if set(described) != {"kind", "types"} or described["kind"] not in KINDS:
        raise InputError.of("target", got=sorted(described), expected="kind and types of labels")
    types = described["types"]
    if not isinstance(types, list) or len(types) != len(classes):
        raise InputError.of("target types", got=repr(types)[:80], expected="one for each column")
    if described["kind"] == "multilabel" and any(labels != [0, 1] for labels in classes):
        raise InputError.of("classes", got="other labels", expected="0 and 1 for multilabel")
    if described["kind"] == "single" and len(classes) != 1:
        raise InputError.of("classes", got=f"{len(classes)} columns", expected="one")
    arrays = tuple(_labels(part, name) for part, name in zip(classes, types, strict=True))
    return ClassTarget(described["kind"], arrays, architecture.loss)


def _labels(labels: list[Any], name: Any) -> np.ndarray:
    if not isinstance(name, str) or _LABEL_TYPE.fullmatch(name) is None:
        raise InputError.of("type of labels", got=repr(name)[:80], expected="one of NumPy's")
    try:
        array = np.array(labels, dtype=str if "U" in name else np.dtype(name))
        kept = array.tolist() == labels and bool((array[:-1] < array[1:]).all())
    except (OverflowError, ValueError, TypeError):
        kept = False
    if not kept:
        raise InputError.of("classes", got=f"labels that are not sorted {name}", expected="those")
    return array


def _number_target(described: Mapping[str, Any], architecture: Architecture) -> NumberTarget:
    if set(described) != {"center", "scale", "flat", "dtype"}:
        raise InputError.of(
            "target", got=sorted(described), expected="center, scale, flat and dtype"
        )
    parts = []
    for name in ("center", "scale"):
        values = described[name]
        if not isinstance(values, list) or not all(type(value) is float for value in values):
            raise InputTypeError.of(f"target {name}", got=repr(values)[:80], expected="numbers")
        parts.append(np.array(values))
    center, scale = parts
    sound = np.isfinite(center).all() and np.isfinite(scale).all() and (scale > 0.0).all()
    if center.shape != scale.shape or not center.size or not sound:
        raise InputError.of("target", got="centre and scale", expected="finite numbers, scale > 0")
    flat, dtype = described["flat"], described["dtype"]
    if type(flat) is not bool or dtype not in ("float32", "float64") or (flat and center.size > 1):
        raise InputError.of("target", got=(flat, dtype), expected="a flag and a dtype")
    return NumberTarget(architecture.loss, center, scale, flat, dtype)


def _take_facts(estimator: Any, info: Mapping[str, Any], facts: Sequence[str]) -> None:
    for name in facts:
        value, kind = info.get(name), str if name == "stop_reason_" else int
        if type(value) is not kind or (isinstance(value, int) and value < 0):
            raise InputError.of(f"info {name}", got=repr(value)[:80], expected=kind.__name__)
        setattr(estimator, name, value)
    names = info.get("feature_names_in_")
    if names is None:
        return
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InputError.of(
            "info feature_names_in_", got=repr(names)[:80], expected="a list of text"
        )
    if len(names) != estimator.n_features_in_:
        raise InputError.of(
            "info feature_names_in_",
            got=f"{len(names)} names",
            expected=f"{estimator.n_features_in_}",
        )
    estimator.feature_names_in_ = np.array(names, dtype=object)


def _class_weight_from_plain(stored: Any) -> Any:
    if isinstance(stored, dict):
        labels, weights = stored.get("labels"), stored.get("weights")
        if not isinstance(labels, list) or not isinstance(weights, list):
            raise InputError.of("class_weight", got=sorted(stored), expected="labels and weights")
        return dict(zip(labels, weights, strict=False))
    if isinstance(stored, list):
        return [_class_weight_from_plain(part) for part in stored]
    return stored
