"""Document 003, working: which points lie inside a circle? Its four networks, table and figures; its mistakes named.

The homework draws 5000 and 2000 points in the unit square with NumPy's seed 2024, asks which lie inside the unit
circle, and trains four perceptrons for 1000 full-batch steps of Adam from He's initial weights. Here ``compare`` trains
them, with a stable loss in place of the clipped one. Then the document's backward pass and its loss are diagnosed: the
sign that it turns at the end, and the loss that contradicts its gradient far from the target. Last, scikit-learn and
PyTorch (where installed) do the same work, one thread each, in turn.

    python examples/document_003_circle.py                 the whole homework: some minutes
    python examples/document_003_circle.py --no-peers      without the others: a quarter of a minute
    python examples/document_003_circle.py --epochs 50     a glance
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import warnings
from pathlib import Path
from statistics import median
from time import process_time

import numpy as np
from threadpoolctl import threadpool_limits

from chainrule import MLPClassifier, compare, diagnose

sys.path.insert(0, str(Path(__file__).parent))
import document_003_backward as theirs

ARCHITECTURES = ((64,), (128,), (64, 32), (128, 64))
PARAMETERS = (257, 513, 2305, 8705)  # as the document prints them
ANGLE = np.linspace(0.0, np.pi / 2, 100)
BOUNDARY = np.c_[np.cos(ANGLE), np.sin(ANGLE)]


def circle_data():
    """Return the document's points and labels: X, y, X_val, y_val."""
    legacy = np.random.RandomState(2024)  # what np.random.seed(2024) makes
    parts = []
    for n in (5000, 2000):
        X = legacy.uniform(0, 1, size=(n, 2))
        parts += [X.astype(np.float32), (X[:, 0] ** 2 + X[:, 1] ** 2 < 1).astype(int)]
    return tuple(parts)


def settings(epochs):
    """Return the homework's settings; Adam's rate of 0.001 and betas of 0.9 and 0.999 are the defaults."""
    return MLPClassifier(
        batch_size=5000, max_iter=epochs, n_iter_no_change=np.inf, alpha=0.0,
        initializer="he_normal", dtype="float32",
    )  # fmt: skip


def by_chainrule(data, hidden, epochs):
    X, y, X_val, y_val = data
    model = settings(epochs).set_params(hidden_layer_sizes=hidden, threads=1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        began = process_time()
        model.fit(X, y, X_val=X_val, y_val=y_val)
        seconds = process_time() - began
    return seconds, model.score(X_val, y_val)


def by_scikit_learn(data, hidden, epochs):
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier as Theirs

    X, y, X_val, y_val = data
    model = Theirs(
        hidden, batch_size=len(X), max_iter=epochs, alpha=0.0, n_iter_no_change=epochs + 1,
        random_state=0,
    )  # fmt: skip
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)
        began = process_time()
        model.fit(X, y)
        seconds = process_time() - began
    assert model.n_iter_ == epochs
    return seconds, model.score(X_val, y_val)


def by_pytorch(data, hidden, epochs):
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    X, y, X_val, y_val = (torch.from_numpy(np.asarray(part, np.float32)) for part in data)
    layers, sizes = [], [2, *hidden, 1]
    for l in range(1, len(sizes)):
        linear = torch.nn.Linear(sizes[l - 1], sizes[l])
        torch.nn.init.kaiming_normal_(linear.weight)
        torch.nn.init.zeros_(linear.bias)
        layers += [linear, torch.nn.ReLU()]
    net = torch.nn.Sequential(*layers[:-1])
    adam = torch.optim.Adam(net.parameters(), lr=0.001)
    loss = torch.nn.BCEWithLogitsLoss()
    began = process_time()
    for _ in range(epochs):
        adam.zero_grad()
        loss(net(X)[:, 0], y).backward()
        adam.step()
        with torch.no_grad():  # the document looks at the validation loss after each step
            loss(net(X_val)[:, 0], y_val)
    seconds = process_time() - began
    with torch.no_grad():
        accuracy = ((net(X_val)[:, 0] > 0) == (y_val > 0.5)).float().mean()
    return seconds, float(accuracy)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3, help="timings of each of the peers")
    parser.add_argument("--output", type=Path, default=Path("document_003"), help="for the figures")
    parser.add_argument(
        "--no-peers", action="store_true", help="leave scikit-learn and PyTorch out"
    )
    given = parser.parse_args()

    data = X, y, X_val, y_val = circle_data()
    print(f"Training samples: {len(y)}, positive ratio {y.mean():.2%}")
    print(f"Validation samples: {len(y_val)}, positive ratio {y_val.mean():.2%}\n")

    result = compare(
        X, y, X_val=X_val, y_val=y_val, hidden=ARCHITECTURES, seeds=given.seeds,
        estimator=settings(given.epochs),
        n_jobs=1,
    )  # fmt: skip
    print(result)
    print("\nOn the way, as the document prints it:")
    for line in on_the_way(result, given.epochs):
        print(line)
    for path in save(result, given.output):
        print(f"figure: {path}")

    print("\n--- its backward pass, with its loss ---")
    print(diagnose(theirs.backward, objective=theirs.loss))
    print("\n--- the text's dJ/ds = y - p taken at its word ---")
    print(diagnose(theirs.backward_sign_forgotten))

    if not given.no_peers:
        print("\nThe same work, one thread each, in seconds of processor time:")
        beside_the_peers(data, given.epochs, given.rounds)


def on_the_way(result, epochs):
    """Return a line for each network and each quarter of its training, the first seed's."""
    shown = [0, *(epochs * quarter // 4 for quarter in (1, 2, 3)), epochs - 1]
    lines = ["architecture  epoch  training loss  validation loss  validation accuracy"]
    for estimator in result.estimators.values():
        name = "→".join(map(str, estimator.network_.sizes))
        history = estimator.history_
        for epoch in dict.fromkeys(shown):
            losses = f"{history['loss'][epoch]:>13.5f}  {history['validation_loss'][epoch]:>15.5f}"
            accuracy = f"{history['validation_score'][epoch]:>19.4f}"
            lines.append(f"{name:<12}  {epoch:>5}  {losses}  {accuracy}")
    return lines


def save(result, folder):
    """Draw the document's two figures and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    figures = {
        "boundaries": result.plot_boundaries(truth=BOUNDARY),
        "loss_curves": result.plot_losses(),
    }
    paths = [folder / f"{name}.png" for name in figures]
    for path, figure in zip(paths, figures.values(), strict=True):
        figure.save(path)
    return paths


def beside_the_peers(data, epochs, rounds):
    """Print medians of seconds, and accuracy, of chainrule, scikit-learn and PyTorch, in turn in each round."""
    peers = {"chainrule": by_chainrule, "scikit-learn": by_scikit_learn}
    if importlib.util.find_spec("torch") is not None:
        peers["PyTorch"] = by_pytorch
    print(f"{'architecture':<14}" + "".join(f"{name:>24}" for name in peers))
    for (
        peer
    ) in peers.values():  # what is done once, such as loading libraries, is no part of the work
        peer(data, ARCHITECTURES[0], 2)
    spreads = []
    for hidden in ARCHITECTURES:
        turns = [[peer(data, hidden, epochs) for peer in peers.values()] for _ in range(rounds)]
        cells = []
        for runs in zip(*turns, strict=True):
            seconds = [run[0] for run in runs]
            ratio = median(run[0] / turn[0][0] for run, turn in zip(runs, turns, strict=True))
            cells.append(f"{median(seconds):.2f} s, {runs[0][1]:.4f}, x{ratio:.1f}")
            spreads.append((max(seconds) - min(seconds)) / median(seconds))
        name = "→".join(map(str, (2, *hidden, 1)))
        print(f"{name:<14}" + "".join(f"{cell:>24}" for cell in cells), flush=True)
    print(f"Slowest less fastest is up to {100 * max(spreads):.0f} % of the median.")


if __name__ == "__main__":
    main()
