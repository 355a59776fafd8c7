"""The report page: its structure, that it asks nothing of the network, and that no name in it is markup."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import warnings
from base64 import b64decode
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import polars as pl
import pytest

from chainrule import MLPClassifier, MLPRegressor
from chainrule.errors import FileError, InputError, InputTypeError
from chainrule.gradients.flow import FlowRecorder
from chainrule.report.page import START, report_html, write_report
from chainrule.report.reproduction import Background

MOST_BYTES = 3_000_000
VOID = {"meta", "link", "img", "source", "br"}
RTL, LONG = "\u202egnp.exe", "long_" * 100
NAMES = ["<script>alert(1)</script>", "\"quotes\" & 'more'", RTL, LONG, "$x_1$"]
LABELS = ["</style><script>alert(2)</script>", "<b>bold</b>", "نعم\u202e"]


class Page(HTMLParser):
    """What a browser would see: every tag with its attributes, the text, and whether tags are closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def words(self) -> str:
        return " ".join(self.text.split())


def hostile_rows() -> tuple[pd.DataFrame, np.ndarray]:
    draw = np.random.default_rng(0)
    X = pd.DataFrame({name: draw.normal(size=90) for name in NAMES})
    X[RTL] = np.array(["a\u202e", "<i>"], dtype=object)[(X[NAMES[0]] > 0).astype(int)]
    return X, np.array(LABELS, dtype=object)[np.arange(90) % 3]


def classifier(**settings: Any) -> MLPClassifier:
    settings = {"max_iter": 4, "engine": "reference", "random_state": 0, **settings}
    return MLPClassifier(hidden_layer_sizes=(6, 4), n_iter_no_change=50, **settings)


def fitted(model: Any, X: Any, y: Any, **more: Any) -> Any:
    with warnings.catch_warnings(
        action="ignore"
    ):  # of convergence and of columns: not the matter here
        return model.fit(X, y, **more)


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test of the page may open a connection."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a connection was asked for")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the pictures out, which take most of the time."""
    monkeypatch.setattr("chainrule.report.embedded._drawn", lambda display, mode: "data:,")


@pytest.fixture(scope="module")
def hostile() -> str:
    X, y = hostile_rows()
    recorder = FlowRecorder()
    validation = {"X_val": X[60:75], "y_val": y[60:75]}
    model = fitted(classifier(callbacks=[recorder]), X[:60], y[:60], **validation)
    background = Background(
        table="<script>.csv",
        target="t</title><img src=http://evil.example/x.png>",
        reason="a reason & <more>",
        rows={"training": 60, "validation": 15, "test": 15},
        source="held out",
        notes=["a note with <script>"],
        seconds=1.5,
        recorder=recorder,
        commands=[("The command", "chainrule fit '<script>.csv' --target x")],
    )
    return report_html(model, X[75:], y[75:], background=background)


@pytest.fixture(scope="module")
def quantities() -> str:
    x = np.linspace(-1.0, 1.0, 80)[:, None]
    model = MLPRegressor(
        hidden_layer_sizes=(8,), solver="lbfgs", engine="reference", random_state=0
    )
    return report_html(model.fit(x, x[:, 0] ** 2), x, x[:, 0] ** 2)


@pytest.fixture(params=["hostile", "quantities"])
def html(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(request.param)
    return found


def test_it_is_one_sound_page_under_the_limit(html: str) -> None:
    assert html.startswith(START)
    assert len(html.encode()) < MOST_BYTES
    page = Page(html)
    assert page.open == []
    assert page.all("html")[0]["lang"] == "en"
    assert any(m.get("name") == "viewport" for m in page.all("meta"))
    assert len(page.all("title")) == len(page.all("main")) == len(page.all("h1")) == 1


def test_headings_skip_no_level(html: str) -> None:
    levels = [int(tag[1]) for tag, _ in Page(html).tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_every_picture_is_embedded_has_words_and_a_dark_version(html: str) -> None:
    page = Page(html)
    images, dark = page.all("img"), page.all("source")
    assert len(images) == len(dark) >= 6
    for image, other in zip(images, dark, strict=True):
        assert len(image["alt"]) > 20
        assert int(image["width"]) > 0 < int(image["height"])
        assert image["src"] != other["srcset"]
        for uri in (image["src"], other["srcset"]):
            kind, _, data = uri.partition(";base64,")
            if kind == "data:image/svg+xml":
                assert ElementTree.fromstring(b64decode(data)).tag.endswith("svg")
            else:
                assert kind == "data:image/png"
                assert b64decode(data).startswith(b"\x89PNG")


def test_nothing_is_loaded_and_nothing_runs(html: str) -> None:
    page = Page(html)
    for tag, attributes in page.tags:
        assert tag not in {"script", "iframe", "object", "embed", "form", "base"}
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "srcset", "href", "action", "data"):
            if name in attributes:
                assert attributes[name].startswith(("data:", "#"))
    policy = [m["content"] for m in page.all("meta") if "http-equiv" in m]
    assert policy == ["default-src 'none'; img-src data:; style-src 'unsafe-inline'"]
    style = html[html.index("<style>") : html.index("</style>")]
    assert not re.search(r"url\(|@import|expression", style)


def test_every_link_leads_to_a_section(html: str) -> None:
    page = Page(html)
    names = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(set(names)) == len(names)
    assert {a["href"][1:] for a in page.all("a")} <= set(names)
    labelled = {s["aria-labelledby"] for s in page.all("section")}
    assert labelled <= set(names)


def test_tables_scroll_and_have_headers(html: str) -> None:
    page = Page(html)
    assert len(page.all("table")) == sum(d.get("class") == "scroll" for d in page.all("div"))
    assert all("scope" in th for th in page.all("th"))
    for mode in ("prefers-color-scheme: dark", "@media print", "max-width: 36rem"):
        assert mode in html


def test_names_of_strangers_are_text_and_stay_in_their_place(hostile: str) -> None:
    page = Page(hostile)
    for name in (NAMES[0], NAMES[1], NAMES[4], LABELS[0], LABELS[1], "<script>.csv"):
        assert name in page.text
    assert "\u202e" not in hostile
    assert r"\u202egnp.exe" in page.text
    assert LONG not in hostile
    assert "long_long_" in page.text
    assert "evil.example" in page.words
    assert len(page.all("b")) == 0


def test_pictures_show_names_of_strangers_as_text(hostile: str) -> None:
    for image in Page(hostile).all("img"):
        kind, _, data = image["src"].partition(";base64,")
        if "svg" in kind:
            tags = {
                e.tag.rpartition("}")[2] for e in ElementTree.fromstring(b64decode(data)).iter()
            }
            assert not tags & {"script", "foreignObject", "a", "b", "i"}


def test_it_tells_what_is_to_be_known_of_a_classifier(hostile: str) -> None:
    words = Page(hostile).words
    for part in (
        "60 to learn from, 15 to stop by, 15 to test on",
        "balanced accuracy",
        "95 % interval",
        "The baseline says",
        "Class by class",
        "Calibration",
        "Columns that matter",
        "Dead units",
        "Change an epoch",
        "4 epochs in 1.50 s",
        "chainrule fit '<script>.csv' --target x",
        "a note with <script>",
        "scikit-learn",
        "processors",
        "judged on rows it was not trained on",
    ):
        assert part in words, part


def test_it_tells_what_is_to_be_known_of_a_regressor(quantities: str) -> None:
    words = Page(quantities).words
    for part in (
        "R²",
        "root mean squared error",
        "Better than the baseline, by more than chance.",
        "Predictions and residuals",
        "which it learned from these very rows",
        "model = MLPRegressor( engine='reference', hidden_layer_sizes=(8,), random_state=0, solver='lbfgs', )",
        "The seed is fixed",
    ):
        assert part in words, part
    assert "Change an epoch" not in words


def test_nobody_is_named(hostile: str) -> None:
    words = Page(hostile).words
    assert socket.gethostname() not in words
    assert str(Path.home()) not in words
    assert str(Path(sys.prefix)) not in words
    assert not re.search(r"(?<![\w<])/(home|root|tmp|usr|Users)\b", words)


def test_the_same_model_and_rows_give_the_same_page() -> None:
    x = np.linspace(-1.0, 1.0, 40)[:, None]
    model = MLPRegressor(
        hidden_layer_sizes=(), solver="lbfgs", engine="reference", random_state=0
    ).fit(x, x[:, 0])
    pages = [report_html(model, x, x[:, 0]) for _ in range(2)]
    assert len({re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "", page) for page in pages}) == 1


@pytest.mark.usefixtures("undrawn")
def test_a_model_that_has_learned_nothing_is_told_so() -> None:
    draw = np.random.default_rng(1)
    X, y = draw.normal(size=(60, 2)), draw.integers(0, 2, 60)
    model = fitted(classifier(max_iter=200, learning_rate_init=0.1), X[:30], y[:30])
    page = Page(report_html(model, X[30:], y[30:]))
    assert "no better than the baseline" in page.words
    assert any(p.get("class") == "verdict doubt" for p in page.all("p"))


@pytest.mark.usefixtures("undrawn")
def test_rows_of_one_class_have_no_roc_curve_and_say_why() -> None:
    X = np.linspace(-1.0, 1.0, 40)[:, None]
    y = np.where(X[:, 0] > 0.0, "up", "down")
    words = Page(report_html(fitted(classifier(), X, y), X[30:], y[30:])).words
    assert "Not drawn: y_true: got one class only" in words
    assert "no row of these is of class down" in words


@pytest.mark.usefixtures("undrawn")
def test_it_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    x = np.linspace(-1.0, 1.0, 40)[:, None]
    model = MLPRegressor(
        hidden_layer_sizes=(), solver="lbfgs", engine="reference", random_state=0
    ).fit(x, x[:, 0])
    size = write_report(model, x, x[:, 0], tmp_path / "report.html")
    assert [(p.name, p.stat().st_size) for p in tmp_path.iterdir()] == [("report.html", size)]
    with pytest.raises(FileError, match="no folder"):
        write_report(model, x, x[:, 0], tmp_path / "nowhere" / "report.html")
    before = (tmp_path / "report.html").read_bytes()
    with pytest.raises(InputError, match="y: got NaN"):
        write_report(model, x, np.full(40, np.nan), tmp_path / "report.html")
    assert (tmp_path / "report.html").read_bytes() == before


def bad_calls() -> Iterator[Any]:
    x = np.linspace(-1.0, 1.0, 20)[:, None]
    fitted = MLPRegressor(
        hidden_layer_sizes=(), solver="lbfgs", engine="reference", random_state=0
    ).fit(x, x[:, 0])
    both = MLPRegressor(hidden_layer_sizes=(), solver="lbfgs", engine="reference").fit(
        x, np.hstack([x, x])
    )
    yield fitted, x, x[:5, 0], InputError, r"y: got shape \(5,\) for 20 rows"
    yield fitted, x[:0], x[:0, 0], InputError, "one row or more"
    yield fitted, x, np.full(20, "word"), InputTypeError, "y: got dtype"
    yield both, x, np.hstack([x, x]), InputError, "predicts 2 columns"


def test_what_cannot_be_judged_is_refused() -> None:
    from sklearn.linear_model import LinearRegression

    x = np.linspace(-1.0, 1.0, 20)[:, None]
    for model, X, y, error, text in bad_calls():
        with pytest.raises(error, match=text):
            report_html(model, X, y)
    with pytest.raises(InputTypeError, match="LinearRegression"):
        report_html(LinearRegression().fit(x, x[:, 0]), x, x[:, 0])


def test_drawing_opens_no_window_and_leaves_no_figure() -> None:
    import matplotlib.pyplot as plt

    open_before = plt.get_fignums()
    x = np.linspace(-1.0, 1.0, 40)[:, None]
    model = MLPRegressor(hidden_layer_sizes=(4,), activation="tanh", solver="lbfgs", random_state=0)
    html = report_html(model.fit(x, x[:, 0]), x, x[:, 0])
    assert "<img" in html
    assert plt.get_fignums() == open_before


def test_the_command_loads_matplotlib_only_for_a_report(penguins_csv: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from chainrule.cli import app\n"
        f"app(['fit', {str(penguins_csv)!r}, '-t', 'species', '-q', '--engine', 'reference', '--epochs', '1',"
        f" '-o', {str(tmp_path / 'm.model')!r}], standalone_mode=False)\n"
        "print(*{'matplotlib', 'jinja2'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr


def test_the_page_tells_of_another_unit_and_takes_any_frame() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"grams": rng.normal(4000.0, 400.0, 90), "sex": ["f", "m", "f"] * 30})
    model = MLPClassifier((4,), engine="reference", max_iter=3, random_state=0)
    with warnings.catch_warnings(action="ignore"):
        model.fit(frame, frame["sex"].str.upper())
    kilograms = pl.from_pandas(frame.assign(grams=frame["grams"] / 1000.0))
    assert "lies beyond what was seen in training" in report_html(model, kilograms, ["F"] * 90)
    assert "lies beyond" not in report_html(model, pl.from_pandas(frame), ["F"] * 90)
