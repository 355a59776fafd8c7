"""Content whose parts do not fit together is refused, by the name of the part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.errors import ChainruleError, InputError, InputTypeError
from chainrule.network import Architecture
from chainrule.storage import ModelContent, save_model
from chainrule.storage.content import check

ARCHITECTURE = Architecture((2, 3, 1), ("relu", "identity"), "binary_log_loss").to_dict()
SOUND: dict[str, Any] = {
    "kind": "classifier",
    "architecture": ARCHITECTURE,
    "vector": np.arange(13, dtype=np.float32),
    "classes": [["no", "yes"]],
    "target": {},
    "preparation": None,
    "settings": {},
    "history": {},
    "info": {},
}
NAN = np.full(13, np.nan)
GROUP = r"classes\[0\]: got "


@pytest.mark.parametrize(
    ("name", "value", "error", "words"),
    [
        ("kind", "ranker", InputError, "kind: got 'ranker'"),
        ("kind", ["classifier"], InputError, "kind: got"),
        ("architecture", None, InputTypeError, "architecture: got NoneType"),
        ("architecture", {}, InputError, "architecture: got"),
        ("architecture", {**ARCHITECTURE, "extra": 1}, InputError, "architecture: got"),
        ("architecture", {**ARCHITECTURE, "sizes": [2, 0, 1]}, InputError, "sizes: got"),
        ("architecture", {**ARCHITECTURE, "sizes": [2, True, 1]}, InputError, "sizes: got"),
        ("architecture", {**ARCHITECTURE, "loss": "hinge"}, InputError, "loss: got 'hinge'"),
        ("vector", list(range(13)), InputTypeError, "vector: got list"),
        ("vector", np.arange(13), InputTypeError, "vector: got int64"),
        ("vector", np.zeros(13, np.float16), InputTypeError, "vector: got float16"),
        ("vector", np.zeros(12), InputError, r"vector: got shape \(12,\), expected \(13,\)"),
        ("vector", np.zeros((13, 1)), InputError, r"vector: got shape \(13, 1\)"),
        ("vector", NAN, InputError, "vector: got nan at 0"),
        ("classes", None, InputTypeError, "classes: got NoneType"),
        ("classes", [], InputTypeError, "classes: got list"),
        ("classes", ["no", "yes"], InputTypeError, GROUP + "str"),
        ("classes", [[]], InputTypeError, GROUP + "list"),
        ("classes", [["no", 1]], InputTypeError, GROUP + "labels of type int, str"),
        ("classes", [[True, 1]], InputTypeError, GROUP + "labels of type bool, int"),
        ("classes", [list(np.arange(2))], InputTypeError, GROUP + "labels of type int64"),
        ("classes", [[None]], InputTypeError, GROUP + "labels of type NoneType"),
        ("classes", [["no", "no"]], InputError, GROUP + "a label twice"),
        ("classes", [[0.5, float("nan")]], InputError, GROUP + "a label that is not finite"),
        ("target", [], InputTypeError, "target: got list"),
        ("preparation", [], InputTypeError, "preparation: got list"),
        ("settings", None, InputTypeError, "settings: got NoneType"),
        ("history", "", InputTypeError, "history: got str"),
        ("info", 1, InputTypeError, "info: got int"),
    ],
)
def test_each_wrong_part_is_named(
    tmp_path: Path, name: str, value: object, error: type[ChainruleError], words: str
) -> None:
    content = ModelContent(**{**SOUND, name: value})
    with pytest.raises(error, match=words):
        save_model(content, tmp_path / "a.model")
    assert list(tmp_path.iterdir()) == []


def test_a_regressor_has_no_classes() -> None:
    check(ModelContent(**{**SOUND, "kind": "regressor", "classes": None}))
    with pytest.raises(InputError, match="classes: got labels"):
        check(ModelContent(**{**SOUND, "kind": "regressor"}))


def test_sound_content_passes_whatever_its_byte_order() -> None:
    check(ModelContent(**SOUND))
    check(ModelContent(**{**SOUND, "vector": SOUND["vector"].astype(">f4")}))
