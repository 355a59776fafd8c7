"""Every rendering says the same, escapes what it is given, and leaves large arrays out."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from matplotlib.mathtext import MathTextParser

from chainrule.errors import InputError
from chainrule.gradients.trace import Trace, trace
from chainrule.gradients.tracing.formula import Symbol
from chainrule.gradients.tracing.notation import latex, mathml
from chainrule.network.network import Network


def small(**options: object) -> Trace:
    net = Network(
        [2, 3, 2],
        "leaky_relu(0.2)",
        "binary_log_loss",
        l2=0.1,
        l1=0.01,
        random_state=1,
    )
    X, Y = np.array([[0.5, -1.0], [2.0, 1.0], [0.0, 0.3]]), np.eye(2)[[0, 1, 1]]
    masks = [1.0, np.array([[0.0, 2.0, 2.0]] * 3), 1.0]
    return trace(net, X, Y, [1.0, 2.0, 1.0], masks, **options)


def large() -> Trace:
    rng = np.random.default_rng(0)
    return trace(Network([300, 100, 1]), rng.standard_normal((50, 300)), np.zeros((50, 1)))


def test_text_has_every_step_with_shape_reason_and_numbers() -> None:
    found = small()
    written = str(found)
    for step in found:
        assert step.why in written
        assert step.text.split(" + ")[0] in written
    assert "J = " in written.splitlines()[0]
    assert "relu'(0) = 0" in written
    assert "h[1] = a[1] * mask[1]" in written
    assert max(map(len, written.splitlines())) <= 130


def test_text_of_large_arrays_is_short() -> None:
    written = str(large())
    assert len(written) < 12_000
    assert "..." in written


def test_one_unit_is_told_with_its_numbers() -> None:
    found = small(features=["length", "mass"])
    told = found.unit(1, 2, sample=1)
    assert told.startswith("Layer 1, unit 2 (leaky_relu(0.2)), sample 1")
    for symbol in ("z[1][1, 2]", "a[1][1, 2]", "h[1][1, 2]", "dh[1][1, 2]", "delta[1][1, 2]"):
        assert symbol in told
    assert re.search(r"mass\s+1\s", told)
    assert "bias" in told
    columns = found.view(samples="columns").unit(1, 2, sample=1)
    assert "z[1][2, 1]" in columns
    assert told.splitlines()[-3:] == columns.splitlines()[-3:]
    assert "W" in found.unit(2, 0)


def test_one_unit_of_many_inputs_shows_the_largest_gradients() -> None:
    told = large().unit(1, 7)
    assert "16 of its 300 weights with the largest gradient" in told
    assert "more terms" in told


@pytest.mark.parametrize(
    ("where", "message"),
    [((0, 0), "^layer: got 0"), ((1, 3), "^unit: got 3"), ((1, 0, 9), "^sample: got 9")],
)
def test_a_unit_that_is_not_there_is_refused(where: tuple, message: str) -> None:
    with pytest.raises(InputError, match=message):
        small().unit(*where)


def test_frames_are_as_document_000_displays_them() -> None:
    found = small(features=["length", "mass"]).view(samples="columns")
    frames = found.to_frames()
    assert set(frames) == set(found.symbols)
    assert all(isinstance(frame, pd.DataFrame) for frame in frames.values())
    np.testing.assert_array_equal(frames["dW[1]"].to_numpy(), found["dW[1]"])
    assert frames["db[1]"].shape == (3, 1)
    assert frames["J"].iloc[0, 0] == found.J
    assert list(frames["dW[1]"].columns) == list(frames["X"].index) == ["length", "mass"]
    rows = found.view().to_frames()
    assert list(rows["W[1]"].index) == list(rows["X"].columns) == ["length", "mass"]
    assert list(rows["dW[2]"].columns) == [0, 1]


def test_frames_are_copies() -> None:
    found = small()
    frame = found.to_frames()["dW[1]"]
    frame.iloc[0, 0] = 99.0
    assert found["dW[1]"][0, 0] != 99.0


@pytest.mark.parametrize("samples", ["rows", "columns"])
@pytest.mark.parametrize("mean", ["inside", "outside"])
def test_latex_formulas_can_be_set(samples: str, mean: str) -> None:
    parser = MathTextParser("path")
    for step in small().view(samples=samples, mean=mean, delta="h"):
        written = latex(step.formula).replace(r"\tfrac", r"\frac")
        parser.parse(f"${written}$")


def test_latex_page_is_balanced_and_elided() -> None:
    for found in (small(), large()):
        page = found.to_latex()
        assert page.count(r"\[") == page.count(r"\]") == len(found)
        assert page.count(r"\begin{pmatrix}") == page.count(r"\end{pmatrix}")
        assert page.count("{") == page.count("}")
        assert page.count(r"\left(") == page.count(r"\right)")
        assert len(page) < 30_000
        assert "_log" not in page.replace(r"\_log", "")
    assert r"\frac{\partial J}{\partial W^{[1]}}" in page
    assert r"\cdots" in page
    assert "pmatrix" not in small().to_latex(values=False)


def test_html_is_one_page_without_scripts_or_links() -> None:
    found = small(features=["<b>length</b>", "a & b"])
    page = found.to_html(title="<script>alert(1)</script>")
    assert "<script" not in page
    assert "http" not in page
    assert "src=" not in page
    assert "&lt;b&gt;length&lt;/b&gt;" in page
    assert "a &amp; b" in page
    assert page.count("<article") == page.count("</article>") == len(found) + len(found.given)
    assert found._repr_html_() == found.to_html()
    assert len(large().to_html()) < 120_000


def test_html_leaves_the_page_around_it_alone_and_breaks_no_number() -> None:
    """A notebook shows it among other things; seen in a browser, 390 pixels wide, numbers broke at their minus."""
    page = small().to_html()
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    groups = [
        group.strip() for group in re.findall(r"([^{}]+)\{", style[1]) if "@media" not in group
    ]
    assert len(groups) > 10
    selectors = [one.strip() for group in groups for one in group.split(",")]
    assert all(one.startswith(".chainrule-trace") for one in selectors)
    assert "td, .chainrule-trace th {" in style[1]
    assert "white-space: nowrap" in style[1]
    assert page.count('<div class="wide"><table>') == page.count("<table>")


def test_html_writes_a_number_as_a_number_and_no_minus_before_zero() -> None:
    page = small().to_html()
    assert f'<p class="number">{small().J:.6g}</p>' in page
    zero = trace(Network([1, 1], initializer=[[[-0.0]], [0.0]]), [[1.0]], [[0.0]])
    assert np.signbit(zero["W[1]"][0, 0])
    assert ">-0<" not in zero.to_html()


def test_a_prime_stands_above_its_italic_letter() -> None:
    """In one element, f and its prime would be a word, which is set upright."""
    assert mathml(Symbol("f'", 1)) == (
        "<msup><mi>f</mi><mrow><mo>′</mo><mo>[</mo><mn>1</mn><mo>]</mo></mrow></msup>"
    )


def test_mathml_is_well_formed() -> None:
    page = small().view(delta="h", mean="outside").to_html()
    found = re.findall(r"<math.*?</math>", page, re.DOTALL)
    assert len(found) > 20
    for fragment in found:
        ElementTree.fromstring(fragment)
    assert all(
        ElementTree.fromstring(f"<m>{mathml(step.formula)}</m>") is not None for step in small()
    )


def test_json_holds_the_whole_trace() -> None:
    found = small(features=["length", "mass"])
    data = json.loads(found.to_json(indent=1))
    assert data == found.to_dict()
    assert data["convention"] == {"samples": "rows", "delta": "z", "mean": "inside"}
    assert [step["symbol"] for step in data["steps"]] == [step.symbol for step in found]
    for step, written in zip(found, data["steps"], strict=True):
        np.testing.assert_array_equal(np.array(written["value"]), step.value)
        assert written["shape"] == list(step.shape)
    assert data["given"]["share"]["shape"] == [3, 1]


def test_numbers_that_are_not_finite_survive_every_rendering() -> None:
    net = Network([1, 1, 1], "identity", "poisson", initializer=[[[1.0]], [0.0], [[1e3]], [0.0]])
    found = trace(net, [[5.0]], [[1.0]])
    assert not np.isfinite(found.J)
    assert json.loads(found.to_json())["J"] == "Infinity"
    assert "inf" in str(found)
    assert r"\infty" in found.to_latex()
    assert "inf" in found.to_html()
