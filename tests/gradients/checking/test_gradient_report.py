"""The report as text and as JSON."""

from __future__ import annotations

import json

import pytest

from chainrule.errors import GradientError
from chainrule.gradients.checking.gradient_report import BlockReport, Entry, Flag, GradientReport


def report(n_blocks: int = 2) -> GradientReport:
    blocks = [BlockReport(f"W[{l}]", (3, 4), 1.0, 1e-16, 1e-13, "ok") for l in range(1, n_blocks)]
    blocks.append(BlockReport("b[9]", (4,), 1.0, 0.5, 1e-13, "wrong", 4, 1, 1))
    entries = [
        Entry("b[9]", (2,), 0.25, 0.5, 1e-14, "wrong", layer=9),
        Entry("b[9]", (3,), float("nan"), 0.5, 1e-14, "undecidable", "at a kink", 9),
    ]
    kinks = [f"sample {i}, layer 1, unit 0" for i in range(12)]
    return GradientReport(
        "network", "complex step", blocks, entries, [Flag("float32", "so")], kinks, 1.5
    )


def test_text_names_what_is_wrong() -> None:
    text = str(report())
    assert text.splitlines()[0] == "Gradient check: WRONG"
    assert "wrong (1 wrong, 1 undecidable of 4 entries examined)" in text
    assert "b[9][2]" in text
    assert "undecidable: at a kink" in text
    assert "float32: so" in text
    assert "and 2 more kinks" in text
    assert "W[1]" in text


def test_text_of_many_blocks_leaves_out_those_that_are_ok() -> None:
    text = str(report(40))
    assert "W[1]" not in text
    assert "and 39 blocks that are ok" in text


def test_json() -> None:
    data = json.loads(report().to_json(indent=2))
    assert data["verdict"] == "wrong"
    assert data["entries"][0]["index"] == [2]
    assert data["entries"][1]["given"] == "NaN"
    assert data["blocks"][0]["shape"] == [3, 4]
    assert data["flags"] == [{"kind": "float32", "text": "so"}]


def test_verdicts_and_raising() -> None:
    ok = GradientReport("f", "complex step", [BlockReport("t", (1,), 1.0, 0.0, 0.0, "ok")])
    assert ok.ok
    assert ok.raise_if_wrong(undecidable=True) is ok
    open_question = GradientReport(
        "f", "complex step", [BlockReport("t", (1,), 1.0, 0.0, 0.0, "undecidable")]
    )
    assert open_question.raise_if_wrong() is open_question
    with pytest.raises(GradientError, match="UNDECIDABLE"):
        open_question.raise_if_wrong(undecidable=True)
    with pytest.raises(AssertionError, match="WRONG"):
        report().raise_if_wrong()
