"""Files of an older version are read after the version has been raised; only a newer one is called newer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.storage.test_model_file import FULL, TINY, equal, refused, written

import chainrule
from chainrule.errors import FileError
from chainrule.storage import ModelContent, load_model, older_versions, save_model

#: Written by chainrule 0.1.0, the first with model files.
VERSION_1 = Path(__file__).parent / "version_1"


def test_there_is_a_step_from_every_older_version() -> None:
    assert set(older_versions.UPGRADES) == set(range(1, older_versions.VERSION))


@pytest.mark.parametrize("content", [TINY, FULL])
def test_todays_files_are_read_after_the_version_was_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: ModelContent
) -> None:
    path = tmp_path / "old.model"
    save_model(content, path)
    now = older_versions.VERSION
    # two versions later, a setting has been renamed on the way
    monkeypatch.setattr(older_versions, "VERSION", now + 2)
    seen: list[str] = []

    def first(plain: dict[str, Any]) -> dict[str, Any]:
        seen.append("first")
        return {**plain, "settings": {**plain["settings"], "tempo": 1.0}}

    def second(plain: dict[str, Any]) -> dict[str, Any]:
        settings = dict(plain["settings"])
        return {**plain, "settings": settings | {"speed": settings.pop("tempo")}}

    monkeypatch.setitem(older_versions.UPGRADES, now, first)
    monkeypatch.setitem(older_versions.UPGRADES, now + 1, second)
    loaded = load_model(path)
    assert seen == ["first"]
    assert loaded.settings.pop("speed") == 1.0
    assert equal(loaded, content)
    # what is written now is of the new version, and takes no step
    again = written(loaded, tmp_path)
    assert b"chainrule model %d" % (now + 2) in again
    seen.clear()
    assert equal(load_model(tmp_path / "written.model"), content)
    assert seen == []


def test_a_forged_old_file_that_no_step_can_read_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = written(TINY, tmp_path)
    monkeypatch.setattr(older_versions, "VERSION", older_versions.VERSION + 1)
    step = {older_versions.VERSION - 1: lambda plain: plain["no such field"]}
    monkeypatch.setattr(older_versions, "UPGRADES", step)
    message = refused(data, tmp_path)
    assert "damaged" in message
    assert "newer" not in message


def test_a_regressor_of_version_1_predicts_what_was_worked_out_by_hand() -> None:
    # one input, two relu units, weights set by hand: y = 10 + 2 (3 relu(x - 1) - relu(-x))
    model = chainrule.load(VERSION_1 / "regressor.model")
    assert isinstance(model, chainrule.MLPRegressor)
    assert model.predict([[2.0], [0.5], [-1.0]]).tolist() == [16.0, 10.0, 8.0]


def test_a_classifier_of_version_1_still_knows_its_table() -> None:
    # the score of "yes" is 10 s + 4 c: c is 1 where the colour is red, else -1; s is z = (mass - 2) / 2, drawn in
    model = chainrule.load(VERSION_1 / "classifier.model")
    assert isinstance(model, chainrule.MLPClassifier)
    table = pd.DataFrame({"mass": [1.0, 3.0, 1.0], "colour": ["blue", "blue", "red"]})
    assert model.predict(table).tolist() == ["no", "yes", "no"]
    s = 0.5 / np.sqrt(1.0 + (0.5 / 3.0) ** 2)
    expected = [-10.0 * s - 4.0, 10.0 * s - 4.0, -10.0 * s + 4.0]
    np.testing.assert_allclose(model.decision_function(table), expected, rtol=1e-6)


def test_a_version_1_file_that_was_touched_is_refused(tmp_path: Path) -> None:
    data = (VERSION_1 / "regressor.model").read_bytes()
    path = tmp_path / "touched.model"
    path.write_bytes(data.replace(b"relu", b"selu"))
    with pytest.raises(FileError, match="SHA-256"):
        chainrule.load(path)
