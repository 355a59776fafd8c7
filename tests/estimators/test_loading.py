"""Model files: the same bits back, and nothing that does not belong there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.estimators.cases import classes, classifier, quantities, regressor

import chainrule
from chainrule.errors import ChainruleError, FileError
from chainrule.estimators.loading import from_content
from chainrule.estimators.saving import save_estimator, to_content
from chainrule.storage import load_model, save_model

X, Y = classes()
XQ, YQ = quantities()
FRAME = pd.DataFrame(
    {"kind": np.array(["cat", "dog", "eel", "fox"])[np.arange(60) % 4], "size": X[:, 0]}
)


def models() -> dict[str, tuple[Any, Any]]:
    words = np.array(["b", "a", "c"])[Y]
    return {
        "binary": (classifier().fit(X, Y > 0), X),
        "words": (classifier(loss="log_loss(0.1)").fit(X, words), X),
        "objects": (classifier().fit(X, words.astype(object)), X),
        "small integers": (classifier(class_weight={1: 2.0}).fit(X, Y.astype(np.int8)), X),
        "multilabel": (classifier().fit(X, np.c_[Y > 0, Y > 1].astype(int)), X),
        "multioutput": (classifier(class_weight=[{"b": 2}, None]).fit(X, np.c_[words, words]), X),
        "float64": (classifier(dtype="float64").fit(X, Y), X),
        "names": (
            classifier().fit(pd.DataFrame(X, columns=list("abcd")), Y),
            pd.DataFrame(X, columns=list("abcd")),
        ),
        "table": (classifier(batch_size=20).fit(FRAME, words), FRAME),
        "regression": (
            regressor(activation=("tanh", "leaky_relu(0.3)"), hidden_layer_sizes=[3, 4]).fit(
                XQ, YQ
            ),
            XQ,
        ),
        "float32": (regressor().fit(XQ.astype("f4"), YQ.astype("f4")), XQ.astype("f4")),
        "quantiles": (regressor(loss="quantile(0.1, 0.9)").fit(XQ, np.c_[YQ, 1e6 * YQ]), XQ),
        "validated": (regressor(early_stopping=True, scoring="r2").fit(XQ, YQ), XQ),
    }


MODELS = models()


@pytest.mark.parametrize("name", MODELS)
def test_a_loaded_model_is_the_same_bit_for_bit(name: str, tmp_path: Path) -> None:
    model, rows = MODELS[name]
    model.save(tmp_path / "a.model")
    loaded = chainrule.load(tmp_path / "a.model")
    assert type(loaded) is type(model)
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        if hasattr(model, method):
            ours, theirs = getattr(model, method)(rows), getattr(loaded, method)(rows)
            for a, b in zip(
                *([p] if isinstance(p, np.ndarray) else p for p in (ours, theirs)), strict=True
            ):
                assert a.dtype == b.dtype
                assert np.array_equal(a, b)
    for attribute in (
        "theta_",
        "n_iter_",
        "t_",
        "history_",
        "stop_reason_",
        "n_features_in_",
        "network_",
    ):
        assert np.array_equal(getattr(model, attribute), getattr(loaded, attribute)), attribute
    assert {k: repr(v) for k, v in loaded.get_params().items()} == {
        k: repr(v) for k, v in model.get_params().items()
    }
    save_estimator(loaded, tmp_path / "b.model")
    assert (tmp_path / "a.model").read_bytes() == (tmp_path / "b.model").read_bytes()


def test_a_loaded_model_can_be_trained_on() -> None:
    model = from_content(to_content(MODELS["words"][0]))
    model.partial_fit(X, np.array(["b", "a", "c"])[Y])
    assert len(model.loss_curve_) == 6


def test_objects_are_left_out(tmp_path: Path) -> None:
    parts = [np.ones((4, 3)), np.zeros(3)]
    model = classifier(
        hidden_layer_sizes=(),
        callbacks=[print],
        random_state=np.random.RandomState(0),
        initializer=parts,
        scoring=lambda model, X, y: 1.0,
        dtype=np.float32,
        alpha=np.float32(0.25),
    )
    model.fit(X, Y, X_val=X, y_val=Y)
    model.save(tmp_path / "a.model")
    settings = chainrule.load(tmp_path / "a.model").get_params()
    left = {
        name: settings[name] for name in ("callbacks", "random_state", "initializer", "scoring")
    }
    assert left == {"callbacks": None, "random_state": None, "initializer": "auto", "scoring": None}
    assert (settings["dtype"], settings["alpha"]) == ("float32", 0.25)


def test_more_can_be_noted(tmp_path: Path) -> None:
    save_estimator(MODELS["binary"][0], tmp_path / "a.model", {"scores": {"accuracy": 0.9}})
    assert load_model(tmp_path / "a.model").info["scores"] == {"accuracy": 0.9}


def changed(part: str, **changes: Any) -> Any:
    content = to_content(MODELS["words" if part != "number" else "regression"][0])
    if part == "whole":
        return replace(content, **changes)
    name = "target" if part == "number" else part
    return replace(content, **{name: {**getattr(content, name), **changes}})


BAD = [
    changed("settings", no_such_parameter=1),
    changed("settings", alpha="much"),
    changed("settings", class_weight={"labels": 3}),
    changed("target", kind="secret"),
    changed("target", kind="multilabel"),
    changed("target", more=1),
    changed("target", types=["<U9999999999"]),
    changed("target", types=["|V8"]),
    changed("target", types=["<i8"]),
    changed("target", types=[3]),
    changed("target", types=["<U1", "<U1"]),
    changed("whole", classes=[["a", "b"]]),
    changed("whole", classes=[["a", "c", "b"]]),
    changed("whole", classes=[["a", "b", "c"], ["x", "y"]]),
    changed("info", n_iter_=-1),
    changed("info", n_iter_="many"),
    changed("info", stop_reason_=3),
    changed("info", n_features_in_=9),
    changed("info", feature_names_in_=["a"]),
    changed("info", feature_names_in_=[1, 2, 3, 4]),
    changed("whole", history={"loss": []}),
    changed("whole", preparation={"version": 1}),
    changed("number", center=[1.0, 2.0]),
    changed("number", center=["1.0"]),
    changed("number", scale=[0.0]),
    changed("number", scale=[float("nan")]),
    changed("number", center=[0.0, 0.0], scale=[1.0, 1.0]),
    changed("number", flat=1),
    changed("number", dtype="int8"),
    changed("number", more=1),
]


@pytest.mark.parametrize("content", BAD, ids=range(len(BAD)))
def test_what_does_not_fit_together_is_refused(content: Any, tmp_path: Path) -> None:
    with pytest.raises(ChainruleError):
        from_content(content)
    save_model(content, tmp_path / "a.model")
    with pytest.raises(FileError, match=r"a\.model: got a model that does not fit together"):
        chainrule.load(tmp_path / "a.model")


def test_only_a_trained_model_can_be_saved(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not fitted"):
        classifier().save(tmp_path / "a.model")
    assert list(tmp_path.iterdir()) == []
