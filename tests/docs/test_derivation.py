"""The derivation page is what its script makes today; the script checks each formula as it goes."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def script():
    found = importlib.util.spec_from_file_location("make_derivation", DOCS / "make_derivation.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date(script) -> None:
    written = (DOCS / "derivation.md").read_text(encoding="utf-8")
    assert written == script.page(), "run docs/make_derivation.py"


def test_a_wrong_formula_stops_the_script(script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script, "complex_step", lambda network, X, Y, masks=None: np.zeros(9))
    with pytest.raises(AssertionError, match="gradient: the page would say"):
        script.page()


@pytest.mark.parametrize("mask", [np.zeros((2, 2)), np.full((2, 2), 2.0)])
def test_a_mask_that_shows_nothing_stops_the_script(
    script, monkeypatch: pytest.MonkeyPatch, mask: np.ndarray
) -> None:
    monkeypatch.setattr(script, "dropout_mask", lambda *arguments: mask)
    with pytest.raises(AssertionError, match="shows nothing"):
        script.page()


def test_a_wrong_claim_about_zero_stops_the_script(script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script, "descended", lambda *arguments: None)
    for section in (script.starts_from_zero, script.starts_alike):
        with pytest.raises(AssertionError):
            section()
