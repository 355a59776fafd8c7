"""Makes docs/gallery.md and its pictures: every figure from real data, by exactly the lines shown under it.

It also makes the pictures of the front page and of docs/documents/003.md, by the commands that these pages name.

    python docs/make_gallery.py

It needs no network. Large pictures are reduced to a palette, so that each stays below 100 kB.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
from PIL import Image

DOCS = Path(__file__).resolve().parent
IMAGES = DOCS / "images"
LARGE = 100_000  # bytes of a picture

SETUP = """\
import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from chainrule import MLPClassifier, MLPRegressor, compare, figures
from chainrule.gradients.flow import FlowRecorder

penguins = pd.read_csv("examples/data/penguins.csv")
X, y = penguins.drop(columns="species"), penguins["species"]
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.4, stratify=y, random_state=0)

flow = FlowRecorder()
species = MLPClassifier(
    (16, 8),
    activation=("relu", "tanh"),
    learning_rate_init=0.003,
    learning_rate="cosine",
    batch_size=32,
    max_iter=100,
    scoring="accuracy",
    callbacks=[flow],
    random_state=0,
)
species.fit(X_train, y_train, X_val=X_test, y_val=y_test)

weighed = penguins.dropna(subset="body_mass_g")
W, mass = weighed.drop(columns="body_mass_g"), weighed["body_mass_g"]
W_train, W_test, mass_train, mass_test = train_test_split(W, mass, random_state=0)
weight = MLPRegressor(hidden_layer_sizes=(32,), batch_size=32, max_iter=300, random_state=0)
weight.fit(W_train, mass_train, X_val=W_test, y_val=mass_test)

points = np.random.default_rng(0).uniform(size=(3000, 2))
inside = (points**2).sum(axis=1) < 1
circle = MLPClassifier((64, 32), initializer="he_normal", max_iter=400, random_state=0)
circle.fit(points[:2000], inside[:2000], X_val=points[2000:], y_val=inside[2000:])
"""

#: File, heading, what it shows, the lines that make it.
FIGURES = (
    ("loss", "Loss and score by epoch",
     "Training and validation loss, the score below, the best epoch and the end marked.",
     "figures.LossCurveDisplay.from_estimator(species)"),
    ("boundary_circle", "Decision boundary",
     "Probability as shading, the line where it is one half, the true boundary, and points.",
     "angle = np.linspace(0, np.pi / 2)\n"
     "figures.DecisionBoundaryDisplay.from_estimator(\n"
     "    circle, points[2000:], inside[2000:], truth=np.c_[np.cos(angle), np.sin(angle)]\n"
     ")"),
    ("boundary_penguins", "Decision boundary over two columns of a wider table",
     "The other columns stand at their medians; colour is the most probable class, paler where it is less sure.",
     'figures.DecisionBoundaryDisplay.from_estimator(\n'
     '    species, X_test, y_test, columns=("bill_length_mm", "bill_depth_mm")\n'
     ')'),
    ("confusion", "Confusion matrix", "Counts, shaded by their share of the true class.",
     "figures.ConfusionDisplay.from_estimator(species, X_test, y_test)"),
    ("roc", "ROC curves", "One class against all others; for two classes one curve.",
     "figures.RocDisplay.from_estimator(species, X_test, y_test)"),
    ("precision_recall", "Precision and recall", "One class against all others.",
     "figures.PrecisionRecallDisplay.from_estimator(species, X_test, y_test)"),
    ("reliability", "Reliability of probabilities",
     "How often what was predicted with probability p came true, with 95 % intervals; below, how often each p came.\n"
     "Near this circle chance decides.",
     "chance = 1 / (1 + np.exp(8 * (points**2).sum(axis=1) - 8))\n"
     "drawn = np.random.default_rng(1).uniform(size=3000) < chance\n"
     "unsure = MLPClassifier((16,), activation=\"tanh\", max_iter=400, random_state=0)\n"
     "unsure.fit(points[:2000], drawn[:2000], X_val=points[2000:], y_val=drawn[2000:])\n"
     "figures.ReliabilityDisplay.from_estimator(unsure, points[2000:], drawn[2000:])"),
    ("predicted", "Predicted against true, and residuals", "For quantities.",
     'figures.PredictedDisplay.from_estimator(weight, W_test, mass_test, name="body mass (g)")'),
    ("importance", "Importance of columns",
     "What the score loses when a column is shuffled, on rows that took no part in training.",
     "figures.ImportanceDisplay.from_estimator(species, X_test, y_test)"),
    ("network", "The network",
     "Weights by width and colour; of a large layer the units with the largest weights.",
     "figures.NetworkDisplay.from_estimator(species)"),
    ("weights", "Weights of each layer", "",
     "figures.WeightHistogramDisplay.from_estimator(species)"),
    ("activations", "Activations of each layer", "",
     "figures.ActivationHistogramDisplay.from_estimator(species, X_test)"),
    ("units", "Dead and saturated units",
     "Units whose slope is 0 for every row, and values whose slope is below 0.01.",
     "figures.UnitHealthDisplay.from_estimator(circle, points)"),
    ("flow", "Gradient flow",
     "The norm of each layer's gradient, and how much an epoch moves its weights.",
     "figures.GradientFlowDisplay.from_recorder(flow)"),
    ("learning_rate", "Learning rate", "That of a training, or what a schedule plans.",
     'figures.LearningRateDisplay.from_schedule("one_cycle", learning_rate_init=0.01, epochs=50)'),
    ("compared_scores", "Several networks: scores",
     "A dot for each training; filled where the difference to the best may be noise.",
     "circle_settings = MLPClassifier(initializer=\"he_normal\", learning_rate_init=0.01, max_iter=60)\n"
     "candidates = [(6,), (8,), (32,), (16, 16)]\n"
     "result = compare(points, inside, hidden=candidates, seeds=5, estimator=circle_settings)\n"
     "result.plot_scores()"),
    ("compared_losses", "Several networks: losses", "The first seed strong, the others faint.",
     "result.plot_losses()"),
    ("compared_boundaries", "Several networks: decision boundaries", "The four best.",
     "result.plot_boundaries(truth=lambda a, b: a**2 + b**2 - 1)"),
    ("dark", "Dark", "Every figure also has a dark mode.",
     'with figures.style("dark"):\n'
     "    figures.DecisionBoundaryDisplay.from_estimator(circle, points[2000:], inside[2000:])"),
)  # fmt: skip

HEAD = """\
# Gallery

Every figure of chainrule, from real data, with the lines that make it. `python docs/make_gallery.py` makes this page
and its pictures from those very lines.

Figures follow scikit-learn's Display convention: `from_estimator` or `from_predictions`, `ax=` to draw on axes of your
own, `.plot()` to draw again, `figure_` and `ax_` afterwards. Beyond it each has `.save("name.png")` (or svg, pdf) and
`.alt`, what it shows in words; these are the texts behind the pictures here. Colours are Okabe and Ito's, which
colour-blind readers tell apart, and lines differ in their dashes too.

All figures below start from

```python
{setup}```
"""


def main() -> None:
    """Make pictures and page."""
    os.chdir(DOCS.parent)
    IMAGES.mkdir(exist_ok=True)
    names: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a reader would meet it
        exec(SETUP, names)
        parts = [HEAD.format(setup=SETUP)]
        for file, heading, words, lines in FIGURES:
            display = run(lines, names)
            path = IMAGES / f"{file}.png"
            display.save(path, dpi=90)
            plt.close("all")
            reduce(path)
            text = f"{words}\n\n" if words else ""
            alt = display.alt.replace("\n", " ").replace("]", ")").replace("[", "(")
            parts.append(
                f"## {heading}\n\n{text}![{alt}](images/{path.name})\n\n```python\n{lines}\n```\n"
            )
    (DOCS / "gallery.md").write_text("\n".join(parts), encoding="utf-8")
    picture_of_the_command()
    pictures_of_document_003()


def run(lines: str, names: dict[str, Any]) -> Any:
    """Run the lines and return the value of the last statement, of a with block the value inside."""
    import ast

    tree = ast.parse(lines)
    body: Any = tree
    while isinstance(body.body[-1], ast.With):
        body = body.body[-1]
    body.body[-1] = ast.Assign([ast.Name("_shown", ast.Store())], body.body[-1].value)
    exec(compile(ast.fix_missing_locations(tree), "<gallery>", "exec"), names)
    return names["_shown"]


def picture_of_the_command() -> None:
    """Make the picture of the front page, by the command as anybody would type it."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", "from chainrule.cli import main; main()", "compare"]
        table = ["examples/data/penguins.csv", "--target", "species"]
        candidates = [
            "--hidden",
            "8",
            "--hidden",
            "64,32",
            "--output",
            folder,
            "--force",
            "--quiet",
        ]
        subprocess.run([*command, *table, *candidates], check=True)
        path = IMAGES / "compare_penguins.png"
        path.write_bytes((Path(folder) / "boundaries.png").read_bytes())
        reduce(path)


def pictures_of_document_003() -> None:
    """Make the homework's two figures, by its script."""
    with tempfile.TemporaryDirectory() as folder:
        script = ["examples/document_003_circle.py", "--no-peers", "--output", folder]
        subprocess.run([sys.executable, *script], check=True, stdout=subprocess.DEVNULL)
        for name in ("boundaries", "loss_curves"):
            path = IMAGES / f"003_{name}.png"
            path.write_bytes((Path(folder) / f"{name}.png").read_bytes())
            reduce(path)


def reduce(path: Path) -> None:
    """Store a picture with a palette where it would be large; a palette may change the colours of small marks."""
    if path.stat().st_size >= LARGE:
        with Image.open(path) as picture:
            small = picture.convert("RGB").quantize(256, kmeans=1, dither=Image.Dither.NONE)
        small.save(path, optimize=True)
    size = path.stat().st_size
    assert size < LARGE, f"{path.name}: {size} bytes"
    print(f"{path.name}: {size // 1000} kB")


if __name__ == "__main__":
    main()
